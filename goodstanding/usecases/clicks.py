"""What only a person may ask for: a like, a comment of our own, taking our own comment away.

Nothing automatic reaches this module (an import contract and a test hold it): likes by machine are spam in the
platform's eyes (TT-SPAM-2). The attempt is sealed before the call, its outcome after it.
"""

import asyncio
from typing import get_args

from goodstanding.core import incidents
from goodstanding.core.targets import is_ours
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.texts import length
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import Context, person
from goodstanding.usecases.playbooks import platform_rules
from goodstanding.usecases.ports import Account, Queries, Transaction
from goodstanding.usecases.ports.feed import ClickAct, ClickPermit, ClickResult
from goodstanding.usecases.settling import CALL_SECONDS

ACTS: tuple[ClickAct, ...] = get_args(ClickAct)


class ClickRefusedError(GoodstandingError):
    """The act was not tried. The code says why: GONE, PERSON, KILL_SWITCH, FREEZE, CAPABILITY, NOT_OWN, NO_ID, TEXT."""

    def __init__(self, code: str, **fields: str | int) -> None:
        self.code = code
        super().__init__(**fields)


async def click_comment(ctx: Context, event_id: int, act: ClickAct, *, person_id: int) -> ClickResult:
    """Like or unlike a comment, or delete one of our own; raises `ClickRefusedError`."""

    def permit(tx: Transaction) -> ClickPermit:
        event = tx.event(event_id)
        if event is None or event.kind != "comment" or event.state in ("deleted", "erased"):
            raise ClickRefusedError("GONE", event=event_id)
        if act == "delete" and not event.own:
            raise ClickRefusedError("NOT_OWN", event=event_id)
        if is_ours(event.external_id):
            raise ClickRefusedError("NO_ID", event=event_id)
        account = _account(ctx, tx, event.account_id, person_id, sends=act == "like")
        made = ClickPermit(
            account=account,
            person_id=person_id,
            act=act,
            video_id=event.video_id,
            comment_id=event.external_id,
        )
        append(ctx, tx, [_draft(ctx, made, "attempt", {"act": act}, event_id)])
        return made

    return await _carry_out(ctx, await asyncio.to_thread(ctx.store.write, permit), event_id)


async def write_comment(
    ctx: Context, account_id: int, video_id: str, text: str, *, person_id: int
) -> ClickResult:
    """Write a comment of our own under an own post; raises `ClickRefusedError`. Of unknown outcome it is not repeated."""
    most = platform_rules().numbers.reply_chars_max
    if not text.strip() or length(text) > most:
        raise ClickRefusedError("TEXT", most=most)

    def permit(tx: Transaction) -> ClickPermit:
        account = _account(ctx, tx, account_id, person_id, sends=True)
        if video_id not in {one.id for one in tx.videos(account_id)}:
            raise ClickRefusedError("GONE", video=video_id[:80])
        made = ClickPermit(
            account=account, person_id=person_id, act="comment", video_id=video_id, text=text.strip()
        )
        append(ctx, tx, [_draft(ctx, made, "attempt", {"act": "comment", "video": video_id}, None)])
        return made

    return await _carry_out(ctx, await asyncio.to_thread(ctx.store.write, permit), None)


async def _carry_out(ctx: Context, permit: ClickPermit, event_id: int | None) -> ClickResult:
    try:
        async with asyncio.timeout(CALL_SECONDS):
            result = await ctx.platforms[permit.account.connector].click(permit)
    except Exception:  # noqa: BLE001 - whatever went wrong, the act may have happened
        result = ClickResult(state="unknown", code="NO_ANSWER")
    body: dict[str, object] = {"act": permit.act, "state": result.state, "code": result.code}

    def note(tx: Transaction) -> None:
        if permit.act == "delete" and result.state == "done":
            tx.set_event_state(permit.account.id, [(permit.comment_id, "deleted")])
        append(ctx, tx, [_draft(ctx, permit, "result", body, event_id)])

    await asyncio.to_thread(ctx.store.write, note)
    return result


def _account(ctx: Context, q: Queries, account_id: int, person_id: int, *, sends: bool) -> Account:
    """Return the account when a person may act for it now."""
    account = next((one for one in q.accounts() if one.id == account_id), None)
    if account is None:
        raise ClickRefusedError("GONE", account=account_id)
    if person_id not in {one.id for one in q.persons()}:
        raise ClickRefusedError("PERSON", person=person_id)
    if account.mode == "assisted" or account_id not in q.has_credentials():
        raise ClickRefusedError("CAPABILITY", account=account_id)
    if account.killed:
        raise ClickRefusedError("KILL_SWITCH", account=account_id)
    freezes = [
        incidents.Freeze(account=f.account_id or None, stops=f.scope, at=f.at, lifted_at=f.lifted_at)
        for f in q.freezes(active_only=True)
    ]
    if sends and incidents.frozen(freezes, account=account_id, now=ctx.clock.now()).sends:
        raise ClickRefusedError("FREEZE", account=account_id)
    return account


def _draft(
    ctx: Context, permit: ClickPermit, kind: str, body: dict[str, object], event_id: int | None
) -> Draft:
    return Draft(
        account_id=permit.account.id,
        kind=kind,  # type: ignore[arg-type]  # attempt or result
        at=ctx.clock.now(),
        actor=person(permit.person_id),
        event_id=event_id,
        refs={} if event_id is None else {"event": event_id},
        body=body,
        values={"text": permit.text.encode()} if permit.text and kind == "attempt" else {},
    )
