"""Incidents: what a freeze stops, and the epoch that proves a decision was made before or after it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Stops = Literal["everything", "promotion", "messages"]
"""`everything` and `messages` stop all that is sent; `promotion` only promotional texts. Hiding never stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """One freeze of an account, or of the whole workspace when `account` is `None`."""

    account: int | None
    stops: Stops
    at: int
    lifted_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What is stopped for one account now."""

    sends: bool
    promotion: bool
    epoch: int


def frozen(freezes: Iterable[Freeze], *, account: int, now: int) -> Frozen:
    """Return what the freezes stop for `account` at `now`.

    The epoch counts every freeze and every lift that touches the account, so it only grows and differs after each.
    """
    sends = promotion = False
    epoch = 0
    for one in freezes:
        if one.account not in (None, account) or one.at > now:
            continue
        lifted = one.lifted_at is not None and one.lifted_at <= now
        epoch += 2 if lifted else 1
        if not lifted:
            promotion = True
            sends = sends or one.stops != "promotion"
    return Frozen(sends=sends, promotion=promotion, epoch=epoch)
