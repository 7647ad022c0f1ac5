"""`python -m guichet.app` is the command line."""

from guichet.app.cli import main

main()
