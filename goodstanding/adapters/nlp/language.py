"""Which language a text is in, by its small words and by spellings only one language has."""

import re
from collections.abc import Iterable

SUPPORTED = ("nl", "en")
_OWN = 4
_SHARED = 1
_EVIDENCE_MIN = 3
_MARGIN = 1.25
_ODDS = 6
"""One word that only one language has makes that language so many times likelier."""
_CERTAINTY = tuple(round(1000 - 1000 / (1 + _ODDS ** (lead / _OWN))) for lead in range(10 * _OWN))

_DUTCH = re.compile(
    r"ij|aa[bdfgklmnprst]|uu[rsk]|oe[fgkmnprt]|ee[kmnprstg]|[^a-z]?sch[^o]|tje|lijk|heid|cht|ngen$|den$|ken$|ren$|gge|euw|ieuw|isch$|^ge.*[td]$|^ver|^ont"
)
_ENGLISH = re.compile(
    r"th|^wh|ing$|[^s]tion|ight|ough|ck|[^aeiou]y$|ly$|ness$|ful$|ous$|ea[ckdlmnrst]|oo[klmt]|sh|ould|^un|ie[sd]$|ers$|[^e]ed$|ay$"
)
_OTHER = re.compile(
    r"[äöüßçñãõøåæœğışłąęśżźć¿¡áíóúàèìòùâêîôû]|ção|ungs?$|lich|keit$|zione$|ción|[^\x00-\u024f]"
)


_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
_LATIN = re.compile("[a-z\u00c0-\u024f]", re.IGNORECASE)


def by_script(text: str) -> str:
    """Return the commonest language of the script most letters of a text are in; empty for Latin or too few letters."""
    if text.isascii():
        return ""
    latin = len(_LATIN.findall(text))
    return next((tongue for tongue, letters in _SCRIPTS if len(letters.findall(text)) > max(latin, 1)), "")


def assumed(home: str) -> tuple[str, int]:
    """Return the home language, as sure as one telling word makes it, for a text that tells none."""
    return home, _CERTAINTY[_OWN]


def weight(*, word: str, known: bool, languages: Iterable[str]) -> tuple[int, int, int]:
    """Return how much one word tells for Dutch, English and any other language."""
    named = frozenset(languages)
    if named:
        share = _OWN if len(named) == 1 else _SHARED
        return (share * ("nl" in named), share * ("en" in named), share * ("other" in named))
    if known or not any(map(str.isalpha, word)):
        return (0, 0, 0)
    if _OTHER.search(word):
        return (0, 0, 2 if word.isascii() or ord(max(word)) < 0x250 else _OWN)  # noqa: PLR2004 - end of Latin
    return (2 * bool(_DUTCH.search(word)), 2 * bool(_ENGLISH.search(word)), 0)


def decided(*, dutch: int, english: int, other: int, unknown: int) -> tuple[str, int, bool]:
    """Return (language, thousandths of certainty, whether the word lists hold for this text).

    A text without any telling or unknown word (`link?`, or hearts alone) has no language but the lists hold.
    """
    best = max(dutch, english)
    if best >= _EVIDENCE_MIN and best > other:
        rival = max(min(dutch, english), other)
        if best >= rival * _MARGIN:
            return (
                ("nl" if dutch > english else "en"),
                _CERTAINTY[min(best - rival, len(_CERTAINTY) - 1)],
                True,
            )
        return "und", 0, other == 0
    return "und", 0, other == 0 and unknown == 0
