"""The one schema, for SQLite and Postgres. Migrations must add up to exactly this (tests/adapters/storage).

Every row carries `workspace_id` and `account_id` (0: the whole workspace), and so does every unique key
that a second tenant could collide on. One module a part of the product; a new one is imported here.
"""

from goodstanding.adapters.storage.schema import (  # noqa: F401 - their tables join the one metadata
    bio,
    connections,
    drafts,
    feed,
    imports,
    messages,
    models,
    namesakes,
    pacing,
    publishing,
    registry,
    tags,
    tasks,
)
from goodstanding.adapters.storage.schema.columns import metadata
from goodstanding.adapters.storage.schema.spine import APPEND_ONLY, BACK_BY_HAND, BY_HAND, MOVES

__all__ = ["APPEND_ONLY", "BACK_BY_HAND", "BY_HAND", "MOVES", "metadata"]
