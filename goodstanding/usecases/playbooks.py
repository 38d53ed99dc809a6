"""The shipped policies and the platform's rules, read from the package."""

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from goodstanding.core.bio import FormBook, read_form_book
from goodstanding.core.capability import Table, read_table
from goodstanding.core.drafts import Book as DraftBook
from goodstanding.core.drafts import read_book as read_draft_book
from goodstanding.core.pasted import Screen, read_screen
from goodstanding.core.policy.platform import PlatformRules, read_platform_rules
from goodstanding.core.tasks import TaskBook, TaskNumbers, read_book

PLATFORM_FILE = "tiktok-2026-11"
"""The reading of the platform's rules that is in force."""
CAPABILITIES_FILE = "tiktok-capabilities-2026-11"
CONNECT_FILE = "tiktok-connect-2026-11"
CALLS_FILE = "tiktok-limits-2026-11"
"""How often the platform may be called, by the level it gave the app."""
PICTURES_FILE = "tiktok-pictures-2026-11"
TASKS_FILE = "by-hand-2026-11"
"""The numbers of tasks that are in force."""
SCREEN_FILE = "screen-2026-11"
"""The words on the platform's screens that are in force."""
FORM_FILE = "form-2026-11"
"""The numbers and words of the bio page's form that are in force."""
DRAFTS_FILE = "book-2026-11"
"""What a language model is told, and what its drafts may not hold."""
_PLAYBOOKS = "goodstanding.playbooks"


class ConnectNumbers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long things last when connecting; the unit stands in the name."""

    consent_minutes: int
    creator_link_hours: int
    warn_days: int
    renew_before_minutes: int
    retention_days: int
    unread_days: int
    postpone_days_max: int
    redirect_least: int
    redirect_most: int
    sources: dict[str, str]


class ConnectAnswers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the platform's codes mean at the token calls."""

    gone: frozenset[int]
    app: frozenset[int]


class PictureRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dated reading of which pictures a message may carry."""

    id: str
    source: str
    date: str
    bytes_max: int
    types: tuple[str, ...]


class CallLevel(msgspec.Struct, frozen=True, kw_only=True):
    """A level the platform gives an app, and how often it may call there."""

    name: str
    per_second: int
    per_minute: int


class ConnectRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dated reading of how accounts are connected."""

    id: str
    read_on: str
    scopes: dict[str, tuple[str, ...]]
    """By the permission the operator's app has."""
    webhooks: dict[str, tuple[str, ...]]
    """The categories of webhooks, by the same permissions."""
    answers: ConnectAnswers
    numbers: ConnectNumbers


@cache
def picture_rules() -> PictureRules:
    """Return which pictures a message may carry."""
    text = (files(_PLAYBOOKS) / "platform" / f"{PICTURES_FILE}.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), PictureRules)


@cache
def call_levels() -> tuple[CallLevel, ...]:
    """Return the levels the platform gives apps, the lowest first: the one every app starts with."""
    found = tomllib.loads((files(_PLAYBOOKS) / "platform" / f"{CALLS_FILE}.toml").read_text(encoding="utf-8"))
    return tuple(
        CallLevel(name=name, per_second=rates["per_second"], per_minute=rates["per_minute"])
        for name, rates in found["levels"].items()
    )


def policy_names() -> tuple[str, ...]:
    """Return the names of the shipped policies, most careful first."""
    found = {
        entry.name.removesuffix(".toml")
        for entry in files(_PLAYBOOKS).joinpath("policies").iterdir()
        if entry.name.endswith(".toml")
    }
    return tuple(sorted(found))


def policy_text(name: str) -> str:
    """Return the TOML of the shipped policy `name`; raises `KeyError` if there is none."""
    if name not in policy_names():
        raise KeyError(name)
    return files(_PLAYBOOKS).joinpath("policies", f"{name}.toml").read_text(encoding="utf-8")


@cache
def platform_rules() -> PlatformRules:
    """Return the platform's rules in force; raises `Invalid` if the file is damaged."""
    return read_platform_rules(_platform_text(PLATFORM_FILE))


@cache
def capabilities() -> Table:
    """Return what the platform offers whom, as in force; raises `Invalid` if the file is damaged."""
    return read_table(_platform_text(CAPABILITIES_FILE))


@cache
def connect_rules() -> ConnectRules:
    """Return how accounts are connected, as in force; raises `msgspec.ValidationError` if the file is damaged."""
    return msgspec.convert(tomllib.loads(_platform_text(CONNECT_FILE)), ConnectRules)


def _platform_text(name: str) -> str:
    return files(_PLAYBOOKS).joinpath("platform", f"{name}.toml").read_text(encoding="utf-8")


@cache
def task_book() -> TaskBook:
    """Return the file about tasks in force; raises `Invalid` if it is damaged."""
    return read_book(files(_PLAYBOOKS).joinpath("tasks", f"{TASKS_FILE}.toml").read_text(encoding="utf-8"))


def task_numbers() -> TaskNumbers:
    """Return the numbers of tasks in force."""
    return task_book().numbers


@cache
def screen() -> Screen:
    """Return the words on the platform's own screens; raises `Invalid` if the file is damaged."""
    return read_screen(files(_PLAYBOOKS).joinpath("tasks", f"{SCREEN_FILE}.toml").read_text(encoding="utf-8"))


@cache
def draft_book() -> DraftBook:
    """Return what a language model is told when it drafts; raises `Invalid` if the file is damaged."""
    return read_draft_book((files(_PLAYBOOKS) / "drafts" / f"{DRAFTS_FILE}.toml").read_text(encoding="utf-8"))


@cache
def form_book() -> FormBook:
    """Return the file about the bio page's form in force; raises `Invalid` if it is damaged."""
    return read_form_book(files(_PLAYBOOKS).joinpath("bio", f"{FORM_FILE}.toml").read_text(encoding="utf-8"))
