"""Alembic revisions; see schema.py for what they add up to."""
