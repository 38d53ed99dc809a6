"""The tamper-evident log: sealed entries, the tree over them, signed checkpoints and their verification."""
