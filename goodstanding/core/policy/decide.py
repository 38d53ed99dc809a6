"""The decision: pure, total, independent of the order in which rules or gates are written.

All rules and all gates are asked; then the most restrictive answer wins: none, review, hide, reply or message, label.
A gate takes away only the acts it guards, so a stopped answer never stops hiding. A person-gate (`opens_case`) asks
for a person even over a rule that says `none`: no policy may keep a crisis or a minor from a person.
"""

import msgspec

from goodstanding.core.policy.compile import CompiledPolicy, ReadyRule, Side
from goodstanding.core.policy.gate import Answers
from goodstanding.core.policy.model import (
    Act,
    Decision,
    Effect,
    Facts,
    GateTrace,
    MessageFacts,
    Outcome,
    Verdict,
    message_of,
)
from goodstanding.core.policy.vocabulary import words_of
from goodstanding.kernel.reasons import Code, Reason
from goodstanding.kernel.timing import MINUTE

ENGINE = "3"
"""Version of this code: raised whenever the same facts could lead to another answer."""

_RANKS = {
    "none": "none",
    "review": "review",
    "hide": "hide",
    "reply": "send",
    "message": "send",
    "label": "label",
}
_NO_TRIGGER = Reason(Code.NO_TRIGGER)
_APPROVAL = Answers("approval")
_APPROVED = _APPROVAL.allow("same text", "same text")
_STALE = _APPROVAL.refuse(Code.APPROVAL_STALE, "same text", "other text")
_GONE = Answers("rule").refuse(Code.NO_TRIGGER, "in force", "not in force")


Answer = tuple[Outcome, str, tuple[Reason, ...], tuple[Effect, ...]]
_NOTHING: Answer = ("none", "", (_NO_TRIGGER,), ())


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """The answer just before sending."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    gates: tuple[GateTrace, ...]
    retry_at: int
    """When to ask again, for `defer`; otherwise 0."""


def decide(compiled: CompiledPolicy, facts: Facts, text: str | None) -> Decision:
    """Return what to do about one comment or message, with the whole trace. Never raises, whatever the facts."""
    side = compiled.comment if facts.kind == "comment" else compiled.message
    words: frozenset[str] | None = None
    plain: str | None = None
    if side.needs_text and text is not None:
        found = words_of(text)
        words = frozenset(found)
        plain = f" {' '.join(found)} "
    heard = side.heard[tuple([observe(facts, words, plain) for observe in side.observers])]
    gates: list[GateTrace] = []
    for ask in side.together:
        gates += ask(facts)
    gates += [look(facts) for look in side.looks]
    cases = [place for place in side.persons if gates[place].verdict == "review"]
    if heard.matched or cases:
        outcome, rule, reasons, effects = _combine(
            compiled, facts, side=side, matched=heard.matched, unknown=heard.unknown, gates=gates, cases=cases
        )
    else:
        outcome, rule, reasons, effects = _NOTHING
    return Decision(
        policy=compiled.hash,
        engine=ENGINE,
        outcome=outcome,
        rule=rule,
        reasons=reasons,
        effects=effects,
        gates=tuple(gates),
        rules=heard.traces,
    )


def _combine(
    compiled: CompiledPolicy,
    facts: Facts,
    *,
    side: Side,
    matched: tuple[ReadyRule, ...],
    unknown: tuple[ReadyRule, ...],
    gates: list[GateTrace],
    cases: list[int],
) -> Answer:
    """Weigh what rules want against what gates say; `cases` are the places of gates that ask for a person."""
    best: dict[str, ReadyRule] = {}
    labels: tuple[Effect, ...] = ()
    for rule in matched:
        best.setdefault(_RANKS[rule.then], rule)
        labels += rule.labels
    none, review, hide, send = best.get("none"), best.get("review"), best.get("hide"), best.get("send")
    persons = [gates[place] for place in cases if "hide" in side.gates[place].gate.guards]
    if persons:
        return _to_person(compiled, review or none or hide or send, _reasons(persons), labels)
    if none is not None:
        return "none", none.rid, (none.reason,), labels
    if review is not None:
        return _to_person(compiled, review, (), labels)
    if hide is not None:
        against = _against("hide", side, gates)
        return _hide(compiled, facts, hide, unknown=unknown, against=against, labels=labels)
    unread = next((side.gates[place].gate.queue for place in cases if side.gates[place].gate.queue), "")
    if unread:
        return _to_person(compiled, None, _reasons([gates[place] for place in cases]), labels, queue=unread)
    if send is not None:
        return _send(compiled, facts, send, side=side, unknown=unknown, gates=gates, labels=labels)
    if cases:
        return _to_person(compiled, best.get("label"), _reasons([gates[place] for place in cases]), labels)
    label = best["label"]
    return "label", label.rid, (label.reason,), labels


def _against(act: Act, side: Side, gates: list[GateTrace]) -> list[GateTrace]:
    """Return what the gates that guard `act` have against it."""
    if not [trace for trace in gates if trace.verdict != "allow"]:
        return []
    return [
        trace
        for trace, ready in zip(gates, side.gates, strict=True)
        if trace.verdict != "allow" and act in ready.gate.guards
    ]


def _reasons(traces: list[GateTrace]) -> tuple[Reason, ...]:
    return tuple([trace.reason for trace in traces if trace.reason is not None])


def _to_person(
    compiled: CompiledPolicy,
    rule: ReadyRule | None,
    reasons: tuple[Reason, ...],
    labels: tuple[Effect, ...],
    *,
    queue: str = "",
) -> Answer:
    """Open a case, in the queue of its rule, else in `queue`, else in the policy's own."""
    case = Effect(act="case", queue=(queue or compiled.policy.review.queue) if rule is None else rule.queue)
    if rule is None:
        return "review", "", reasons, (case, *labels)
    return "review", rule.rid, (rule.reason, *reasons), (case, *labels)


