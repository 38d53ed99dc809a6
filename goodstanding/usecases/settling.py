"""Settling: what became of an act, written down once, and what that did to its comment.

An answer that comes late never overwrites a surer one, and an act is never taken back once it may have left.
"""

from collections import defaultdict
from collections.abc import Sequence

from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import ended, policies, warnings
from goodstanding.usecases.audit import act_draft, append
from goodstanding.usecases.cases import open_case
from goodstanding.usecases.context import SYSTEM, Context
from goodstanding.usecases.ports import Outgoing, SendPermit, SendResult, Transaction

CALL_SECONDS = 30
"""A call that has not answered by then is given up, its outcome unknown."""
CHECK_AGAIN = 2 * MINUTE
"""Between two looks for an act of unknown outcome."""
NO_LEAVE = "TOKEN"
"""The code of a call that was not made, or refused, because there is no token that works."""
GIVE_UP = 15 * MINUTE
"""After which a person is asked."""


def settle(
    ctx: Context, tx: Transaction, permits: Sequence[SendPermit], results: Sequence[SendResult]
) -> None:
    """Write down what the platform answered. A result that comes late never overwrites a surer one."""
    now = ctx.clock.now()
    answers = [
        (permit.outgoing, _without_leave(tx, permit, result))
        for permit, result in zip(permits, results, strict=True)
    ]
    mine = tx.sending([(one.id, one.fence) for one, _ in answers])
    settled = [(one, result) for one, result in answers if one.id in mine or _is_news(tx, one, result)]
    by_columns: dict[tuple[str, ...], list[tuple[int, dict[str, object]]]] = defaultdict(list)
    for one, result in settled:
        changes = _changes(result, now)
        by_columns[tuple(changes)].append((one.id, changes))
    for rows in by_columns.values():
        tx.settle_many(rows)
    apply(tx, [one for one, result in settled if result.state == "sent"])
    warnings.take(ctx, tx, settled)
    if settled:
        append(
            ctx,
            tx,
            [
                act_draft(one, "result", now, {"act": one.act, "state": result.state, "code": result.code})
                for one, result in settled
            ],
        )


def _without_leave(tx: Transaction, permit: SendPermit, result: SendResult) -> SendResult:
    """Return what a refusal for want of a token means: once the authorisation ended, the act waits with all others."""
    if result.state != "failed" or result.code != NO_LEAVE:
        return result
    account = next((a for a in tx.accounts() if a.id == permit.account.id), permit.account)
    gone = ended.ended_at(tx, account) is not None
    return SendResult(state="later", code=Code.AUTHORISATION_ENDED) if gone else result


def _is_news(tx: Transaction, one: Outgoing, result: SendResult) -> bool:
    """Tell whether a late answer says more than what is known: the act was given up as of unknown outcome."""
    current = tx.outgoing(one.id)
    return current is not None and current.state == "unknown" and result.state in ("sent", "failed")


def settle_unknown(ctx: Context, tx: Transaction, outgoing_id: int, found: SendResult) -> None:
    """Settle an act of unknown outcome with what a read-back found; after 15 minutes a person is asked."""
    one = tx.outgoing(outgoing_id)
    if one is None or one.state != "unknown":
        return
    now = ctx.clock.now()
    body: dict[str, object] = {"act": one.act, "state": found.state, "code": "READ_BACK"}
    if found.state == "sent":
        tx.change_outgoing(one.id, _changes(found, now))
        apply(tx, [one])
    elif found.state == "failed":
        tx.change_outgoing(
            one.id, {"state": "planned", "attempt_at": None, "not_before": now, "code": "READ_BACK"}
        )
        body["state"] = "planned"
    elif now - (one.attempt_at or now) < GIVE_UP:
        tx.change_outgoing(one.id, {"not_before": now + CHECK_AGAIN})
        return
    else:
        if tx.cases_of_event(one.event_id) and one.code == "OUTCOME_UNKNOWN":
            tx.change_outgoing(one.id, {"not_before": now + GIVE_UP})
            return
        account = next(a for a in tx.accounts() if a.id == one.account_id)
        policy = policies.compiled(ctx, tx, account.policy_hash)
        tx.change_outgoing(one.id, {"not_before": now + GIVE_UP, "code": "OUTCOME_UNKNOWN"})
        tx.add_cases([open_case(tx, policy, one, "OUTCOME_UNKNOWN", now)])
        body["code"] = "OUTCOME_UNKNOWN"
    append(ctx, tx, [act_draft(one, "result", now, body)])


