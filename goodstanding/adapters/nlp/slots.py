"""What somebody wrote down of himself or of a sale: addresses, numbers, amounts, a name; found by rule, with places.

Values here are personal data. Whoever asks for them decides where they may be kept; signals never hold them.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

import msgspec

from goodstanding.adapters.nlp.normalise import LENGTH_MAX

Kind = Literal["email", "phone", "iban", "handle", "url", "price", "name"]

_IBAN_LENGTHS = {
    "NL": 18, "BE": 16, "DE": 22, "FR": 27, "GB": 22, "ES": 24, "IT": 27, "LU": 20, "AT": 20, "PT": 25, "IE": 22, "PL": 28,
    "DK": 18, "SE": 24, "NO": 15, "FI": 18, "CH": 21, "TR": 26, "LT": 20, "CZ": 24, "RO": 24, "HU": 28,
    "GR": 27, "BG": 22, "HR": 21,
}  # fmt: skip
"""Characters of an account number by country (ISO 13616 registry)."""


class Slot(msgspec.Struct, frozen=True, gc=False):
    """One thing found in a text."""

    kind: Kind
    start: int
    end: int
    """Its place in the original text."""
    value: str
    """As compared: an address in lower case, a number without spaces, an amount as `EUR 12.50`, a name as written."""
    sure: bool = True
    """False for a bank account whose check digits or length are wrong: it looks like one, and may be a typo."""


_URL = r"(?:https?://|www\.)[^\s<>\"]{3,200}"
_EMAIL = r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,12}"
_IBAN = r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ ]?[A-Za-z0-9]{4}){2,7}(?:[ ]?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])"
_AMOUNT = r"\d{1,6}(?:[.,]\d{3})*(?:[.,]\d{1,2})?"
_PRICE = (
    rf"(?:€|\$|£|\b(?:eur|usd|gbp|euro)\b)[ ]{{0,2}}{_AMOUNT}(?:,-)?(?!\d)"
    rf"|(?<![\w.,]){_AMOUNT}[ ]?(?:€|£|,-|(?:euros?|eur|usd|gbp|dollars?|bucks|pounds?)\b)"
)
_PHONE = (
    r"(?<![\w/=+-])(?:\+|00)[1-9]\d{0,2}[ .-]?(?:\(0\))?(?:[ .()-]{0,2}\d){7,12}(?![\w/=])"
    r"|(?<![\w/=.,-])0[1-9](?:[ .-]{0,2}\d){8}(?![\w/=])"
)
_HANDLE = r"(?<![\w.@])@[A-Za-z0-9_.]{2,24}"
_FOUND = re.compile(
    rf"(?P<url>{_URL})|(?P<email>{_EMAIL})|(?P<iban>{_IBAN})|(?P<price>{_PRICE})|(?P<phone>{_PHONE})|(?P<handle>{_HANDLE})",
    re.IGNORECASE | re.ASCII,
)
_NAMED = re.compile(
    r"(?<!\w)(?:(?P<told>mijn\s+naam\s+is|m'n\s+naam\s+is|ik\s+heet|my\s+name\s+is|my\s+name's|groetjes\s+van|liefs\s+van)"
    r"|(?P<said>ik\s+ben|i\s+am|i'm|dit\s+is|this\s+is|met))[ ,:]+",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    (
        "van", "de", "der", "den", "ter", "ten", "te", "'t", "el", "al", "bin", "ben", "di", "da", "dos", "von", "zu",
        "la", "le", "du",
    )
)  # fmt: skip
_NAME_WORDS_MAX = 4
_NO_NAMES = frozenset(
    (
        "de", "het", "een", "a", "an", "the", "so", "very", "just", "i'm", "also", "here", "from", "in", "on", "op",
        "uit", "bij", "zo", "niet", "heel", "erg", "ook", "hier", "blij", "moe", "fan", "ik", "i", "nederlands",
        "nederlandse", "dutch", "english", "engels", "belg", "belgisch", "vlaams", "turks", "turkish", "french",
        "german",
    )
)  # fmt: skip
_SIGNS = str.maketrans("\u2018\u2019\u02bc", "'''")
_CURRENCIES = (("€", "EUR"), ("eur", "EUR"), ("£", "GBP"), ("gbp", "GBP"), ("pound", "GBP"), ("$", "USD"), ("usd", "USD"),
    ("dollar", "USD"), ("buck", "USD"), (",-", "EUR"))  # fmt: skip


def found(text: str) -> tuple[Slot, ...]:
    """Return the things in `text`, in the order of their places; any string is accepted."""
    read = text[:LENGTH_MAX]
    things = [slot for match in _FOUND.finditer(read) if (slot := _slot(match)) is not None]
    for name in _names(read):
        if all(name.end <= thing.start or name.start >= thing.end for thing in things):
            things.append(name)
    return tuple(sorted(things, key=lambda slot: slot.start))


def account_number_holds(number: str) -> bool:
    """Tell whether an account number has its country's length and right check digits (ISO 13616, modulo 97)."""
    plain = re.sub(r"\s", "", number).upper()
    if not (plain.isascii() and plain.isalnum()) or len(plain) != _IBAN_LENGTHS.get(plain[:2], 0):
        return False
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