def _hide(
    compiled: CompiledPolicy,
    facts: Facts,
    rule: ReadyRule,
    *,
    unknown: tuple[ReadyRule, ...],
    against: list[GateTrace],
    labels: tuple[Effect, ...],
) -> Answer:
    """Hide, unless a gate that guards hiding, or a rule nobody can judge, stands against it."""
    doubts = tuple([one.unknown for one in unknown if one.then != "hide"])
    reasons = (*_reasons(against), *doubts)
    if doubts or any(trace.verdict == "review" for trace in against):
        return _to_person(compiled, rule, reasons, labels)
    if any(trace.verdict == "refuse" for trace in against):
        return "none", rule.rid, (rule.reason, *reasons), labels
    not_before = max([facts.now, *[_free_at(trace) for trace in against]])
    hide = Effect(act="hide", not_before=not_before)
    return "hide", rule.rid, (rule.reason, *reasons), (hide, *labels)


def _send(
    compiled: CompiledPolicy,
    facts: Facts,
    rule: ReadyRule,
    *,
    side: Side,
    unknown: tuple[ReadyRule, ...],
    gates: list[GateTrace],
    labels: tuple[Effect, ...],
) -> Answer:
    """Plan a reply or message, unless a gate that guards it, or a rule nobody can judge, stands against it."""
    act: Act = "message" if rule.then == "message" else "reply"
    against = _against(act, side, gates)
    for one in rule.gates:
        trace = one.look(facts)
        gates.append(trace)
        if trace.verdict != "allow" and act in one.gate.guards:
            against.append(trace)
    variant = -1
    if rule.choose is not None:
        trace, variant = rule.choose(facts)
        _note(trace, gates, against)
    delay = compiled.delay(facts.chance)
    not_before = facts.now + delay
    _note(compiled.delay_trace(facts.now, delay), gates, against)
    for trace in against:
        if trace.verdict == "defer":
            not_before = max(not_before, _free_at(trace))
    message = message_of(facts) if act == "message" else None
    if message is not None:
        spread = delay % (compiled.quiet.awake_minutes * MINUTE)
        wished = facts.now + rule.after
        not_before, trace = compiled.timer.plan(facts, earliest=not_before, wished=wished, spread=spread)
        _note(trace, gates, against)
    trace = compiled.quiet.look(now=facts.now, minute=facts.minute, at=not_before)
    gates.append(trace)
    if trace.verdict != "allow":
        against.append(trace)
        not_before = _free_at(trace) + delay % (compiled.quiet.awake_minutes * MINUTE)
    language = "" if facts.signals is None else facts.signals.language
    return _settle(
        compiled,
        rule,
        against=against,
        doubts=tuple([one.unknown for one in unknown]),
        planned=Effect(
            act=act, not_before=not_before, template=rule.template, variant=max(0, variant), language=language
        ),
        question=_question(facts, rule, message, not_before=not_before, language=language),
        labels=labels,
    )


