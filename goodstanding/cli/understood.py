"""One text, understood, for a person to read: heads, verdicts, the words that counted, and what stays unsaid."""

from typing import Any

from goodstanding.cli.words import shown
from goodstanding.core.understood import Head, Understood, pieces
from goodstanding.locale import Lang, sentence
from goodstanding.locale import understanding as words

_LOW_MILLI = 50
_MARK_LEAST = 0.05
_TEXT_SHOWN = 2_000


def as_json(found: Understood, *, model: str) -> dict[str, Any]:
    """Return everything as plain values; contributions and the start add up to each head's score."""
    return {
        "text": found.text,
        "lang": found.language,
        "lang_probability": found.language_milli / 1000,
        "sentiment": None if found.sentiment_milli is None else found.sentiment_milli / 1000,
        "heads": {
            head.name: {
                "probability": None if head.milli is None else head.milli / 1000,
                "automate_below": None if head.below is None else head.below / 1000,
                "act_above": None if head.above is None else head.above / 1000,
                "verdict": head.verdict,
                "start": head.start,
                "whole": head.whole,
                "score": head.score,
                "listed": head.listed / 1000,
                "reasons": [{"kind": one.kind, "what": one.what, "value": one.value} for one in head.reasons],
            }
            for head in found.heads
        },
        "words": [
            {
                "start": one.start,
                "end": one.end,
                "text": found.text[one.start : one.end],
                "brings": dict(one.brings),
            }
            for one in found.words
        ],
        "abstain": list(found.abstaining),
        "abstain_why": found.why_silent,
        "model": model,
        "weights": found.weights,
    }


def lines(lang: Lang, found: Understood, *, model: str) -> list[str]:
    """Return the lines to print, safe on a terminal."""
    told = [head for head in found.heads if head.milli is not None]
    high = sorted([h for h in told if (h.milli or 0) >= _LOW_MILLI], key=lambda h: (-(h.milli or 0), h.name))
    out = [shown(marked(found, [head.name for head in high]), _TEXT_SHOWN), ""]
    if found.language == "und":
        out.append(sentence(lang, "understood.cli.language_unsure"))
    else:
        fields = {
            "language": words.language(lang, found.language),
            "share": words.percent(lang, found.language_milli),
        }
        out.append(sentence(lang, "understood.cli.language", fields))
    if found.sentiment_milli is not None:
        value = f"{found.sentiment_milli / 1000:+.2f}".replace(".", "," if lang == "nl" else ".")
        out.append(
            sentence(
                lang, "understood.cli.tone", {"tone": words.tone(lang, found.sentiment_milli), "value": value}
            )
        )
    if high:
        out += ["", *_table(lang, high)]
    low = [words.head(lang, head.name) for head in told if (head.milli or 0) < _LOW_MILLI]
    if low:
        fields = {"share": words.percent(lang, _LOW_MILLI), "heads": ", ".join(low)}
        out += ["", sentence(lang, "understood.cli.low", fields)]
    if found.abstaining:
        why = words.silent(lang, found.why_silent, found.language)
        silent = ", ".join(words.head(lang, name) for name in found.abstaining)
        out += ["", sentence(lang, "understood.cli.silent", {"heads": silent, "why": why})]
    return [
        *out,
        "",
        sentence(lang, "understood.cli.marks"),
        sentence(lang, "understood.cli.model", {"model": model}),
    ]


def marked(found: Understood, heads: list[str]) -> str:
    """Return the text with the words in brackets that spoke for one of `heads`."""
    marks: dict[tuple[int, int], float] = {}
    for one in found.words:
        value = max((one.brings[head] for head in heads), default=0.0)
        if value >= _MARK_LEAST:
            marks[one.start, one.end] = value
    parts = pieces(found.text, marks)
    return "".join(f"[{piece}]" if strength else piece for piece, strength in parts)


def _table(lang: Lang, heads: list[Head]) -> list[str]:
    rows = [
        [sentence(lang, f"understood.cli.column_{name}") for name in ("head", "chance", "verdict", "why")]
    ]
    for head in heads:
        verdict = words.verdict(lang, head.verdict)
        if head.below is not None and head.above is not None:
            verdict += f" ({words.percent(lang, head.below)} / {words.percent(lang, head.above)})"
        reasons = [
            f"{shown(words.reason(lang, one.kind, one.what), 60)} {one.value:+.2f}" for one in head.reasons
        ]
        rows.append(
            [words.head(lang, head.name), words.percent(lang, head.milli or 0), verdict, ", ".join(reasons)]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip()
        for row in rows
    ]
