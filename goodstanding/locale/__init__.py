"""Words: sentences in Dutch and English for codes, and the interface's catalogue. Imports nothing of ours."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

Lang = Literal["nl", "en"]
LANGUAGES: tuple[Lang, ...] = ("nl", "en")


@cache
def _sentences() -> dict[str, dict[str, str]]:
    """All `*.toml` beside this file: `key = {nl = "...", en = "..."}`, keys unique over the files."""
    found: dict[str, dict[str, str]] = {}
    for entry in sorted(files(__name__).iterdir(), key=lambda one: one.name):
        if entry.name.endswith(".toml"):
            for key, words in tomllib.loads(entry.read_text(encoding="utf-8")).items():
                if key in found:
                    raise ValueError(f"sentence {key} stands in two files")
                found[key] = words
    return found


def keys() -> frozenset[str]:
    """Return every key that has a sentence."""
    return frozenset(_sentences())


def sentence(lang: Lang, key: str, fields: Mapping[str, object] | None = None) -> str:
    """Return the sentence of `key` in `lang` with `{named}` fields filled in; raises `KeyError` if it has none."""
    return _sentences()[key][lang].format_map(fields or {})
