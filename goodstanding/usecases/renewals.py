"""Renewing access tokens: one at a time for each account, in all processes together.

A network failure is no lost consent: the acts wait and it is tried again. Only when the platform says that the consent
is gone is the account stopped.
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

import msgspec

from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import apps, connections, playbooks
from goodstanding.usecases.context import SYSTEM, Context
from goodstanding.usecases.ports import Account, Queries, Transaction
from goodstanding.usecases.ports.connections import (
    AppKeys,
    AppRefusedError,
    ConsentGoneError,
    NotReachedError,
    TokenPair,
    Tokens,
)

T = TypeVar("T")
LEASE_SECONDS = 60.0
"""Longer than any call may take: whoever died with the lease gives it up by then."""
LOOKS = 40
LOOK_SECONDS = 0.25
"""How often one waits for another process's renewal, and how long between."""
TRY_AGAIN = 5 * MINUTE
"""Between two tries of the keeper after trouble."""


class Renewal(Enum):
    """How a renewal ended; true only when there is a token to go on with."""

    FRESH = "fresh"
    LATER = "later"
    """The platform could not be asked: the consent may still hold."""
    GONE = "gone"
    """The account must be connected again."""

    def __bool__(self) -> bool:
        return self is Renewal.FRESH


class _Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at the account found: an end, or leave to ask the platform, or neither (another one is asking)."""

    end: Renewal | None = None
    account: Account | None = None
    app: AppKeys | None = None
    pair: TokenPair | None = None
    lease: int = 0


async def renew(ctx: Context, account_id: int, stale: str) -> Renewal:
    """Get a token newer than `stale`, unless someone already did.

    Both tokens are stored in one transaction with their dates and scopes. The platform may rotate the refresh token
    or keep it, and it does not extend the consent's year: what it says is what is stored.
    """
    for _ in range(LOOKS):
        turn = await _write(ctx, lambda tx: _take_turn(ctx, tx, account_id, stale))
        if turn.end is not None:
            return turn.end
        if turn.pair is not None:
            return await _ask(ctx, turn, turn.pair)
        await asyncio.sleep(LOOK_SECONDS)
    return Renewal.LATER


async def lost(ctx: Context, account_id: int, token: str) -> None:
    """The platform refused a token that had just been renewed: the consent is gone (40105 after a renewal)."""

    def work(tx: Transaction) -> None:
        pair = connections.kept_tokens(ctx, tx, account_id)
        if pair is not None and pair.access_token == token:
            account = connections.account_of(tx, account_id)
            who = ("platform", account.connector)
            connections.removed(ctx, tx, account, code="40105", who=who)

    await _write(ctx, work)


async def renew_due(ctx: Context) -> int:
    """Renew every token that ends soon; returns how many were renewed. Trouble is noted and tried again in 5 minutes."""
    due = await asyncio.to_thread(ctx.store.read, lambda q: _due(ctx, q))
    return sum([bool(await renew(ctx, account_id, token)) for account_id, token in due])


def _due(ctx: Context, q: Queries) -> list[tuple[int, str]]:
    now = ctx.clock.now()
    soon = now + playbooks.connect_rules().numbers.renew_before_minutes * MINUTE
    found = []
    for row in q.connections():
        ends = row.state == "connected" and row.access_until is not None and row.access_until <= soon
        if ends and now - (row.problem_at or 0) >= TRY_AGAIN:
            pair = connections.kept_tokens(ctx, q, row.account_id)
            if pair is not None:
                found.append((row.account_id, pair.access_token))
    return found


def _take_turn(ctx: Context, tx: Transaction, account_id: int, stale: str) -> _Turn:
    pair = connections.kept_tokens(ctx, tx, account_id)
    if pair is None:
        return _Turn(end=Renewal.GONE)
    if pair.access_token != stale:
        return _Turn(end=Renewal.FRESH)
    account = connections.account_of(tx, account_id)
    before = connections.ensured(ctx, tx, account)
    app = apps.known(ctx, tx, account.connector)
    if app is None or account.connector not in ctx.authorizers:
        _note(ctx, tx, account_id, "NO_APP")
        return _Turn(end=Renewal.LATER)
    now = ctx.clock.now()
    lease = max(now, before.lease_until) + _span(ctx)
    if not tx.claim_renewal(account_id, now, lease):
        return _Turn()
    return _Turn(account=account, app=app, pair=pair, lease=lease)


async def _ask(ctx: Context, turn: _Turn, pair: TokenPair) -> Renewal:
    account, app = turn.account, turn.app
    assert account is not None
    assert app is not None
    try:
        tokens = await ctx.authorizers[account.connector].renew(app, refresh_token=pair.refresh_token)
    except NotReachedError as error:
        why = str(error.fields.get("why", error.code))
        return await _write(ctx, lambda tx: _give_up(ctx, tx, account.id, turn.lease, why))
    except AppRefusedError as error:
        why = f"APP_REFUSED {error.fields.get('answer', '')}".strip()
        return await _write(ctx, lambda tx: _give_up(ctx, tx, account.id, turn.lease, why))
    except ConsentGoneError as error:
        code = str(error.fields.get("answer", error.code))
        return await _write(ctx, lambda tx: _gone(ctx, tx, account.id, pair, code))
    return await _write(ctx, lambda tx: _keep(ctx, tx, account.id, pair, tokens))


def _keep(ctx: Context, tx: Transaction, account_id: int, old: TokenPair, tokens: Tokens) -> Renewal:
    if _moved_on(ctx, tx, account_id, old):
        return Renewal.FRESH if tx.credentials(account_id) is not None else Renewal.GONE
    account = connections.account_of(tx, account_id)
    before = connections.ensured(ctx, tx, account)
    whole = msgspec.structs.replace(
        tokens,
        refresh_token=tokens.refresh_token or old.refresh_token,
        open_id=tokens.open_id or old.open_id,
        scopes=tokens.scopes or tuple(old.scope.replace(",", " ").split()),
    )
    changes = connections.keep_tokens(ctx, tx, account, whole, before=before, extra={})
    body = {"rotated": whole.refresh_token != old.refresh_token, "ends": changes["refresh_until"] or 0}
    connections.change(ctx, tx, account, before, changes, who=SYSTEM, act="renewed", body=body)
    return Renewal.FRESH


def _give_up(ctx: Context, tx: Transaction, account_id: int, lease: int, why: str) -> Renewal:
    row = tx.connection(account_id)
    if row is not None and row.lease_until == lease:
        tx.change_connection(account_id, {"lease_until": 0})
    _note(ctx, tx, account_id, why)
    return Renewal.LATER


def _gone(ctx: Context, tx: Transaction, account_id: int, old: TokenPair, code: str) -> Renewal:
    if _moved_on(ctx, tx, account_id, old):
        return Renewal.FRESH if tx.credentials(account_id) is not None else Renewal.GONE
    account = connections.account_of(tx, account_id)
    connections.removed(ctx, tx, account, code=code, who=("platform", account.connector))
    return Renewal.GONE


def _moved_on(ctx: Context, tx: Transaction, account_id: int, old: TokenPair) -> bool:
    """Whether the account was connected anew, renewed or disconnected while the platform was asked."""
    now = connections.kept_tokens(ctx, tx, account_id)
    return now is None or now.access_token != old.access_token


def _note(ctx: Context, tx: Transaction, account_id: int, why: str) -> None:
    tx.change_connection(account_id, {"problem": why[:80], "problem_at": ctx.clock.now()})


def _span(ctx: Context) -> int:
    """Return the lease in this clock's milliseconds, whatever its speed."""
    return int(LEASE_SECONDS / max(ctx.clock.real_seconds(1000), 1e-6) * 1000)


async def _write(ctx: Context, work: Callable[[Transaction], T]) -> T:
    return await asyncio.wrap_future(ctx.store.submit(work))
