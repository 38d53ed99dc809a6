"""The bio page: what an operator may put on it, checked, and the exact words a visitor agrees to."""

import hashlib
import re
import tomllib
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from goodstanding.core.consent import Purpose
from goodstanding.kernel.canonical import canonical
from goodstanding.kernel.problems import Invalid, Problem

Tongue = Literal["nl", "en"]
PURPOSES: tuple[Purpose, ...] = ("answer", "marketing")
LINKS_MAX = 12
TITLE_MAX, INTRO_MAX, LABEL_MAX, WORDS_MAX, URL_MAX = 80, 400, 60, 400, 500
"""Characters."""
OTHER_REF = "other"
_slug = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_ref = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_email = re.compile(r"[^\s@<>\"',;]{1,64}@[^\s@<>\"',;.]+(?:\.[^\s@<>\"',;.]+)+")
EMAIL_MAX = 200


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the page says in one language."""

    title: str = ""
    intro: str = ""
    answer: str = ""
    marketing: str = ""


class Link(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One link. `id` stays when label or address change, so its clicks stay together."""

    id: int
    nl: str
    en: str
    url: str
    shown: bool = True


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One page as its operator wrote it."""

    words: dict[Tongue, Words]
    links: tuple[Link, ...] = ()
    form: bool = True


class FormNumbers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hard numbers; each has its source in the file it comes from."""

    age_min: int
    token_minutes: int
    per_visitor_hour: int
    per_page_hour: int
    refs_per_day: int


class FormBook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dated file about the form."""

    id: str
    read_on: str
    numbers: FormNumbers
    sources: dict[str, dict[str, str]]
    words: dict[Tongue, Words]


def read_form_book(text: str) -> FormBook:
    """Read a file about the form; raises `Invalid` when it is not one."""
    try:
        return msgspec.convert(tomllib.loads(text), FormBook)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Invalid((Problem(code="BAD_FORM_BOOK", fields={"detail": str(error)}),)) from error


def check(slug: str, document: Document) -> tuple[Problem, ...]:
    """Return what is wrong with a page; empty when it may be shown."""
    found = []
    if not _slug.fullmatch(slug):
        found.append(Problem(code="BIO_SLUG"))
    for tongue, words in document.words.items():
        if not words.title:
            found.append(Problem(code="BIO_TITLE", fields={"language": tongue}))
        found += [
            Problem(code="BIO_PURPOSE", fields={"language": tongue, "purpose": purpose})
            for purpose in PURPOSES
            if document.form and not getattr(words, purpose)
        ]
    if len(document.links) > LINKS_MAX:
        found.append(Problem(code="BIO_LINKS", fields={"most": LINKS_MAX}))
    for place, link in enumerate(document.links, 1):
        if not link.nl or not link.en:
            found.append(Problem(code="BIO_LABEL", line=place))
        if not is_web_address(link.url):
            found.append(Problem(code="BIO_URL", line=place))
    if len({link.id for link in document.links}) != len(document.links):
        found.append(Problem(code="BIO_LINKS", fields={"most": LINKS_MAX}))
    return tuple(found)


def is_web_address(url: str) -> bool:
    """Tell whether a link may lead there: https, a real host name, no name or password inside, no odd signs."""
    if len(url) > URL_MAX or any(ord(sign) <= 0x20 or sign in '<>"\\^`{|}' for sign in url):  # noqa: PLR2004 - space and control signs
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme == "https" and "." in host and not parts.username and not parts.password


def clean_ref(text: str) -> str:
    """Return a campaign's name, or nothing when it is none: letters, digits, dashes; never anything personal."""
    plain = text.strip().lower()
    return plain if _ref.fullmatch(plain) else ""


def clean_email(text: str) -> str:
    """Return an e-mail address in small letters, or nothing when it cannot be one."""
    plain = text.strip().lower()
    return plain if len(plain) <= EMAIL_MAX and _email.fullmatch(plain) else ""


def text_shown(document: Document, tongue: Tongue, book: FormBook) -> bytes:
    """Return the exact words a visitor agrees to, as canonical bytes: they are kept under their digest."""
    words = document.words[tongue]
    return canonical(
        {
            "age_min": book.numbers.age_min,
            "language": tongue,
            "purposes": {"answer": words.answer, "marketing": words.marketing},
        }
    )


def digest_of(shown: bytes) -> str:
    """Return the digest under which shown words are kept."""
    return hashlib.sha256(shown).hexdigest()
