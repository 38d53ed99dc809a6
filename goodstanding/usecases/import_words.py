"""What imports say in words: refusals, problems, and the list of problems as a file for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Mapping

import msgspec

from goodstanding.locale import Lang, keys, sentence
from goodstanding.usecases.ports.imports import ProblemRow

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so would be run by a spreadsheet program."""


def refusal_words(lang: Lang, code: str, fields: Mapping[str, object]) -> str:
    """Return why a file or an act was refused."""
    reason = str(fields.get("reason", ""))
    key = f"refused.{reason}" if code == "FILE_REFUSED" else f"refused.{code}"
    if key not in keys():
        key = f"problem.{reason}" if f"problem.{reason}" in keys() else "refused.OTHER"
    try:
        return sentence(lang, key, {**fields, "code": reason or code})
    except KeyError:
        return sentence(lang, "refused.OTHER", {"code": reason or code})


def stored_problem_words(lang: Lang, code: str, fields: str) -> str:
    """Return a stored problem as a sentence."""
    values = msgspec.json.decode(fields, type=dict[str, str | int])
    key = f"problem.{code}"
    if f"{key}.plain" in keys() and not values.get("meant"):
        key = f"{key}.plain"
    try:
        return sentence(lang, key, values)
    except KeyError:
        return " ".join([code, *(f"{name}={value}" for name, value in values.items())])


def problems_csv(rows: Iterable[ProblemRow], lang: Lang) -> str:
    """Return the problems as CSV that no spreadsheet program will take for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    head = ("number", "place", "code", "reason")
    writer.writerow(sentence(lang, f"import_csv.{name}") for name in head)
    for row in rows:
        reason = stored_problem_words(lang, row.code, row.fields)
        writer.writerow([row.number, harmless(row.place), row.code, harmless(reason)])
    return out.getvalue()


def harmless(text: str) -> str:
    """Return text that stays text in a spreadsheet."""
    flat = text.replace("\r", " ").replace("\n", " ")
    return f"'{flat}" if flat.startswith(_FORMULA) else flat
