"""Real and demo clocks, and the source of chance."""
