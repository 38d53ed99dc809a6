"""Reading an account: what the platform lists, what is watched, what was found late, and what was captured."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases.ports.workspace import Account

MESSAGES = "messages"
"""In the place of a post: the account's direct messages, which are watched and counted by themselves."""
Heard = Literal["comments", "messages"]
"""What a gap meter is about."""
ReadTrouble = Literal["wait", "reauthorise", "capability", "absent", "refused", "retry"]
"""Why a read did not succeed: later (`wait_ms`), connect again, not offered, gone, refused, or failed in passing."""


class ReadFailedError(GoodstandingError):
    """The platform did not give what was asked. Fields: kind (a `ReadTrouble`), answer (its code), wait_ms."""

    code = "READ_FAILED"

    def __init__(self, kind: ReadTrouble, answer: str, wait_ms: int = 0) -> None:
        super().__init__(kind=kind, answer=answer, wait_ms=wait_ms)
        self.kind, self.answer, self.wait_ms = kind, answer, wait_ms


class ListedComment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A comment or reply as the platform lists it. `None`: the platform does not say."""

    id: str
    video_id: str
    parent_id: str
    author: str
    handle: str
    text: str
    at: int
    """UTC milliseconds; the platform tells whole seconds."""
    own: bool
    hidden: bool
    liked: bool = False
    likes: int | None = None
    replies: int | None = None
    listed_replies: tuple["ListedComment", ...] = ()
    """The first replies, when they were asked for."""


class CommentPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of comments; short pages are normal while `more`."""

    comments: tuple[ListedComment, ...]
    cursor: int
    more: bool
    unreadable: int = 0
    """Entries of the page that could not be read."""


class ListedVideo(msgspec.Struct, frozen=True, kw_only=True):
    """A post as the platform lists it; `insights` holds every field it sent, and none that it did not."""

    id: str
    published_at: int | None
    caption: str
    comments: int | None
    insights: Mapping[str, Any]
    """Numbers with a fraction stand as the platform wrote them, as text."""


class VideoPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of posts, newest first; `cursor` is UTC milliseconds."""

    videos: tuple[ListedVideo, ...]
    cursor: int
    more: bool
    unreadable: int = 0
    missing_scopes: tuple[str, ...] = ()
    """Groups of figures that were asked for and that the owner's grant does not cover."""


class AccountPage(msgspec.Struct, frozen=True, kw_only=True):
    """An account's profile and figures. `None`: not told."""

    business: bool | None
    verified: bool | None
    followers: int | None
    handle: str | None
    name: str | None
    insights: Mapping[str, Any]
    missing_scopes: tuple[str, ...] = ()
    """Groups of fields that the account's grant does not cover."""


class VideoSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the account may set when it publishes. `None`: not told."""

    privacy_levels: tuple[str, ...] = ()
    comment_disabled: bool | None = None
    duet_disabled: bool | None = None
    stitch_disabled: bool | None = None
    seconds_max: int | None = None


class PublishStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a publication stands; the ids of a post may come minutes after `PUBLISH_COMPLETE`."""

    status: str
    reason: str
    post_ids: tuple[str, ...]


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A post of somebody else that names the account."""

    video_id: str
    published_at: int | None
    caption: str
    url: str
    insights: Mapping[str, Any]


class MentionPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of mentions."""

    mentions: tuple[Mention, ...]
    cursor: int
    more: bool


class UploadedImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image that a comment may carry."""

    uri: str
    width: int
    height: int


ClickAct = Literal["like", "unlike", "delete", "comment"]


class ClickPermit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Leave for one act that only a person may ask for. Only `usecases.clicks` makes these, for a signed-in person."""

    account: Account
    person_id: int
    act: ClickAct
    video_id: str
    comment_id: str = ""
    text: str = ""
    image: UploadedImage | None = None


class ClickResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the platform answered to a click. `unknown`: it may have happened."""

    state: Literal["done", "failed", "unknown", "later"]
    code: str = ""
    provider_ref: str = ""


class FeedPlatform(Protocol):
    """What an account's platform lets be read, and the acts of a person. Reads raise `ReadFailedError`."""

    async def account_page(self, account: Account, *, since: str, until: str) -> AccountPage:
        """Return profile, audience and the figures of the days from `since` to `until` (UTC dates, both counted)."""
        ...

    async def video_page(
        self,
        account: Account,
        *,
        before: int | None = None,
        ids: Sequence[str] = (),
        insights: bool = False,
    ) -> VideoPage:
        """Return posts older than `before` (UTC milliseconds), or these; with `insights` every figure there is."""
        ...

    async def comment_page(
        self, account: Account, video_id: str, *, cursor: int = 0, replies: bool = False
    ) -> CommentPage:
        """Return comments of a post, newest first, hidden ones included."""
        ...

    async def comments_by_id(self, account: Account, video_id: str, ids: Sequence[str]) -> CommentPage:
        """Return those of these comments or replies (30 at most) that exist; sure only while none is unreadable."""
        ...

    async def reply_page(
        self, account: Account, video_id: str, comment_id: str, *, cursor: int = 0
    ) -> CommentPage:
        """Return replies to a comment."""
        ...

    def reading_per_hour(self) -> int | None:
        """Return how many calls an hour reading may take, all accounts together; `None`: no limit is kept."""
        ...

    async def video_settings(self, account: Account) -> VideoSettings: ...
    async def publish_status(self, account: Account, publish_id: str) -> PublishStatus: ...
    async def mention_page(self, account: Account, *, days: int, cursor: int = 0) -> MentionPage:
        """Return posts of the last `days` (1 to 90) that name the account."""
        ...

    async def upload_image(self, account: Account, media_type: str, content: bytes) -> UploadedImage:
        """Hand over an image for a comment; raises `ReadFailedError`."""
        ...

    async def click(self, permit: ClickPermit) -> ClickResult: ...


class Watch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How far the comments under one post have been read."""

    account_id: int
    video_id: str
    published_at: int
    newest_at: int
    """When the newest comment seen was written; 0 for none."""
    sure_until: int
    """Everything written before this has been read; 0 while nothing is sure."""
    swept_until: int
    """The same for replies: when the last read of everything began that came to its end."""
    next_at: int
    kind: str
    """What the next look is: `top` (the newest comments) or `sweep` (everything, replies too)."""
    cursor: int
    """Where a look that was broken off goes on."""
    begun_at: int
    """When the look under way began; 0 for none."""
    failures: int


class Gap(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A stretch that is not sure: something is, or may be, at the platform that is not here."""

    id: int
    account_id: int
    video_id: str
    why: str
    opened_at: int
    closed_at: int | None
    found: int
    """Comments that filling it brought."""


