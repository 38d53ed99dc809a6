"""The imitated platform itself: accounts, videos, comments, grants, and every act upon them.

Nothing here knows HTTP. An act either happens and tells `emit` what a subscriber would hear, or raises
`ApiError` and has changed nothing.
"""

import hashlib
import re
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec

from goodstanding.sandbox.clock import MILLISECONDS, VirtualClock
from goodstanding.sandbox.numbers import Numbers

SCOPES = (
    "user.info.basic",
    "user.info.username",
    "user.info.profile",
    "user.info.stats",
    "user.account.type",
    "user.insights",
    "video.list",
    "video.insights",
    "video.publish",
    "video.upload",
    "comment.list",
    "comment.list.manage",
    "message.list.read",
    "message.list.send",
    "message.list.manage",
    "biz.brand.insights",
    "biz.spark.auth",
    "biz.ads.recommend",
    "biz.creator.info",
    "biz.creator.insights",
    "tcm.order.update",
)
"""What an app may ask for. Source: portal 1833997679342594."""
DAY_MS = 86_400_000
_WORD = re.compile(r"\w+")
_MENTION = re.compile(r"@[\w.]+")


class ApiError(Exception):
    """The platform refuses: a non-zero `code` in the envelope."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An invented account."""

    open_id: str
    unique_identifier: str
    username: str
    display_name: str = ""
    bio: str = ""
    country: str = "NL"
    language: str = "nl"
    is_business: bool = False
    is_verified: bool = False
    followers: int = 0
    following: int = 0
    total_likes: int = 0
    persona: str = ""
    owner_age: int = 30
    us_reviewed: bool = False
    """Whether an account in the United States has passed the review for messages."""
    comment_to_message: bool = False
    """Whether comment-to-message is switched on from the start."""
    messages_from: Literal["everyone", "accepted"] = "everyone"
    """`accepted`: a stranger's messages are announced only after the owner accepted them in the app."""
    analytics: bool = True
    """Whether the owner switched analytics on."""


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """An invented post."""

    open_id: str
    item_id: str
    caption: str = ""
    days_old: int = 1
    create_ms: int = 0
    counted_ms: int = 0
    """When `views`, `likes`, `shares` and `favorites` are so many; when it is seeded unless said otherwise."""
    duration: float = 30.0
    views: int = 0
    likes: int = 0
    shares: int = 0
    favorites: int = 0
    rewarded: bool = False
    sponsored: bool = False
    media_type: Literal["VIDEO", "PHOTO"] = "VIDEO"
    is_ad: bool = False
    in_violation: bool = False
    """The platform leaves such a post out of its lists."""


class Comment(msgspec.Struct, kw_only=True, gc=False):
    """A comment or a reply as the platform keeps it; `kind` is the crowd's own label, never sent."""

    comment_id: str
    video_id: str
    parent_id: str
    unique_identifier: str
    username: str
    display_name: str
    text: str
    create_ms: int
    owner: bool = False
    likes: int = 0
    liked: bool = False
    pinned: bool = False
    image: str = ""
    """The id of an uploaded picture."""
    hidden: bool = False
    shadow_hidden: bool = False
    deleted: bool = False
    kind: str = ""
    replies: list[str] = msgspec.field(default_factory=list)


class Grant(msgspec.Struct, kw_only=True):
    """What a user allowed an app; one per consent, its access token replaced at each refresh."""

    open_id: str
    scopes: frozenset[str]
    access_token: str
    access_until_ms: int
    refresh_token: str
    refresh_until_ms: int
    revoked: bool = False


