"""Tables of connecting accounts: one connection an account, and the operator's own app."""

from sqlalchemy import CheckConstraint, PrimaryKeyConstraint, Table

from goodstanding.adapters.storage.schema.columns import blob, flag, integer, metadata, owned, words

connection = Table(
    "connection",
    metadata,
    *owned(),
    words("state"),
    words("account_type"),
    words("country"),
    flag("approved"),
    integer("verified", null=True),
    integer("followers", null=True),
    words("programmes"),
    words("answered"),
    words("scopes"),
    words("asked"),
    integer("connected_at", null=True),
    integer("access_until", null=True),
    integer("refresh_until", null=True),
    integer("lease_until", default="0"),
    words("problem"),
    integer("problem_at", null=True),
    integer("removed_at", null=True),
    words("removed_code"),
    integer("delete_after", null=True),
    flag("threw_switch"),
    integer("changed_at"),
    PrimaryKeyConstraint("workspace_id", "account_id"),
    CheckConstraint("state IN ('none','connected','removed','revoked')", name="state"),
    CheckConstraint("account_type IN ('unknown','personal','business')", name="account_type"),
)

platform_app = Table(
    "platform_app",
    metadata,
    *owned(),
    words("connector"),
    words("client_id"),
    blob("secret"),
    blob("webhook_secret", null=True),
    words("permissions"),
    integer("changed_at"),
    blob("before_secret", null=True),
    integer("before_until", null=True),
    PrimaryKeyConstraint("workspace_id", "account_id", "connector"),
)
