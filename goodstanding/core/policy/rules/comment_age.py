"""An answer days later looks like a machine; seen and wanted are hours."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import COMMENTS, SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import HOUR


def _build(policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("comment_age")
    most = policy.gates.age_hours_max

    def answer(hours: int | None) -> GateTrace:
        if hours is None:
            return say.missing("comment", most)
        if hours >= most:
            return say.refuse(Code.TOO_OLD, most, hours, hours=hours, limit=most)
        return say.allow(most, hours)

    answers = Ready(answer)
    return lambda facts: answers[
        None if facts.comment is None else max(0, facts.now - facts.comment.at) // HOUR
    ]


GATE = Gate(
    id="comment_age",
    guards=SENDS,
    codes=(Code.TOO_OLD, Code.FACT_MISSING),
    source="own",
    build=_build,
    for_person=False,
    numbers=("gates.age_hours_max",),
    kinds=COMMENTS,
)
