"""`goodstanding backtest`: what a policy would do with comments from a file."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import click

from goodstanding.cli import words
from goodstanding.locale import Lang, sentence

if TYPE_CHECKING:
    from goodstanding.adapters.files.comments import CommentsFile
    from goodstanding.core.policy.compile import CompiledPolicy
    from goodstanding.usecases.backtest import Batch, BrokenRow, Difference, Example, Result, Tally

T = TypeVar("T")
STDIN = "-"
BROKEN_SHOWN = 200
"""Broken rows listed in the report; the JSON lists more, `--problems` all."""
_EXAMPLE_MAX = 100
_HASH_SHOWN = 12
_DEFAULT = "careful"


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--policy", metavar="NAME_OR_FILE", default=_DEFAULT, show_default=True,
              help="A shipped policy (careful, normal) or a TOML file.")  # fmt: skip
@click.option("--against", metavar="NAME_OR_FILE", help="Another policy to compare with.")
@click.option("--map", "maps", metavar="ROLE=COLUMN,...", multiple=True,
              help="Which column is the text, time, author or video: text=Reactie,time=Datum.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
@click.option("--out", metavar="FILE", help="Write each comment's outcome, one JSON object a line.")
@click.option(
    "--problems", metavar="FILE", help="Write every row that could not be read, one JSON object a line."
)
@click.option("--examples", type=click.IntRange(0, 100), default=3, show_default=True,
              help="How many comments to show for each reason.")  # fmt: skip
@words.language_option
def backtest(
    *,
    file: str,
    policy: str,
    against: str | None,
    maps: tuple[str, ...],
    as_json: bool,
    out: str | None,
    problems: str | None,
    examples: int,
    lang: str | None,
) -> None:
    """Show what a policy would do with the comments in FILE, without any account.

    FILE is JSON lines, a JSON array, CSV, TSV or text with one comment a line, packed with gzip or not; `-`
    reads what is piped or pasted. Each comment is judged on its own: limits, pace, quiet hours, peaks and repeats
    depend on an account's history and are not applied. For example:
    `goodstanding backtest comments.csv --against normal`.

    Exit codes: 0 all well, 1 some rows could not be read (the others were judged), 2 wrong use, 3 a file cannot
    be read or written.
    """
    tongue = words.language(lang)
    told = _told(tongue, maps)
    _check_paths(tongue, file, out=out, problems=problems)
    under = policy_named(tongue, policy)
    other = None if against is None else policy_named(tongue, against)
    with ExitStack() as stack:
        stream, size = _opened(tongue, file, stack)
        source, result = _judged(
            tongue, file, stream, size=size, told=told, policy=under, against=other,
            out=out, problems=problems, examples=examples, quiet=as_json,
        )  # fmt: skip
    if as_json:
        words.emit_json(_document(tongue, file, source, result))
    else:
        _report(tongue, source, result)
    if result.broken:
        raise click.exceptions.Exit(words.FOUND_PROBLEM)


def policy_named(lang: Lang, name: str) -> "CompiledPolicy":
    """Return the shipped policy or the one in a TOML file; says so and ends when there is none."""
    from difflib import get_close_matches

    from goodstanding.core.policy.compile import compile_policy
    from goodstanding.core.policy.parse import parse
    from goodstanding.kernel.problems import Invalid
    from goodstanding.usecases import playbooks

    shipped = playbooks.policy_names()
    path = Path(name)
    if name in shipped:
        text = playbooks.policy_text(name)
    elif path.exists() or path.suffix == ".toml":
        text = _policy_file(lang, path)
    else:
        close = get_close_matches(name, shipped, n=1)
        fields = {
            "name": words.shown(name, 80),
            "meant": close[0] if close else "",
            "names": ", ".join(shipped),
        }
        words.fail(lang, "cli.no_policy_meant" if close else "cli.no_policy", fields, code=words.WRONG_USE)
    platform = playbooks.platform_rules()
    try:
        return compile_policy(parse(text, platform), platform)
    except Invalid as refusal:
        for problem in refusal.problems:
            what = words.problem_words(lang, problem)
            key = "cli.at_file" if problem.line is None else "cli.at_line"
            click.echo(sentence(lang, key, {"file": name, "line": problem.line, "what": what}), err=True)
        words.fail(
            lang, "cli.policy_refused", {"file": name, "count": len(refusal.problems)}, code=words.WRONG_USE
        )


def _policy_file(lang: Lang, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        fields = {"file": path, "why": words.why_not(lang, error)}
        words.fail(lang, "cli.cannot_read", fields, code=words.CANNOT_REACH)
    except UnicodeDecodeError:
        fields = {"file": path, "why": sentence(lang, "cli.not_utf8")}
        words.fail(lang, "cli.cannot_read", fields, code=words.WRONG_USE)


def _told(lang: Lang, maps: tuple[str, ...]) -> dict[str, str]:
    """Return role -> column; a comma in a column's name is no new pair."""
    from goodstanding.adapters.files.columns import ROLES

    told: dict[str, str] = {}
    for part in (part for one in maps for part in one.split(",")):
        role, equals, column = part.partition("=")
        role = role.strip().lower()
        if not equals and told:
            last = next(reversed(told))
            told[last] = f"{told[last]},{part}"
        elif not equals or not column.strip():
            words.fail(lang, "backtest.bad_map", {"part": words.shown(part, 80)}, code=words.WRONG_USE)
        elif role not in ROLES:
            fields = {"role": words.shown(role, 80), "roles": ", ".join(ROLES)}
            words.fail(lang, "backtest.bad_role", fields, code=words.WRONG_USE)
        else:
            told[role] = column.strip()
    return told


