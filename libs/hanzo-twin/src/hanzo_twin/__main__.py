"""`python -m hanzo_twin` is the command `hanzo-twin`."""

from hanzo_twin.cli import main

main()
