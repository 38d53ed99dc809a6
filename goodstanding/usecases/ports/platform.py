"""Ports of the platform: what its deliveries say, and carrying out what has a permit."""

from typing import Literal, Protocol

import msgspec

from goodstanding.usecases.ports.automatic import AutomaticPlatform
from goodstanding.usecases.ports.feed import FeedPlatform
from goodstanding.usecases.ports.messages import (
    ConversationKind,
    MessageContent,
    MessagePlatform,
    ParsedMessage,
    ParsedNotice,
)
from goodstanding.usecases.ports.outbox import Outgoing
from goodstanding.usecases.ports.workspace import Account


class ParsedComment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery that says something about a comment. `action`: insert, delete, hidden, public, friends_only."""

    external_id: str
    video_id: str
    parent_id: str
    action: str
    author: str
    handle: str
    text: str
    at: int


class ParsedOther(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery that is well-formed and not about a comment."""

    event: str
    known: bool
    """True for an event we act on (such as `authorization.removed`)."""
    detail: str = ""
    """The platform's reason, where the event has one."""
    at: int = 0
    """When it happened, UTC milliseconds; 0 when it does not say."""


class Unreadable(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery whose content we cannot read."""

    problem: str


Parsed = ParsedComment | ParsedMessage | ParsedNotice | ParsedOther | Unreadable


class SendResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the platform answered. `unknown`: it may have happened."""

    state: Literal["sent", "failed", "unknown", "later"]
    provider_ref: str = ""
    code: str = ""
    """The platform's code or our own word for it."""
    retry_after: int = 0
    """Milliseconds, for `later`: nothing was done, try again then."""
    means: Literal["", "blocked", "not_offered"] = ""
    """More than the act itself: the platform holds the account back, or does not offer this to it (any more)."""


class SendPermit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Leave to make one platform call. Only `usecases.reserving` makes these."""

    account: Account
    outgoing: Outgoing
    content: MessageContent | None = None
    """What a message carries beside its text."""
    conversation: ConversationKind = "SINGLE"


class Platform(FeedPlatform, MessagePlatform, AutomaticPlatform, Protocol):
    """The outside: reading payloads and carrying out what has a permit."""

    def verify(self, body: bytes, header: str, now: int) -> Literal["ok", "bad", "stale"]: ...
    def recipient(self, body: bytes) -> str:
        """Return the platform's id of the account a delivery is for; empty when it cannot be told."""
        ...

    def parse(self, body: bytes) -> Parsed: ...
    async def carry_out(self, permit: SendPermit) -> SendResult: ...
    async def find_again(self, account: Account, outgoing: Outgoing) -> SendResult:
        """Read back whether an act of unknown outcome happened: sent, failed (provably absent) or unknown."""
        ...

    async def picture(self, account: Account, message: ParsedMessage) -> bytes:
        """Fetch the picture of a message; empty when the platform does not hand it over (any more)."""
        ...

    async def ask_time(self, account: Account) -> int | None:
        """Return the platform's time, or None when it cannot be reached."""
        ...

    async def close(self) -> None: ...
