"""``python -m afterlore.app``: the command line, where its script is not on the path.

Ctrl-C while it loads is one line, no trace of imports. The installed script imports first, so there it is not.
"""

import sys

try:
    from afterlore.app.cli import main

    main()
except KeyboardInterrupt:
    sys.stderr.write("afterlore: interrupted\n")
    sys.exit(130)
