"""Rolling-window caps: one gate for each limit, always exact counts (R22, R23).

A person's, rule's or video's cap refuses: an answer days later helps nobody. An account's or workspace's cap defers.
"""

from collections.abc import Callable

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import Act, CounterFact, Facts, GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import HOUR

_DEFERS = ("account", "workspace")
_BY_CHANNEL: dict[str, frozenset[Act]] = {
    "reply": frozenset({"reply"}),
    "message": frozenset({"message"}),
    "hide": frozenset({"hide"}),
    "any": SENDS,
}


def _spent(say: Answers, name: str, most: int, *, defers: bool) -> Ready[tuple[int, int], GateTrace]:
    """Return the answers for a limit that is used up, by (used, free at)."""

    def answer(key: tuple[int, int]) -> GateTrace:
        used, free_at = key
        if defers:
            return say.defer(Code.CAP, most, used, free_at=free_at, counter=name, limit=most, used=used)
        return say.refuse(Code.CAP, most, used, counter=name, limit=most, used=used, free_at=free_at)

    return Ready(answer)


def _builder(name: str, most: int, place: int) -> Callable[[Policy, PlatformRules], Look]:
    def build(_policy: Policy, _platform: PlatformRules) -> Look:
        say = Answers(f"cap:{name}")
        missing = say.missing(name, most)
        below: Ready[int, GateTrace] = Ready(lambda used: say.allow(most, used))
        defers = name.split("/", maxsplit=1)[0] in _DEFERS

        full = _spent(say, name, most, defers=defers)

        def answer(counter: CounterFact, now: int) -> GateTrace:
            used, free_at = counter.used, counter.free_at
            if used < most:
                return below[used]
            return full[used, now + HOUR if defers and free_at <= now else free_at]

        def look(facts: Facts) -> GateTrace:
            counters = facts.counters
            if not counters:
                return missing
            if place < len(counters) and counters[place].name == name:
                return answer(counters[place], facts.now)
            for counter in counters:
                if counter.name == name:
                    return answer(counter, facts.now)
            return missing

        return look

    return build


def cap(name: str, most: int, *, source: str, place: int, numbers: tuple[str, ...] = ()) -> Gate:
    """Return the gate for at most `most` in the counter `name` (scope/channel/hours).

    `place` is where facts usually carry that counter; it is looked for elsewhere when it does not stand there.
    """
    return Gate(
        id=f"cap:{name}",
        guards=_BY_CHANNEL[name.split("/")[1]],
        codes=(Code.CAP, Code.FACT_MISSING),
        source=source,
        build=_builder(name, most, place),
        for_person=source != "own",
        numbers=numbers,
    )
