"""What the platform's answers mean for a whole account: rest after a block, and nothing that is not offered (any more)."""

from collections.abc import Sequence

from goodstanding.kernel.reasons import Code
from goodstanding.usecases import connections, incidents, policies
from goodstanding.usecases.cases import open_case
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.facts import freeze_facts
from goodstanding.usecases.ports import Account, Outgoing, SendPermit, SendResult, Transaction


def take(ctx: Context, tx: Transaction, settled: Sequence[tuple[Outgoing, SendResult]]) -> None:
    """Act on warnings among results: a block freezes the account and asks a person; what is not offered is not planned."""
    for account_id in sorted({one.account_id for one, result in settled if result.means}):
        mine = [(one, result) for one, result in settled if one.account_id == account_id]
        account = next(a for a in tx.accounts() if a.id == account_id)
        who: Who = ("platform", account.connector)
        blocked = next((one for one, result in mine if result.means == "blocked"), None)
        if blocked is not None and not freeze_facts(tx, account_id).sends:
            policy = policies.compiled(ctx, tx, account.policy_hash)
            incidents.freeze_in(ctx, tx, reason=Code.PLATFORM_BLOCKED, who=who, account_id=account_id)
            tx.add_cases([open_case(tx, policy, blocked, Code.PLATFORM_BLOCKED, ctx.clock.now())])
        for one, result in mine:
            if result.means == "not_offered":
                _close(ctx, tx, account, one, result)


def held_back(permit: SendPermit, before: Sequence[SendPermit], results: Sequence[SendResult]) -> str:
    """Return why a call of a batch is not made any more after what the calls `before` it were answered; empty: go on."""
    for earlier, result in zip(before, results, strict=False):
        if result.means == "blocked":
            return Code.PLATFORM_BLOCKED
        if result.means == "not_offered" and _FEATURE[earlier.outgoing.act] == _FEATURE[permit.outgoing.act]:
            return Code.CAPABILITY
    return ""


def _close(ctx: Context, tx: Transaction, account: Account, one: Outgoing, result: SendResult) -> None:
    """Turn off what was refused; a comment that stays unanswered or visible because of it goes to a person."""
    code = int(result.code) if result.code.isdigit() else 0
    now = connections.account_of(tx, account.id)
    connections.answered_no(ctx, tx, now, connections.OUTCOMES[_FEATURE[one.act]], code)
    if one.act != "message" and all(case.state != "open" for case in tx.cases_of_event(one.event_id)):
        policy = policies.compiled(ctx, tx, account.policy_hash)
        tx.add_cases([open_case(tx, policy, one, Code.CAPABILITY, ctx.clock.now())])


_FEATURE = {"reply": "reply", "message": "message", "hide": "hide", "unhide": "hide"}
