"""A policy made ready: closures and ready-made traces, built once per version."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from goodstanding.core.policy.conditions import CounterAtLeast
from goodstanding.core.policy.document import Policy, Rule, Template
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.gates import AT_SENDING, GATES, PROMOTION, caps
from goodstanding.core.policy.model import Act, Effect, Facts, GateTrace, Outcome, RuleTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.core.policy.rules import delay, similar
from goodstanding.core.policy.rules.quiet_hours import Quiet
from goodstanding.kernel.ids import PolicyHash
from goodstanding.kernel.reasons import Code, Reason

RuleLook = Callable[[Facts, "frozenset[str] | None", "str | None"], RuleTrace]
_REPLY: Act = "reply"
_MESSAGE: Act = "message"
_HIDE: Act = "hide"


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterSpec:
    """A counter that facts must carry for this policy."""

    name: str
    scope: Literal["contact", "account", "rule", "video", "workspace"]
    channel: Literal["reply", "message", "hide", "any"]
    window_hours: int
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyGate:
    """One gate, ready to be asked."""

    gate: Gate
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyRule:
    """One enabled rule, ready to be asked."""

    rid: str
    then: Outcome
    look: RuleLook
    reason: Reason
    unknown: Reason
    """Given when it cannot be known whether this rule matches."""
    restricts: bool
    """When unknown, it stops what it would have stopped."""
    labels: tuple[Effect, ...]
    queue: str
    template: str
    promotional: bool
    choose: Callable[[Facts], similar.Choice] | None
    gates: tuple[ReadyGate, ...]
    """Gates of this rule alone: its own limits, promotion, its class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """All that is asked of one kind of event. Rules stand by priority, then rid."""

    rules: tuple[ReadyRule, ...]
    gates: tuple[ReadyGate, ...]
    looks: tuple[Look, ...]
    needs_text: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPolicy:
    """What `decide` and `confirm` take: made by `compile_policy`, never by hand."""

    policy: Policy
    hash: PolicyHash
    platform: PlatformRules
    comment: Side
    message: Side
    sending: dict[Act, tuple[ReadyGate, ...]]
    """Gates asked again just before each act."""
    promotion: tuple[ReadyGate, ...]
    by_rid: dict[str, ReadyRule]
    quiet: Quiet
    delay: Callable[[int], int]
    delay_trace: Callable[[int, int], GateTrace]
    counters: tuple[CounterSpec, ...]
    """Every counter the facts must carry (rule counters by their rule)."""

    def text(self, *, template: str, variant: int, language: str) -> str:
        """Return the wording an effect names; raises `KeyError` when this policy has no such wording."""
        found = next((one for one in self.policy.templates if one.id == template), None)
        wordings = () if found is None else found.variants(language)
        if not 0 <= variant < len(wordings):
            raise KeyError((template, language, variant))
        return wordings[variant]

    def wordings(self, language: str) -> tuple[tuple[str, int, str], ...]:
        """Return (template, variant, text) of every wording in `language`, for the near-duplicate facts."""
        return tuple(
            (one.id, place, text)
            for one in self.policy.templates
            for place, text in enumerate(one.variants(language))
        )


def compile_policy(policy: Policy, platform: PlatformRules) -> CompiledPolicy:
    """Return `policy` ready to decide, under the platform's numbers."""
    limits = caps(policy, platform)
    general = tuple(gate for gate in limits if not gate.id.startswith("cap:rule:"))
    templates = {one.id: one for one in policy.templates}
    ready = {gate.id: ReadyGate(gate=gate, look=gate.build(policy, platform)) for gate in (*GATES, *limits)}
    promotion = tuple(ReadyGate(gate=gate, look=gate.build(policy, platform)) for gate in PROMOTION)
    quiet = tuple(ReadyGate(gate=gate, look=gate.build(policy, platform)) for gate in AT_SENDING)
    rules = {
        rule.rid: _ready_rule(
            rule,
            policy=policy,
            template=templates.get(rule.template),
            own=tuple(ready[gate.id] for gate in limits if gate.id.startswith(f"cap:rule:{rule.rid}/")),
            promotion=promotion,
        )
        for rule in sorted(policy.rules, key=lambda one: (-one.priority, one.rid))
        if rule.enabled
    }
    general_gates = tuple(ready[gate.id] for gate in (*GATES, *general))
    draw, delay_trace = delay.delayer(policy)

    def side(kind: Literal["comment", "message"]) -> Side:
        mine = tuple(rules[one.rid] for one in _ordered(policy) if one.on in (kind, "any"))
        wanted: set[Act] = {act for act in (_REPLY, _MESSAGE, _HIDE) for rule in mine if rule.then == act}
        asked = tuple(one for one in general_gates if one.gate.guards & wanted or one.gate.opens_case)
        return Side(
            rules=mine,
            gates=asked,
            looks=tuple(one.look for one in asked),
            needs_text=any(
                condition.needs_text
                for one in _ordered(policy)
                if one.on in (kind, "any")
                for condition in one.when
            ),
        )

    return CompiledPolicy(
        policy=policy,
        hash=policy.hash,
        platform=platform,
        comment=side("comment"),
        message=side("message"),
        sending={
            act: tuple(
                one for one in (*general_gates, *quiet) if act in one.gate.guards and one.gate.at_sending
            )
            for act in (_REPLY, _MESSAGE, _HIDE)
        },
        promotion=promotion,
        by_rid=rules,
        quiet=Quiet(policy),
        delay=draw,
        delay_trace=delay_trace,
        counters=_counters(policy, limits),
    )


