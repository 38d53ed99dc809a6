"""What the platform offers this account: one gate for each act, since each has its own capability (R34)."""

from collections.abc import Callable
from operator import attrgetter

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import Answers, Gate, Look, Ready
from goodstanding.core.policy.model import Act, GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _builder(act: Act) -> Callable[[Policy, PlatformRules], Look]:
    say = Answers(f"capability_{act}")
    facts_of = attrgetter("mode", f"can_{act}")

    def answer(seen: tuple[str, bool] | None) -> GateTrace:
        if seen is None:
            return say.missing("account", "offered")
        mode, offered = seen
        if mode == "assisted":
            return say.review(Code.CAPABILITY, "offered", mode, act=act, mode=mode)
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
