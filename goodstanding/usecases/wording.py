"""Explanations in words: a line of `core.policy.explain` or a `Problem` as one Dutch or English sentence."""

from collections.abc import Iterable

from goodstanding.core.policy.explain import Line
from goodstanding.kernel.problems import Problem
from goodstanding.locale import Lang, keys, sentence


def say(lang: Lang, line: Line) -> str:
    """Return `line` as a sentence; fields that are words are translated, unknown words stay as they are."""
    fields = {
        name: _words(lang, value) if name in line.words and isinstance(value, str) else value
        for name, value in line.fields.items()
    }
    return sentence(lang, line.key, fields)


def say_all(lang: Lang, lines: Iterable[Line]) -> tuple[str, ...]:
    """Return all `lines`, each indented by its depth."""
    return tuple("  " * line.depth + say(lang, line) for line in lines)


def say_problem(lang: Lang, problem: Problem) -> str:
    """Return what is wrong, without a guess when there is none; without a sentence, its code and fields."""
    key = f"problem.{problem.code}"
    if not problem.fields.get("meant") and f"{key}.plain" in keys():
        key = f"{key}.plain"
    try:
        return sentence(lang, key, problem.fields)
    except KeyError:
        return " ".join([problem.code, *(f"{name}={value}" for name, value in problem.fields.items())])


def _words(lang: Lang, value: str) -> str:
    if value.startswith(("gate.", "condition_name.")):
        return sentence(lang, value)
    return ", ".join(_word(lang, part) for part in value.split(", "))


def _word(lang: Lang, part: str) -> str:
    key = f"word.{part}"
    return sentence(lang, key) if key in keys() else part
