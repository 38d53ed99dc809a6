"""Faults: crashes, races, jumps of the clock and seeded bugs, and what must hold in all of them."""
