"""Tables of models: what people corrected, and which model was in use from when on."""

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Table, text

from goodstanding.adapters.storage.schema.columns import integer, metadata, owned, words

_held = text("undone_at IS NULL")

correction = Table(
    "correction",
    metadata,
    *owned(),
    integer("id"),
    integer("event_id"),
    integer("contact_id"),
    words("head"),
    words("said"),
    words("was"),
    integer("was_milli", null=True),
    words("model"),
    words("language"),
    words("source"),
    integer("act_id", null=True),
    words("by"),
    integer("at"),
    integer("undone_at", null=True),
    words("undone_by", default="''"),
    PrimaryKeyConstraint("workspace_id", "id"),
    CheckConstraint("source IN ('said','hide','keep')", name="source"),
)
Index("ix_correction_event", correction.c.workspace_id, correction.c.event_id)
Index("ix_correction_contact", correction.c.workspace_id, correction.c.contact_id)
Index(
    "ix_correction_held",
    correction.c.workspace_id,
    correction.c.id,
    sqlite_where=_held,
    postgresql_where=_held,
)

model_use = Table(
    "model_use",
    metadata,
    *owned(),
    integer("id"),
    words("digest"),
    words("before"),
    words("by"),
    integer("at"),
    words("figures"),
    PrimaryKeyConstraint("workspace_id", "id"),
)
