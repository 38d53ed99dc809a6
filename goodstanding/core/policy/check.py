"""Static checks of a policy that is well formed: what can never work, and what may not run without a person."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from goodstanding.core.policy.document import Class, Policy, Rule, Template
from goodstanding.core.policy.fact_conditions import CounterAtLeast, Tapped
from goodstanding.core.policy.gate import SENDS
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.core.policy.text_conditions import IntentAtLeast, IntentIn, ScoreAtLeast
from goodstanding.core.policy.vocabulary import words_of
from goodstanding.kernel.problems import Problem
from goodstanding.kernel.texts import length


class ProblemCode(StrEnum):
    """What can be wrong with a policy; never renamed."""

    TOML_SYNTAX = "TOML_SYNTAX"
    TOO_LARGE = "TOO_LARGE"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    UNKNOWN_KIND = "UNKNOWN_KIND"
    UNKNOWN_WORD = "UNKNOWN_WORD"
    UNKNOWN_NAME = "UNKNOWN_NAME"
    MISSING_KEY = "MISSING_KEY"
    BAD_VALUE = "BAD_VALUE"
    BAD_LENGTH = "BAD_LENGTH"
    OUT_OF_BOUNDS = "OUT_OF_BOUNDS"
    DUPLICATE = "DUPLICATE"
    CONTACT_CEILING = "CONTACT_CEILING"
    DOUBT_ABOVE_SURE = "DOUBT_ABOVE_SURE"
    DELAY_REVERSED = "DELAY_REVERSED"
    REFUSED_BY_PLATFORM_RULE = "REFUSED_BY_PLATFORM_RULE"
    REFUSED_PHRASE = "REFUSED_PHRASE"
    CLASS_TOO_MILD = "CLASS_TOO_MILD"
    LANGUAGE_MISSING = "LANGUAGE_MISSING"
    TEMPLATE_TOO_LONG = "TEMPLATE_TOO_LONG"
    TEMPLATE_LONG = "TEMPLATE_LONG"
    TEMPLATE_CHANNEL = "TEMPLATE_CHANNEL"
    WORDING_TWICE = "WORDING_TWICE"
    FEW_WORDINGS = "FEW_WORDINGS"
    UNREACHABLE = "UNREACHABLE"
    SHADOWED = "SHADOWED"
    WRONG_EVENT = "WRONG_EVENT"
    MESSAGE_ONLY = "MESSAGE_ONLY"
    CARD_ALONE = "CARD_ALONE"
    CARD_DRAFTS = "CARD_DRAFTS"
    NO_DISCLOSURE = "NO_DISCLOSURE"
    NO_SOURCE = "NO_SOURCE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem, how serious it is and where it stands in the document."""

    problem: Problem
    severity: Literal["error", "warning"]
    path: tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """The class of a rule or template, and why: a key of a sentence and its fields."""

    path: tuple[str | int, ...]
    id: str
    cls: Literal["permitted", "needs_review"]
    why: str
    rule: str
    """The platform rule behind it, or `own`."""


_link = re.compile(
    r"https?://|www\.|\b[a-z0-9-]+\.(?:com|nl|be|net|org|eu|io|shop|link|me|ly)\b", re.IGNORECASE
)
_push = re.compile(
    r"\b(?:koop|bestel|order|buy|click|klik|laatste kans|last chance|act now|nu kopen|sign up|schrijf je in)\b",
    re.IGNORECASE,
)


def check(policy: Policy, platform: PlatformRules) -> tuple[Finding, ...]:
    """Return every finding in `policy`; errors stop it from being used, warnings do not."""
    return tuple(
        finding
        for found in (
            _names(policy),
            _templates(policy, platform),
            _classes(policy),
            _messages(policy, platform),
            _reachable(policy),
            _sources(policy),
        )
        for finding in found
    )


def classify(policy: Policy) -> tuple[Classified, ...]:
    """Return the class of every template and rule, computed; what the document says can only be stricter."""
    classes = [_class_of_template(place, one) for place, one in enumerate(policy.templates)]
    by_id = {one.id: one.cls for one in classes}
    return (*classes, *(_class_of_rule(place, rule, by_id) for place, rule in enumerate(policy.rules)))


