"""Cases: what the dispatcher lays before a person."""

from goodstanding.core.policy.compile import CompiledPolicy
from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import policies
from goodstanding.usecases.ports import Case, Outgoing, Transaction


def open_case(tx: Transaction, policy: CompiledPolicy, one: Outgoing, code: str, now: int) -> Case:
    """Return a new case about an act, in the policy's own queue."""
    queue = policy.policy.review.queue
    return Case(
        id=tx.ids("case"), account_id=one.account_id, event_id=one.event_id, outgoing_id=one.id, queue=queue, code=code,
        state="open", resolution="", created_at=now, due_at=now + policies.target_minutes(policy, queue) * MINUTE,
        claimed_by=None, claim_until=None, version=0, resolved_by=None, resolved_at=None,
    )  # fmt: skip
