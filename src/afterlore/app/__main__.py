"""The console script, and ``python -m afterlore.app`` where that is not on the path.

Ctrl-C while the command line loads is one line, no trace of imports.
"""

import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Load the command line and run it."""
    try:
        from afterlore.app import cli

        sys.exit(cli.run())
    except KeyboardInterrupt:
        sys.stderr.write("afterlore: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
