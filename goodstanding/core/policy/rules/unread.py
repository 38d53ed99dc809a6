"""A text in a language nobody taught us goes to a person who reads it, in a queue of its own (R7, R8).

It holds words, yet a head that every answer rests on says nothing of them. Emoji alone and empty texts are read by the
lists, so no head abstains there. It never stops hiding what a listed word condemns.
"""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import Facts, GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code

QUEUE = "languages"


def _build(policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("unread")
    wanted = "read"
    ours = frozenset(policy.gates.languages)
    read, own = say.allow(wanted, wanted), say.allow(wanted, "own")
    answers = Ready[str, GateTrace](
        lambda language: say.review(Code.LANGUAGE_UNREAD, wanted, language, language=language)
    )

    def look(facts: Facts) -> GateTrace:
        if facts.comment is not None and facts.comment.own:
            return own
        signals = facts.signals
        if signals is None or (signals.abuse_milli is not None and signals.sentiment_milli is not None):
            return read
        return read if signals.language in ours else answers[signals.language]

    return look


GATE = Gate(
    id="unread",
    guards=SENDS,
    codes=(Code.LANGUAGE_UNREAD,),
    source="own",
    build=_build,
    opens_case=True,
    queue=QUEUE,
    at_sending=False,
    numbers=("gates.languages",),
)
