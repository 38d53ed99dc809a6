"""The pure core: no clock, no chance, no I/O, no sentence in a human language."""