class Late(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A comment that reading brought before any webhook did."""

    account_id: int
    external_id: str
    video_id: str
    happened_at: int
    found_at: int
    came_at: int | None
    """When its webhook came after all."""


class GapFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The gap meter of one account."""

    open: int
    oldest_open: int | None
    found_first: int
    """Comments that reading brought before any webhook."""
    found_late: int
    """Of these, found after the platform's own promise for a webhook had passed."""
    came_after: int
    """Of these, the webhook came after all."""
    waiting: int
    """Of these, the webhook may still come."""
    never_came: int
    duplicates: int
    sure_until: int | None
    """Every comment before this is certain, under every post that is watched; `None` while a post was never read."""
    replies_sure_until: int | None
    """The same for replies to comments, which are read less often; of messages the same as `sure_until`."""
    watched: int
    """Posts; of messages 1 where conversations are read."""


class ReplyWatch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A reply of ours that must become visible."""

    account_id: int
    outgoing_id: int
    event_id: int
    video_id: str
    provider_ref: str
    sent_at: int
    due_at: int
    state: str
    """`waiting`, `seen`, `hidden` or `gone`."""
    looked_at: int | None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Insights as they stood at a moment."""

    id: int
    account_id: int
    kind: Literal["account", "video"]
    subject: str
    """The post's id; the account's own id at the platform."""
    day: str
    """UTC date of the capture."""
    taken_at: int
    digest: bytes
    """SHA-256 of the canonical bytes."""
    seq: int
    """The entry of the log that sealed the digest."""


class FeedQueries(Protocol):
    """What may be read of the feed."""

    def has_credentials(self) -> set[int]:
        """Return the accounts that hold an access token."""
        ...

    def watches(self, account_id: int) -> list[Watch]: ...
    def watches_due(self, now: int, limit: int) -> list[Watch]:
        """Return looks that are due, the longest overdue first, over all accounts."""
        ...

    def watch(self, account_id: int, video_id: str) -> Watch | None: ...
    def gaps(self, account_id: int, *, limit: int) -> list[Gap]:
        """Return gaps, open ones first, then the newest."""
        ...

    def lates(self, account_id: int, *, limit: int) -> list[Late]:
        """Return what was found late, newest first."""
        ...

    def gap_figures(
        self, account_id: int, *, given_up: int, grace: int, of: Heard = "comments"
    ) -> GapFigures:
        """Count comments or messages.

        What was found before `given_up` without a webhook never comes; `grace` milliseconds are not late.
        """
        ...

    def acts_waiting(self, account_id: int, video_id: str) -> list[str]:
        """Return the comments under a post that something planned or held is about."""
        ...

    def replies_to_watch(self, account_id: int, *, since: int, limit: int) -> list[ReplyWatch]:
        """Return sent replies tried after `since` that are not watched yet."""
        ...

    def reply_watches_due(self, account_id: int, now: int, limit: int) -> list[ReplyWatch]: ...
    def spam_flags(self, account_id: int, since: int) -> int: ...
    def reply_watches(self, account_id: int, *, state: str, limit: int) -> list[ReplyWatch]: ...
    def snapshots(
        self, account_id: int, *, kind: str = "", subject: str = "", before: int = 0, limit: int
    ) -> list[Snapshot]:
        """Return snapshots below id `before` (0: all), newest first; empty strings filter nothing."""
        ...

    def snapshot(self, snapshot_id: int) -> Snapshot | None: ...
    def snapshot_body(self, account_id: int, digest: bytes) -> bytes | None:
        """Return the compressed bytes behind a digest."""
        ...

    def snapshot_days(self, account_id: int) -> dict[tuple[str, str], str]:
        """Return the last day captured by (kind, subject)."""
        ...


class FeedChanges(Protocol):
    """What may be written of the feed."""

    def take_turn(self, name: str, owner: str, *, now: int, until: int) -> bool:
        """Take or keep the turn at a job that one process does at a time; False while another has it."""
        ...

    def add_watches(self, rows: Sequence[Watch]) -> int:
        """Watch posts that are not watched yet; returns how many were new."""
        ...

    def change_watch(self, account_id: int, video_id: str, changes: Mapping[str, object]) -> None: ...
    def drop_watch(self, account_id: int, video_id: str) -> None: ...
    def open_gap(self, row: Gap) -> None:
        """Note a gap; one is open for a post and a reason at most: what was found is added to it."""
        ...

    def close_gaps(self, account_id: int, video_id: str, whys: Sequence[str], at: int) -> int:
        """Close the open gaps of a post that have one of these reasons; returns how many."""
        ...

    def add_lates(self, rows: Sequence[Late]) -> None: ...
    def mark_came(self, account_id: int, external_ids: Sequence[str], at: int) -> int:
        """Note that webhooks came for comments found late; returns for how many."""
        ...

    def count_duplicates(self, account_id: int, count: int, at: int, *, of: Heard = "comments") -> None: ...
    def kept_deliveries(self, first: int, count: int) -> set[int]:
        """Return which of these delivery ids were kept."""
        ...

    def add_reply_watches(self, rows: Sequence[ReplyWatch]) -> None: ...
    def change_reply_watch(
        self, account_id: int, outgoing_id: int, changes: Mapping[str, object]
    ) -> None: ...
    def add_snapshots(self, rows: Sequence[Snapshot], bodies: Mapping[bytes, bytes]) -> None:
        """Keep captures; a body that is known is kept once."""
        ...
