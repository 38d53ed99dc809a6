"""The platform's own automatic messages: what an account has set up at the platform itself. Read, never written."""

from typing import Literal, Protocol, get_args

import msgspec

from goodstanding.usecases.ports.workspace import Account

AutomaticKind = Literal["WELCOME_MESSAGE", "SUGGESTED_QUESTION", "CHAT_PROMPT"]
"""The kinds the platform lists; replies to keywords exist in its app alone (portal 1832184619749377)."""
KINDS: tuple[AutomaticKind, ...] = get_args(AutomaticKind)


class AutomaticMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One automatic message. What the platform does not say is empty."""

    id: str
    title: str
    """The question to tap, or the words on the button; empty for a welcome."""
    text: str
    audit: str
    """How its review stands: `REVIEWING`, `APPROVED`, `REJECTED`, or another word of the platform."""
    on: bool | None


class AutomaticMessages(msgspec.Struct, frozen=True, kw_only=True):
    """The automatic messages of one kind. `on` is whether the kind is switched on; `None`: not told."""

    kind: AutomaticKind
    on: bool | None
    messages: tuple[AutomaticMessage, ...]
    unreadable: int = 0


class AutomaticPlatform(Protocol):
    """The part of the platform that lists them."""

    async def automatic_messages(self, account: Account, kind: AutomaticKind) -> AutomaticMessages:
        """Return the automatic messages of a kind; raises `ReadFailedError`."""
        ...
