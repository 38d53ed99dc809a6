"""How harmful a text is: list words judged by who they are said to, and phrases."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from goodstanding.adapters.nlp.lists import RISKS, Entry

_BEFORE = 4
_DENIAL = 3
_SHORT = 4
_LOOSE = (0, 350, 550, 850)
_AIMED = (0, 780, 900, 970)
_THIRD = (0, 550, 750, 930)
_HATE_WORD = 950
_SPITE = 800
_FRIENDLY = 500


class Harm(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Scores in thousandths, profanity in severity 0 to 3, and what drove them."""

    abuse: int = 0
    hate: int = 0
    threat: int = 0
    sexual: int = 0
    profanity: int = 0
    hits: tuple[tuple[str, str], ...] = ()


NONE = Harm()


def judged(
    entries: Sequence[Entry | None], *, quoted: Sequence[bool], phrases: Mapping[str, int], feeling: int
) -> Harm:
    """Return the harm in a text of `entries` (one per word, `None` for a word on no list).

    `phrases` are the scores of matched phrases by head; `feeling` is the sentiment in thousandths: a warm
    text softens a rude word that is said to nobody.
    """
    abuse, hate = phrases.get("abuse", 0), phrases.get("hate", 0)
    threat, sexual = phrases.get("threat", 0), phrases.get("sexual", 0)
    profanity = 0
    hits: list[tuple[str, str]] = []
    for at, entry in enumerate(entries):
        if entry is None or not entry.heads:
            continue
        for head, severity in entry.heads:
            if head not in RISKS:
                continue
            if head == "profanity" and _medical(entries, at):
                continue
            hits.append(("abuse" if head == "insult" else head, entry.key))
            profanity = max(profanity, severity)
            said = _excused(entries, at, quoted=quoted)
            if head == "insult":
                abuse = max(abuse, _insult(entries, at, severity, warm=feeling >= _FRIENDLY) * said // 1000)
            elif head == "hate":
                hate = max(hate, _HATE_WORD * said // 1000)
            elif head == "sexual":
                sexual = max(sexual, (0, 300, 450, 800)[severity] * said // 1000)
    hate = max(hate, _composed(entries))
    abuse = max(abuse, threat, hate, sexual * 2 // 3 if sexual >= _HATE_WORD - 50 else 0)
    return Harm(
        abuse=abuse,
        hate=hate,
        threat=threat,
        sexual=sexual,
        profanity=profanity,
        hits=tuple(dict.fromkeys(hits)),
    )


def _insult(entries: Sequence[Entry | None], at: int, severity: int, *, warm: bool) -> int:
    """Return the score of an insulting word by the person it points at."""
    before = entries[max(0, at - _BEFORE) : at]
    after = entries[at + 1 : at + 3]
    if _any(before, "self") and not _any(before, "you"):
        return _LOOSE[severity] * 3 // 10
    if _any(before, "you") or _any(after, "you"):
        return _AIMED[severity]
    if len(entries) <= _SHORT and not warm and not _any(before, "third"):
        return _AIMED[severity] if severity == len(_AIMED) - 1 else _AIMED[severity] * 9 // 10
    if _any(before, "third"):
        return _THIRD[severity]
    return _LOOSE[severity] * (4 if warm else 10) // 10


def _excused(entries: Sequence[Entry | None], at: int, *, quoted: Sequence[bool]) -> int:
    """Return thousandths of the score that stay: little after a negation or in a quotation."""
    before = entries[max(0, at - _DENIAL) : at]
    if _any(before, "negation"):
        return 200
    if quoted[at] or _any(before, "report"):
        return 400
    return 1000


def _medical(entries: Sequence[Entry | None], at: int) -> bool:
    """Tell whether an illness word (`kanker`) is about the illness."""
    entry = entries[at]
    if entry is None or not entry.severity("illness"):
        return False
    return _any(entries[max(0, at - 3) : at], "medical") or _any(entries[at + 1 : at + 3], "medical")


def _composed(entries: Sequence[Entry | None]) -> int:
    """Return the score of a group of people said to be, or to deserve, something hateful."""
    groups = [at for at, e in enumerate(entries) if e is not None and e.severity("group")]
    if not groups:
        return 0
    for at, entry in enumerate(entries):
        if entry is not None and entry.severity("spite"):
            near = [g for g in groups if 0 < abs(g - at) <= _BEFORE + 1]
            if near and not _any(entries[max(0, min(near[0], at) - 2) : at], "negation"):
                return _SPITE
    return 0


def _any(entries: Sequence[Entry | None], head: str) -> bool:
    return any(_has(entries, head))


def _has(entries: Sequence[Entry | None], head: str) -> Iterator[bool]:
    return (entry is not None and entry.severity(head) > 0 for entry in entries)
