"""What the platform's answers mean for a whole account: rest after a block, no messages where none are offered."""

from collections.abc import Callable, Sequence

from goodstanding.core.policy.compile import CompiledPolicy
from goodstanding.kernel.reasons import Code
from goodstanding.usecases import connections, incidents, policies
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.facts import freeze_facts
from goodstanding.usecases.ports import Case, Outgoing, SendResult, Transaction

OpenCase = Callable[[Transaction, CompiledPolicy, Outgoing, str, int], Case]


def take(
    ctx: Context, tx: Transaction, settled: Sequence[tuple[Outgoing, SendResult]], open_case: OpenCase
) -> None:
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
        closed = next((result for _, result in mine if result.means == "not_offered"), None)
        if closed is not None:
            code = int(closed.code) if closed.code.isdigit() else 0
            connections.answered_no(ctx, tx, account, connections.ACTS["can_message"], code)
