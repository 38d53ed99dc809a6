"""The comment still stands in public and is somebody else's. A message is never public, so only its writer counts."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import ALL_ACTS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("comment_there")

    def answer(seen: tuple[str, bool, bool] | None) -> GateTrace:
        if seen is None:
            return say.missing("comment", "there")
        kind, public, own = seen
        if own:
            return say.refuse(Code.OWN_COMMENT, "there", "own")
        if kind == "comment" and not public:
            return say.refuse(Code.COMMENT_GONE, "there", "gone")
        return say.allow("there", "there")

    answers = Ready(answer)
    return lambda facts: answers[
        None if facts.comment is None else (facts.kind, facts.comment.public, facts.comment.own)
    ]


GATE = Gate(
    id="comment_there",
    guards=ALL_ACTS,
    codes=(Code.OWN_COMMENT, Code.COMMENT_GONE, Code.FACT_MISSING),
    source="own",
    build=_build,
    reads=("kind", "comment.public", "comment.own"),
)
