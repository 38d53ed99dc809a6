"""Alembic revisions; see `schema` for what they add up to."""
