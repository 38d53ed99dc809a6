"""The table of tags on comments and messages."""

from sqlalchemy import PrimaryKeyConstraint, Table

from goodstanding.adapters.storage.schema.columns import integer, metadata, owned, words

event_tag = Table(
    "event_tag",
    metadata,
    *owned(),
    integer("event_id"),
    words("tag"),
    words("word"),
    words("why"),
    PrimaryKeyConstraint("workspace_id", "account_id", "event_id", "tag"),
)
