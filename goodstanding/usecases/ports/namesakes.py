"""Ports of namesakes: which contacts of one account may be, or are, the same person."""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

TieState = Literal["alone", "same", "joined", "apart"]
"""`alone`: nobody we know by the platform's id bears the name. `same`: one bears it, so what holds back is shared.
`joined`: a person confirmed that they are one, so everything is. `apart`: the name is no proof any more, or never was."""


class Tie(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What ties a contact known by a name alone to one known by the platform's id."""

    account_id: int
    named_id: int
    """The contact known by a name alone."""
    known_id: int
    """The contact known by the platform's id; 0 when there is none (`alone`)."""
    state: TieState
    at: int
    """When it came to this state, milliseconds."""
    apart_at: int = 0
    """For `apart`: up to here the two were one, so what was done until then counts for both; 0 for never."""
    by: str = ""
    """Who brought it to this state, as in the log."""


class NamesakeQueries(Protocol):
    """What may be read of namesakes."""

    def has_ties(self, account_id: int) -> bool:
        """Tell whether anybody of this account is known by a name alone."""
        ...

    def ties_of(self, contact_ids: Sequence[int]) -> list[Tie]:
        """Return the ties of these contacts, from either end; nobody's (`alone`) are left out."""
        ...

    def bearers(self, account_id: int, handles: Sequence[str]) -> list[int]:
        """Return the ids of the contacts that bear one of these handles now, in whatever way they are known."""
        ...

    def has_suppressed(self, account_id: int) -> bool:
        """Tell whether the account's list of people we never write to has anybody on it."""
        ...

    def open_ties(self, account_id: int, limit: int) -> list[Tie]:
        """Return ties that a person may want to look at (`same` and `apart`), newest first."""
        ...


class NamesakeChanges(Protocol):
    """What may be changed of namesakes."""

    def put_ties(self, rows: Sequence[Tie]) -> None:
        """Keep ties; the state of a pair that was tied before is replaced. A pair takes away `alone`."""
        ...

    def drop_ties(self, contact_ids: Sequence[int]) -> int:
        """Forget the ties of these contacts; returns how many there were. Whom they were tied to is `alone` again."""
        ...
