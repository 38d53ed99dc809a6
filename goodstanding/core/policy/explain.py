"""Explanations as data: keys of sentences with their fields. The words stand in `locale`, in Dutch and English."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from goodstanding.core.policy.check import classify
from goodstanding.core.policy.diff import Change, needs_second_person
from goodstanding.core.policy.document import Limit, Policy, Rule
from goodstanding.core.policy.gate import SENDS
from goodstanding.core.policy.gates import GATE_IDS, GATES, PROMOTION
from goodstanding.core.policy.model import ConditionTrace, Decision, Facts, GateTrace, RuleTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.core.policy.rules import delay, message_time, similar
from goodstanding.core.policy.vocabulary import Condition
from goodstanding.kernel.reasons import Reason
from goodstanding.kernel.timing import DAY, MINUTE, iso

_SCORES = ("milli", "floor", "needed", "below")
_DAY_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sentence: its key, its fields, and which of the fields are themselves words to translate (`word.VALUE`)."""

    key: str
    fields: Mapping[str, str | int] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    depth: int = 0
    ref: str = ""
    """What the line is about: a rule's id, a gate's id or a path in the policy."""
    source: str = ""
    """Rule id of the platform, or `own`."""


_WORDS = frozenset(
    {
        "head",
        "act",
        "mode",
        "why",
        "intent",
        "intents",
        "scope",
        "channel",
        "purpose",
        "fact",
        "classes",
        "kinds",
    }
    | {"labels", "languages", "language", "hit", "direction", "outcome", "verdict", "gate", "kind", "stops"}
    | {"wanted", "seen", "before", "after", "unit", "queue"}
)


def _line(
    key: str,
    fields: Mapping[str, str | int] | None = None,
    *,
    depth: int = 0,
    ref: str = "",
    source: str = "",
) -> Line:
    given = dict(fields or {})
    for name in _SCORES:
        value = given.get(name)
        if isinstance(value, int):
            given[f"{name}_percent"] = percent(value)
    return Line(key=key, fields=given, words=frozenset(given) & _WORDS, depth=depth, ref=ref, source=source)


def percent(milli: int) -> str:
    """Return thousandths as a percentage without a needless nought: 850 is `85`, 855 is `85.5`."""
    whole, tenth = divmod(abs(milli), 10)
    return ("-" if milli < 0 else "") + (f"{whole}.{tenth}" if tenth else str(whole))


