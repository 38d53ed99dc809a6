"""Taking back what has surely not left: an act is cancelled only while nobody can have carried it out."""

from goodstanding.usecases.audit import Draft, act_draft, append
from goodstanding.usecases.context import SYSTEM, Context
from goodstanding.usecases.ports import Outgoing, Transaction


def withdraw(ctx: Context, tx: Transaction, one: Outgoing, code: str) -> bool:
    """Cancel what has surely not left: planned, held, or a task nobody opened. False otherwise.

    A task was an attempt, so its result is sealed; everything else is the caller's to seal.
    """
    now = ctx.clock.now()
    if one.state == "task":
        task = tx.task(one.id)
        if task is None or task.opened_at is not None:
            return False
        tx.answer_task(one.id, "withdrawn", ":".join(SYSTEM), now)
    elif one.state not in ("planned", "held"):
        return False
    tx.change_outgoing(one.id, {"state": "cancelled", "code": code, "settled_at": now})
    if one.state == "task":
        append(ctx, tx, [act_draft(one, "result", now, {"act": one.act, "state": "cancelled", "code": code})])
    return True


def stop_planned(tx: Transaction, contact_id: int, code: str, now: int) -> list[Draft]:
    """Cancel every reply and message that waits for a person; returns the entries that say so, to be sealed."""
    waiting = [
        one
        for one in tx.outgoing_of_contact(contact_id)
        if one.state in ("planned", "held") and one.act in ("reply", "message")
    ]
    for one in waiting:
        tx.change_outgoing(one.id, {"state": "cancelled", "code": code, "settled_at": now})
    return [
        act_draft(one, "result", now, {"act": one.act, "state": "cancelled", "code": code}) for one in waiting
    ]
