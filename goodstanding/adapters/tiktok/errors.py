"""What TikTok's return codes mean for us: one dated table, read in one place."""

from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import msgspec

FILE = "tiktok-errors-2026-11.toml"
Class = Literal[
    "ok", "wait", "refresh", "reauthorise", "capability", "absent", "refused", "fix", "split", "verify", "retry",
    "freeze", "operator", "stop", "partial",
]  # fmt: skip
"""See the file for what each asks for."""


class _File(msgspec.Struct, frozen=True):
    unlisted: dict[str, Class]
    classes: dict[Class, frozenset[int]]


@cache
def table() -> dict[int, Class]:
    """Return the class of every listed code."""
    return {code: name for name, codes in _read().classes.items() for code in codes}


@cache
def _read() -> _File:
    raw = (files("goodstanding.playbooks") / "platform" / FILE).read_bytes()
    return msgspec.convert(msgspec.toml.decode(raw), _File)


def class_of(code: int) -> Class:
    """Return what a code asks for; one that is not listed goes by its first digit, and is refused at worst."""
    if code == 0:
        return "ok"
    return table().get(code) or _read().unlisted.get(str(code)[:1], "refused")


CLASSES: tuple[Class, ...] = get_args(Class)
