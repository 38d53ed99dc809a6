"""What all commands say alike: the language, tables, progress, JSON and errors with their exit codes."""

import os
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeVar

import click

from goodstanding.kernel.problems import Problem
from goodstanding.locale import LANGUAGES, Lang, sentence

FOUND_PROBLEM, WRONG_USE, CANNOT_REACH = 1, 2, 3
"""Exit codes beside 0, as scripts rely on them."""

_PROGRESS_AFTER_SECONDS = 1.0
_PROGRESS_EVERY_SECONDS = 0.2
_BAR = 30
_KEPT_FORMATS = frozenset("\u200c\u200d")
"""Joiners that emoji and some scripts are written with."""
F = TypeVar("F", bound=Callable[..., Any])


def language_option(command: F) -> F:
    """Give a command `--lang`; hand its value to `language`."""
    return click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        default=None,
        help="Language of the words; by default the system's.",
    )(command)


def language(told: str | None) -> Lang:
    """Return the language to speak: what was told, GOODSTANDING_LANG or the system's; else English."""
    for value in (
        told,
        *(os.environ.get(name) for name in ("GOODSTANDING_LANG", "LC_ALL", "LC_MESSAGES", "LANG")),
    ):
        if value:
            short = value[:2].lower()
            return short if short in LANGUAGES else "en"
    return "en"


def fail(lang: Lang, key: str, fields: Mapping[str, object] | None = None, *, code: int) -> NoReturn:
    """Say what is wrong on stderr and end with `code`."""
    click.echo(sentence(lang, key, fields), err=True)
    raise click.exceptions.Exit(code)


def problem_words(lang: Lang, problem: Problem) -> str:
    """Return the sentence of a problem, safe on a terminal whatever came from outside."""
    from goodstanding.usecases.wording import say_problem

    safe = {name: shown(str(value), 500) for name, value in problem.fields.items()}
    return say_problem(lang, Problem(code=problem.code, fields=safe))


def why_not(lang: Lang, error: OSError) -> str:
    """Return in words why a file could not be opened."""
    if isinstance(error, FileNotFoundError):
        return sentence(lang, "cli.no_such_file")
    if isinstance(error, IsADirectoryError):
        return sentence(lang, "cli.is_folder")
    if isinstance(error, PermissionError):
        return sentence(lang, "cli.no_leave")
    return error.strerror or str(error)


def shown(text: str, most: int) -> str:
    """Return foreign text that is safe on a terminal and on one line, at most `most` characters.

    Control signs, terminal escapes and signs that turn the direction of writing become `·`; stretches of white
    space one space.
    """
    flat = " ".join(text[: most * 4].split())
    safe = "".join([sign if _harmless(sign) else "·" for sign in flat])
    return safe if len(safe) <= most else safe[: most - 1] + "…"


def shown_line(text: str) -> str:
    """Return a line of ours that quotes a file, safe on a terminal; its indent stays."""
    indent = len(text) - len(text.lstrip(" "))
    return " " * indent + shown(text, 500)


def _harmless(sign: str) -> bool:
    return unicodedata.category(sign)[0] != "C" or sign in _KEPT_FORMATS


def number(lang: Lang, value: int) -> str:
    """Return a count with its thousands parted as the language does."""
    return f"{value:,}".replace(",", "." if lang == "nl" else ",")


def share(lang: Lang, part: int, whole: int) -> str:
    """Return a part as a percentage with one decimal."""
    text = f"{100 * part / whole:.1f} %" if whole else "-"
    return text.replace(".", ",") if lang == "nl" else text


def emit_json(value: object) -> None:
    """Print one JSON document, indented, the same bytes for the same value."""
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(value), indent=2)
    sys.stdout.flush()
    sys.stdout.buffer.write(text + b"\n")
    sys.stdout.buffer.flush()


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> None:
    """Print a table: drawn on a terminal, plain columns when piped. `right`: columns set to the right."""
    if sys.stdout.isatty():
        _drawn(head, rows, right)
        return
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    for row in (head, *rows):
        cells = [
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        click.echo("  ".join(cells).rstrip())


def _drawn(head: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    style = "" if "NO_COLOR" in os.environ else "bold"
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, header_style=style)
    for place, name in enumerate(head):
        drawn.add_column(Text(name), justify="right" if place in right else "left")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(drawn)


def heading(text: str) -> None:
    """Print a heading: bold on a terminal, unless NO_COLOR is set."""
    plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ
    click.echo(text if plain else click.style(text, bold=True))


class Progress:
    """A bar on stderr for work of more than a second; nothing when that is no terminal or it is not `wanted`."""

    def __init__(self, *, wanted: bool = True) -> None:
        self._on = wanted and sys.stderr.isatty()
        self._started = self._last = time.monotonic()
        self._drawn = False

    def tell(self, part: float | None, words: str) -> None:
        """Show how far it is: `part` from 0 to 1, or None when the end is not known."""
        now = time.monotonic()
        waiting = now - self._started < _PROGRESS_AFTER_SECONDS or now - self._last < _PROGRESS_EVERY_SECONDS
        if not self._on or waiting:
            return
        self._last, self._drawn = now, True
        bar = ""
        if part is not None:
            full = int(min(1.0, part) * _BAR)
            bar = f"[{'#' * full}{' ' * (_BAR - full)}] {min(1.0, part):4.0%}  "
        sys.stderr.write(f"\r{bar}{words}\x1b[K")
        sys.stderr.flush()

    def done(self) -> None:
        """Take the bar away."""
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._drawn = False


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears, whole, only when all went well. Raises `OSError`."""
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            yield device
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
