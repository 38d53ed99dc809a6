"""What a hard gate is: a fixed check in code that data can only tighten."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Generic, Literal, TypeVar

import msgspec

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.model import Act, Facts, GateTrace, RuleTrace, Verdict
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code, Reason

Look = Callable[[Facts], GateTrace]
"""A gate made ready for one policy."""
SENDS: frozenset[Act] = frozenset({"reply", "message"})
ALL_ACTS: frozenset[Act] = frozenset({"reply", "message", "hide"})

BOTH: frozenset[Literal["comment", "message"]] = frozenset({"comment", "message"})
COMMENTS: frozenset[Literal["comment", "message"]] = frozenset({"comment"})
MESSAGES: frozenset[Literal["comment", "message"]] = frozenset({"message"})

K = TypeVar("K")
V = TypeVar("V")
_KEPT = 4096


_encode = msgspec.json.Encoder(order="deterministic").encode


def trace_bytes(gates: tuple[GateTrace, ...], rules: tuple[RuleTrace, ...]) -> bytes:
    """Return the canonical bytes of `(gates, rules)`: all of it arrays, so only the fields of reasons are sorted."""
    return _encode((gates, rules))


class Ready(dict[K, V], Generic[K, V]):
    """Answers made once per value met: a cache of a pure function, emptied when it holds 4,096."""

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        made = self._make(key)
        if len(self) >= _KEPT:
            self.clear()
        self[key] = made
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One hard gate."""

    id: str
    guards: frozenset[Act]
    """The acts it can stop; it never stops another."""
    codes: tuple[Code, ...]
    source: str
    """Rule id of the platform, or `own`."""
    build: Callable[[Policy, PlatformRules], Look]
    opens_case: bool = False
    """A `review` of this gate asks for a person even when no rule wanted to do anything."""
    queue: str = ""
    """Where the cases it asks for go when no rule asks for one; empty: the policy's own queue."""
    at_sending: bool = True
    """Asked again just before sending."""
    for_person: bool = True
    """Also holds for what a person approved."""
    reads: tuple[str, ...] = ()
    """The few facts that alone settle its answer, where they take few values: such gates are asked together."""
    numbers: tuple[str, ...] = ()
    """Paths in the policy document that set it."""
    kinds: frozenset[Literal["comment", "message"]] = BOTH
    """The kinds of event it is asked about."""


Looks = Callable[[Facts], tuple[GateTrace, ...]]
"""Several gates asked together."""


def together(gates: tuple[tuple[Gate, Look], ...]) -> Looks:
    """Return the function that asks `gates`, which all declare what they read, in one step.

    Answers for values met before are ready. With a part of the facts missing each gate is asked by itself.
    """
    looks = tuple(look for _, look in gates)
    names = sorted({name for gate, _ in gates for name in gate.reads})
    values_of = attrgetter(*names)
    ready: dict[object, tuple[GateTrace, ...]] = {}

    def ask(facts: Facts) -> tuple[GateTrace, ...]:
        try:
            key = values_of(facts)
        except AttributeError:
            return tuple([look(facts) for look in looks])
        found = ready.get(key)
        if found is None:
            if len(ready) >= _KEPT:
                ready.clear()
            found = ready[key] = tuple([look(facts) for look in looks])
        return found

    return ask


class Answers:
    """The four answers of one gate."""

    __slots__ = ("gate",)

    def __init__(self, gate: str) -> None:
        self.gate = gate

    def allow(self, wanted: str | int | None, seen: str | int | None) -> GateTrace:
        """Nothing against it."""
        return GateTrace(gate=self.gate, reason=None, seen=seen, verdict="allow", wanted=wanted)

    def refuse(
        self, code: Code, wanted: str | int | None, seen: str | int | None, **fields: int | str
    ) -> GateTrace:
        """Not at all."""
        return self._say("refuse", code, wanted, seen, fields)

    def review(
        self, code: Code, wanted: str | int | None, seen: str | int | None, **fields: int | str
    ) -> GateTrace:
        """Only a person may."""
        return self._say("review", code, wanted, seen, fields)

    def defer(
        self,
        code: Code,
        wanted: str | int | None,
        seen: str | int | None,
        *,
        free_at: int,
        **fields: int | str,
    ) -> GateTrace:
        """Not before `free_at`."""
        return self._say("defer", code, wanted, seen, {**fields, "free_at": free_at})

    def missing(
        self, fact: str, wanted: str | int | None = None, *, verdict: Verdict = "refuse"
    ) -> GateTrace:
        """The fact is not known, so nothing is done."""
        return self._say(verdict, Code.FACT_MISSING, wanted, None, {"fact": fact})

    def _say(
        self,
        verdict: Verdict,
        code: Code,
        wanted: str | int | None,
        seen: str | int | None,
        fields: dict[str, int | str],
    ) -> GateTrace:
        reason = Reason(code, dict(sorted(fields.items())))
        return GateTrace(gate=self.gate, reason=reason, seen=seen, verdict=verdict, wanted=wanted)
