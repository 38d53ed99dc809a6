"""What changed between two policies, and whether each change loosens or tightens.

Whoever loosens asks a second person; tightening holds at once. What cannot be shown to tighten counts as loosening.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from goodstanding.core.policy.document import Limit, Policy, QuietHours, Rule, Template
from goodstanding.core.policy.vocabulary import Condition, between, minutes

Direction = Literal["looser", "tighter", "neutral"]
_RESTRICTS = ("none", "review")
_SCOPES = ("campaign", "account", "workspace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that differs; `None` where it does not stand."""

    path: str
    before: str | int | None
    after: str | int | None
    direction: Direction


def compare(before: Policy, after: Policy) -> tuple[Change, ...]:
    """Return every difference, by path."""
    found = [
        *_model("gates", before.gates, after.gates),
        *_model("pacing", before.pacing, after.pacing),
        *_model("similar", before.similar, after.similar),
        *_limits(before, after),
        *_quiet(before.quiet_hours, after.quiet_hours),
        *_review(before, after),
        *_templates(before, after),
        *_rules(before, after),
        *_plain(before, after),
    ]
    return tuple(sorted(found, key=lambda one: one.path))


def needs_second_person(changes: Sequence[Change]) -> bool:
    """Tell whether a second person must agree before these changes hold."""
    return any(one.direction == "looser" for one in changes)


def _shown(value: Any) -> str | int | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, int | str):
        return value
    if isinstance(value, tuple | list):
        return ", ".join(str(one) for one in value)
    return str(value)


def _looser(model: BaseModel, name: str) -> str:
    extra = type(model).model_fields[name].json_schema_extra
    return str(extra.get("looser", "")) if isinstance(extra, dict) else ""


def _way(kind: str, before: Any, after: Any) -> Direction:
    """Judge one field by its declared direction."""
    if kind in ("up", "down"):
        return "looser" if (after > before) == (kind == "up") else "tighter"
    if kind in ("more", "fewer"):
        wider = set(before) <= set(after) if kind == "fewer" else set(after) <= set(before)
        return "tighter" if wider else "looser"
    return "looser"


def _model(path: str, before: BaseModel, after: BaseModel) -> Iterator[Change]:
    for name in type(before).model_fields:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            same = isinstance(old, tuple) and set(old) == set(new)
            yield Change(
                path=f"{path}.{name}",
                before=_shown(old),
                after=_shown(new),
                direction="neutral" if same else _way(_looser(before, name), old, new),
            )


def _limits(before: Policy, after: Policy) -> Iterator[Change]:
    old: Mapping[str, Limit] = {one.name: one for one in before.limits}
    new: Mapping[str, Limit] = {one.name: one for one in after.limits}
    for name in sorted(old.keys() | new.keys()):
        was = old[name].max if name in old else None
        now = new[name].max if name in new else None
        if was != now:
            tighter = now is not None and (was is None or now < was)
            yield Change(
                path=f"limits.{name}", before=was, after=now, direction="tighter" if tighter else "looser"
            )


def _quiet(before: QuietHours | None, after: QuietHours | None) -> Iterator[Change]:
    old, new = _minutes(before), _minutes(after)
    was = None if before is None else f"{before.start}-{before.end}"
    now = None if after is None else f"{after.start}-{after.end}"
    if was != now:
        way: Direction = "neutral" if old == new else "tighter" if old < new else "looser"
        yield Change(path="quiet_hours", before=was, after=now, direction=way)


def _minutes(quiet: QuietHours | None) -> frozenset[int]:
    if quiet is None or quiet.start == quiet.end:
        return frozenset()
    start, end = minutes(quiet.start), minutes(quiet.end)
    return frozenset(minute for minute in range(1440) if between(minute, start, end))


def _review(before: Policy, after: Policy) -> Iterator[Change]:
    if before.review.queue != after.review.queue:
        yield Change(
            path="review.queue", before=before.review.queue, after=after.review.queue, direction="neutral"
        )
    old, new = before.review.queues, after.review.queues
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield Change(
                path=f"review.queues.{name}", before=old.get(name), after=new.get(name), direction="neutral"
            )


def _templates(before: Policy, after: Policy) -> Iterator[Change]:
    old: Mapping[str, Template] = {one.id: one for one in before.templates}
    new: Mapping[str, Template] = {one.id: one for one in after.templates}
    for name in sorted(old.keys() | new.keys()):
        path = f"templates.{name}"
        if name not in old or name not in new:
            yield Change(
                path=path,
                before="yes" if name in old else None,
                after="yes" if name in new else None,
                direction="neutral",
            )
            continue
        for field in Template.model_fields:
            was, now = getattr(old[name], field), getattr(new[name], field)
            if was != now:
                yield Change(
                    path=f"{path}.{field.rstrip('_')}",
                    before=_shown(was),
                    after=_shown(now),
                    direction=_template_way(field, was, now),
                )


def _template_way(field: str, before: Any, after: Any) -> Direction:
    if field == "promotional":
        return "tighter" if after else "looser"
    if field == "drafts":
        return "looser" if after else "tighter"
    if field == "class_":
        return "tighter" if after == "needs_review" else "looser"
    if field in ("nl", "en"):
        return "tighter" if set(after) < set(before) else "neutral" if set(after) == set(before) else "looser"
    return "looser"


