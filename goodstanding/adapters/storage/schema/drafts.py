"""The table of drafts: what a language model was asked for, and what came of it. The text is the vault's ciphertext."""

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Table

from goodstanding.adapters.storage.schema.columns import blob, integer, metadata, owned, words

draft = Table(
    "draft",
    metadata,
    *owned(),
    integer("event_id"),
    integer("outgoing_id"),
    integer("contact_id"),
    integer("at"),
    words("state"),
    words("codes"),
    words("model"),
    words("host"),
    words("digest"),
    words("language"),
    blob("body", null=True),
    PrimaryKeyConstraint("workspace_id", "account_id", "event_id", "outgoing_id"),
    CheckConstraint("state IN ('asked','fit','unfit','failed')", name="state"),
)
Index("ix_draft_contact", draft.c.workspace_id, draft.c.contact_id)
Index("ix_draft_at", draft.c.workspace_id, draft.c.at)
