"""`python -m goodstanding`."""

from goodstanding.cli import main

main()
