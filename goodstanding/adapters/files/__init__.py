"""Readers of files that people have: comments in any usual format and encoding, read as a stream."""
