"""Table of publishing: posts on their way, as far as the platform told."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from goodstanding.adapters.storage.schema.columns import integer, metadata, owned, words

publication = Table(
    "publication",
    metadata,
    *owned(),
    words("publish_id"),
    words("status"),
    words("reason"),
    words("post_id"),
    integer("first_at"),
    integer("told_at"),
    integer("next_at"),
    integer("asks"),
    words("trouble"),
    PrimaryKeyConstraint("workspace_id", "account_id", "publish_id"),
)
Index("ix_publication_due", publication.c.workspace_id, publication.c.next_at)
Index("ix_publication_first", publication.c.workspace_id, publication.c.account_id, publication.c.first_at)
Index("ix_publication_post", publication.c.workspace_id, publication.c.account_id, publication.c.post_id)
