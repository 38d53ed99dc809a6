"""A picture, a video or anything else without words goes to a person, and so does text nobody understood (INV13)."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import ALL_ACTS, MESSAGES, Answers, Gate, Look
from goodstanding.core.policy.model import Facts, GateTrace, message_of
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("message_read")
    there, own = say.allow("text", "text"), say.allow("text", "own")
    failed = say.review(Code.MODEL_FAILED, "text", None)

    def look(facts: Facts) -> GateTrace:
        if facts.comment is not None and facts.comment.own:
            return own
        message = message_of(facts)
        form = "text" if message is None else message.form
        if form in ("text", "tap"):
            return failed if facts.signals is None else there
        return say.review(Code.HUMAN_REQUIRED, "text", form, milli=0, why="media")

    return look


GATE = Gate(
    id="message_read",
    guards=ALL_ACTS,
    codes=(Code.MODEL_FAILED, Code.HUMAN_REQUIRED),
    source="own",
    build=_build,
    reads=("message.form", "signals.answer", "comment.own"),
    opens_case=True,
    at_sending=False,
    kinds=MESSAGES,
)
