"""The registry: campaigns. Their posts stand in `video`, each under its campaign."""

from sqlalchemy import CheckConstraint, PrimaryKeyConstraint, Table

from goodstanding.adapters.storage.schema.columns import integer, metadata, owned, words

campaign = Table(
    "campaign",
    metadata,
    *owned(),
    words("id"),
    words("title"),
    words("class"),
    integer("approver_id", null=True),
    integer("created_at"),
    integer("version", default="0"),
    PrimaryKeyConstraint("workspace_id", "account_id", "id"),
    CheckConstraint("class IN ('rewarded','sponsored','growth')", name="class"),
)
