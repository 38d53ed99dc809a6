"""Tests. What several of them share stands in `tests.support`."""
