"""One hard gate a file, each unaware of the others."""