def seconds_left(until_ms: int, now_ms: int) -> int:
    """Return the seconds until a moment, a part of one as a whole."""
    return -((now_ms - until_ms) // MILLISECONDS)


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """An authorization code that waits to be exchanged."""

    open_id: str
    scopes: frozenset[str]
    redirect_uri: str
    until_ms: int


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something a subscriber hears of: `comment` for `comment.update`, `content` for anything else."""

    name: str
    open_id: str
    at_ms: int
    action: str = ""
    comment: Comment | None = None
    content: dict[str, Any] | None = None


class Thread(msgspec.Struct, kw_only=True):
    """The top comments of one video, and its orders as last computed."""

    ids: OrderedDict[str, None] = msgspec.field(default_factory=OrderedDict)
    version: int = 0
    active_ms: int = 0
    """When something last happened under the video, or when its figures were set."""
    counted: tuple[int, int, int] | None = None
    orders: dict[tuple[str, str, bool], tuple[int, list[str]]] = msgspec.field(default_factory=dict)


class State:
    """All data of the imitated platform and the only functions that change it."""

    def __init__(
        self,
        *,
        clock: VirtualClock,
        numbers: Numbers,
        emit: Callable[[Event], None],
        seed: int = 1,
        refresh_mode: Literal["keep", "rotate"] = "keep",
        comments_max: int = 200_000,
    ) -> None:
        self.clock = clock
        self.numbers = numbers
        self.emit = emit
        self.refresh_mode = refresh_mode
        self.comments_max = comments_max
        self.accounts: dict[str, Account] = {}
        self.videos: dict[str, Video] = {}
        self.comments: OrderedDict[str, Comment] = OrderedDict()
        self.threads: dict[str, Thread] = {}
        self.on_received: list[Callable[[Comment], None]] = []
        self._if_answered: dict[str, Callable[[], None]] = {}
        """Told of each comment of a viewer that was announced."""
        self.forgotten = 0
        """Comments dropped because `comments_max` was reached."""
        self._seed = seed
        self._serial = 0
        self._codes: dict[str, Code] = {}
        self._by_access: dict[str, tuple[Grant, int]] = {}
        self._by_refresh: dict[str, Grant] = {}
        self.disconnected: set[str] = set()
        """Accounts that took their authorization back; nothing is told of them any more."""
        self._scopes: dict[str, frozenset[str]] = {}
        self._recent: dict[str, deque[tuple[int, frozenset[str]]]] = {}

    # --- people and posts ---

    def add_account(self, account: Account) -> None:
        """Keep `account`, replacing one with the same open_id."""
        self.accounts[account.open_id] = account

    def add_video(self, video: Video) -> None:
        """Keep `video`; its creation lies `days_old` before now when no time is given."""
        if video.open_id not in self.accounts:
            raise ApiError(40007, f"No account {video.open_id}.")
        if not video.create_ms:
            created = self.clock.now_ms() - video.days_old * DAY_MS
            video = msgspec.structs.replace(video, create_ms=created)
        if not video.counted_ms:
            video = msgspec.structs.replace(video, counted_ms=self.clock.now_ms())
        self.videos[video.item_id] = video
        thread = self.threads.setdefault(video.item_id, Thread())
        thread.active_ms = max(thread.active_ms, self.clock.now_ms())

    def videos_of(self, open_id: str) -> list[Video]:
        """Return the posts of an account, newest first."""
        own = [video for video in self.videos.values() if video.open_id == open_id]
        return sorted(own, key=lambda video: video.create_ms, reverse=True)

    def video(self, item_id: str, *, open_id: str) -> Video:
        """Return the account's own post; 40007 otherwise."""
        video = self.videos.get(item_id)
        if video is None or video.open_id != open_id:
            raise ApiError(40007, "The video does not exist or is not yours.")
        return video

    # --- consent and tokens ---

    def new_code(self, *, open_id: str, scopes: Iterable[str], redirect_uri: str) -> str:
        """Return a single-use authorization code."""
        if open_id not in self.accounts:
            raise ApiError(40007, f"No account {open_id}.")
        now = self.clock.now_ms()
        self._codes = {code: kept for code, kept in self._codes.items() if kept.until_ms > now}
        code = self._secret("code")
        self._codes[code] = Code(
            open_id=open_id,
            scopes=frozenset(scopes),
            redirect_uri=redirect_uri,
            until_ms=now + self.numbers.tokens.code_seconds * MILLISECONDS,
        )
        return code

    def exchange(self, code: str, *, redirect_uri: str | None) -> Grant:
        """Turn a code into a grant, once; `None` for a call that does not name the address again."""
        kept = self._codes.pop(code, None)
        elsewhere = kept is not None and redirect_uri not in (None, kept.redirect_uri)
        if kept is None or kept.until_ms <= self.clock.now_ms() or elsewhere:
            raise ApiError(40101, "The auth_code is wrong, used or expired, or the redirect_uri differs.")
        return self.grant(open_id=kept.open_id, scopes=kept.scopes)

    def grant(self, *, open_id: str, scopes: Iterable[str] = SCOPES) -> Grant:
        """Give tokens for an account without a consent page; the consent page ends here as well."""
        if open_id not in self.accounts:
            raise ApiError(40007, f"No account {open_id}.")
        now = self.clock.now_ms()
        lives = self.numbers.tokens
        grant = Grant(
            open_id=open_id,
            scopes=frozenset(scopes),
            access_token=self._secret("act"),
            access_until_ms=now + lives.access_seconds * MILLISECONDS,
            refresh_token=self._secret("rft"),
            refresh_until_ms=now + lives.refresh_seconds * MILLISECONDS,
        )
        self._keep(grant)
        self.disconnected.discard(open_id)
        self._scopes[open_id] = grant.scopes
        return grant

    def hears(self, open_id: str, scope: str) -> bool:
        """Whether the app is told of an account's events that need `scope`."""
        granted = self._scopes.get(open_id)
        return open_id not in self.disconnected and (granted is None or scope in granted)

    def granted(self, open_id: str) -> frozenset[str]:
        """Return the scopes that an account's user allows the app now; none when the authorization has ended."""
        return frozenset() if open_id in self.disconnected else self._scopes.get(open_id, frozenset())

    def refresh(self, refresh_token: str) -> Grant:
        """Give a grant a new access token; the year of the refresh token is never extended."""
        grant = self._by_refresh.get(refresh_token)
        if grant is None:
            raise ApiError(40107, "The refresh token is incorrect.")
        now = self.clock.now_ms()
        if grant.refresh_until_ms <= now:
            raise ApiError(40103, "The refresh token is expired.")
        grant.access_token = self._secret("act")
        grant.access_until_ms = now + self.numbers.tokens.access_seconds * MILLISECONDS
        if self.refresh_mode == "rotate":
            del self._by_refresh[refresh_token]
            grant.refresh_token = self._secret("rft")
        self._keep(grant)
        return grant

    def grant_of(self, access_token: str) -> Grant:
        """Return the grant behind a usable access token."""
        if not access_token:
            raise ApiError(40104, "Access token is empty.")
        known = self._by_access.get(access_token)
        if known is None or known[0].revoked:
            raise ApiError(40105, "Access token is incorrect or has been revoked.")
        if known[1] <= self.clock.now_ms():
            raise ApiError(40102, "Access token is expired.")
        return known[0]

    def revoke(self, open_id: str, *, reason: int) -> int:
        """End every grant of an account and tell the app; returns how many grants ended."""
        ended = {id(grant): grant for grant, _ in self._by_access.values() if grant.open_id == open_id}
        live = [grant for grant in ended.values() if not grant.revoked]
        for grant in live:
            grant.revoked = True
        self._by_refresh = {token: kept for token, kept in self._by_refresh.items() if not kept.revoked}
        if live:
            now = self.clock.now_ms()
            content = {"reason": reason}
            self.disconnected.add(open_id)
            self.emit(Event(name="authorization.removed", open_id=open_id, at_ms=now, content=content))
        return len(live)

    # --- comments ---

    def comment(self, comment_id: str) -> Comment:
        """Return a comment that still exists; 40007 otherwise."""
        comment = self.comments.get(comment_id)
        if comment is None or comment.deleted:
            raise ApiError(40007, "The comment does not exist.")
        return comment

    def receive(self, comment: Comment, *, tell: bool = True) -> Event:
        """A viewer's comment appears; returns the event, which is emitted only when `tell`."""
        account = self.videos[comment.video_id].open_id
        self._insert(comment)
        event = Event(
            name="comment.update", open_id=account, at_ms=comment.create_ms, action="insert", comment=comment
        )
        if tell:
            self.emit(event)
            for told in self.on_received:
                told(comment)
        return event

    def write(
        self, *, account: Account, video_id: str, text: str, target: Comment | None, image: str = ""
    ) -> Comment:
        """The account comments, or replies to `target`; too many similar texts are hidden silently."""
        now = self.clock.now_ms()
        comment = Comment(
            comment_id=self.new_id(now),
            video_id=video_id,
            parent_id="" if target is None else (target.parent_id or target.comment_id),
            unique_identifier=account.unique_identifier,
            username=account.username,
            display_name=account.display_name,
            text=text,
            create_ms=now,
            owner=True,
            image=image,
        )
        if text and self._looks_repeated(account.open_id, text, now):
            comment.hidden = comment.shadow_hidden = True
        self._insert(comment)
        self._tell(comment, "insert")
        if not comment.hidden:
            self._tell(comment, "set_to_public")
            if target is not None and (act := self._if_answered.pop(target.comment_id, None)) is not None:
                act()
        return comment

    def when_answered(self, comment: Comment, act: Callable[[], None]) -> None:
        """Do `act` once, when the account's first visible reply to `comment` appears."""
        self._if_answered[comment.comment_id] = act
        if len(self._if_answered) > self.comments_max:
            self._if_answered.pop(next(iter(self._if_answered)))

    def set_hidden(self, comment: Comment, *, hidden: bool) -> None:
        """Hide or show a comment; nothing is told when nothing changes."""
        if comment.hidden != hidden:
            comment.hidden = hidden
            self.threads[comment.video_id].version += 1
            self._tell(comment, "set_to_hidden" if hidden else "set_to_public")

    def only_friends(self, comment: Comment) -> None:
        """A comment is shown to friends only; the account's own lists show it as before."""
        self._tell(comment, "set_to_friends_only")

    def delete(self, comment: Comment) -> None:
        """Take a comment away for good."""
        comment.deleted = True
        thread = self.threads[comment.video_id]
        thread.ids.pop(comment.comment_id, None)
        thread.version += 1
        parent = self.comments.get(comment.parent_id)
        if parent is not None:
            parent.replies.remove(comment.comment_id)
        self._tell(comment, "delete")

    def listing(self, video_id: str, *, field: str, order: str, public: bool) -> list[str]:
        """Return the ids of a video's top comments in an order; computed once per change."""
        thread = self.threads[video_id]
        key = (field, order, public)
        known = thread.orders.get(key)
        if known is not None and known[0] == thread.version:
            return known[1]
        found = [self.comments[comment_id] for comment_id in thread.ids]
        ids = ordered(found, field=field, order=order, public=public, numbers=self.numbers)
        thread.orders[key] = (thread.version, ids)
        return ids

    def comments_until(self, video_id: str, until_ms: int) -> int:
        """Return how many comments and replies a video had at a moment, of those that still exist."""
        thread = self.threads[video_id]
        known = thread.counted
        if known is None or known[:2] != (thread.version, until_ms // DAY_MS):
            found = 0
            for comment_id in thread.ids:
                comment = self.comments[comment_id]
                found += (comment.create_ms <= until_ms) + len(comment.replies)
            known = thread.counted = (thread.version, until_ms // DAY_MS, found)
        return known[2]

    def new_id(self, now_ms: int) -> str:
        """Return a fresh id of 19 digits: the time in seconds, then a number below the crowd's."""
        self._serial += 1
        return str(((now_ms // MILLISECONDS) << 32) | ((self._serial * 2_654_435_761) & 0x7FFFFFFF))

    # --- inside ---

    def _insert(self, comment: Comment) -> None:
        if comment.comment_id in self.comments:
            raise ApiError(40050, f"Comment {comment.comment_id} exists already.")
        self.comments[comment.comment_id] = comment
        thread = self.threads[comment.video_id]
        thread.active_ms = max(thread.active_ms, comment.create_ms)
        if comment.parent_id:
            parent = self.comments.get(comment.parent_id)
            if parent is not None:
                parent.replies.append(comment.comment_id)
        else:
            thread.ids[comment.comment_id] = None
        thread.version += 1
        if len(self.comments) > self.comments_max:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        comment_id, comment = self.comments.popitem(last=False)
        thread = self.threads[comment.video_id]
        thread.ids.pop(comment_id, None)
        thread.version += 1
        self.forgotten += 1

    def _tell(self, comment: Comment, action: str) -> None:
        open_id = self.videos[comment.video_id].open_id
        now = self.clock.now_ms()
        self.emit(Event(name="comment.update", open_id=open_id, at_ms=now, action=action, comment=comment))

    def _looks_repeated(self, open_id: str, text: str, now_ms: int) -> bool:
        rule = self.numbers.antispam
        words = words_of(text)
        recent = self._recent.setdefault(open_id, deque(maxlen=rule.remembered))
        since = now_ms - rule.window_seconds * MILLISECONDS
        similar = sum(
            1 for at, other in recent if at >= since and similarity(words, other) >= rule.similarity
        )
        recent.append((now_ms, words))
        return similar >= rule.allowed

    def _keep(self, grant: Grant) -> None:
        now = self.clock.now_ms()
        live = {token: known for token, known in self._by_access.items() if known[1] > now - DAY_MS}
        live[grant.access_token] = (grant, grant.access_until_ms)
        self._by_access = live
        self._by_refresh[grant.refresh_token] = grant

    def _secret(self, prefix: str) -> str:
        return f"{prefix}.sbx.{self.opaque(prefix).hex()[:32]}"

    def opaque(self, kind: str) -> bytes:
        """Return 32 bytes for a new id or token: never the same twice, the same in each run with this seed."""
        self._serial += 1
        return hashlib.sha256(f"{self._seed}/{kind}/{self._serial}".encode()).digest()


def ordered(found: list[Comment], *, field: str, order: str, public: bool, numbers: Numbers) -> list[str]:
    """Return ids in the wanted order; past a bound of the platform the rest comes by likes, reversed."""
    if public:
        found = [comment for comment in found if not comment.hidden]
    keys: Mapping[str, Callable[[Comment], Any]] = {
        "likes": lambda comment: comment.likes,
        "replies": lambda comment: len(comment.replies),
        "create_time": lambda comment: comment.create_ms,
        "smart": lambda comment: (comment.likes, comment.create_ms),
    }
    found.sort(key=keys["smart" if order == "smart" else field], reverse=order != "asc")
    bound = numbers.comments.order_changes_after
    rest = sorted(found[bound:], key=keys["likes"])
    return [comment.comment_id for comment in found[:bound] + rest]


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text that count when replies are compared: no mentions, no case, no signs."""
    return frozenset(_WORD.findall(_MENTION.sub(" ", text).casefold()))


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of words two texts have in common, 0 to 1; two texts without words are the same."""
    together = len(one | other)
    return len(one & other) / together if together else 1.0
