"""Freeze and lift."""

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import audit, withdrawing
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ports import FreezeRow, FreezeScope, Transaction


class NotFrozenError(GoodstandingError):
    """There is nothing to lift; field: freeze."""

    code = "NOT_FROZEN"


def freeze(
    ctx: Context, *, reason: str, who: Who, scope: FreezeScope = "everything", account_id: int = 0
) -> tuple[FreezeRow, int]:
    """Stop sending in a scope (account 0: all accounts) at once; returns the freeze and how many sends it holds.

    Hiding harmful comments goes on.
    """
    return ctx.store.write(
        lambda tx: freeze_in(ctx, tx, reason=reason, who=who, scope=scope, account_id=account_id)
    )


def freeze_in(
    ctx: Context,
    tx: Transaction,
    *,
    reason: str,
    who: Who,
    scope: FreezeScope = "everything",
    account_id: int = 0,
) -> tuple[FreezeRow, int]:
    """Like `freeze`, inside a transaction of the caller's; it takes the log, so call it last."""
    row = FreezeRow(
        id=tx.ids("freeze"),
        account_id=account_id,
        scope=scope,
        reason=reason,
        actor=":".join(who),
        at=ctx.clock.now(),
        lifted_by=None,
        lifted_at=None,
    )
    tx.add_freeze(row)
    held = _held(tx, account_id)
    body: dict[str, object] = {"act": "freeze", "scope": scope, "freeze": row.id, "held": held}
    _log(ctx, tx, who, account_id, body, reason)
    return row, held


def lift(ctx: Context, freeze_id: int, *, who: Who, discard: bool = False) -> int:
    """Lift a freeze; `discard` cancels what is planned first. Returns how many sends were cancelled.

    Raises `NotFrozenError` when it was lifted already.
    """

    def work(tx: Transaction) -> int:
        now = ctx.clock.now()
        row = next((f for f in tx.freezes(active_only=True) if f.id == freeze_id), None)
        if row is None or not tx.lift_freeze(freeze_id, ":".join(who), now):
            raise NotFrozenError(freeze=freeze_id)
        cancelled = _discard(ctx, tx, row.account_id) if discard else 0
        _log(ctx, tx, who, row.account_id, {"act": "lift", "freeze": freeze_id, "cancelled": cancelled}, "")
        return cancelled

    return ctx.store.write(work)


def _held(tx: Transaction, account_id: int) -> int:
    return sum(
        one.act in ("reply", "message")
        for one in tx.outgoing_in_state("planned", limit=100_000, account_id=account_id or None)
    )


def _discard(ctx: Context, tx: Transaction, account_id: int) -> int:
    found = tx.outgoing_in_state("planned", limit=100_000, account_id=account_id or None)
    for account in tx.accounts():
        if account_id in (0, account.id):
            tasks = (tx.outgoing(task.outgoing_id) for task in tx.open_tasks(account.id, 100_000))
            found += [one for one in tasks if one is not None]
    sends = [one for one in found if one.act in ("reply", "message")]
    return sum(withdrawing.withdraw(ctx, tx, one, "FREEZE") for one in sends)


def _log(
    ctx: Context, tx: Transaction, who: Who, account_id: int, body: dict[str, object], reason: str
) -> None:
    draft = audit.Draft(account_id=account_id, kind="freeze", at=ctx.clock.now(), actor=who, body=body)
    if reason:
        draft.values = {"reason": reason.encode()}
    audit.append(ctx, tx, [draft])
