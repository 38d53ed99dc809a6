"""Tables of imports: originals, imports with their problems, what they brought, and which import brought what."""

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from goodstanding.adapters.storage.schema.columns import blob, flag, integer, metadata, owned, words

original = Table(
    "original",
    metadata,
    *owned(),
    words("digest"),
    integer("size"),
    integer("key_id"),
    integer("at"),
    integer("erased_at", null=True),
    words("why", default="''"),
    PrimaryKeyConstraint("workspace_id", "account_id", "digest"),
)

imported_file = Table(
    "imported_file",
    metadata,
    *owned(),
    integer("id"),
    words("kind"),
    words("name"),
    words("digest"),
    words("state"),
    words("code", default="''"),
    words("options"),
    words("counts"),
    words("actor"),
    integer("at"),
    integer("ended_at", null=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    CheckConstraint("kind IN ('tiktok-export','studio','comments')", name="kind"),
    CheckConstraint(
        "state IN ('kept','asked','checked','reading','done','cut','refused','undone')", name="state"
    ),
)

import_problem = Table(
    "import_problem",
    metadata,
    *owned(),
    integer("file_id"),
    integer("number"),
    words("place"),
    words("code"),
    words("fields"),
    PrimaryKeyConstraint("workspace_id", "file_id", "number"),
)

imported_item = Table(
    "imported_item",
    metadata,
    *owned(),
    integer("id"),
    words("section"),
    words("digest"),
    integer("contact_id"),
    integer("at", null=True),
    words("video_id"),
    blob("cipher"),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "account_id", "digest"),
)
Index("ix_imported_item_contact", imported_item.c.workspace_id, imported_item.c.contact_id)
Index(
    "ix_imported_item_section",
    imported_item.c.workspace_id,
    imported_item.c.account_id,
    imported_item.c.section,
    imported_item.c.at,
)

studio_metric = Table(
    "studio_metric",
    metadata,
    *owned(),
    integer("id"),
    words("scope"),
    words("subject"),
    words("day"),
    words("metric"),
    integer("value"),
    words("unit"),
    flag("exact", default="1"),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "account_id", "scope", "subject", "metric", "day", "value", "unit"),
    CheckConstraint("scope IN ('account','video','audience')", name="scope"),
)

import_link = Table(
    "import_link",
    metadata,
    *owned(),
    integer("file_id"),
    words("kind"),
    integer("ref"),
    PrimaryKeyConstraint("workspace_id", "file_id", "kind", "ref"),
    CheckConstraint("kind IN ('item','metric','event','contact','new-contact')", name="kind"),
)
Index("ix_import_link_ref", import_link.c.workspace_id, import_link.c.kind, import_link.c.ref)
