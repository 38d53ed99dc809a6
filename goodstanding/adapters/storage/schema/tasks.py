"""Tasks: acts that a person carries out in the app, and phones paired with this installation."""

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Table, text

from goodstanding.adapters.storage.schema.columns import integer, metadata, owned, words

_open = text("answered_at IS NULL")

task = Table(
    "task",
    metadata,
    *owned(),
    integer("outgoing_id"),
    integer("created_at"),
    integer("until"),
    words("opened_by", default="''"),
    integer("opened_at", null=True),
    words("answered_by", default="''"),
    integer("answered_at", null=True),
    words("answer", default="''"),
    PrimaryKeyConstraint("workspace_id", "outgoing_id"),
    CheckConstraint("answer IN ('','sent','not_sent','late','withdrawn')", name="answer"),
)
Index(
    "ix_task_open",
    task.c.workspace_id,
    task.c.account_id,
    task.c.until,
    task.c.outgoing_id,
    sqlite_where=_open,
    postgresql_where=_open,
)
Index("ix_task_answered", task.c.workspace_id, task.c.account_id, task.c.answered_at)

paired_phone = Table(
    "paired_phone",
    metadata,
    *owned(),
    integer("id"),
    integer("person_id"),
    words("label"),
    words("session"),
    integer("created_at"),
    integer("revoked_at", null=True),
    PrimaryKeyConstraint("workspace_id", "id"),
)
