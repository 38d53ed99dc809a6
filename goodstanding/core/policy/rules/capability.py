"""What the platform offers this account: one gate for each act, since each has its own capability (R34).

What is closed to us is not closed to a person: an assisted account is served by hand, and so are messages wherever
the platform has no way to send them (I5). Such an act passes here and becomes a task (`usecases.tasks`). So does an act
on a comment whose id the platform never told us; which it is takes no part in a decision, only in how it is carried out.
"""

from collections.abc import Callable
from operator import attrgetter

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import Answers, Gate, Look, Ready
from goodstanding.core.policy.model import Act, GateTrace, Mode
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.core.targets import is_ours
from goodstanding.kernel.reasons import Code


def by_hand(*, mode: Mode, act: str, can_message: bool, target_id: str = "") -> bool:
    """Tell whether a person carries this act out in the app, instead of a call of ours.

    `target_id` names what the act is about; left out where no single act is meant.
    """
    return mode == "assisted" or (act == "message" and not can_message) or is_ours(target_id)


def _builder(act: Act) -> Callable[[Policy, PlatformRules], Look]:
    say = Answers(f"capability_{act}")
    facts_of = attrgetter("mode", f"can_{act}")

    def answer(seen: tuple[Mode, bool] | None) -> GateTrace:
        if seen is None:
            return say.missing("account", "offered")
        mode, offered = seen
        if by_hand(mode=mode, act=act, can_message=offered):
            return say.allow("offered", "assisted")
        if not offered:
            return say.refuse(Code.CAPABILITY, "offered", "not offered", act=act, mode=mode)
        return say.allow("offered", "offered")

    def build(_policy: Policy, _platform: PlatformRules) -> Look:
        answers = Ready(answer)
        return lambda facts: answers[None if facts.account is None else facts_of(facts.account)]

    return build


def _gate(act: Act, source: str) -> Gate:
    return Gate(
        id=f"capability_{act}",
        guards=frozenset({act}),
        codes=(Code.CAPABILITY, Code.FACT_MISSING),
        source=source,
        build=_builder(act),
        reads=("account.mode", f"account.can_{act}"),
    )


REPLY = _gate("reply", "TT-DEV-1")
MESSAGE = _gate("message", "TT-DM-3")
HIDE = _gate("hide", "TT-DEV-1")