def _note(trace: GateTrace, gates: list[GateTrace], against: list[GateTrace]) -> None:
    gates.append(trace)
    if trace.verdict != "allow":
        against.append(trace)


def _question(
    facts: Facts, rule: ReadyRule, message: MessageFacts | None, *, not_before: int, language: str
) -> tuple[Effect, ...]:
    """Return the question for consent that follows a message, once in a person's life with us."""
    if rule.ask is None or message is None or message.asked or facts.contact is None:
        return ()
    wordings = len(rule.ask.variants(language))
    if facts.contact.marketing != "absent" or not wordings:
        return ()
    variant = facts.chance % wordings
    return (
        Effect(
            act="message",
            not_before=not_before + MINUTE,
            template=rule.ask.id,
            variant=variant,
            language=language,
        ),
    )


def _settle(
    compiled: CompiledPolicy,
    rule: ReadyRule,
    *,
    against: list[GateTrace],
    doubts: tuple[Reason, ...],
    planned: Effect,
    question: tuple[Effect, ...],
    labels: tuple[Effect, ...],
) -> Answer:
    """Turn what stands against a planned sending into the outcome.

    A text that only waits for approval (its class) is not put before a person when something else refuses it.
    """
    stops = [trace for trace in against if trace.verdict != "defer"]
    if not stops and not doubts:
        waits = [trace.reason for trace in against if trace.reason is not None]
        return rule.then, rule.rid, (rule.reason, *waits), (planned, *question, *labels)
    said: list[Reason] = []
    for reason in (*_reasons(stops), *doubts):
        if reason not in said:
            said.append(reason)
    reasons = (rule.reason, *said)
    refused = any(trace.verdict == "refuse" for trace in stops)
    persons = [
        trace for trace in stops if trace.verdict == "review" and not (refused and trace.gate == "class")
    ]
    if not doubts and not persons:
        return "none", rule.rid, reasons, labels
    case = Effect(
        act="case",
        queue=compiled.policy.review.queue if not rule.queue else rule.queue,
        template=planned.template,
        variant=planned.variant,
        language=planned.language,
        not_before=planned.not_before if rule.after else 0,
    )
    return "review", rule.rid, reasons, (case, *labels)


def _free_at(trace: GateTrace) -> int:
    free = 0 if trace.reason is None else trace.reason.fields.get("free_at", 0)
    return free if isinstance(free, int) else 0


def confirm(
    compiled: CompiledPolicy,
    facts: Facts,
    *,
    act: Act,
    rule: str = "",
    promotional: bool = False,
    approved_text_hash_ok: bool | None = None,
    not_before: int = 0,
) -> Confirmation:
    """Ask the hard gates again, on fresh facts, just before sending.

    `rule` is the deciding rule of an automatic sending: its own limits and promotion are asked too, and it must still
    stand in this policy. `promotional` says the same of a person's text. `approved_text_hash_ok`: `None` for an
    automatic act; for what a person approved, whether text, recipient and expiry are still what was approved.
    Counters in `facts` count sending, sent and unknown only, and `comment.answered` leaves out the very act that is
    asked about.
    """
    person = approved_text_hash_ok is not None
    asked = list(compiled.sending[act])
    ready = compiled.by_rid.get(rule)
    if ready is not None:
        asked += [one for one in ready.gates if act in one.gate.guards and one.gate.id != "class"]
    if promotional and not (ready is not None and ready.promotional):
        asked += [one for one in compiled.promotion if act in one.gate.guards]
    gates = [one.look(facts) for one in asked if one.gate.for_person or not person]
    if rule and ready is None and not person:
        gates.append(_GONE)
    if approved_text_hash_ok is not None:
        gates.append(_APPROVED if approved_text_hash_ok else _STALE)
    if facts.now < not_before:
        gates.append(compiled.delay_trace(facts.now, not_before - facts.now))
    against = [trace for trace in gates if trace.verdict != "allow"]
    verdict = _worst(against)
    return Confirmation(
        verdict=verdict,
        reasons=tuple([trace.reason for trace in against if trace.reason is not None]),
        gates=tuple(gates),
        retry_at=max([_free_at(trace) for trace in against], default=0) if verdict == "defer" else 0,
    )


def _worst(against: list[GateTrace]) -> Verdict:
    said = {trace.verdict for trace in against}
    if "refuse" in said:
        return "refuse"
    if "review" in said:
        return "review"
    return "defer" if "defer" in said else "allow"
