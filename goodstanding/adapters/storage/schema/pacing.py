"""Tables of the pace: what is leased of the platform's limits, and the few numbers all processes share."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from goodstanding.adapters.storage.schema.columns import integer, metadata, owned, words

call_lease = Table(
    "call_lease",
    metadata,
    *owned(),
    words("id"),
    words("app"),
    words("product"),
    words("endpoint"),
    integer("tokens"),
    integer("until"),
    PrimaryKeyConstraint("workspace_id", "account_id", "id"),
)
Index("ix_call_lease_until", call_lease.c.workspace_id, call_lease.c.app, call_lease.c.until)

call_mark = Table(
    "call_mark",
    metadata,
    *owned(),
    words("app"),
    words("name"),
    integer("value"),
    PrimaryKeyConstraint("workspace_id", "account_id", "app", "name"),
)
