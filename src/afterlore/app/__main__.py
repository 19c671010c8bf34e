"""``python -m afterlore.app``: the command line, where its script is not on the path."""

from afterlore.app.cli import main

main()