def faults_of(text: str, channel: Literal["reply", "message"], platform: PlatformRules) -> tuple[str, ...]:
    """Return what keeps a text from being a wording that needs no person: codes of errors, and of its class."""
    template = Template(id="text", channel=channel)
    found = [one.problem.code for one in _text(text, (), template, platform) if one.severity == "error"]
    if _link.search(text):
        found.append("class.link")
    if _push.search(text):
        found.append("class.push")
    return tuple(found)


def _finding(
    code: ProblemCode,
    path: tuple[str | int, ...],
    *,
    severity: Literal["error", "warning"] = "error",
    **fields: str | int,
) -> Finding:
    return Finding(problem=Problem(code=code, fields=fields), severity=severity, path=path)


def _class_of_template(place: int, template: Template) -> Classified:
    cls: Class = "permitted"
    why, rule = "class.plain", "own"
    texts = " ".join((*template.nl, *template.en))
    if template.promotional:
        cls, why, rule = "needs_review", "class.promotional", "TT-DEV-2"
    elif _link.search(texts):
        cls, why, rule = "needs_review", "class.link", "TT-SPAM-5"
    elif _push.search(texts):
        cls, why, rule = "needs_review", "class.push", "TT-SPAM-5"
    elif template.class_ == "needs_review":
        cls, why = "needs_review", "class.chosen"
    return Classified(path=("templates", place), id=template.id, cls=cls, why=why, rule=rule)


def _class_of_rule(place: int, rule: Rule, templates: dict[str, Class]) -> Classified:
    cls: Class = "permitted"
    why, source = "class.plain", "own"
    if rule.then in SENDS and templates.get(rule.template) == "needs_review":
        cls, why = "needs_review", "class.template"
    elif rule.then in SENDS and not any(
        isinstance(one, IntentIn | IntentAtLeast | Tapped) for one in rule.when
    ):
        cls, why, source = "needs_review", "class.no_intent", "TT-SPAM-1"
    elif rule.then == "hide" and not any(isinstance(one, ScoreAtLeast) for one in rule.when):
        cls, why = "needs_review", "class.hide_without_score"
    elif rule.class_ == "needs_review":
        cls, why = "needs_review", "class.chosen"
    return Classified(path=("rules", place), id=rule.rid, cls=cls, why=why, rule=source)


def _classes(policy: Policy) -> Iterator[Finding]:
    """Something that needs a person may not call itself permitted."""
    for one in classify(policy):
        table, place = one.path
        said = (policy.templates if table == "templates" else policy.rules)[int(place)].class_
        if one.cls == "needs_review" and said == "permitted":
            yield _finding(
                ProblemCode.CLASS_TOO_MILD, (*one.path, "class"), id=one.id, why=one.why, rule=one.rule
            )


