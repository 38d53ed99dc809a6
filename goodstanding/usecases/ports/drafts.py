"""Ports of drafts: the language model that is asked, and what is kept of what it wrote."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from goodstanding.usecases.ports.outbox import Outgoing

DraftState = Literal["asked", "fit", "unfit", "failed"]
"""`asked`: no answer yet, or none any more. `fit`: passed every check. `unfit`: did not. `failed`: there is no draft."""
Trouble = Literal["", "address", "plain"]
"""What is wrong with an address: nothing; it is none; it is not encrypted and leads outside."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A language model behind an OpenAI-compatible address."""

    address: str
    """`https://…/v1`: everything before `/chat/completions`."""
    model: str
    key: str = ""
    """Empty where none is asked for."""


class Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: a text, or a code that says why there is none."""

    text: str = ""
    failure: str = ""
    """`TIMEOUT`, `NOT_REACHED`, `REFUSED_ADDRESS`, `HTTP_429` and so on, `REDIRECT`, `UNREADABLE`, `TOO_LARGE`, `EMPTY`,
    `REFUSED` or `CUT_OFF`."""


class Drafter(Protocol):
    """The way to a language model."""

    def trouble(self, address: str) -> Trouble:
        """Return what keeps an address from being asked; whether it can be reached is not looked at."""
        ...

    def request(self, model: str, told: str, shown: str) -> bytes:
        """Return the exact bytes that are sent: what the model is told, and what it is shown."""
        ...

    async def draft(self, service: Service, request: bytes) -> Drafted:
        """Ask, once. Never raises for what the network or the model does."""
        ...


class DraftRow(msgspec.Struct, frozen=True, kw_only=True):
    """One draft: the last one of an event (`outgoing_id` 0), or the only one of a planned act."""

    account_id: int
    event_id: int
    outgoing_id: int
    contact_id: int
    at: int
    state: DraftState
    codes: str
    """Why it is unfit or failed, parted by spaces."""
    model: str
    host: str
    digest: str
    """SHA-256 of the request, in hex."""
    language: str
    body: bytes | None = None
    """The text, encrypted under the contact's key."""


class DraftQueries(Protocol):
    """What may be read of drafts."""

    def draft(self, account_id: int, event_id: int, outgoing_id: int = 0) -> DraftRow | None: ...
    def acts_to_draft(
        self, account_id: int, templates: Sequence[str], *, after: int, limit: int
    ) -> "list[Outgoing]":
        """Return automatic acts of these templates that are planned to leave after an instant and have no draft."""
        ...


class DraftChanges(Protocol):
    """What may be changed of drafts."""

    def claim_draft(self, row: DraftRow) -> bool:
        """Keep that a planned act is being drafted; False when it was before: each is drafted once."""
        ...

    def put_draft(self, row: DraftRow) -> None:
        """Keep a draft in place of the one before."""
        ...

    def erase_drafts(self, contact_id: int) -> int: ...
    def drop_drafts(self, before: int) -> int:
        """Forget drafts from before an instant."""
        ...