def _check_paths(lang: Lang, file: str, *, out: str | None, problems: str | None) -> None:
    """Refuse to write over the comments, or two things into one file."""
    here = None if file == STDIN else Path(file).resolve()
    for option, path in (("--out", out), ("--problems", problems)):
        if path is not None and Path(path).resolve() == here:
            words.fail(lang, "backtest.same_file", {"option": option}, code=words.WRONG_USE)
    if out is not None and problems is not None and Path(out).resolve() == Path(problems).resolve():
        words.fail(lang, "backtest.text_twice", code=words.WRONG_USE)


def _opened(lang: Lang, file: str, stack: ExitStack) -> tuple[BinaryIO, int]:
    """Return the stream and its size in bytes (0 if not known)."""
    if file == STDIN:
        stream = sys.stdin.buffer
        if stream.isatty():
            click.echo(sentence(lang, "backtest.paste"), err=True)
        return stream, 0
    path = Path(file)
    try:
        opened = stack.enter_context(path.open("rb"))
        return opened, path.stat().st_size
    except OSError as error:
        fields = {"file": file, "why": words.why_not(lang, error)}
        words.fail(lang, "cli.cannot_read", fields, code=words.CANNOT_REACH)


class _UnreadableError(Exception):
    """Reading the comments failed; kept apart from a failure to write."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error


def _judged(
    lang: Lang,
    file: str,
    stream: BinaryIO,
    *,
    size: int,
    told: Mapping[str, str],
    policy: "CompiledPolicy",
    against: "CompiledPolicy | None",
    out: str | None,
    problems: str | None,
    examples: int,
    quiet: bool,
) -> "tuple[CommentsFile, Result]":
    """Read, judge and write; ends the command, with words, when a file cannot be read or written."""
    from goodstanding.adapters.files.comments import CommentsFile
    from goodstanding.adapters.nlp.classifier import Classifier
    from goodstanding.kernel.problems import Invalid
    from goodstanding.usecases import backtest as case

    progress = words.Progress(wanted=not quiet)
    target = ""
    try:
        source = _reading(lambda: CommentsFile(stream, name=file, told=told))
        with ExitStack() as outputs:
            sinks: dict[str, BinaryIO] = {}
            for target in [path for path in (out, problems) if path is not None]:
                sinks[target] = outputs.enter_context(words.written(Path(target)))
            target = out or problems or ""
            result = case.backtest(
                _told_of(lang, source, size, progress),
                policy=policy,
                classifier=Classifier(),
                against=against,
                examples=examples,
                on_lines=None if out is None else sinks[out].write,
                on_problem=None if problems is None else _problem_writer(lang, sinks[problems]),
            )
    except Invalid as refusal:
        for problem in refusal.problems:
            click.echo(words.problem_words(lang, problem), err=True)
        raise click.exceptions.Exit(words.WRONG_USE) from None
    except _UnreadableError as trouble:
        fields = {"file": file, "why": words.why_not(lang, trouble.error)}
        words.fail(lang, "cli.cannot_read", fields, code=words.CANNOT_REACH)
    except OSError as error:
        fields = {"path": target, "why": words.why_not(lang, error)}
        words.fail(lang, "cli.cannot_write", fields, code=words.CANNOT_REACH)
    finally:
        progress.done()
    return source, result


def _reading(read: Callable[[], T]) -> T:
    try:
        return read()
    except OSError as error:
        raise _UnreadableError(error) from None


def _told_of(lang: Lang, source: "CommentsFile", size: int, progress: words.Progress) -> "Iterator[Batch]":
    """Yield the batches, telling how far the file was read."""
    batches = source.batches()
    rows = 0
    while (batch := _reading(lambda: next(batches, None))) is not None:
        rows += len(batch)
        part = source.source.read_bytes / size if size else None
        progress.tell(part, sentence(lang, "backtest.reading", {"count": words.number(lang, rows)}))
        yield batch


def _problem_writer(lang: Lang, file: BinaryIO) -> "Callable[[BrokenRow], object]":
    import msgspec

    return lambda broken: file.write(msgspec.json.encode(_broken(lang, broken)) + b"\n")


# -- for scripts --


def _document(lang: Lang, file: str, source: "CommentsFile", result: "Result") -> dict[str, object]:
    from goodstanding.core.policy.decide import ENGINE
    from goodstanding.core.policy.diff import compare
    from goodstanding.usecases.backtest import JUDGED, NOT_APPLIED

    document: dict[str, object] = {
        **_tallied(result.tally),
        "judged": JUDGED,
        "not_applied": NOT_APPLIED,
        "policy": _policy(result.policy),
        "engine": ENGINE,
        "model": result.model,
        "file": {
            "name": Path(file).name,
            "sha256": source.source.digest,
            "format": source.format,
            "encoding": source.source.encoding,
            "packed": source.source.packed,
            "columns": source.columns,
        },
        "written": {
            "from": _day(result.first_at),
            "to": _day(result.last_at),
            "dated": result.dated,
            "undated": source.undated,
        },
        "broken": result.broken,
        "broken_reasons": dict(sorted(result.by_problem.items())),
        "problems": [_broken(lang, one) for one in result.problems],
    }
    if result.against is not None and result.other is not None and result.difference is not None:
        document["against"] = {"policy": _policy(result.against), **_tallied(result.other)}
        document["difference"] = {
            "changed": result.difference.changed,
            "moves": dict(sorted(result.difference.moves.items())),
            "examples": {name: _examples(of) for name, of in sorted(result.difference.examples.items())},
            "changes": [
                {"path": one.path, "before": one.before, "after": one.after, "direction": one.direction}
                for one in compare(result.policy.policy, result.against.policy)
            ],
        }
    return document


def _tallied(tally: "Tally") -> dict[str, object]:
    """`left` counts labelled comments too: nothing visible happens to them."""
    return {
        "total": tally.total,
        "replied": tally.outcomes["reply"],
        "messages": tally.outcomes["message"],
        "hidden": tally.outcomes["hide"],
        "reviewed": tally.outcomes["review"],
        "left": tally.left,
        "labels": tally.outcomes["label"],
        "reasons": dict(sorted(tally.reasons.items())),
        "rules": dict(sorted(tally.rules.items())),
        "details": {outcome: dict(sorted(of.items())) for outcome, of in sorted(tally.details.items())},
        "examples": {
            outcome: {reason: _examples(some) for reason, some in sorted(of.items())}
            for outcome, of in sorted(tally.examples.items())
        },
    }


def _policy(policy: "CompiledPolicy") -> dict[str, object]:
    return {"id": policy.policy.id, "hash": policy.hash}


def _examples(found: "list[Example]") -> list[dict[str, object]]:
    return [{"row": one.row, "text": one.text} for one in found]


def _broken(lang: Lang, broken: "BrokenRow") -> dict[str, object]:
    problem = broken.problem
    reason = words.problem_words(lang, problem)
    return {"row": broken.row, "line": problem.line, "code": problem.code, "reason": reason}


def _day(at: int | None) -> str | None:
    from datetime import UTC, datetime, timedelta

    return (
        None
        if at is None
        else (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).date().isoformat()
    )


# -- for people --


def _report(lang: Lang, source: "CommentsFile", result: "Result") -> None:
    tally = result.tally
    if not tally.total and not result.broken:
        click.echo(sentence(lang, "backtest.nothing"))
        return
    key = "backtest.title_one" if tally.total == 1 else "backtest.title"
    words.heading(
        sentence(lang, key, {"total": words.number(lang, tally.total), **_named(lang, result.policy)})
    )
    click.echo(sentence(lang, "backtest.judged"))
    _about_file(lang, source, result)
    if tally.total:
        _outcomes(lang, result)
        _why(lang, result.policy, tally)
    if result.against is not None and result.difference is not None:
        _differences(lang, result.against, result.difference)
        _changes(lang, result.policy, result.against)
    if result.broken:
        _broken_rows(lang, result)


def _named(lang: Lang, policy: "CompiledPolicy") -> dict[str, str]:
    return {"title": getattr(policy.policy.title, lang), "hash": policy.hash.rpartition(":")[2][:_HASH_SHOWN]}


def _about_file(lang: Lang, source: "CommentsFile", result: "Result") -> None:
    about = sentence(lang, "backtest.read_as", {"format": source.format})
    if source.columns:
        pairs = ", ".join(f"{role}={words.shown(column, 40)}" for role, column in source.columns.items())
        about += "; " + sentence(lang, "backtest.columns", {"columns": pairs})
    click.echo(f"{about}.")
    if source.source.encoding == "cp1252":
        click.echo(sentence(lang, "backtest.cp1252"))
    if result.dated:
        span = {"first": _day(result.first_at), "last": _day(result.last_at)}
        click.echo(sentence(lang, "backtest.span", span))
    if source.undated:
        click.echo(sentence(lang, "backtest.undated", {"count": words.number(lang, source.undated)}))


def _outcomes(lang: Lang, result: "Result") -> None:
    from goodstanding.usecases.backtest import OUTCOMES

    tally, other = result.tally, result.other
    seen = [
        one
        for one in OUTCOMES
        if one not in ("message", "label") or tally.outcomes[one] or (other and other.outcomes[one])
    ]
    head = [sentence(lang, f"backtest.{name}") for name in ("col_outcome", "col_count", "col_share")]
    rows = [
        [
            sentence(lang, f"backtest.outcome.{one}"),
            words.number(lang, tally.outcomes[one]),
            words.share(lang, tally.outcomes[one], tally.total),
        ]
        for one in seen
    ]
    if other is not None and result.against is not None:
        head += [_named(lang, result.against)["title"], sentence(lang, "backtest.col_share")]
        for one, row in zip(seen, rows, strict=True):
            row += [
                words.number(lang, other.outcomes[one]),
                words.share(lang, other.outcomes[one], other.total),
            ]
    click.echo()
    words.table(head, rows, right=frozenset(range(1, len(head))))


def _why(lang: Lang, policy: "CompiledPolicy", tally: "Tally") -> None:
    from goodstanding.usecases.backtest import OUTCOMES

    titles = {rule.rid: getattr(rule.title, lang) for rule in policy.policy.rules}
    click.echo()
    words.heading(sentence(lang, "backtest.why_title"))
    for outcome in OUTCOMES:
        counted = tally.details.get(outcome)
        if not counted:
            continue
        click.echo()
        words.heading(sentence(lang, f"backtest.outcome.{outcome}"))
        for reason, times in sorted(counted.items(), key=lambda one: (-one[1], one[0])):
            click.echo(f"{words.number(lang, times):>9}  {_reason(lang, reason, titles)} [{reason}]")
            _show(lang, tally.examples[outcome].get(reason, []))


def _reason(lang: Lang, reason: str, titles: Mapping[str, str]) -> str:
    code, _, rid = reason.partition(":")
    if rid:
        return sentence(lang, "backtest.rule", {"title": titles.get(rid, rid)})
    return sentence(lang, f"backtest.reason.{code}")


def _show(lang: Lang, examples: "list[Example]") -> None:
    for one in examples:
        fields = {"row": one.row, "text": words.shown(one.text, _EXAMPLE_MAX)}
        click.echo(" " * 9 + sentence(lang, "backtest.example", fields))


def _differences(lang: Lang, against: "CompiledPolicy", difference: "Difference") -> None:
    keys = {0: "backtest.against_same", 1: "backtest.against_one"}
    key = keys.get(difference.changed, "backtest.against")
    click.echo()
    words.heading(
        sentence(lang, key, {"count": words.number(lang, difference.changed), **_named(lang, against)})
    )
    for name, times in sorted(difference.moves.items(), key=lambda one: (-one[1], one[0])):
        before, after = (sentence(lang, f"backtest.outcome.{one}") for one in name.split(">"))
        moved = sentence(lang, "backtest.move", {"before": before, "after": after})
        click.echo(f"{words.number(lang, times):>9}  {moved}")
        _show(lang, difference.examples.get(name, []))


def _changes(lang: Lang, policy: "CompiledPolicy", against: "CompiledPolicy") -> None:
    """Say in what the two policies differ."""
    from goodstanding.core.policy.diff import compare
    from goodstanding.core.policy.explain import explain_changes
    from goodstanding.usecases.wording import say_all

    changes = compare(policy.policy, against.policy)
    if changes:
        click.echo()
        for line in say_all(lang, explain_changes(changes)):
            click.echo(words.shown_line(line))


def _broken_rows(lang: Lang, result: "Result") -> None:
    click.echo()
    key = "backtest.broken_one" if result.broken == 1 else "backtest.broken"
    words.heading(sentence(lang, key, {"count": words.number(lang, result.broken)}))
    listed = result.problems[:BROKEN_SHOWN]
    for one in listed:
        line = "-" if one.problem.line is None else one.problem.line
        reason = words.problem_words(lang, one.problem)
        click.echo(
            sentence(lang, "backtest.broken_row", {"line": line, "reason": reason, "code": one.problem.code})
        )
    if result.broken > len(listed):
        more = words.number(lang, result.broken - len(listed))
        click.echo(sentence(lang, "backtest.broken_more", {"count": more}))
