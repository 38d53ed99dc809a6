"""The normaliser: what a reader sees in a text, whatever disguise its letters wear.

A text becomes words. Each word keeps two views: `form`, the undamaged word (NFKC, lower case, invisible
characters gone), and `keys`, the spellings under which word lists may know it, best first (accents, signs,
digits for letters and long runs undone). Nothing here knows a list.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Literal

import msgspec

from goodstanding.adapters.nlp.letters import LEET, LEET_AS_L, LOOKALIKES, PLAIN_LETTERS

VERSION = "normal-3"
"""Changes whenever any text could give other words than before."""

LENGTH_MAX = 8_000
"""Characters read of a text; longer than any comment or message the platform carries."""

Kind = Literal["word", "emoji", "mark", "url", "email", "handle", "phone", "iban", "price"]


class Word(msgspec.Struct, frozen=True, gc=False):
    """One word of a text."""

    form: str
    keys: tuple[str, ...]
    kind: Kind = "word"
    quoted: bool = False
    """A quotation mark touches the word."""
    lookalike: bool = False
    """Wholly written in letters of another script that look Latin; folded only beside Latin words."""


_INVISIBLE: dict[int, str | None] = dict.fromkeys(
    (
        *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFE00, 0xFE10),
        *range(0xE0000, 0xE0080),
        *range(0xE0100, 0xE01F0),
    )
)
_BADGES = {0x1F150 + i: chr(97 + i) for i in range(26)} | {0x1F170 + i: chr(97 + i) for i in range(26)}
_SIGNS = {ord(c): "'" for c in "\u2018\u2019\u201b\u02bc\u0060\u00b4\u2032"} | {
    ord(c): '"' for c in "\u201c\u201d\u201e\u00ab\u00bb\u2033"
}
_FIRST_PASS = _INVISIBLE | _BADGES | _SIGNS

_TONE = re.compile(
    "(?<![\U0001f385\U0001f466-\U0001f478\U0001f481-\U0001f487\U0001f574-\U0001f575\U0001f64d-\U0001f64e\U0001f9d1-\U0001f9df])[\U0001f3fb-\U0001f3ff]"
)
"""A colour of skin on a hand or a sport, which says nothing; on a face it says of whom one speaks."""

_RUN = re.compile(r"(.)\1{2,}", re.DOTALL)
TAG = re.compile(r"</?[a-z][^<>]{0,400}>", re.IGNORECASE)
_TOP_LEVEL = (
    "com|net|org|info|biz|shop|app|xyz|online|site|store|club|co|io|tv|ly|gg|gl|nl|ru|uk|eu|cc|se|pl|br|fr|es"
)
_URL = re.compile(
    r"(?:https?:/?/?|ftp://|www\.)[^\s<>\"]{3,}"
    r"|[a-z0-9][a-z0-9-]{1,62}(?:\.[a-z0-9-]{1,63}){0,5}\."
    rf"(?:(?:{_TOP_LEVEL})(?![a-z0-9.])(?:[/?#][^\s<>\"]*)?"
    r"|[a-z]{2,6}/[^\s<>\"]+)"
)
_EMAIL = re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,5}\.[a-z]{2,12}")
_HANDLE = re.compile(r"@[\w.]{2,30}")
TYPED = re.compile(
    r"(?P<iban>(?<![a-z0-9])[a-z]{2}\d{2}[ ]?[a-z0-9]{4}(?:[ ]?\d{4}){2,6}"
    r"(?:[ ]?[a-z0-9]{1,4}){0,3}(?![a-z0-9]))"
    r"|(?P<price>(?:[€$£]|(?<![a-z])(?:eur|usd|euro)\b)[ ]{0,2}\d{1,6}(?:[.,]\d{1,3})*(?:,-)?"
    r"|(?<![\w.,])\d{1,6}(?:[.,]\d{1,3})*[ ]?(?:€|£|,-|(?:euros?|eur|usd|dollars?|bucks)(?![a-z])))"
    r"|(?P<phone>(?<![\w/=+-])(?:\+|00)[1-9]\d{0,2}[ .-]?(?:\(0\))?(?:[ .()-]{0,2}\d){7,12}(?![\w/=])"
    r"|(?<![\w/=.,-])0[1-9](?:[ .-]{0,2}\d){8}(?![\w/=])"
    r"|(?<![\w/=.,-])\(?[2-9]\d{2}\)?[ .-]\d{3}[ .-]\d{4}(?![\w/=]))",
    re.IGNORECASE,
)
_MONEY = re.compile(r"[€$£]|,-|(?:^|\d)(?:euros?|eur|usd|dollars?|bucks)(?![a-z])")
_EMOJI = "\u2190-\u21ff\u2300-\u27bf\u2900-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0dff\u0e31-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a"
)
_LETTER = rf"[^\W_][{_MARKS}]*"
_PIECE = re.compile(rf"(?:{_LETTER})+(?:['*@$!|€+](?:{_LETTER})+)*|[{_EMOJI}]|\?|!", re.UNICODE)
_SPELLED = re.compile(r"[^\W_](?:[._\-~,/*+|\\]+[^\W_]){2,}")
_LEETED = re.compile(r"[\w@$!|€£+*']*")
_EMOTICON = re.compile(r"[:;=x8][-'o^]?[)(dpo3/\\|*]+|<3+|</3|\^[._]?\^|[)(][:;=]|:'[()]|-_+-|xd+|t_t")
_EDGE = "\"'.,:;()[]{}<>~_-=/\\*#^&%+|…·•¿¡–—"  # noqa: RUF001 - these are the dashes people type
_EMOJI_REPEATS = 3
_SPELLEDPLAIN_LETTERS = 3
_MASKEDPLAIN_LETTERS = 2


def lowered(text: str) -> str:
    """Return the part of `text` that is read, in lower case and without markup tags."""
    low = text[:LENGTH_MAX].lower()
    return TAG.sub(" ", low) if "<" in low else low


def typed(low: str) -> str:
    """Return `low` with phone numbers, bank accounts and prices as `<phone>`, `<iban>` and `<price>`."""
    return TYPED.sub(lambda found: f" <{found.lastgroup}> ", low)


def may_be_typed(chunk: str) -> bool:
    """Tell whether a stretch without white space calls for `typed`; a text of eight digits does so too."""
    return bool(_MONEY.search(chunk))


TYPED_DIGITS_MIN = 8
"""Fewer digits make no phone number or bank account."""


def squeezed(key: str) -> str:
    """Return `key` with every repeated letter once: the form in which stretched words are compared."""
    return "".join(letter for letter, _ in groupby(key))


def words_of(chunk: str) -> tuple[Word, ...]:
    """Return the words of one lower-case stretch of text without white space."""
    if chunk.isascii() and chunk.isalpha():
        return (Word(chunk, keys_of(chunk)),)
    if chunk[0] == "<" and chunk in _PLACEHOLDERS:
        return (_PLACEHOLDERS[chunk],)
    seen = chunk if chunk.isascii() else _visible(chunk)
    return tuple(_capped(_pieces(seen)))


def words(text: str) -> tuple[Word, ...]:
    """Return the words of `text`."""
    low = lowered(text)
    if sum(map(str.isdigit, low)) >= TYPED_DIGITS_MIN or any(map(may_be_typed, low.split())):
        low = typed(low)
    return fold_lookalikes(join_spelled(tuple(word for chunk in low.split() for word in words_of(chunk))))


def join_spelled(found: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return `found` with runs of three or more single letters joined into one word."""
    out: list[Word] = []
    for single, run in groupby(found, key=is_single):
        letters = tuple(run)
        if single and len(letters) >= _SPELLEDPLAIN_LETTERS:
            out.append(_plain("".join(word.form for word in letters)))
        else:
            out.extend(letters)
    return tuple(out)