def local_time(instant: int, facts: Facts | None) -> str:
    """Return `instant` in the account's local time, without the date when it is the same local day; else in UTC."""
    if facts is None:
        return iso(instant)[:16].replace("T", " ") + " UTC"
    offset = (facts.minute - facts.now // MINUTE) % (DAY // MINUTE)
    if offset > 14 * 60:
        offset -= DAY // MINUTE
    shift = offset * MINUTE
    text = iso(instant + shift)[:16].replace("T", " ")
    return text[11:] if (instant + shift) // DAY == (facts.now + shift) // DAY else text


def reason_line(reason: Reason, facts: Facts | None = None, *, depth: int = 0) -> Line:
    """Return the sentence of one reason; times are local to the account when `facts` are given."""
    fields: dict[str, str | int] = dict(reason.fields)
    free_at = fields.get("free_at")
    if isinstance(free_at, int):
        fields["free_at"] = local_time(free_at, facts) if free_at else "-"
    delay_ms = fields.get("delay_ms")
    if isinstance(delay_ms, int):
        fields["minutes"] = delay_ms // MINUTE
    counter = fields.get("counter")
    if isinstance(counter, str):
        fields |= _counter(counter)
    return _line(f"reason.{reason.code.value}{_variant(reason)}", fields, depth=depth)


def _variant(reason: Reason) -> str:
    """Some codes read differently by a field."""
    return (
        ".own"
        if reason.code.value == "FACT_MISSING" and str(reason.fields.get("fact")).startswith("rule:")
        else ""
    )


def _counter(name: str) -> dict[str, str | int]:
    """Return what a counter's name says: `rule:RID/reply/24` counts replies per rule in a day."""
    scope, channel, hours = name.split("/")
    return {"scope": scope.partition(":")[0], "channel": channel, **_window(int(hours))}


def _window(hours: int) -> dict[str, str | int]:
    if hours % _DAY_HOURS == 0:
        days = hours // _DAY_HOURS
        return {"window": days, "unit": "day" if days == 1 else "days"}
    return {"window": hours, "unit": "hour" if hours == 1 else "hours"}


def explain_policy(policy: Policy, platform: PlatformRules) -> tuple[Line, ...]:
    """Return the whole policy as sentences: rules first, then limits and cadence, then the gates nobody can switch off."""
    classes = {(one.path[0], one.id): one for one in classify(policy)}
    drafted = {one.id for one in policy.templates if one.drafts}
    lines = [_line("policy.title", {"title_nl": policy.title.nl, "title_en": policy.title.en}, ref=policy.id)]
    lines.append(_line("policy.rules"))
    for rule in sorted(policy.rules, key=lambda one: (-one.priority, one.rid)):
        lines += explain_rule(rule)
        if rule.then in SENDS and rule.template in drafted:
            lines.append(_line("outcome.drafts", {"template": rule.template}, depth=1, ref=rule.rid))
        classed = classes["rules", rule.rid]
        if classed.cls == "needs_review":
            lines.append(_line(classed.why, depth=1, ref=rule.rid, source=classed.rule))
    lines.append(_line("policy.limits"))
    lines += [_limit(limit) for limit in policy.limits]
    lines += _pacing(policy)
    lines.append(_line("policy.gates", {"platform": platform.id, "read_on": platform.read_on}))
    lines += _gates(policy, platform)
    return tuple(lines)


def explain_rule(rule: Rule) -> tuple[Line, ...]:
    """Return one rule as sentences: its title, its conditions, what happens."""
    key = "policy.rule" if rule.enabled else "policy.rule_off"
    return (
        _line(key, {"title_nl": rule.title.nl, "title_en": rule.title.en, "rid": rule.rid}, ref=rule.rid),
        *(_condition(one, rule) for one in rule.when),
        _line(
            f"outcome.{rule.then}",
            {"template": rule.template, "label": rule.label, "queue": rule.queue or "-"},
            depth=1,
            ref=rule.rid,
        ),
        *_of_messages(rule),
    )


def _of_messages(rule: Rule) -> Iterator[Line]:
    if rule.after_hours:
        yield _line("outcome.after", {"after_hours": rule.after_hours}, depth=1, ref=rule.rid)
    if rule.ask:
        yield _line("outcome.ask", {"template": rule.ask}, depth=1, ref=rule.rid)


def _condition(condition: Condition, rule: Rule) -> Line:
    return _line(f"condition.{vars(condition)['kind']}", condition.fields(), depth=1, ref=rule.rid)


def _limit(limit: Limit) -> Line:
    window = _window(limit.window_hours)
    return _line(
        f"policy.limit_{window['unit']}",
        {"max": limit.max, "scope": limit.scope, "channel": limit.channel, "window": window["window"]},
        depth=1,
        ref=f"limits.{limit.name}",
    )


def _pacing(policy: Policy) -> Iterator[Line]:
    pacing = {name: getattr(policy.pacing, name) for name in type(policy.pacing).model_fields}
    pacing["spike_times"] = percent(policy.pacing.spike_baseline_milli // 100)
    yield _line("policy.delay", pacing, depth=1, ref="pacing.delay_minutes_min")
    yield _line("policy.bucket", pacing, depth=1, ref="pacing.bucket_capacity")
    yield _line("policy.spike", pacing, depth=1, ref="pacing.spike_per_hour")
    if policy.quiet_hours is not None:
        quiet = {"start": policy.quiet_hours.start, "end": policy.quiet_hours.end}
        yield _line("policy.quiet", quiet, depth=1, ref="quiet_hours")
    if policy.disclosure is not None:
        said = {"text_nl": policy.disclosure.nl, "text_en": policy.disclosure.en}
        yield _line("policy.disclosure", said, depth=1, ref="disclosure")
    alike = {name: getattr(policy.similar, name) for name in type(policy.similar).model_fields}
    alike["threshold_percent"] = percent(policy.similar.threshold_milli)
    yield _line("policy.similar", alike, depth=1, ref="similar")


def _gates(policy: Policy, platform: PlatformRules) -> Iterator[Line]:
    """Say what each hard gate does, with this policy's numbers and the platform's."""
    fields: dict[str, str | int] = {}
    for name in type(policy.gates).model_fields:
        value = getattr(policy.gates, name)
        if name.endswith(("_milli_min", "_milli_below")):
            fields[name] = percent(value)
        elif isinstance(value, int):
            fields[name] = value
        else:
            fields[name] = ", ".join(value) if isinstance(value, tuple) else str(value)
    fields["message_window_hours"] = platform.numbers.message_window_hours
    fields["messages_per_window"] = platform.numbers.messages_per_window
    fields["message_margin_minutes"] = platform.numbers.message_margin_minutes
    fields["worst_milli_below"] = percent(
        min(
            policy.gates.abuse_milli_below,
            policy.gates.hate_milli_below,
            policy.gates.threat_milli_below,
            policy.gates.sexual_milli_below,
        )
    )
    sources = {gate.id: gate.source for gate in (*GATES, *PROMOTION)}
    sources |= {one.ID: one.SOURCE for one in (similar, delay, message_time)}
    for gate in GATE_IDS:
        if f"{gate}" not in ("cap", similar.ID, delay.ID, "quiet_hours", "bucket", "spike"):
            yield _line(f"gate_says.{gate}", fields, depth=1, ref=gate, source=sources.get(gate, "own"))


def explain_decision(
    decision: Decision, facts: Facts, *, titles: Mapping[str, tuple[str, str]] | None = None
) -> tuple[Line, ...]:
    """Return why a decision is what it is: outcome, reasons, then every gate and rule with wanted and seen.

    `titles` gives a rule's Dutch and English title by its id (`rule_titles`); without it the id is shown.
    """
    return (
        _line(f"decision.{decision.outcome}", ref=decision.rule),
        *(_titled(reason_line(one, facts, depth=1), titles) for one in decision.reasons),
        _line("decision.gates"),
        *(gate_line(gate) for gate in decision.gates),
        _line("decision.rules"),
        *(line for rule in decision.rules for line in rule_lines(rule, titles=titles)),
    )


def rule_titles(policy: Policy) -> Mapping[str, tuple[str, str]]:
    """Return the Dutch and English title of every rule by its id."""
    return {rule.rid: (rule.title.nl, rule.title.en) for rule in policy.rules}


def _titled(line: Line, titles: Mapping[str, tuple[str, str]] | None) -> Line:
    rid = line.fields.get("rid")
    if not isinstance(rid, str):
        return line
    nl, en = (titles or {}).get(rid, (rid, rid))
    return Line(
        key=line.key,
        fields={**line.fields, "title_nl": nl, "title_en": en},
        words=line.words,
        depth=line.depth,
        ref=rid,
        source=line.source,
    )


def gate_line(gate: GateTrace) -> Line:
    """Return what one gate said."""
    name, _, counter = gate.gate.partition(":")
    fields: dict[str, str | int] = {
        "gate": f"gate.{name}",
        **(_counter(counter) if counter else {}),
        "wanted": "-" if gate.wanted in (None, "") else str(gate.wanted),
        "seen": "?" if gate.seen is None else "-" if gate.seen == "" else str(gate.seen),
    }
    key = "trace.cap" if counter else "trace.gate"
    return _line(f"{key}.{gate.verdict}", fields, depth=1, ref=gate.gate)


def rule_lines(rule: RuleTrace, *, titles: Mapping[str, tuple[str, str]] | None = None) -> tuple[Line, ...]:
    """Return what one rule and its conditions said."""
    return (
        _titled(_line(f"trace.rule.{_yes(ok=rule.ok)}", {"rid": rule.rid}, depth=1, ref=rule.rid), titles),
        *(_condition_line(one, rule.rid) for one in rule.conditions),
    )


def _condition_line(condition: ConditionTrace, rid: str) -> Line:
    fields: dict[str, str | int] = {
        "kind": f"condition_name.{condition.kind}",
        "wanted": str(condition.wanted),
        "seen": "?" if condition.seen is None else "-" if condition.seen == "" else str(condition.seen),
    }
    return _line(f"trace.condition.{_yes(ok=condition.ok)}", fields, depth=2, ref=rid)


def _yes(*, ok: bool | None) -> str:
    return "unknown" if ok is None else "yes" if ok else "no"


def explain_changes(changes: Sequence[Change]) -> tuple[Line, ...]:
    """Return the difference between two policies as sentences."""
    if not changes:
        return (_line("diff.none"),)
    verdict = "diff.second_person" if needs_second_person(changes) else "diff.immediate"
    return (_line(verdict, {"count": len(changes)}), *(_change(one) for one in changes))


def _change(change: Change) -> Line:
    if change.before is None:
        key = "diff.added"
    elif change.after is None:
        key = "diff.removed"
    else:
        key = "diff.changed"
    fields: dict[str, str | int] = {
        "path": change.path,
        "before": "-" if change.before is None else change.before,
        "after": "-" if change.after is None else change.after,
        "direction": change.direction,
    }
    return _line(key, fields, depth=1, ref=change.path)