def settle_echo(ctx: Context, tx: Transaction, one: Outgoing, provider_ref: str) -> None:
    """Our own reply came back as an event: an unknown outcome is known now."""
    now = ctx.clock.now()
    tx.change_outgoing(one.id, _changes(SendResult(state="sent", provider_ref=provider_ref), now))
    apply(tx, [one])
    if one.state == "task":
        tx.answer_task(one.id, "sent", ":".join(SYSTEM), now)
    append(ctx, tx, [act_draft(one, "result", now, {"act": one.act, "state": "sent", "code": "ECHO"})])


def settle_message(ctx: Context, tx: Transaction, one: Outgoing, provider_ref: str) -> bool:
    """A reply or message of ours was seen on the platform, perhaps before our own call was answered: settle it, once.

    False when it was settled meanwhile. What was planned again because it could not be found is not sent again.
    """
    now = ctx.clock.now()
    sent = _changes(SendResult(state="sent", provider_ref=provider_ref), now)
    state = "sent"
    if not tx.settle_from(one.id, ("sending", "unknown"), sent):
        state = "cancelled"
        changes = {"state": state, "code": "ECHO", "settled_at": now, "provider_ref": provider_ref}
        if one.state != "planned" or not tx.settle_from(one.id, ("planned",), changes):
            return False
    apply(tx, [one])
    append(ctx, tx, [act_draft(one, "result", now, {"act": one.act, "state": state, "code": "ECHO"})])
    return True


def recover(ctx: Context, tx: Transaction) -> int:
    """Make `unknown` of every act whose call can no longer be under way."""
    now = ctx.clock.now()
    stale = int(CALL_SECONDS * 2 / max(ctx.clock.real_seconds(1000), 1e-6) * 1000)
    drafts = []
    for one in tx.outgoing_in_state("sending", limit=1000):
        if now - (one.attempt_at or 0) < stale:
            continue
        if tx.settle_outgoing(one.id, one.fence, {"state": "unknown", "not_before": now}):
            drafts.append(
                act_draft(one, "result", now, {"act": one.act, "state": "unknown", "code": "NO_ANSWER"})
            )
    if drafts:
        append(ctx, tx, drafts)
    return len(drafts)


def _changes(result: SendResult, now: int) -> dict[str, object]:
    if result.state == "later":
        later = now + max(result.retry_after, MINUTE)
        return {"state": "planned", "attempt_at": None, "not_before": later, "code": result.code}
    if result.state == "unknown":
        return {"state": "unknown", "not_before": now + CHECK_AGAIN, "code": result.code}
    return {
        "state": result.state,
        "settled_at": now,
        "provider_ref": result.provider_ref,
        "code": result.code,
    }


def apply(tx: Transaction, happened: Sequence[Outgoing]) -> None:
    """Note on the comments what acts that happened did to them."""
    for account_id in {one.account_id for one in happened}:
        mine = [one for one in happened if one.account_id == account_id]
        states = [(one.target_id, _STATES[one.act]) for one in mine if one.act in _STATES]
        if states:
            tx.set_event_state(account_id, states)
        answered = [one.target_id for one in mine if one.act == "reply"]
        talked = [one.event_id for one in mine if one.act == "message"]
        if talked:
            answered += [event.external_id for event in tx.events(talked).values()]
        if answered:
            tx.mark_answered(account_id, answered)


_STATES = {"hide": "hidden", "unhide": "public"}