def is_single(word: Word) -> bool:
    """Tell whether `word` is one letter that may be part of a spelled-out word."""
    return word.kind == "word" and len(word.form) == 1


def fold_lookalikes(found: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return `found` with words of look-alike letters read as Latin, when the other words are Latin."""
    if not any(word.lookalike for word in found):
        return found
    others = [word for word in found if word.kind == "word" and not word.lookalike]
    if not others or any(not _latin(word.form) for word in others):
        return found
    return tuple(_plain(word.form.translate(LOOKALIKES)) if word.lookalike else word for word in found)


def keys_of(form: str) -> tuple[str, ...]:
    """Return the spellings under which a list may know `form`, best first; never empty."""
    base = (form if form.isascii() else _folded(form)).replace("'", "")
    if base.isascii() and base.isalpha():
        plain = [base]
    else:
        plain = [base]
        if any(map(str.isalpha, base)):
            plain += [base.translate(LEET), base.translate(LEET_AS_L)]
    keys = [_RUN.sub(r"\1\1", key) for key in plain] + [_RUN.sub(r"\1", key) for key in plain]
    return tuple(dict.fromkeys(key for key in keys if key)) or (form,)


def aligned(text: str) -> tuple[tuple[str, int, int], ...]:
    """Return the best key of each stretch of `text` with its place in the original: (key, start, end).

    The slow path, for explanations only. A place covers the word's letters and what is hidden between them;
    where a word's letters are not found again in its stretch of text, the whole stretch is its place.
    """
    found: list[tuple[str, int, int]] = []
    for kind, start, end in _stretches(text[:LENGTH_MAX]):
        if kind:
            found.append((f"<{kind}>", start, end))
        else:
            found.extend(_places(text[start:end], start))
    return tuple(_join_places(found))


def _places(stretch: str, start: int) -> Iterator[tuple[str, int, int]]:
    """Yield the key and place of each word of a stretch without white space that begins at `start`."""
    found = words_of(stretch.lower())
    if len(found) == 1:
        yield found[0].keys[0], start, start + len(stretch)
        return
    seen = [(c, at) for at, sign in enumerate(stretch) for c in _compared(_visible(sign.lower()))]
    line = "".join(c for c, _ in seen)
    begin = 0
    for word in found:
        letters = _compared(word.form)
        first = line.find(letters, begin) if letters else -1
        if first < 0:
            rest = seen[min(begin, len(seen) - 1)][1] if seen else 0
            yield word.keys[0], start + rest, start + len(stretch)
        else:
            begin = first + len(letters)
            yield word.keys[0], start + seen[first][1], start + seen[begin - 1][1] + 1


def _compared(form: str) -> str:
    """Return the letters, digits and signs of a form by which its place is found again."""
    return "".join(
        c for c in unicodedata.normalize("NFD", form) if unicodedata.category(c) != "Mn" and c not in "._-~,/"
    )


def _stretches(text: str) -> Iterator[tuple[str | None, int, int]]:
    """Yield typed things and the stretches between them."""
    blank = TAG.sub(lambda tag: " " * len(tag.group()), text)
    at = 0
    for found in (*TYPED.finditer(blank), None):
        end = found.start() if found else len(blank)
        for stretch in re.finditer(r"\S+", blank[at:end]):
            yield None, at + stretch.start(), at + stretch.end()
        if found:
            yield found.lastgroup, found.start(), found.end()
            at = found.end()


def _join_places(found: list[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    for single, run in groupby(found, key=lambda place: len(place[0]) == 1 and place[0].isalnum()):
        places = list(run)
        if single and len(places) >= _SPELLEDPLAIN_LETTERS:
            yield "".join(place[0] for place in places), places[0][1], places[-1][2]
        else:
            yield from places


def _visible(chunk: str) -> str:
    """Return the chunk without invisible characters, in compatibility form."""
    return (
        unicodedata.normalize("NFKC", _TONE.sub("", chunk).translate(_FIRST_PASS))[:LENGTH_MAX]
        .translate(_FIRST_PASS)
        .lower()
        .replace("i\u0307", "i")
    )


def _folded(form: str) -> str:
    """Return the second view: no accents, and Latin letters for look-alikes inside a mixed word."""
    bare = "".join(c for c in unicodedata.normalize("NFD", form) if unicodedata.category(c) != "Mn")
    bare = bare.translate(PLAIN_LETTERS)
    if any("a" <= c <= "z" for c in bare):
        bare = bare.translate(LOOKALIKES)
    return unicodedata.normalize("NFC", bare)


def _latin(form: str) -> bool:
    return form.isascii() or all(ord(c) < 0x250 or ord(c) >= 0x1E00 for c in form)  # noqa: PLR2004 - Latin blocks


def _plain(form: str, *, quoted: bool = False) -> Word:
    mimic = not form.isascii() and all(ord(c) in LOOKALIKES for c in form)
    return Word(form, keys_of(form), "word", quoted, mimic)


def _pieces(seen: str) -> Iterator[Word]:
    """Yield the words of a visible chunk, things with a type first."""
    for part in seen.split():  # compatibility forms may hold a space
        if _EMOTICON.fullmatch(part):
            yield Word(part[:3], (part[:3],), "emoji")
            continue
        if _HANDLE.match(part):
            yield Word("<handle>", (part.strip(_EDGE + "!?").translate(LEET), "<handle>"), "handle")
            continue
        at = 0
        for kind, start, end in _typed_parts(part):
            yield from _loose(part[at:start])
            yield _PLACEHOLDERS[f"<{kind}>"]
            at = end
        yield from _loose(part[at:])


def _typed_parts(part: str) -> Iterator[tuple[str, int, int]]:
    if "@" in part:
        mail = _EMAIL.search(part)
        if mail:
            yield "email", mail.start(), mail.end()
            return
    if "." in part or "://" in part:
        url = _URL.search(part)
        if url and not _SPELLED.fullmatch(part.strip(_EDGE)):
            yield "url", url.start(), url.end()


def _loose(part: str) -> Iterator[Word]:
    """Yield the words of a part that holds no typed thing."""
    core = part.strip(_EDGE + "!?")
    if not core:
        yield from _marks(part)
        return
    quoted = '"' in part or part[0] == "'"
    if _masked(part):
        form = part.strip("\"'.,:;!?()")
        yield Word(form, (form,), "word", quoted)
    elif len(core) > _SPELLEDPLAIN_LETTERS and _SPELLED.fullmatch(core):
        yield _plain("".join(c for c in core if c.isalnum()), quoted=quoted)
    elif _LEETED.fullmatch(core) and "_" not in core and any(map(str.isalpha, core)) and not _glued(core):
        yield _plain(core, quoted=quoted)
    else:
        yield from _split(core, quoted=quoted)
    yield from _marks(part[part.rfind(core[-1]) + 1 :])


def _masked(part: str) -> bool:
    """Tell whether letters of the word are masked with stars, as in `f**k` or `k*t`."""
    if "*" not in part:
        return False
    core = part.strip("\"'.,:;!?()")
    letters = sum(map(str.isalpha, core))
    stars = core.count("*")
    inside = "*" in core.strip("*")
    return core[:1].isalpha() and letters + stars == len(core) and (inside or stars >= _MASKEDPLAIN_LETTERS)


def _glued(core: str) -> bool:
    """Tell whether an exclamation mark joins two sentences (`wow!nice`) rather than standing for a letter."""
    left, mark, right = core.partition("!")
    return bool(mark) and ("!" in right or (len(left) > 2 and len(right) > 2))  # noqa: PLR2004 - both look like words


def _split(core: str, *, quoted: bool) -> Iterator[Word]:
    for piece in _PIECE.findall(core.replace("_", " ").replace("*", " ")):
        if piece in "?!":
            yield from _marks(piece)
        elif len(piece) == 1 and not piece.isalnum():
            yield Word(piece, (piece,), "emoji")
        else:
            for bit in piece.split("!") if _glued(piece) else (piece,):
                if bit:
                    yield _plain(bit, quoted=quoted)


def _marks(part: str) -> Iterator[Word]:
    if "?" in part:
        yield _QUESTION


def _capped(found: Iterator[Word]) -> Iterator[Word]:
    """Yield words, with at most three of the same emoji in a row."""
    for _, run in groupby(found):
        for at, word in enumerate(run):
            if word.kind == "word" or at < _EMOJI_REPEATS:
                yield word


_QUESTION = Word("?", ("?",), "mark")
_PLACEHOLDERS: dict[str, Word] = {
    "<url>": Word("<url>", ("<url>",), "url"),
    "<email>": Word("<email>", ("<email>",), "email"),
    "<handle>": Word("<handle>", ("<handle>",), "handle"),
    "<phone>": Word("<phone>", ("<phone>",), "phone"),
    "<iban>": Word("<iban>", ("<iban>",), "iban"),
    "<price>": Word("<price>", ("<price>",), "price"),
}
