"""What was understood of a text, ready for a template: marked words, and the strongest reasons."""

from dataclasses import dataclass

from goodstanding.core.understood import Head, Understood, pieces
from goodstanding.locale import Lang
from goodstanding.locale import understanding as words
from goodstanding.usecases.ports import Event, Queries
from goodstanding.web.desk import Desk

_MARK_LEAST = 0.05
_TOLD_MILLI_MIN = 500
_STRONG_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One head in words."""

    name: str
    share: str
    verdict: str
    reasons: tuple[tuple[str, str], ...]
    """(what spoke for it, how much)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One text, explained."""

    pieces: tuple[tuple[str, str], ...]
    """(piece of the text, "", "some" or "much")."""
    lines: tuple[Line, ...]
    silent: str
    """Names of the heads that abstain."""
    why_silent: str
    weights: str


def explained(desk: Desk, q: Queries, event: Event, lang: Lang) -> Shown | None:
    """Return why a comment or message is understood as it is, by the model of today."""
    explains = desk.parts.explains
    if explains is None or not event.text:
        return None
    home = next((one.language for one in q.accounts() if one.id == event.account_id), "")
    return shown(explains.understood(event.text, home=home), lang)


def shown(found: Understood, lang: Lang) -> Shown:
    """Return an explanation in words: only heads above their threshold, the strongest first."""
    told = sorted([one for one in found.heads if _is_told(one)], key=lambda one: -(one.milli or 0))
    names = [one.name for one in told]
    marks: dict[tuple[int, int], float] = {}
    for word in found.words:
        value = max((word.brings[name] for name in names), default=0.0)
        if value >= _MARK_LEAST:
            marks[word.start, word.end] = value
    most = max(marks.values(), default=0.0)
    return Shown(
        pieces=tuple(
            (piece, "" if not value else "much" if value >= most * _STRONG_SHARE else "some")
            for piece, value in pieces(found.text, marks)
        ),
        lines=tuple(_line(one, lang) for one in told),
        silent=", ".join(words.head(lang, name) for name in found.abstaining),
        why_silent=words.silent(lang, found.why_silent, found.language) if found.why_silent else "",
        weights=found.weights,
    )


def _is_told(head: Head) -> bool:
    """Tell whether a head is above its threshold; without one of its own, above one half."""
    least = head.below if head.below is not None else _TOLD_MILLI_MIN
    return head.milli is not None and head.milli >= least


def _line(head: Head, lang: Lang) -> Line:
    return Line(
        name=words.head(lang, head.name),
        share=words.percent(lang, head.milli or 0),
        verdict=words.verdict(lang, head.verdict) if head.above is not None else "",
        reasons=tuple(
            (
                words.reason(lang, one.kind, one.what),
                f"{one.value:+.1f}".replace(".", "," if lang == "nl" else "."),
            )
            for one in head.reasons
        ),
    )
