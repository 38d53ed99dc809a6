"""A policy made ready: closures and ready-made traces, built once per version."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from goodstanding.core.policy.check import classify
from goodstanding.core.policy.document import Policy, Rule, Template
from goodstanding.core.policy.fact_conditions import CounterAtLeast, MessagesOpen
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Looks, Ready, together
from goodstanding.core.policy.gates import AT_SENDING, GATES, PROMOTION, caps
from goodstanding.core.policy.model import Act, Effect, Facts, GateTrace, Outcome, RuleTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.core.policy.rules import delay, message_time, similar
from goodstanding.core.policy.rules.quiet_hours import Quiet
from goodstanding.core.policy.vocabulary import Observer
from goodstanding.kernel.ids import PolicyHash
from goodstanding.kernel.reasons import Code, Reason
from goodstanding.kernel.timing import HOUR

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
    place: int
    """Place among all rules, by priority, then rid: the order of reading, and which of two equals wins."""
    reason: Reason
    unknown: Reason
    """Given when it cannot be known whether this rule matches."""
    restricts: bool
    """When unknown, it stops what it would have stopped."""
    labels: tuple[Effect, ...]
    queue: str
    template: str
    promotional: bool
    ask: Template | None
    """The question that follows the message."""
    after: int
    """For a message: milliseconds after the person's own."""
    choose: Callable[[Facts], similar.Choice] | None
    gates: tuple[ReadyGate, ...]
    """Gates of this rule alone: its own limits, promotion, its class."""


class Heard(NamedTuple):
    """What all rules said: each one's trace, the rules that match, and restrictive ones nobody can judge.

    In the order of priority, then rid.
    """

    traces: tuple[RuleTrace, ...]
    matched: tuple[ReadyRule, ...]
    unknown: tuple[ReadyRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """All that is asked of one kind of event."""

    observers: tuple[Observer, ...]
    """What the rules take out of the facts, each thing once."""
    heard: Ready[tuple[object, ...], Heard]
    """What the rules say of that; ready for what was met before."""
    gates: tuple[ReadyGate, ...]
    """In the order in which they are asked: those asked together first."""
    together: tuple[Looks, ...]
    looks: tuple[Look, ...]
    persons: tuple[int, ...]
    """Places of the gates that may ask for a person by themselves."""
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
    timer: message_time.Timer
    counters: tuple[CounterSpec, ...]
    """Every counter the facts must carry (rule counters by their rule)."""
    in_use: dict[tuple[str, bool], tuple[Template, ...]]
    """Templates by kind of event and whether messages are open: those that some rule could send then."""

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

    def usable(self, kind: str, *, can_message: bool, language: str) -> tuple[tuple[str, int, str], ...]:
        """Return (template, variant, text) of what a rule could send about such an event of such an account."""
        return tuple(
            (one.id, place, text)
            for one in self.in_use[kind, can_message]
            for place, text in enumerate(one.variants(language))
        )

    def is_card(self, template_id: str) -> bool:
        """Tell whether a template is a question with buttons."""
        template = self.template(template_id)
        return template is not None and template.card is not None

    def template(self, template_id: str) -> Template | None:
        """Return the template of this id."""
        return next((one for one in self.policy.templates if one.id == template_id), None)


def compile_policy(policy: Policy, platform: PlatformRules) -> CompiledPolicy:
    """Return `policy` ready to decide, under the platform's numbers."""
    limits = caps(policy, platform)
    general = tuple(gate for gate in limits if not gate.id.startswith("cap:rule:"))
    templates = {one.id: one for one in policy.templates}
    ready = {gate.id: ReadyGate(gate=gate, look=gate.build(policy, platform)) for gate in (*GATES, *limits)}
    promotion = tuple(ReadyGate(gate=gate, look=gate.build(policy, platform)) for gate in PROMOTION)
    quiet = tuple(ReadyGate(gate=gate, look=gate.build(policy, platform)) for gate in AT_SENDING)
    permitted = {one.id for one in classify(policy) if one.path[0] == "rules" and one.cls == "permitted"}
    rules = {
        rule.rid: _ready_rule(
            rule,
            place=place,
            permitted=rule.rid in permitted,
            policy=policy,
            template=templates.get(rule.template),
            ask=templates.get(rule.ask),
            own=tuple(ready[gate.id] for gate in limits if gate.id.startswith(f"cap:rule:{rule.rid}/")),
            promotion=promotion,
        )
        for place, rule in enumerate(_ordered(policy))
    }
    general_gates = tuple(ready[gate.id] for gate in (*GATES, *general))
    draw, delay_trace = delay.delayer(policy)
    quiet_hours = Quiet(policy)

    def side(kind: Literal["comment", "message"]) -> Side:
        mine = tuple(one for one in _ordered(policy) if one.on in (kind, "any"))
        observers, heard = _listening(mine, rules)
        wanted: set[Act] = {act for act in (_REPLY, _MESSAGE, _HIDE) for rule in mine if rule.then == act}
        guarding = tuple(
            one
            for one in general_gates
            if kind in one.gate.kinds and (one.gate.guards & wanted or one.gate.opens_case)
        )
        state = tuple(one for one in guarding if one.gate.reads and "signals.intents" not in one.gate.reads)
        intents = tuple(one for one in guarding if "signals.intents" in one.gate.reads)
        alone = tuple(one for one in guarding if not one.gate.reads)
        asked = (*state, *intents, *alone)
        return Side(
            observers=observers,
            heard=heard,
            gates=asked,
            together=tuple(
                together(tuple((one.gate, one.look) for one in group)) for group in (state, intents) if group
            ),
            looks=tuple(one.look for one in alone),
            persons=tuple(place for place, one in enumerate(asked) if one.gate.opens_case),
            needs_text=any(condition.needs_text for one in mine for condition in one.when),
        )

    return CompiledPolicy(
        policy=policy,
        hash=policy.hash,
        platform=platform,
        comment=side("comment"),
        message=side("message"),
        sending={
            act: tuple(
                one
                for one in (*general_gates, *quiet)
                if act in one.gate.guards and one.gate.at_sending and _kind_of(act) in one.gate.kinds
            )
            for act in (_REPLY, _MESSAGE, _HIDE)
        },
        promotion=promotion,
        by_rid=rules,
        quiet=quiet_hours,
        delay=draw,
        delay_trace=delay_trace,
        timer=message_time.Timer(platform, quiet_hours),
        counters=_counters(policy, limits),
        in_use=_in_use(policy),
    )


def _kind_of(act: Act) -> Literal["comment", "message"]:
    """Return what an act is about: a reply stands under a comment, a message in a conversation."""
    return "message" if act == "message" else "comment"


def _in_use(policy: Policy) -> dict[tuple[str, bool], tuple[Template, ...]]:
    """Return the templates that enabled rules could send, by kind of event and whether messages are open."""
    found: dict[tuple[str, bool], tuple[Template, ...]] = {}
    for kind in ("comment", "message"):
        for is_open in (True, False):
            named = {
                rule.template
                for rule in policy.rules
                if rule.enabled
                and rule.then in SENDS
                and rule.on in (kind, "any")
                and not any(isinstance(one, MessagesOpen) and one.value != is_open for one in rule.when)
            }
            found[kind, is_open] = tuple(one for one in policy.templates if one.id in named)
    return found


def _ordered(policy: Policy) -> tuple[Rule, ...]:
    """Return the enabled rules by priority, then rid: the order of the document plays no part."""
    return tuple(
        sorted((one for one in policy.rules if one.enabled), key=lambda one: (-one.priority, one.rid))
    )


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
    place: int,
    permitted: bool,
    policy: Policy,
    template: Template | None,
    ask: Template | None,
    own: tuple[ReadyGate, ...],
    promotion: tuple[ReadyGate, ...],
) -> ReadyRule:
    gates = own
    sends = rule.then in SENDS
    if sends and template is not None and template.promotional:
        gates = (*gates, *promotion)
    if sends and not permitted:
        gates = (*gates, _needs_person(rule.rid))
    return ReadyRule(
        rid=rule.rid,
        then=rule.then,
        place=place,
        reason=Reason(Code.RULE, {"rid": rule.rid}),
        unknown=Reason(Code.FACT_MISSING, {"fact": f"rule:{rule.rid}"}),
        restricts=rule.then in ("none", "review", "hide"),
        labels=(Effect(act="label", label=rule.label),) if rule.label else (),
        queue=rule.queue or policy.review.queue,
        template=rule.template,
        promotional=template is not None and template.promotional,
        ask=ask,
        after=rule.after_hours * HOUR,
        choose=similar.chooser(policy, template) if sends and template is not None else None,
        gates=gates,
    )


