"""The one schema, for SQLite and Postgres. Migrations must add up to exactly this (tests/adapters/storage).

Every row carries `workspace_id` and `account_id` (0: the whole workspace), and so does every unique key
that a second tenant could collide on. Instants are UTC milliseconds.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _column(
    name: str, kind: type[TypeEngine[Any]], *, null: bool = False, default: str | None = None
) -> Column[object]:
    return Column(name, kind(), nullable=null, server_default=None if default is None else text(default))


def _int(name: str, *, null: bool = False, default: str | None = None) -> Column[object]:
    return _column(name, BigInteger, null=null, default=default)


def _flag(name: str, *, default: str = "0") -> Column[object]:
    return _column(name, SmallInteger, default=default)


def _text(name: str, *, null: bool = False, default: str | None = None) -> Column[object]:
    return _column(name, Text, null=null, default=default)


def _bytes(name: str, *, null: bool = False) -> Column[object]:
    return _column(name, LargeBinary, null=null)


def _owned() -> tuple[Column[object], Column[object]]:
    return _int("workspace_id"), _int("account_id")


workspace = Table(
    "workspace",
    metadata,
    Column("id", BigInteger(), primary_key=True, autoincrement=False),
    _text("name"),
    _int("created_at"),
)

sequence = Table(
    "sequence",
    metadata,
    *_owned(),
    _text("name"),
    _int("next", default="1"),
    PrimaryKeyConstraint("workspace_id", "account_id", "name"),
)

setting = Table(
    "setting",
    metadata,
    *_owned(),
    _text("name"),
    _text("value"),
    _int("at"),
    PrimaryKeyConstraint("workspace_id", "account_id", "name"),
)

account = Table(
    "account",
    metadata,
    *_owned(),
    _text("connector"),
    _text("external_id"),
    _text("identifier"),
    _text("handle"),
    _text("name"),
    _text("mode"),
    _text("zone"),
    _text("language"),
    _flag("killed"),
    _flag("can_reply"),
    _flag("can_hide"),
    _flag("can_message"),
    _int("bucket_milli"),
    _int("bucket_at"),
    _flag("spike_paused"),
    _text("policy_hash"),
    _bytes("credentials", null=True),
    _int("created_at"),
    PrimaryKeyConstraint("workspace_id", "account_id"),
    UniqueConstraint("workspace_id", "connector", "external_id"),
    CheckConstraint("mode IN ('automatic','assisted','sandbox')", name="mode"),
)

person = Table(
    "person",
    metadata,
    *_owned(),
    _int("id"),
    _text("name"),
    _text("email"),
    _text("password_hash"),
    _text("role"),
    _text("language"),
    _int("created_at"),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "email"),
)

stored_value = Table(
    "stored_value",
    metadata,
    *_owned(),
    _text("namespace"),
    _text("name"),
    _bytes("value"),
    _int("expires_at", null=True),
    PrimaryKeyConstraint("workspace_id", "account_id", "namespace", "name"),
)

video = Table(
    "video",
    metadata,
    *_owned(),
    _text("id"),
    _text("title"),
    _text("class"),
    _text("campaign"),
    _int("created_at"),
    PrimaryKeyConstraint("workspace_id", "account_id", "id"),
    CheckConstraint("class IN ('rewarded','sponsored','growth','unknown')", name="class"),
)

delivery = Table(
    "delivery",
    metadata,
    *_owned(),
    _int("id"),
    _text("connector"),
    _bytes("digest"),
    _int("received_at"),
    _text("state"),
    _text("problem", null=True),
    _bytes("body", null=True),
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
)

contact = Table(
    "contact",
    metadata,
    *_owned(),
    _int("id"),
    _text("external_id"),
    _text("handle"),
    _flag("suppressed"),
    _flag("holdout"),
    _int("wrote_at", null=True),
    _text("labels", default="''"),
    _text("answer", default="'given'"),
    _text("marketing", default="'absent'"),
    _int("created_at"),
    _int("erased_at", null=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "account_id", "external_id"),
)

suppression = Table(
    "suppression",
    metadata,
    *_owned(),
    _bytes("digest"),
    _text("reason"),
    _int("at"),
    PrimaryKeyConstraint("workspace_id", "account_id", "digest"),
)

event = Table(
    "event",
    metadata,
    *_owned(),
    _int("id"),
    _text("connector"),
    _text("external_id"),
    _text("action"),
    _text("kind"),
    _int("contact_id", null=True),
    _text("video_id"),
    _text("parent_id"),
    _text("text", null=True),
    _text("language"),
    _text("source"),
    _int("at"),
    _int("received_at"),
    _flag("own"),
    _text("state"),
    _flag("answered"),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "account_id", "external_id", "action", "connector"),
    CheckConstraint("state IN ('public','hidden','deleted','erased','note')", name="state"),
)
Index("ix_event_contact", event.c.workspace_id, event.c.contact_id, event.c.id)

decision = Table(
    "decision",
    metadata,
    *_owned(),
    _int("event_id"),
    _int("seq"),
    _text("policy_hash"),
    _text("outcome"),
    _text("rule"),
    _text("code"),
    _int("at"),
    PrimaryKeyConstraint("workspace_id", "event_id"),
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
    *_owned(),
    _int("id"),
    _int("event_id"),
    _text("act"),
    _int("ordinal", default="0"),
    _int("contact_id"),
    _text("video_id"),
    _text("target_id"),
    _text("rule"),
    _text("template"),
    _int("variant"),
    _text("language"),
    _text("text"),
    _text("state"),
    _text("code", default="''"),
    _int("not_before"),
    _int("attempt_at", null=True),
    _int("settled_at", null=True),
    _int("fence", default="0"),
    _text("provider_ref", default="''"),
    _int("approved_by", null=True),
    _bytes("approved_hash", null=True),
    _int("approved_until", null=True),
    _int("created_at"),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "event_id", "account_id", "act", "ordinal"),
    CheckConstraint(
        "state IN ('held','planned','sending','sent','failed','unknown','cancelled')", name="state"
    ),
    CheckConstraint("act IN ('reply','message','hide','unhide')", name="act"),
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
    *_owned(),
    _text("owner", default="''"),
    _int("lease_until", default="0"),
    _int("fence", default="0"),
    PrimaryKeyConstraint("workspace_id", "account_id"),
)

review_case = Table(
    "review_case",
    metadata,
    *_owned(),
    _int("id"),
    _int("event_id"),
    _int("outgoing_id", null=True),
    _text("queue"),
    _text("code"),
    _text("state"),
    _text("resolution", default="''"),
    _int("created_at"),
    _int("due_at"),
    _int("claimed_by", null=True),
    _int("claim_until", null=True),
    _int("version", default="0"),
    _int("resolved_by", null=True),
    _int("resolved_at", null=True),
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
    *_owned(),
    _int("id"),
    _int("person_id"),
    _text("kind"),
    _int("event_id"),
    _int("case_id", null=True),
    _int("outgoing_id", null=True),
    _text("data", default="''"),
    _int("at"),
    _int("undone_at", null=True),
    PrimaryKeyConstraint("workspace_id", "id"),
)
Index("ix_act_event", act.c.workspace_id, act.c.event_id)

freeze = Table(
    "freeze",
    metadata,
    *_owned(),
    _int("id"),
    _text("scope"),
    _text("reason"),
    _text("actor"),
    _int("at"),
    _text("lifted_by", null=True),
    _int("lifted_at", null=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    CheckConstraint("scope IN ('everything','promotion','messages')", name="scope"),
)

policy_version = Table(
    "policy_version",
    metadata,
    *_owned(),
    _text("hash"),
    _text("parent", null=True),
    _text("body"),
    _text("title"),
    _text("actor"),
    _int("at"),
    PrimaryKeyConstraint("workspace_id", "hash"),
)

policy_activation = Table(
    "policy_activation",
    metadata,
    *_owned(),
    _int("id"),
    _text("hash"),
    _text("actor"),
    _int("at"),
    PrimaryKeyConstraint("workspace_id", "id"),
)

volume = Table(
    "volume",
    metadata,
    *_owned(),
    _int("slot"),
    _int("comments", default="0"),
    _int("replied", default="0"),
    _int("hidden", default="0"),
    _int("reviewed", default="0"),
    _int("rest", default="0"),
    PrimaryKeyConstraint("workspace_id", "account_id", "slot"),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    *_owned(),
    _int("seq"),
    _text("kind"),
    _int("at"),
    _int("event_id", null=True),
    _bytes("body"),
    _bytes("hash"),
    PrimaryKeyConstraint("workspace_id", "seq"),
)
Index("ix_audit_entry_event", audit_entry.c.workspace_id, audit_entry.c.event_id)

audit_node = Table(
    "audit_node",
    metadata,
    *_owned(),
    _int("level"),
    _int("position"),
    _bytes("hash"),
    PrimaryKeyConstraint("workspace_id", "level", "position"),
)

audit_head = Table(
    "audit_head", metadata, *_owned(), _int("size"), _bytes("frontier"), PrimaryKeyConstraint("workspace_id")
)

checkpoint = Table(
    "checkpoint",
    metadata,
    *_owned(),
    _int("size"),
    _text("note"),
    PrimaryKeyConstraint("workspace_id", "size"),
)

vault = Table(
    "vault",
    metadata,
    *_owned(),
    _int("seq"),
    _int("contact_id"),
    _bytes("cipher"),
    PrimaryKeyConstraint("workspace_id", "seq"),
)
Index("ix_vault_contact", vault.c.workspace_id, vault.c.contact_id)

APPEND_ONLY = ("audit_entry", "audit_node", "checkpoint", "policy_version")
"""Tables whose rows are never changed or removed; triggers refuse it."""

MOVES = {
    "held": ("planned", "cancelled"),
    "planned": ("sending", "cancelled", "held", "failed"),
    "sending": ("sent", "failed", "unknown", "planned"),
    "unknown": ("sent", "failed", "planned", "held", "cancelled"),
    "sent": (),
    "failed": ("planned", "held"),
    "cancelled": ("planned",),
}
"""State moves of `outgoing` that the database allows (a trigger refuses any other)."""
