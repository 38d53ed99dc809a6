"""The account's token bucket: natural cadence (R27). Wanted and seen are thousandths of a token."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import Facts, GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import MINUTE

_TOKEN = 1000


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("bucket")
    missing = say.missing("account", _TOKEN)
    enough: Ready[int, GateTrace] = Ready(lambda tokens: say.allow(_TOKEN, tokens * _TOKEN))

    def look(facts: Facts) -> GateTrace:
        account = facts.account
        if account is None:
            return missing
        if account.bucket_milli >= _TOKEN:
            return enough[account.bucket_milli // _TOKEN]
        free_at = max(account.bucket_free_at, facts.now + MINUTE)
        return say.defer(Code.BUCKET_EMPTY, _TOKEN, account.bucket_milli, free_at=free_at)

    return look


GATE = Gate(
    id="bucket",
    guards=SENDS,
    codes=(Code.BUCKET_EMPTY, Code.FACT_MISSING),
    source="TT-SPAM-4",
    build=_build,
    for_person=False,
    numbers=("pacing.bucket_capacity", "pacing.refill_per_hour"),
)
