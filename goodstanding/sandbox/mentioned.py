"""Posts and comments of others that mention an account."""

from collections import deque
from collections.abc import Callable
from typing import Literal

import msgspec

from goodstanding.sandbox.agenda import Agenda
from goodstanding.sandbox.numbers import Numbers
from goodstanding.sandbox.state import Event, State

Change = Literal["EDIT", "PRIVACY_CHANGE"]


class Mention(msgspec.Struct, kw_only=True):
    """One mention, in the caption of a post or in a comment under it."""

    kind: Literal["VIDEO_MENTION", "COMMENT"]
    open_id: str
    item_id: str
    comment_id: str
    at_ms: int
    unique_identifier: str
    username: str
    display_name: str
    caption: str
    text: str
    region: str
    likes: int = 0
    comments: int = 0
    shares: int = 0
    views: int = 0
    told_ms: int = 0
    """When its webhook went out; 0 for not yet."""
    private: bool = False
    """Whether its post was made private; no list shows it any more."""

    @property
    def share_url(self) -> str:
        """Return the address of the post."""
        return f"https://www.tiktok.com/@{self.username}/video/{self.item_id}"


class Brand(msgspec.Struct, kw_only=True):
    """A hashtag that is watched for an account."""

    hashtag: str
    create_ms: int


class Mentions:
    """The mentions, the latest of each account, and the watched hashtags."""

    def __init__(
        self, *, state: State, numbers: Numbers, agenda: Agenda, emit: Callable[[Event], None]
    ) -> None:
        self.spaced_type = False
        """Whether webhooks say `VIDEO MENTION`, as one of the platform's samples does."""
        self.brands: dict[str, dict[str, Brand]] = {}
        self._of: dict[str, deque[Mention]] = {}
        self._state = state
        self._numbers = numbers
        self._agenda = agenda
        self._emit = emit

    def of_account(self, open_id: str) -> list[Mention]:
        """Return the mentions of an account that can be seen, oldest first."""
        return [one for one in self._of.get(open_id, ()) if not one.private]

    def comment(self, open_id: str, comment_id: str, item_id: str) -> Mention | None:
        """Return a comment that mentions the account under a post of others, if there is one."""
        for one in self.of_account(open_id):
            if one.kind == "COMMENT" and one.comment_id == comment_id and one.item_id == item_id:
                return one
        return None

    def add(self, mention: Mention) -> None:
        """Keep a mention; its webhook follows hours later."""
        kept = self._of.setdefault(mention.open_id, deque(maxlen=self._numbers.mentions.listed_max))
        kept.append(mention)
        self._agenda.after(self._numbers.mentions.late_seconds, lambda at: self._tell(mention, at))

    def change(self, mention: Mention, what: Change, *, caption: str = "") -> None:
        """The post of a mention is edited, or made private; its webhook follows hours later as well."""
        mention.caption = caption or mention.caption
        mention.private = mention.private or what == "PRIVACY_CHANGE"
        self._agenda.after(self._numbers.mentions.late_seconds, lambda at: self._tell(mention, at, what))

    def _tell(self, mention: Mention, at_ms: int, what: Literal["CREATE"] | Change = "CREATE") -> None:
        mention.told_ms = at_ms
        content = {
            "type_of_event": what,
            "mention_type": mention.kind.replace("_", " ") if self.spaced_type else mention.kind,
            "video_id": mention.item_id,
            "video_create_time": mention.at_ms // 1000,
            "open_id_of_mentioned_user": mention.open_id,
            "unique_name_of_mentioned_user": self._state.accounts[mention.open_id].username,
            "unique_identifier": mention.unique_identifier,
            "share_url": mention.share_url,
            "video_caption": mention.caption,
            "comment_id": mention.comment_id,
        }
        self._emit(Event(name="brand.mention.event", open_id=mention.open_id, at_ms=at_ms, content=content))
