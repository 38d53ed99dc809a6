"""Accounts: opened, connected, disconnected, stopped."""

import re
from collections.abc import Sequence
from typing import get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from goodstanding.core.capability import PROGRAMMES, AccountType
from goodstanding.core.policy.model import Mode
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import SECOND
from goodstanding.usecases import audit, connecting, connections, playbooks, policies
from goodstanding.usecases.context import SYSTEM, Context, Who
from goodstanding.usecases.ports import Account, Transaction, Video
from goodstanding.usecases.ports.connections import Connection

LANGUAGES = ("nl", "en")
"""Languages an account can be at home in."""
NAME_MAX = 100
_HANDLE = re.compile(r"[a-z0-9_.]{2,24}")


class BadAccountError(GoodstandingError):
    """Something stated of an account cannot be right; field: which (handle, taken, mode, language, zone)."""

    code = "BAD_ACCOUNT"


def open_account(
    ctx: Context, tx: Transaction, account: Account, *, videos: tuple[Video, ...] = (), who: Who = SYSTEM
) -> None:
    """Start serving an account under the policy named in it."""
    now = ctx.clock.now()
    tx.add_account(account, now)
    tx.add_activation(account.id, account.policy_hash, ":".join(who), now)
    tx.ensure_lanes([account.id])
    tx.add_videos(videos, now)
    audit.append(
        ctx, tx,
        [
            audit.Draft(
                account_id=account.id, kind="policy", at=now, actor=who,
                body={"act": "activate", "before": "", "after": account.policy_hash, "mode": account.mode},
            )
        ],
    )  # fmt: skip


def add(
    ctx: Context,
    *,
    mode: Mode,
    handle: str,
    name: str,
    country: str,
    account_type: AccountType,
    programmes: Sequence[str],
    language: str,
    zone: str,
    who: Who,
    policy: str = "careful",
) -> Account:
    """Add an account that is not connected yet; one in assisted mode never needs to be.

    It starts under a shipped policy and with an empty bucket. Raises `BadAccountError`, `BadCountryError` or
    `NotConnectableError` (a sandbox account where TikTok itself would be called).
    """
    handle = checked_handle(handle)
    _check(mode, language, zone)
    place = connections.country_code(country)
    if mode == "sandbox" and not ctx.authorizers["tiktok"].imitation:
        raise connecting.NotConnectableError(why="sandbox")
    hash_ = policies.read(playbooks.policy_text(policy)).hash

    def work(tx: Transaction) -> Account:
        known = tx.accounts()
        if any(one.handle == handle for one in known):
            raise BadAccountError(which="taken")
        taken = {one.id for one in known}
        number = tx.ids("account")
        while number in taken:
            number = tx.ids("account")
        account = Account(
            id=number, connector="tiktok", external_id=f"{connecting.NEW}{number}", identifier="", handle=handle,
            name=name.strip()[:NAME_MAX] or handle, mode=mode, zone=zone, language=language, killed=False, can_reply=False,
            can_hide=False, can_message=False, bucket_milli=0, bucket_at=ctx.clock.now(), spike_paused=False,
            policy_hash=hash_,
        )  # fmt: skip
        row = Connection(
            account_id=number, account_type=account_type, country=place, changed_at=ctx.clock.now(),
            programmes=" ".join(p for p in PROGRAMMES if p in programmes),
        )  # fmt: skip
        tx.add_connection(row)
        open_account(ctx, tx, account, who=who)
        body = {"act": "added", "mode": mode, "country": place, "type": account_type}
        connections.log(ctx, tx, number, who, {**body, "programmes": row.programmes})
        return account

    return ctx.store.write(work)


def change(
    ctx: Context,
    account_id: int,
    *,
    who: Who,
    mode: Mode | None = None,
    handle: str | None = None,
    name: str | None = None,
    language: str | None = None,
    zone: str | None = None,
) -> None:
    """Change how an account is served; `None` leaves it as it is. Raises like `add`, and `NoAccountError`."""
    said = {
        "mode": mode, "language": language, "zone": zone, "name": name and (name.strip()[:NAME_MAX] or None),
        "handle": None if handle is None else checked_handle(handle),
    }  # fmt: skip

    def work(tx: Transaction) -> None:
        account = connections.account_of(tx, account_id)
        changes = {k: v for k, v in said.items() if v is not None and v != getattr(account, k)}
        if not changes:
            return
        _check(mode or account.mode, language or account.language, zone or account.zone)
        if changes.get("mode") == "sandbox" and not ctx.authorizers["tiktok"].imitation:
            raise connecting.NotConnectableError(why="sandbox")
        tx.change_account(account_id, changes)
        sealed = {k: v for k, v in changes.items() if k in ("mode", "language", "zone")}
        connections.log(ctx, tx, account_id, who, {"act": "changed", **sealed})

    ctx.store.write(work)


def checked_handle(given: str) -> str:
    """Return a handle without its @; raises `BadAccountError`."""
    plain = given.strip().removeprefix("@").lower()
    if not _HANDLE.fullmatch(plain):
        raise BadAccountError(which="handle")
    return plain


def _check(mode: str, language: str, zone: str) -> None:
    if mode not in get_args(Mode):
        raise BadAccountError(which="mode")
    if language not in LANGUAGES:
        raise BadAccountError(which="language")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadAccountError(which="zone") from None


def disconnect(ctx: Context, tx: Transaction, account: Account, *, reason: str, at: int = 0) -> None:
    """Stop all automatic acts of an account whose authorisation is gone; nothing that was kept is lost.

    `reason` is the platform's own code, `at` the time it gives. A notice of before the last consent came late, out of
    order: it is about an older consent and changes nothing.
    """
    known = tx.connection(account.id)
    if at and known is not None and known.connected_at is not None and at + SECOND <= known.connected_at:
        return
    connections.removed(ctx, tx, account, code=reason, who=("platform", account.connector))


def set_killed(ctx: Context, account_id: int, *, killed: bool, who: Who) -> None:
    """Throw or release an account's kill switch. From then on it is a person's: connecting again leaves it as it is."""

    def work(tx: Transaction) -> None:
        tx.change_account(account_id, {"killed": killed})
        tx.change_connection(account_id, {"threw_switch": False})
        _log_switch(ctx, tx, account_id, who, {"killed": int(killed)})

    ctx.store.write(work)


def _log_switch(ctx: Context, tx: Transaction, account_id: int, who: Who, body: dict[str, object]) -> None:
    draft = audit.Draft(account_id=account_id, kind="freeze", at=ctx.clock.now(), actor=who, body=body)
    audit.append(ctx, tx, [draft])