def _needs_person(rid: str) -> ReadyGate:
    """Return the gate of a rule whose class is `needs_review`."""
    trace = Answers("class").review(Code.HUMAN_REQUIRED, "permitted", "needs_review", why="class", milli=0)

    def build(_policy: Policy, _platform: PlatformRules) -> Look:
        return lambda _facts: trace

    gate = Gate(
        id="class", guards=SENDS, codes=(Code.HUMAN_REQUIRED,), source="own", build=build, numbers=(rid,)
    )
    return ReadyGate(gate=gate, look=lambda _facts: trace)


def _listening(
    rules: tuple[Rule, ...], ready: dict[str, ReadyRule]
) -> tuple[tuple[Observer, ...], Ready[tuple[object, ...], Heard]]:
    """Return the observers of all rules, each once, and what the rules say of the values these see."""
    observers = {condition.slot: condition.observer() for rule in rules for condition in rule.when}
    slots = tuple(observers)
    asked = tuple(_answering(rule, slots) for rule in rules)
    mine = tuple(ready[rule.rid] for rule in rules)

    def hear(seen: tuple[object, ...]) -> Heard:
        traces = tuple([answer(seen) for answer in asked])
        said = tuple(zip(mine, traces, strict=True))
        return Heard(
            traces,
            tuple([one for one, trace in said if trace.ok]),
            tuple([one for one, trace in said if trace.ok is None and one.restricts]),
        )

    return tuple(observers.values()), Ready(hear)


def _answering(rule: Rule, slots: tuple[Hashable, ...]) -> Callable[[tuple[object, ...]], RuleTrace]:
    """Return the function from what was seen in all `slots` to the rule's trace; traces met before are ready."""
    conditions = tuple(rule.when)
    places = tuple(slots.index(condition.slot) for condition in conditions)

    def make(seen: tuple[object, ...]) -> RuleTrace:
        traces = tuple([condition.trace(one) for condition, one in zip(conditions, seen, strict=True)])
        answers = [trace.ok for trace in traces]
        ok = False if False in answers else None if None in answers else True
        return RuleTrace(conditions=traces, ok=ok, rid=rule.rid)

    ready = Ready(make)
    return lambda seen: ready[tuple([seen[place] for place in places])]
