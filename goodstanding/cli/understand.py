"""`goodstanding understand`: what the classifier finds in texts."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from goodstanding.cli.opening import say
from goodstanding.cli.words import FOUND_PROBLEM, emit_json, language, language_option

if TYPE_CHECKING:
    from goodstanding.core.signals import Signals
    from goodstanding.locale import Lang

_FILE_NAME = re.compile(r"\S+\.(?:txt|csv|tsv|jsonl?|ndjson)")

_BATCH_LINES = 512
_INTENT_MILLI_MIN = 500
_MOOD_MILLI_MIN = 200
_HEADS = ("abuse", "hate", "spam")


class _TextOrFile(click.File):
    """A file, `-` for standard input, or a text: whatever names no file and does not look as if it did."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a text, or what can be read line by line."""
        lines_asked = ctx is not None and ctx.params.get("jsonl")
        if isinstance(value, str) and value != "-" and not lines_asked and not _names_a_file(value):
            return value
        return super().convert(value, param, ctx)


@click.command()
@click.argument("file", metavar="[TEXT|FILE]", type=_TextOrFile("rb"), default="-")
@click.option(
    "--jsonl",
    is_flag=True,
    is_eager=True,
    help='Read JSON lines {"text": …} of FILE and write one JSON line for each.',
)
@click.option("--json", "as_json", is_flag=True, help="For one TEXT: everything as one JSON document.")
@click.option(
    "--semantic", is_flag=True, help="Ask the second opinion about every line (goodstanding[semantic])."
)
@language_option
def understand(
    *, file: "str | IO[bytes]", jsonl: bool, as_json: bool, semantic: bool, lang: str | None
) -> None:
    """Explain one TEXT, or tell what is found in each text of FILE, one a line (by default standard input).

    For one text: what each head thinks and what follows from it, with the words that spoke for it marked, the
    language, and what is left unsaid and why: `goodstanding understand "wat kost die pan?"`.

    For a file or standard input: one JSON line a text. With --jsonl a line that cannot be read is reported with
    its number and answered with {"error": …}, so that lines stay aligned; the exit code is then 1. For example:
    `echo "Wat kost die pan?" | goodstanding understand`.
    """
    if isinstance(file, str):
        _explain(file, as_json=as_json, lang=language(lang))
    elif _each_line(file, jsonl=jsonl, semantic=semantic):
        sys.exit(FOUND_PROBLEM)


def _names_a_file(source: str) -> bool:
    """Tell whether an argument is meant as a file: there is one, or it is one word that ends as files do."""
    try:
        return Path(source).exists() or _FILE_NAME.fullmatch(source) is not None
    except (OSError, ValueError):  # too long, or with a sign no name can hold
        return False


def _explain(text: str, *, as_json: bool, lang: "Lang") -> None:
    from goodstanding.adapters.nlp.classifier import Classifier
    from goodstanding.adapters.nlp.explaining import Explainer
    from goodstanding.cli import understood

    found, model = Explainer().understood(text), Classifier().model
    if as_json:
        emit_json(understood.as_json(found, model=model))
        return
    for line in understood.lines(lang, found, model=model):
        click.echo(line)


def _each_line(file: Iterable[bytes], *, jsonl: bool, semantic: bool) -> int:
    """Answer each line and return how many could not be read."""
    read = _closely() if semantic else _fast()
    broken = 0
    for batch in _batches(_read(file, jsonl=jsonl)):
        found = iter(read([text for _, text, error in batch if error is None]))
        for number, _, error in batch:
            if error is None:
                click.echo(json.dumps(told(next(found)), ensure_ascii=False))
            else:
                broken += 1
                click.echo(f"line {number}: {error}", err=True)
                click.echo(json.dumps({"error": error}))
    return broken


def _fast() -> "Callable[[Sequence[str]], list[Signals]]":
    from goodstanding.adapters.nlp.classifier import Classifier

    return Classifier().signals


def _closely() -> "Callable[[Sequence[str]], list[Signals]]":
    """Return what reads with both paths; without an engine, say so and read with the fast one alone."""
    from goodstanding.adapters.nlp.classifier import Classifier
    from goodstanding.adapters.nlp.semantic import SemanticClassifier, opened
    from goodstanding.kernel.problems import GoodstandingError

    fast = Classifier()
    try:
        return SemanticClassifier(fast, opened()).closely
    except GoodstandingError as wrong:
        click.echo(say("semantic_without", why=wrong.fields.get("detail") or wrong.fields["why"]), err=True)
        return fast.signals


def told(signals: "Signals") -> dict[str, Any]:
    """Return the public form of `signals`; a head that abstained is left out and named in `abstain`."""
    scores = {
        "abuse": _worst(signals.abuse_milli, signals.threat_milli),
        "hate": signals.hate_milli,
        "spam": signals.spam_milli,
    }
    out: dict[str, Any] = {head: milli / 1000 for head, milli in scores.items() if milli is not None}
    abstain = [head for head in _HEADS if scores[head] is None]
    if signals.sentiment_milli is None:
        abstain.append("sentiment")
    out["sentiment"] = _mood(signals.sentiment_milli or 0)
    out["lang"] = signals.language
    out["intents"] = [intent for intent, milli in signals.intents if milli >= _INTENT_MILLI_MIN]
    out["abstain"] = abstain
    return out


def _worst(*scores: int | None) -> int | None:
    return max((score for score in scores if score is not None), default=None)


def _mood(milli: int) -> str:
    if milli <= -_MOOD_MILLI_MIN:
        return "negative"
    return "positive" if milli >= _MOOD_MILLI_MIN else "neutral"


Line = tuple[int, str, str | None]
"""(number from 1, text, what is wrong with the line)"""


def _read(file: Iterable[bytes], *, jsonl: bool) -> Iterator[Line]:
    for number, raw in enumerate(file, start=1):
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as wrong:
            yield number, "", f"not UTF-8 at byte {wrong.start + 1}"
            continue
        yield (number, *_text_of(line)) if jsonl else (number, line, None)


def _text_of(line: str) -> tuple[str, str | None]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as wrong:
        return "", f"not JSON: {wrong}"
    text = row.get("text") if isinstance(row, dict) else None
    if not isinstance(text, str):
        return "", 'no string "text"'
    return text, None


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _BATCH_LINES:
            yield batch
            batch = []
    if batch:
        yield batch
