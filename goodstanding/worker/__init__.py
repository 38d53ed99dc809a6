"""What is due, one bounded batch at a time."""
