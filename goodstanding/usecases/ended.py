"""Acts of an account whose authorisation ended: all that waited is held, in one state and for one reason.

Nothing of it is ever sent by itself. Once the same account is connected again a person decides about it (`resuming`).
"""

from goodstanding.kernel.reasons import Code
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import SYSTEM, Context
from goodstanding.usecases.ports import Account, Outgoing, Queries, Transaction

ENDED = frozenset({"removed", "revoked"})
"""States of a connection whose authorisation is gone."""
WAITING = "held_since"
"""The setting of an account that says since when acts of it are held, for as long as nobody decided about them."""
AT_ONCE = 5_000


def ended_at(q: Queries, account: Account) -> int | None:
    """Return when the account's authorisation ended, None when it stands or never was."""
    if account.can_reply and account.can_hide and not account.killed:
        return None
    known = q.connection(account.id)
    return known.removed_at if known is not None and known.state in ENDED else None


def hold(ctx: Context, tx: Transaction, account: Account, at: int) -> int:
    """Hold all that waits for an account whose authorisation ended `at`; returns how much that was.

    What is under way is settled first, and a task that somebody opened is theirs to answer; so are the tasks of an
    account that is served by hand.
    """
    states = ("planned",) if account.mode == "assisted" else ("planned", "task")
    count = 0
    for state in states:
        while found := _waiting(tx, account.id, state):
            for one in found:
                changes = {
                    "state": "held",
                    "code": Code.AUTHORISATION_ENDED,
                    "settled_at": at,
                    "attempt_at": None,
                }
                tx.change_outgoing(one.id, changes)
                if state == "task":
                    tx.answer_task(one.id, "withdrawn", ":".join(SYSTEM), ctx.clock.now())
            append(ctx, tx, [_draft(one, ctx.clock.now()) for one in found])
            count += len(found)
    if count and tx.setting(WAITING, account_id=account.id) in (None, ""):
        tx.put_setting(WAITING, str(at), ctx.clock.now(), account_id=account.id)
    return count


def _waiting(tx: Transaction, account_id: int, state: str) -> list[Outgoing]:
    found = tx.outgoing_in_state(state, limit=AT_ONCE, account_id=account_id)
    if state != "task":
        return found
    tasks = {one.id: tx.task(one.id) for one in found}
    return [one for one in found if (task := tasks[one.id]) is not None and task.opened_at is None]


def _draft(one: Outgoing, now: int) -> Draft:
    return Draft(
        account_id=one.account_id, kind="result", at=now, actor=SYSTEM, event_id=one.event_id,
        refs={"event": one.event_id, "outgoing": one.id},
        body={"act": one.act, "state": "held", "code": Code.AUTHORISATION_ENDED}, contact_id=one.contact_id,
    )  # fmt: skip