def _ordered(policy: Policy) -> tuple[Rule, ...]:
    """Return the enabled rules by priority, then rid: the order of the document plays no part."""
    return tuple(sorted((one for one in policy.rules if one.enabled), key=lambda one: (-one.priority, one.rid)))


def _counters(policy: Policy, limits: tuple[Gate, ...]) -> tuple[CounterSpec, ...]:
    names = {gate.id.removeprefix("cap:") for gate in limits}
    names |= {one.counter for rule in policy.rules for one in rule.when if isinstance(one, CounterAtLeast)}
    return tuple(_spec(name) for name in sorted(names))


def _spec(name: str) -> CounterSpec:
    scope, channel, hours = name.split("/")
    scope, _, rule = scope.partition(":")
    return CounterSpec(name=name, scope=scope, channel=channel, window_hours=int(hours), rule=rule)  # type: ignore[arg-type]  # names come from typed limits


def _ready_rule(
    rule: Rule,
    *,
    policy: Policy,
    template: Template | None,
    own: tuple[ReadyGate, ...],
    promotion: tuple[ReadyGate, ...],
) -> ReadyRule:
    gates = own
    sends = rule.then in SENDS
    if sends and template is not None and template.promotional:
        gates = (*gates, *promotion)
    if sends and (template is None or "needs_review" in (rule.class_, template.class_)):
        gates = (*gates, _needs_person(rule.rid))
    return ReadyRule(
        rid=rule.rid,
        then=rule.then,
        look=_rule_look(rule),
        reason=Reason(Code.RULE, {"rid": rule.rid}),
        unknown=Reason(Code.FACT_MISSING, {"fact": f"rule:{rule.rid}"}),
        restricts=rule.then in ("none", "review", "hide"),
        labels=(Effect(act="label", label=rule.label),) if rule.label else (),
        queue=rule.queue or policy.review.queue,
        template=rule.template,
        promotional=template is not None and template.promotional,
        choose=similar.chooser(policy, template) if sends and template is not None else None,
        gates=gates,
    )


def _needs_person(rid: str) -> ReadyGate:
    """Return the gate of a rule whose class is `needs_review`."""
    trace = Answers("class").review(Code.HUMAN_REQUIRED, "permitted", "needs_review", why="class", milli=0)

    def build(_policy: Policy, _platform: PlatformRules) -> Look:
        return lambda _facts: trace

    gate = Gate(id="class", guards=SENDS, codes=(Code.HUMAN_REQUIRED,), source="own", build=build, numbers=(rid,))
    return ReadyGate(gate=gate, look=lambda _facts: trace)


def _rule_look(rule: Rule) -> RuleLook:
    """Return the function that asks all conditions; traces of values met before are ready."""
    conditions = tuple(rule.when)
    observers = tuple(condition.observer() for condition in conditions)
    rid = rule.rid

    def make(seen: tuple[object, ...]) -> RuleTrace:
        traces = tuple(condition.trace(one) for condition, one in zip(conditions, seen, strict=True))
        answers = [trace.ok for trace in traces]
        ok = False if False in answers else None if None in answers else True
        return RuleTrace(rid, ok, traces)

    ready = Ready(make)
    if len(observers) == 1:
        (only,) = observers
        return lambda facts, words, plain: ready[(only(facts, words, plain),)]
    if len(observers) == 2:  # noqa: PLR2004 the common case, spelled out for speed
        first, second = observers
        return lambda facts, words, plain: ready[(first(facts, words, plain), second(facts, words, plain))]
    return lambda facts, words, plain: ready[tuple([one(facts, words, plain) for one in observers])]