def _rules(before: Policy, after: Policy) -> Iterator[Change]:
    old: Mapping[str, Rule] = {one.rid: one for one in before.rules}
    new: Mapping[str, Rule] = {one.rid: one for one in after.rules}
    for rid in sorted(old.keys() | new.keys()):
        if rid in old and rid in new:
            yield from _rule(f"rules.{rid}", old[rid], new[rid])
        else:
            rule = old.get(rid) or new[rid]
            yield Change(
                path=f"rules.{rid}",
                before=old[rid].then if rid in old else None,
                after=new[rid].then if rid in new else None,
                direction=_presence(rule, comes=rid in new) if rule.enabled else "neutral",
            )


def _presence(rule: Rule, *, comes: bool) -> Direction:
    """Judge a rule that comes or goes."""
    if rule.then == "label":
        return "neutral"
    if rule.then == "hide":
        return "looser"
    return "tighter" if comes == (rule.then in _RESTRICTS) else "looser"


def _rule(path: str, before: Rule, after: Rule) -> Iterator[Change]:
    for field in Rule.model_fields:
        was, now = getattr(before, field), getattr(after, field)
        if was == now or field == "when":
            continue
        yield Change(
            path=f"{path}.{field.rstrip('_')}",
            before=_shown(was) if field != "title" else was.en,
            after=_shown(now) if field != "title" else now.en,
            direction=_rule_way(field, before, after),
        )
    if before.when != after.when:
        yield Change(
            path=f"{path}.when",
            before=_conditions(before),
            after=_conditions(after),
            direction=_when_way(before, after),
        )


def _conditions(rule: Rule) -> str:
    return "; ".join(f"{one.kind} {one.wanted}" for one in rule.when)


def _rule_way(field: str, before: Rule, after: Rule) -> Direction:
    if field in ("title", "label", "queue"):
        return "neutral"
    if field == "enabled":
        return _presence(after, comes=after.enabled)
    if not (before.enabled or after.enabled):
        return "neutral"
    if field == "class_":
        return "tighter" if after.class_ == "needs_review" else "looser"
    if field == "then":
        return "tighter" if _narrower(before.then, after.then) else "looser"
    if field == "on":
        return _matching(after, "more" if after.on == "any" else "fewer" if before.on == "any" else "")
    return "neutral" if before.then == after.then == "label" else "looser"


def _narrower(before: str, after: str) -> bool:
    """Tell whether an outcome allows strictly less than another."""
    strength = {"label": 0, "reply": 0, "message": 0, "review": 2, "none": 3}
    if "hide" in (before, after):
        return after in _RESTRICTS
    return strength[after] > strength[before]


def _matching(rule: Rule, way: Literal["more", "fewer", ""]) -> Direction:
    """Judge a rule that now matches more often, less often, or otherwise."""
    if rule.then == "label":
        return "neutral"
    if way == "" or rule.then == "hide":
        return "looser"
    return "tighter" if (way == "more") == (rule.then in _RESTRICTS) else "looser"


def _when_way(before: Rule, after: Rule) -> Direction:
    if not (before.enabled or after.enabled):
        return "neutral"
    old, new = set(before.when), set(after.when)
    if old == new:
        return "neutral"
    if old < new:
        return _matching(after, "fewer")
    if new < old:
        return _matching(after, "more")
    if [one.kind for one in before.when] != [one.kind for one in after.when]:
        return _matching(after, "")
    ways = {
        way for was, now in zip(before.when, after.when, strict=True) for way in _condition_ways(was, now)
    }
    if ways == {"more"}:
        return _matching(after, "more")
    if ways == {"fewer"}:
        return _matching(after, "fewer")
    return _matching(after, "")


def _condition_ways(before: Condition, after: Condition) -> Iterator[Hashable]:
    """Tell for each changed field whether the condition now matches more, fewer, or something else."""
    for name in type(before).model_fields:
        was, now = getattr(before, name), getattr(after, name)
        if was == now:
            continue
        kind = _looser(before, name)
        if kind in ("up", "down"):
            yield "more" if (now > was) == (kind == "up") else "fewer"
        elif kind == "more" and set(was) != set(now):
            yield "more" if set(was) < set(now) else "fewer" if set(now) < set(was) else ""
        else:
            yield ""


def _plain(before: Policy, after: Policy) -> Iterator[Change]:
    if before.disclosure != after.disclosure:
        was, now = before.disclosure, after.disclosure
        yield Change(
            path="disclosure", before=None if was is None else was.en, after=None if now is None else now.en,
            direction="tighter" if was is None else "looser",
        )  # fmt: skip
    if before.id != after.id:
        yield Change(path="id", before=before.id, after=after.id, direction="neutral")
    if before.title != after.title:
        yield Change(path="title", before=before.title.en, after=after.title.en, direction="neutral")
    if before.scope != after.scope:
        wider = _SCOPES.index(after.scope) > _SCOPES.index(before.scope)
        yield Change(
            path="scope", before=before.scope, after=after.scope, direction="looser" if wider else "tighter"
        )
    for path in sorted(before.sources.keys() | after.sources.keys()):
        old, new = before.sources.get(path), after.sources.get(path)
        if old != new:
            yield Change(
                path=f"sources.{path}",
                before=None if old is None else old.source,
                after=None if new is None else new.source,
                direction="neutral",
            )
