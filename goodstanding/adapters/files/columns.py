"""Which column holds what: found by its name in Dutch or English, or told by the person."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from goodstanding.kernel.problems import Invalid, Problem

NAMES: Mapping[str, tuple[str, ...]] = {
    "text": (
        "text", "comment", "commenttext", "commentcontent", "tekst", "reactie", "reactietekst", "content",
        "inhoud", "message", "bericht", "berichttekst", "opmerking", "commentaar", "body", "textoriginal",
        "textdisplay", "vraag",
    ),
    "time": (
        "time", "timestamp", "date", "datum", "createdat", "createtime", "created", "tijd", "tijdstip",
        "publishedat", "commenttime", "commentdate", "datetime", "geplaatstop", "aangemaakt", "datumtijd",
    ),
    "author": (
        "author", "user", "username", "handle", "gebruiker", "gebruikersnaam", "naam", "name", "auteur",
        "account",
        "uniqueid", "uniqueidentifier", "nickname", "displayname", "commenter",
    ),
    "video": ("video", "videoid", "videourl", "filmpje", "itemid", "awemeid", "post", "postid"),
}  # fmt: skip
"""Role -> names without spaces and signs, the likeliest first."""
ROLES = tuple(NAMES)
COLUMNS_TOLD_MAX = 40

_signs = re.compile(r"[\W_]+")


def plain_name(name: str) -> str:
    """Return a column's name without case, spaces and signs."""
    return _signs.sub("", name).casefold()


def knows_text(names: Iterable[str]) -> bool:
    """Tell whether one of the columns is known to hold the text."""
    return any(plain_name(name) in NAMES["text"] for name in names)


def find(columns: Sequence[str], told: Mapping[str, str]) -> dict[str, str]:
    """Return role -> column; `told` goes first.

    Raises `Invalid` with `UNKNOWN_COLUMN` (fields: role, column, meant, columns) when a told column is not
    there, or `NO_TEXT_COLUMN` (fields: columns) when none can be the text.
    """
    known = {plain_name(column): column for column in reversed(columns)}
    listed = ", ".join(columns[:COLUMNS_TOLD_MAX])
    found = {}
    for role, column in told.items():
        actual = column if column in columns else known.get(plain_name(column))
        if actual is None:
            close = get_close_matches(plain_name(column), list(known), n=1, cutoff=0.5)
            meant = known[close[0]] if close else ""
            fields = {"role": role, "column": column, "meant": meant, "columns": listed}
            raise Invalid((Problem(code="UNKNOWN_COLUMN", fields=fields),))
        found[role] = actual
    for role, names in NAMES.items():
        free = (known[name] for name in names if name in known and known[name] not in found.values())
        likeliest = next(free, None)
        if role not in found and likeliest is not None:
            found[role] = likeliest
    if "text" not in found:
        raise Invalid((Problem(code="NO_TEXT_COLUMN", fields={"columns": listed}),))
    return {role: found[role] for role in ROLES if role in found}