def _slot(match: re.Match[str]) -> Slot | None:
    raw, start = match.group(), match.start()
    match match.lastgroup:
        case "iban":
            plain = raw.replace(" ", "").upper()
            wanted = _IBAN_LENGTHS.get(plain[:2])
            if wanted is None:
                return None
            if len(plain) > wanted and account_number_holds(plain[:wanted]):
                return Slot("iban", start, start + _reach(raw, wanted), plain[:wanted])
            return Slot("iban", start, match.end(), plain, account_number_holds(plain))
        case "phone":
            digits = re.sub(r"\D", "", raw.replace("(0)", ""))
            return Slot(
                "phone", start, match.end(), f"+{digits}" if raw[0] == "+" else re.sub(r"^00", "+", digits)
            )
        case "price":
            return Slot("price", start, match.end(), _amount(raw))
        case "url":
            kept = raw.rstrip(".,;:!?)'\"")
            return Slot("url", start, start + len(kept), kept)
        case "handle":
            kept = raw.rstrip(".")
            return Slot("handle", start, start + len(kept), kept.lower()) if len(kept) > 2 else None  # noqa: PLR2004 - the sign and two letters
        case _:
            return Slot("email", start, match.end(), raw.lower())


def _reach(raw: str, letters: int) -> int:
    """Return how far into `raw` its first `letters` characters that are no space reach."""
    seen = 0
    for at, sign in enumerate(raw, 1):
        seen += sign != " "
        if seen == letters:
            return at
    return len(raw)


def _amount(raw: str) -> str:
    low = raw.lower()
    currency = next(name for sign, name in _CURRENCIES if sign in low)
    digits = re.search(_AMOUNT, raw, re.ASCII)
    whole = digits.group() if digits else "0"
    cents = re.search(r"[.,](\d{1,2})$", whole)
    units = re.sub(r"\D", "", whole[: cents.start()] if cents else whole)
    return f"{currency} {int(units)}.{(cents.group(1) if cents else '').ljust(2, '0')}"


def _names(text: str) -> Iterator[Slot]:
    """Yield names after "mijn naam is" and the like; after "ik ben" and the like only one written as a name.

    "Ik ben Noor" is a name, "ik ben moe" and "I'm so happy" are none: there a name has a capital, and so has
    no other ordinary word of the text.
    """
    plain = text.translate(_SIGNS)
    shouted = plain.isupper()
    for lead in _NAMED.finditer(plain):
        told = lead["told"] is not None
        words: list[re.Match[str]] = []
        for word in re.finditer(r"[^\W\d_]+(?:['-][^\W\d_]+)*", plain[lead.end() :]):
            gap = plain[lead.end() + (words[-1].end() if words else 0) : lead.end() + word.start()]
            if (
                len(words) == _NAME_WORDS_MAX
                or gap not in ("", " ")
                or not _is_name(word.group(), told=told and not words, shouted=shouted, after=bool(words))
            ):
                break
            words.append(word)
        while words and words[-1].group().lower() in _PARTICLES:
            words.pop()
        if words:
            start, end = lead.end() + words[0].start(), lead.end() + words[-1].end()
            yield Slot("name", start, end, unicodedata.normalize("NFC", text[start:end]))


def _is_name(word: str, *, told: bool, shouted: bool, after: bool) -> bool:
    low = word.lower()
    if low in _PARTICLES and after:
        return True
    if low in _NO_NAMES:
        return False
    return told or (word[0].isupper() and not shouted)
