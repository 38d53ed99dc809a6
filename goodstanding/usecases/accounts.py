"""Accounts: opened, connected, disconnected, stopped."""

from goodstanding.usecases import audit
from goodstanding.usecases.context import SYSTEM, Context, Who
from goodstanding.usecases.ports import Account, Transaction, Video


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


def disconnect(ctx: Context, tx: Transaction, account: Account, *, reason: str) -> None:
    """Stop all automatic acts of an account whose authorisation is gone; nothing that was kept is lost."""
    tx.change_account(account.id, {"killed": True, "credentials": None})
    _log_switch(ctx, tx, account.id, ("platform", account.connector), {"killed": 1, "reason": reason})


def lose_messages(ctx: Context, tx: Transaction, account: Account, *, who: Who) -> None:
    """The platform refused a message because it offers none here: plan no more until the account is looked at again."""
    tx.change_account(account.id, {"can_message": False})
    _log_switch(ctx, tx, account.id, who, {"can_message": 0})


def set_killed(ctx: Context, account_id: int, *, killed: bool, who: Who) -> None:
    """Throw or release an account's kill switch."""

    def work(tx: Transaction) -> None:
        tx.change_account(account_id, {"killed": killed})
        _log_switch(ctx, tx, account_id, who, {"killed": int(killed)})

    ctx.store.write(work)


def _log_switch(ctx: Context, tx: Transaction, account_id: int, who: Who, body: dict[str, object]) -> None:
    draft = audit.Draft(account_id=account_id, kind="freeze", at=ctx.clock.now(), actor=who, body=body)
    audit.append(ctx, tx, [draft])
