"""Tables of the spine: tenancy, people, intake, decisions, outbox, cases, policies, audit."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from goodstanding.adapters.storage.schema.columns import blob, flag, integer, metadata, owned, words

workspace = Table(
    "workspace",
    metadata,
    Column("id", BigInteger(), primary_key=True, autoincrement=False),
    words("name"),
    integer("created_at"),
)

sequence = Table(
    "sequence",
    metadata,
    *owned(),
    words("name"),
    integer("next", default="1"),
    PrimaryKeyConstraint("workspace_id", "account_id", "name"),
)

setting = Table(
    "setting",
    metadata,
    *owned(),
    words("name"),
    words("value"),
    integer("at"),
    PrimaryKeyConstraint("workspace_id", "account_id", "name"),
)

account = Table(
    "account",
    metadata,
    *owned(),
    words("connector"),
    words("external_id"),
    words("identifier"),
    words("handle"),
    words("name"),
    words("mode"),
    words("zone"),
    words("language"),
    flag("killed"),
    flag("can_reply"),
    flag("can_hide"),
    flag("can_message"),
    integer("bucket_milli"),
    integer("bucket_at"),
    flag("spike_paused"),
    words("policy_hash"),
    blob("credentials", null=True),
    integer("created_at"),
    PrimaryKeyConstraint("workspace_id", "account_id"),
    UniqueConstraint("workspace_id", "connector", "external_id"),
    CheckConstraint("mode IN ('automatic','assisted','sandbox')", name="mode"),
)

person = Table(
    "person",
    metadata,
    *owned(),
    integer("id"),
    words("name"),
    words("email"),
    words("password_hash"),
    words("role"),
    words("language"),
    integer("created_at"),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "email"),
)

stored_value = Table(
    "stored_value",
    metadata,
    *owned(),
    words("namespace"),
    words("name"),
    blob("value"),
    integer("expires_at", null=True),
    PrimaryKeyConstraint("workspace_id", "account_id", "namespace", "name"),
)

video = Table(
    "video",
    metadata,
    *owned(),
    words("id"),
    words("title"),
    words("class"),
    words("campaign"),
    integer("created_at"),
    PrimaryKeyConstraint("workspace_id", "account_id", "id"),
    CheckConstraint("class IN ('rewarded','sponsored','growth','unknown')", name="class"),
)

delivery = Table(
    "delivery",
    metadata,
    *owned(),
    integer("id"),
    words("connector"),
    blob("digest"),
    integer("received_at"),
    words("state"),
    words("problem", null=True),
    blob("body", null=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "account_id", "connector", "digest"),
    CheckConstraint("state IN ('new','read','unknown','unreadable')", name="state"),
    Index(
        "ix_delivery_new",
        "workspace_id",
        "id",
        sqlite_where=text("state = 'new'"),
        postgresql_where=text("state = 'new'"),
    ),
    Index(
        "ix_delivery_kept",
        "workspace_id",
        "account_id",
        "received_at",
        sqlite_where=text("state IN ('unknown','unreadable') AND body IS NOT NULL"),
        postgresql_where=text("state IN ('unknown','unreadable') AND body IS NOT NULL"),
    ),
)

contact = Table(
    "contact",
    metadata,
    *owned(),
    integer("id"),
    words("external_id"),
    words("handle"),
    flag("suppressed"),
    flag("holdout"),
    integer("wrote_at", null=True),
    words("labels", default="''"),
    words("answer", default="'given'"),
    words("marketing", default="'absent'"),
    integer("created_at"),
    integer("erased_at", null=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "account_id", "external_id"),
    sqlite_with_rowid=False,
)

suppression = Table(
    "suppression",
    metadata,
    *owned(),
    blob("digest"),
    words("reason"),
    integer("at"),
    PrimaryKeyConstraint("workspace_id", "account_id", "digest"),
)

event = Table(
    "event",
    metadata,
    *owned(),
    integer("id"),
    words("connector"),
    words("external_id"),
    words("action"),
    words("kind"),
    integer("contact_id", null=True),
    words("video_id"),
    words("parent_id"),
    words("text", null=True),
    words("language"),
    words("source"),
    integer("at"),
    integer("received_at"),
    flag("own"),
    words("state"),
    flag("answered"),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "account_id", "external_id", "action", "connector"),
    CheckConstraint("state IN ('public','hidden','deleted','erased','note')", name="state"),
    sqlite_with_rowid=False,
)
Index("ix_event_contact", event.c.workspace_id, event.c.contact_id, event.c.id)

decision = Table(
    "decision",
    metadata,
    *owned(),
    integer("event_id"),
    integer("seq"),
    words("policy_hash"),
    words("outcome"),
    words("rule"),
    words("code"),
    integer("at"),
    PrimaryKeyConstraint("workspace_id", "event_id"),
    sqlite_with_rowid=False,
)
Index(
    "ix_decision_outcome",
    decision.c.workspace_id,
    decision.c.account_id,
    decision.c.outcome,
    decision.c.event_id,
)

outgoing = Table(
    "outgoing",
    metadata,
    *owned(),
    integer("id"),
    integer("event_id"),
    words("act"),
    integer("ordinal", default="0"),
    integer("contact_id"),
    words("video_id"),
    words("target_id"),
    words("rule"),
    words("template"),
    integer("variant"),
    words("language"),
    words("text"),
    words("state"),
    words("code", default="''"),
    integer("not_before"),
    integer("attempt_at", null=True),
    integer("settled_at", null=True),
    integer("fence", default="0"),
    words("provider_ref", default="''"),
    integer("approved_by", null=True),
    blob("approved_hash", null=True),
    integer("approved_until", null=True),
    integer("created_at"),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "event_id", "account_id", "act", "ordinal"),
    CheckConstraint(
        "state IN ('held','planned','task','sending','sent','failed','unknown','cancelled')", name="state"
    ),
    CheckConstraint("act IN ('reply','message','hide','unhide')", name="act"),
    sqlite_with_rowid=False,
)
Index("ix_outgoing_contact", outgoing.c.workspace_id, outgoing.c.contact_id)
Index("ix_outgoing_attempt", outgoing.c.workspace_id, outgoing.c.account_id, outgoing.c.attempt_at)
_due = text("state IN ('planned','sending','unknown')")
Index(
    "ix_outgoing_due",
    outgoing.c.workspace_id,
    outgoing.c.account_id,
    outgoing.c.state,
    outgoing.c.not_before,
    sqlite_where=_due,
    postgresql_where=_due,
)
"""The only index that an act leaves and enters as its state moves: each such index costs two writes a move."""

lane = Table(
    "lane",
    metadata,
    *owned(),
    words("owner", default="''"),
    integer("lease_until", default="0"),
    integer("fence", default="0"),
    PrimaryKeyConstraint("workspace_id", "account_id"),
    sqlite_with_rowid=False,
)

review_case = Table(
    "review_case",
    metadata,
    *owned(),
    integer("id"),
    integer("event_id"),
    integer("outgoing_id", null=True),
    words("queue"),
    words("code"),
    words("state"),
    words("resolution", default="''"),
    integer("created_at"),
    integer("due_at"),
    integer("claimed_by", null=True),
    integer("claim_until", null=True),
    integer("version", default="0"),
    integer("resolved_by", null=True),
    integer("resolved_at", null=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    CheckConstraint("state IN ('open','resolved','expired')", name="state"),
)
_open = text("state = 'open'")
Index(
    "ix_review_case_open",
    review_case.c.workspace_id,
    review_case.c.due_at,
    review_case.c.id,
    sqlite_where=_open,
    postgresql_where=_open,
)
Index("ix_review_case_event", review_case.c.workspace_id, review_case.c.event_id)

act = Table(
    "act",
    metadata,
    *owned(),
    integer("id"),
    integer("person_id"),
    words("kind"),
    integer("event_id"),
    integer("case_id", null=True),
    integer("outgoing_id", null=True),
    words("data", default="''"),
    integer("at"),
    integer("undone_at", null=True),
    PrimaryKeyConstraint("workspace_id", "id"),
)
Index("ix_act_event", act.c.workspace_id, act.c.event_id)

freeze = Table(
    "freeze",
    metadata,
    *owned(),
    integer("id"),
    words("scope"),
    words("reason"),
    words("actor"),
    integer("at"),
    words("lifted_by", null=True),
    integer("lifted_at", null=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    CheckConstraint("scope IN ('everything','promotion','messages')", name="scope"),
)

policy_version = Table(
    "policy_version",
    metadata,
    *owned(),
    words("hash"),
    words("parent", null=True),
    words("body"),
    words("title"),
    words("actor"),
    integer("at"),
    PrimaryKeyConstraint("workspace_id", "hash"),
)

policy_activation = Table(
    "policy_activation",
    metadata,
    *owned(),
    integer("id"),
    words("hash"),
    words("actor"),
    integer("at"),
    PrimaryKeyConstraint("workspace_id", "id"),
)

volume = Table(
    "volume",
    metadata,
    *owned(),
    integer("slot"),
    integer("comments", default="0"),
    integer("replied", default="0"),
    integer("hidden", default="0"),
    integer("reviewed", default="0"),
    integer("rest", default="0"),
    PrimaryKeyConstraint("workspace_id", "account_id", "slot"),
    sqlite_with_rowid=False,
)

audit_entry = Table(
    "audit_entry",
    metadata,
    *owned(),
    integer("seq"),
    words("kind"),
    integer("at"),
    integer("event_id", null=True),
    blob("body"),
    blob("hash"),
    PrimaryKeyConstraint("workspace_id", "seq"),
)
Index("ix_audit_entry_event", audit_entry.c.workspace_id, audit_entry.c.event_id)

audit_node = Table(
    "audit_node",
    metadata,
    *owned(),
    integer("level"),
    integer("position"),
    blob("hash"),
    PrimaryKeyConstraint("workspace_id", "level", "position"),
    sqlite_with_rowid=False,
)

audit_head = Table(
    "audit_head", metadata, *owned(), integer("size"), blob("frontier"), PrimaryKeyConstraint("workspace_id")
)

checkpoint = Table(
    "checkpoint",
    metadata,
    *owned(),
    integer("size"),
    words("note"),
    PrimaryKeyConstraint("workspace_id", "size"),
)

vault = Table(
    "vault",
    metadata,
    *owned(),
    integer("seq"),
    integer("contact_id"),
    blob("cipher"),
    PrimaryKeyConstraint("workspace_id", "seq"),
)
Index("ix_vault_contact", vault.c.workspace_id, vault.c.contact_id)

APPEND_ONLY = ("audit_entry", "audit_node", "checkpoint", "policy_version")
"""Tables whose rows are never changed or removed; triggers refuse it."""

MOVES = {
    "held": ("planned", "cancelled"),
    "planned": ("task", "sending", "cancelled", "held", "failed"),
    "task": ("sent", "failed", "cancelled", "held"),
    "sending": ("sent", "failed", "unknown", "planned"),
    "unknown": ("sent", "failed", "planned", "held", "cancelled"),
    "sent": (),
    "failed": ("planned", "held"),
    "cancelled": ("planned",),
}
"""State moves of `outgoing` that the database allows (a trigger refuses any other)."""
BACK_BY_HAND = ("sent", "failed", "cancelled")
"""What a person answered about a task may be taken back, to `task`; only where the code says that a person answered."""
BY_HAND = "BY_HAND"
"""How the codes of such answers begin. Nothing that a call of ours settled ever bears one."""
