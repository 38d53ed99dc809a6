"""Tables of reading an account: what is watched, gaps, what was found late, own replies, captures, turns."""

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Table, UniqueConstraint, text

from goodstanding.adapters.storage.schema.columns import blob, integer, metadata, owned, words

video_watch = Table(
    "video_watch",
    metadata,
    *owned(),
    words("video_id"),
    integer("published_at"),
    integer("newest_at", default="0"),
    integer("sure_until", default="0"),
    integer("swept_until", default="0"),
    integer("next_at"),
    words("kind", default="'sweep'"),
    integer("cursor", default="0"),
    integer("begun_at", default="0"),
    integer("failures", default="0"),
    PrimaryKeyConstraint("workspace_id", "account_id", "video_id"),
    CheckConstraint("kind IN ('top','sweep')", name="kind"),
)
Index("ix_video_watch_next", video_watch.c.workspace_id, video_watch.c.next_at)

feed_gap = Table(
    "feed_gap",
    metadata,
    *owned(),
    integer("id"),
    words("video_id"),
    words("why"),
    integer("opened_at"),
    integer("closed_at", null=True),
    integer("found", default="0"),
    PrimaryKeyConstraint("workspace_id", "id"),
)
_open = text("closed_at IS NULL")
Index(
    "ix_feed_gap_open",
    feed_gap.c.workspace_id,
    feed_gap.c.account_id,
    feed_gap.c.video_id,
    feed_gap.c.why,
    unique=True,
    sqlite_where=_open,
    postgresql_where=_open,
)
Index("ix_feed_gap_account", feed_gap.c.workspace_id, feed_gap.c.account_id, feed_gap.c.opened_at)

feed_late = Table(
    "feed_late",
    metadata,
    *owned(),
    words("external_id"),
    words("video_id"),
    integer("happened_at"),
    integer("found_at"),
    integer("came_at", null=True),
    PrimaryKeyConstraint("workspace_id", "account_id", "external_id"),
)
Index("ix_feed_late_found", feed_late.c.workspace_id, feed_late.c.account_id, feed_late.c.found_at)

feed_duplicate = Table(
    "feed_duplicate",
    metadata,
    *owned(),
    integer("day"),
    integer("count", default="0"),
    integer("messages", default="0"),
    PrimaryKeyConstraint("workspace_id", "account_id", "day"),
)

reply_watch = Table(
    "reply_watch",
    metadata,
    *owned(),
    integer("outgoing_id"),
    integer("event_id"),
    words("video_id"),
    words("provider_ref"),
    integer("sent_at"),
    integer("due_at"),
    words("state"),
    integer("looked_at", null=True),
    PrimaryKeyConstraint("workspace_id", "account_id", "outgoing_id"),
    CheckConstraint("state IN ('waiting','seen','hidden','gone')", name="state"),
)
_waiting = text("state = 'waiting'")
Index(
    "ix_reply_watch_due",
    reply_watch.c.workspace_id,
    reply_watch.c.account_id,
    reply_watch.c.due_at,
    sqlite_where=_waiting,
    postgresql_where=_waiting,
)
Index(
    "ix_reply_watch_state",
    reply_watch.c.workspace_id,
    reply_watch.c.account_id,
    reply_watch.c.state,
    reply_watch.c.sent_at,
)

snapshot = Table(
    "snapshot",
    metadata,
    *owned(),
    integer("id"),
    words("kind"),
    words("subject"),
    words("day"),
    integer("taken_at"),
    blob("digest"),
    integer("seq"),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "account_id", "kind", "subject", "day"),
    CheckConstraint("kind IN ('account','video')", name="kind"),
)
Index("ix_snapshot_account", snapshot.c.workspace_id, snapshot.c.account_id, snapshot.c.id)

snapshot_body = Table(
    "snapshot_body",
    metadata,
    *owned(),
    blob("digest"),
    blob("body"),
    PrimaryKeyConstraint("workspace_id", "account_id", "digest"),
)

feed_turn = Table(
    "feed_turn",
    metadata,
    *owned(),
    words("name"),
    words("owner"),
    integer("until"),
    PrimaryKeyConstraint("workspace_id", "account_id", "name"),
)
