"""The command line's way in: ``afterlore``, and ``python -m afterlore.app`` where its script is not on the path.

It imports nothing before it can be stopped: Ctrl-C while the program loads is one line, no trace of imports.
"""

import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """The console script."""
    try:
        from afterlore.app.cli import run

        sys.exit(run())
    except KeyboardInterrupt:
        sys.stderr.write("afterlore: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
