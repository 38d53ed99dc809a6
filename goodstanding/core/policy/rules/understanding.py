"""Without understanding nothing is done by itself: a person looks (INV13)."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import ALL_ACTS, COMMENTS, Answers, Gate, Look
from goodstanding.core.policy.model import Facts, GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("understanding")
    there = say.allow("there", "there")
    own = say.allow("there", "own")
    failed = say.review(Code.MODEL_FAILED, "there", None)

    def look(facts: Facts) -> GateTrace:
        if facts.signals is not None:
            return there
        return own if facts.comment is not None and facts.comment.own else failed

    return look


GATE = Gate(
    id="understanding",
    guards=ALL_ACTS,
    codes=(Code.MODEL_FAILED,),
    source="own",
    build=_build,
    reads=("signals.answer", "comment.own"),
    opens_case=True,
    at_sending=False,
    kinds=COMMENTS,
)
