"""The bio page: its document, clicks a link and a day, receipts of the form, and the words it showed."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table, UniqueConstraint

from goodstanding.adapters.storage.schema.columns import blob, flag, integer, metadata, owned, words

bio_page = Table(
    "bio_page",
    metadata,
    *owned(),
    words("slug"),
    blob("body"),
    flag("live"),
    integer("updated_at"),
    PrimaryKeyConstraint("workspace_id", "account_id"),
    UniqueConstraint("workspace_id", "slug"),
)

bio_click = Table(
    "bio_click",
    metadata,
    *owned(),
    integer("link_id"),
    integer("day"),
    words("ref"),
    integer("clicks"),
    PrimaryKeyConstraint("workspace_id", "account_id", "day", "link_id", "ref"),
)

form_receipt = Table(
    "form_receipt",
    metadata,
    *owned(),
    integer("id"),
    integer("contact_id"),
    integer("at"),
    words("text"),
    words("purposes"),
    words("ref"),
    words("token"),
    integer("seq"),
    integer("withdrawn_at", null=True),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "token"),
)
Index("ix_form_receipt_account", form_receipt.c.workspace_id, form_receipt.c.account_id, form_receipt.c.id)
Index("ix_form_receipt_contact", form_receipt.c.workspace_id, form_receipt.c.contact_id)

form_text = Table(
    "form_text",
    metadata,
    *owned(),
    words("digest"),
    blob("body"),
    integer("at"),
    PrimaryKeyConstraint("workspace_id", "digest"),
)