def _meant(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 needed only for a wrong policy

    return next(iter(get_close_matches(name, list(known), n=1)), "")


def _names(policy: Policy) -> Iterator[Finding]:
    """What a rule or limit names must exist and fit."""
    templates = {one.id: one for one in policy.templates}
    rids = {rule.rid for rule in policy.rules}
    if policy.review.queue not in policy.review.queues:
        yield _unknown(("review", "queue"), "queue", policy.review.queue, policy.review.queues)
    for place, rule in enumerate(policy.rules):
        path = ("rules", place)
        if rule.queue and rule.queue not in policy.review.queues:
            yield _unknown((*path, "queue"), "queue", rule.queue, policy.review.queues)
        if rule.then == "label" and not rule.label:
            yield _finding(ProblemCode.MISSING_KEY, path, key=f"rules.{place}.label")
        if rule.then in SENDS:
            yield from _template_of(rule, path, templates)
    for place, limit in enumerate(policy.limits):
        if limit.scope == "rule" and limit.rule not in rids:
            yield _unknown(("limits", place, "rule"), "rule", limit.rule, rids)


def _template_of(
    rule: Rule, path: tuple[str | int, ...], templates: dict[str, Template]
) -> Iterator[Finding]:
    template = templates.get(rule.template)
    if not rule.template:
        yield _finding(ProblemCode.MISSING_KEY, path, key=f"{path[0]}.{path[1]}.template")
    elif template is None:
        yield _unknown((*path, "template"), "template", rule.template, templates)
    elif template.channel != rule.then:
        yield _finding(
            ProblemCode.TEMPLATE_CHANNEL,
            (*path, "template"),
            template=template.id,
            channel=template.channel,
            then=rule.then,
        )


def _unknown(path: tuple[str | int, ...], what: str, name: str, known: Iterable[str]) -> Finding:
    return _finding(ProblemCode.UNKNOWN_NAME, path, what=what, name=name, meant=_meant(name, known))


def _templates(policy: Policy, platform: PlatformRules) -> Iterator[Finding]:
    """Both languages, lengths, and words the platform does not want."""
    for place, template in enumerate(policy.templates):
        path = ("templates", place)
        for language in policy.gates.languages:
            wordings = template.variants(language)
            if not wordings:
                yield _finding(ProblemCode.LANGUAGE_MISSING, path, template=template.id, language=language)
            elif len(wordings) < FEW and template.card is None:
                yield _finding(
                    ProblemCode.FEW_WORDINGS,
                    (*path, language),
                    severity="warning",
                    template=template.id,
                    language=language,
                    count=len(wordings),
                    advised=FEW,
                )
        for language in ("nl", "en"):
            for number, text in enumerate(template.variants(language)):
                yield from _text(text, (*path, language, number), template, platform)
            twice = [text for text, count in Counter(template.variants(language)).items() if count > 1]
            for text in twice:
                yield _finding(
                    ProblemCode.WORDING_TWICE, (*path, language), template=template.id, text=text[:60]
                )


FEW = 4
"""Fewer wordings than this are soon near-duplicates of each other (R5)."""


def _text(
    text: str, path: tuple[str | int, ...], template: Template, platform: PlatformRules
) -> Iterator[Finding]:
    numbers = platform.numbers
    most = numbers.reply_chars_max if template.channel == "reply" else numbers.message_chars_max
    if template.card is not None:
        most = numbers.card_title_chars_max
    if length(text) > most:
        yield _finding(
            ProblemCode.TEMPLATE_TOO_LONG, path, template=template.id, length=length(text), limit=most
        )
    elif template.channel == "reply" and length(text) > numbers.reply_chars_warn:
        yield _finding(
            ProblemCode.TEMPLATE_LONG,
            path,
            severity="warning",
            template=template.id,
            length=length(text),
            limit=numbers.reply_chars_warn,
        )
    plain = f" {' '.join(words_of(text))} "
    for rule in platform.rules:
        for phrase in rule.phrases:
            if f" {' '.join(words_of(phrase))} " in plain:
                yield _finding(
                    ProblemCode.REFUSED_PHRASE, path, template=template.id, phrase=phrase, rule=rule.id
                )


def _messages(policy: Policy, platform: PlatformRules) -> Iterator[Finding]:
    """Questions follow a message and fit their buttons; what only a message has stands with messages only."""
    templates = {one.id: one for one in policy.templates}
    for place, rule in enumerate(policy.rules):
        path = ("rules", place)
        ask = templates.get(rule.ask)
        for name, used in (("ask", rule.ask), ("after_hours", rule.after_hours)):
            if used and rule.then != "message":
                yield _finding(ProblemCode.MESSAGE_ONLY, (*path, name), rid=rule.rid, key=name)
        if rule.ask and (ask is None or ask.card is None):
            cards = [one.id for one in policy.templates if one.card is not None]
            yield _unknown((*path, "ask"), "question", rule.ask, cards)
        template = templates.get(rule.template)
        if template is not None and template.card is not None:
            yield _finding(ProblemCode.CARD_ALONE, (*path, "template"), rid=rule.rid, template=template.id)
    for place, one in enumerate(policy.templates):
        if one.card is not None:
            yield from _card(one, ("templates", place), platform)
        if one.card is not None and one.drafts:
            yield _finding(ProblemCode.CARD_DRAFTS, ("templates", place, "drafts"), template=one.id)
    sends = any(rule.enabled and rule.then == "message" for rule in policy.rules)
    if sends and policy.disclosure is None:
        yield _finding(ProblemCode.NO_DISCLOSURE, ("disclosure",), severity="warning")


def _card(template: Template, path: tuple[str | int, ...], platform: PlatformRules) -> Iterator[Finding]:
    assert template.card is not None
    most = platform.numbers.card_button_chars_max
    if template.channel != "message":
        yield _finding(ProblemCode.MESSAGE_ONLY, (*path, "card"), rid=template.id, key="card")
    for language in ("nl", "en"):
        for _, title in template.card.buttons(language):
            if length(title) > most:
                yield _finding(
                    ProblemCode.TEMPLATE_TOO_LONG,
                    (*path, "card"),
                    template=template.id,
                    length=length(title),
                    limit=most,
                )


def _reachable(policy: Policy) -> Iterator[Finding]:
    """Rules that can never matter."""
    enabled = [(place, rule) for place, rule in enumerate(policy.rules) if rule.enabled]
    for place, rule in enabled:
        path = ("rules", place)
        if rule.then in ("reply", "hide") and rule.on != "comment":
            yield _finding(ProblemCode.WRONG_EVENT, path, rid=rule.rid, then=rule.then, on=rule.on)
        if _impossible(rule, policy):
            yield _finding(ProblemCode.UNREACHABLE, path, severity="warning", rid=rule.rid)
        for _, other in enabled:
            if other is not rule and _shadows(other, rule):
                yield _finding(ProblemCode.SHADOWED, path, severity="warning", rid=rule.rid, by=other.rid)
                break


def _impossible(rule: Rule, policy: Policy) -> bool:
    """Conditions that can never all hold, or that a hard gate always stops."""
    sure = policy.gates.intent_milli_min
    counters = {limit.name for limit in policy.limits}
    for one in rule.when:
        if isinstance(one, IntentAtLeast) and (
            one.below <= one.milli or (rule.then in SENDS and one.below <= sure)
        ):
            return True
        if isinstance(one, CounterAtLeast) and one.counter in counters and rule.then in SENDS:
            most = min(limit.max for limit in policy.limits if limit.name == one.counter)
            if one.count >= most:
                return True
        if isinstance(one, ScoreAtLeast) and rule.then in SENDS and _gated(one, policy):
            return True
    return False


def _gated(score: ScoreAtLeast, policy: Policy) -> bool:
    heads = ("abuse", "hate", "threat", "sexual", "spam") if score.head == "worst" else (score.head,)
    return all(score.milli >= getattr(policy.gates, f"{head}_milli_below") for head in heads)


_STRENGTH = {"none": 4, "review": 3, "hide": 2, "reply": 1, "message": 1, "label": 0}


def _shadows(other: Rule, rule: Rule) -> bool:
    """Tell whether whenever `rule` matches, `other` matches too and wins."""
    if rule.label or rule.then == "label" or other.on not in (rule.on, "any"):
        return False
    if not set(other.when) <= set(rule.when):
        return False
    if _STRENGTH[other.then] != _STRENGTH[rule.then]:
        return _STRENGTH[other.then] > _STRENGTH[rule.then]
    return (-other.priority, other.rid) < (-rule.priority, rule.rid)


def _sources(policy: Policy) -> Iterator[Finding]:
    """A source that speaks of nothing in the document is a mistake in its name."""
    known = paths(policy)
    for path in policy.sources:
        if path not in known:
            yield _finding(
                ProblemCode.NO_SOURCE,
                ("sources", path),
                severity="warning",
                about=path,
                meant=_meant(path, known),
            )


def paths(policy: Policy) -> tuple[str, ...]:
    """Return the path of every number and choice that should have a source."""
    found = [f"gates.{name}" for name in type(policy.gates).model_fields]
    found += [f"limits.{limit.name.replace('/', '.')}" for limit in policy.limits]
    found += [f"pacing.{name}" for name in type(policy.pacing).model_fields]
    found += [f"similar.{name}" for name in type(policy.similar).model_fields]
    if policy.quiet_hours is not None:
        found.append("quiet_hours")
    found += [f"review.{queue}" for queue in policy.review.queues]
    return (*found, *(f"rules.{rule.rid}" for rule in policy.rules))
