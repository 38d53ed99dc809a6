"""The table of namesakes: contacts known by a name alone, and who bears it."""

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Table

from goodstanding.adapters.storage.schema.columns import integer, metadata, owned, words
from goodstanding.adapters.storage.schema.spine import contact

namesake = Table(
    "namesake",
    metadata,
    *owned(),
    integer("named_id"),
    integer("known_id"),
    words("state"),
    integer("at"),
    integer("apart_at", default="0"),
    words("by", default="''"),
    PrimaryKeyConstraint("workspace_id", "account_id", "named_id", "known_id"),
    CheckConstraint("state IN ('alone','same','joined','apart')", name="state"),
)
Index("ix_namesake_named", namesake.c.workspace_id, namesake.c.named_id)
Index("ix_namesake_known", namesake.c.workspace_id, namesake.c.known_id)
Index("ix_contact_handle", contact.c.workspace_id, contact.c.account_id, contact.c.handle)
