"""Tables of messages and consent: conversations, what a message carries beside its text, and evidence of consent."""

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from goodstanding.adapters.storage.schema.columns import integer, metadata, owned, words

conversation = Table(
    "conversation",
    metadata,
    *owned(),
    words("external_id"),
    integer("contact_id"),
    words("kind"),
    integer("wrote_at", null=True),
    integer("read_at", null=True),
    words("referral", default="''"),
    integer("created_at"),
    PrimaryKeyConstraint("workspace_id", "account_id", "external_id"),
    CheckConstraint("kind IN ('STRANGER','SINGLE')", name="kind"),
)
Index("ix_conversation_contact", conversation.c.workspace_id, conversation.c.contact_id)

message_content = Table(
    "message_content",
    metadata,
    *owned(),
    integer("outgoing_id"),
    words("kind"),
    words("purpose", default="''"),
    words("version", default="''"),
    words("buttons", default="''"),
    PrimaryKeyConstraint("workspace_id", "outgoing_id"),
    CheckConstraint("kind IN ('card','share_post','image')", name="kind"),
)

consent_evidence = Table(
    "consent_evidence",
    metadata,
    *owned(),
    integer("id"),
    integer("contact_id"),
    words("purpose"),
    words("answer"),
    words("text_version"),
    words("source"),
    words("source_id"),
    words("question_id", default="''"),
    integer("at"),
    integer("seq"),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "account_id", "contact_id", "purpose", "source", "source_id"),
    CheckConstraint("purpose IN ('answer','marketing')", name="purpose"),
    CheckConstraint("answer IN ('given','refused','withdrawn')", name="answer"),
    CheckConstraint("source IN ('button','form','message','person')", name="source"),
)
Index("ix_consent_evidence_contact", consent_evidence.c.workspace_id, consent_evidence.c.contact_id)
