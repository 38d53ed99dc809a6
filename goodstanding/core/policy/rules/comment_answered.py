"""One answer is enough: ours, or one a person wrote in the app."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("comment_answered")

    def answer(answered: bool | None) -> GateTrace:
        if answered is None:
            return say.missing("comment", "no")
        return say.refuse(Code.ALREADY_ANSWERED, "no", "yes") if answered else say.allow("no", "no")

    answers = Ready(answer)
    return lambda facts: answers[None if facts.comment is None else facts.comment.answered]


GATE = Gate(
    id="comment_answered",
    guards=SENDS,
    codes=(Code.ALREADY_ANSWERED, Code.FACT_MISSING),
    source="TT-SPAM-1",
    build=_build,
    reads=("comment.answered",),
)
