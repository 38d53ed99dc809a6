"""`goodstanding import`: TikTok's data download, Studio reports, files of comments; what came in, and taking it back."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar, get_args

import click

from goodstanding.cli import words
from goodstanding.cli.import_report import (
    counts_document,
    document,
    line,
    problem_words,
    question_document,
    report,
    show_columns,
    show_counts,
    show_questions,
    why,
)
from goodstanding.cli.opening import as_json, check_account, fail, opened, place_options, say, whoami
from goodstanding.cli.words import CANNOT_REACH, FOUND_PROBLEM, WRONG_USE

if TYPE_CHECKING:
    from goodstanding.bootstrap import App
    from goodstanding.kernel.problems import GoodstandingError
    from goodstanding.usecases.imports import Importer, Look
    from goodstanding.usecases.ports.imports import Answers, ImportedFile, ImportKind

F = TypeVar("F", bound=Callable[..., Any])
Numbers = Literal["1.500,00", "1,500.00"]
Dates = Literal["dmy", "mdy", "ymd"]
PROBLEMS_SHOWN = 20
SPAN_DAYS_MAX = 366
"""A longer span holds a day and month twice."""
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def import_() -> None:
    """Take in files: TikTok's data download, TikTok Studio's reports, comments from anywhere.

    The original is kept, encrypted, under its hash. What is new goes in, what is there already is counted, a row that
    cannot be read is listed with its place and reason. The same file again adds nothing. `--dry-run` only looks.

    Example: goodstanding import tiktok-export TikTok_Data.zip --dry-run
    """


def _file_options(command: F) -> F:
    for option in (
        click.option("--json", "json_", is_flag=True, help="Print the result as JSON."),
        click.option("--dry-run", is_flag=True, help="Show what would come in; store nothing."),
        click.option(
            "--account", type=int, default=0, help="Number of the account; may be left out when there is one."
        ),
        place_options,
        click.argument("file", type=click.Path(dir_okay=False, path_type=Path)),
    ):
        command = option(command)
    return command


@import_.command("tiktok-export")
@_file_options
def tiktok_export(*, file: Path, data: Path, database: str, account: int, dry_run: bool, json_: bool) -> None:
    """Take in "Download your data" or a Data Portability zip.

    As zip or JSON, in any layout so far. Own comments, messages, posts with their disclosure, LIVEs, purchases and
    gifts, dates of followers (no names), the account's region, wallet transactions as they are. Ask TikTok for the
    JSON format.

    Example: goodstanding import tiktok-export TikTok_Data_1790000000.zip
    """
    from goodstanding.usecases.ports.imports import Answers

    _import(file, data, database, account, "tiktok-export", Answers(), dry_run=dry_run, json_=json_)


@import_.command()
@_file_options
@click.option("--map", "maps", metavar="COLUMN=ROLE,...", multiple=True,
              help="What a column is: 'Visitas=profile_views'; '-' leaves it out.")  # fmt: skip
@click.option("--yes", is_flag=True, help="The mapping shown by --dry-run is right.")
@click.option(
    "--numbers", type=click.Choice(get_args(Numbers)), help="How thousands and decimals are written."
)
@click.option("--dates", type=click.Choice(get_args(Dates)), help="Order of day, month and year.")
@click.option("--year", type=click.IntRange(2014, 2099), help="Year of days that name none.")
@click.option("--from", "first", type=_DAY, help="First day in the file; with --to in place of --year.")
@click.option("--to", "last", type=_DAY, help="Last day in the file, at most a year later.")
def studio(
    *,
    file: Path,
    data: Path,
    database: str,
    account: int,
    dry_run: bool,
    json_: bool,
    maps: tuple[str, ...],
    yes: bool,
    numbers: Numbers | None,
    dates: Dates | None,
    year: int | None,
    first: Any,
    last: Any,
) -> None:
    """Take in TikTok Studio reports: CSV, XLSX, or a zip of CSVs.

    Columns are known by name in several languages; look at the mapping with --dry-run and confirm it with --yes. What
    the file leaves open (1.500, January 1, 03/04/2026) is asked, never guessed.

    Example: goodstanding import studio Overview.csv --year 2026 --yes
    """
    from goodstanding.usecases.ports.imports import Answers

    if bool(first) != bool(last) or (first and not 0 <= (last - first).days < SPAN_DAYS_MAX):
        fail(say("import_span"), WRONG_USE)
    answers = Answers(
        maps=_told(maps, "studio"),
        confirmed=yes,
        numbers=numbers or "",
        dates=dates or "",
        year=year or 0,
        first=first.date().isoformat() if first else "",
        last=last.date().isoformat() if last else "",
    )
    _import(file, data, database, account, "studio", answers, dry_run=dry_run, json_=json_)


@import_.command()
@_file_options
@click.option("--map", "maps", metavar="ROLE=COLUMN,...", multiple=True,
              help="Which column is the text, time, author, video, id or parent: text=Reactie,time=Datum.")  # fmt: skip
@click.option("--dates", type=click.Choice(get_args(Dates)), help="Order of day, month and year.")
@click.option("--year", type=click.IntRange(2014, 2099), help="Year of dates that name none.")
@click.option("--written", type=_DAY, help="Day on which rows without a date were written.")
def comments(
    *,
    file: Path,
    data: Path,
    database: str,
    account: int,
    dry_run: bool,
    json_: bool,
    maps: tuple[str, ...],
    dates: Dates | None,
    year: int | None,
    written: Any,
) -> None:
    """Take in comments that others wrote under own videos.

    As CSV, TSV, JSON lines, a JSON array or text. They are understood and decided like any other, marked as
    imported; old ones get no automatic reply (the policy's oldest comment). TikTok's own data download does not
    hold them.

    Example: goodstanding import comments reacties.csv --map text=Reactie,time=Datum,author=Naam
    """
    from goodstanding.usecases.ports.imports import Answers

    answers = Answers(
        maps={column: role for role, column in _pairs(maps, "comments").items()},
        confirmed=True,
        dates=dates or "",
        year=year or 0,
        written=written.date().isoformat() if written else "",
    )
    _import(file, data, database, account, "comments", answers, dry_run=dry_run, json_=json_)


@import_.command("list")
@place_options
@click.option("--account", type=int, default=0, help="One account only.")
@click.option("--json", "json_", is_flag=True, help="Print the imports as JSON.")
def list_(*, data: Path, database: str, account: int, json_: bool) -> None:
    """List imports, newest first.

    Example: goodstanding import list --json
    """
    with opened(data, database) as app:
        check_account(app, account)
        files = app.ctx.store.read(
            lambda q: q.imported_files(account_id=account or None, before=0, limit=1000)
        )
    if json_:
        as_json([document(one) for one in files])
        return
    if not files:
        click.echo(say("import_none"))
        return
    head = [
        say(f"import_head_{name}") for name in ("number", "when", "kind", "file", "state", "added", "refused")
    ]
    words.table(head, [line(one) for one in files], right=frozenset({0, 5, 6}))


@import_.command()
@place_options
@click.argument("number", type=int)
@click.option(
    "--problems",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all problems as CSV to this file.",
)
@click.option("--json", "json_", is_flag=True, help="Print the import as JSON.")
def show(*, data: Path, database: str, number: int, problems: Path | None, json_: bool) -> None:
    """Show one import: what came in, what was refused and why.

    Example: goodstanding import show 3 --problems problems.csv
    """
    from goodstanding.usecases import imports

    with opened(data, database) as app:
        file = _known(app, number)
        rows = list(imports.all_problems(app.ctx, number))
    if problems is not None:
        from goodstanding.usecases.import_words import problems_csv

        _write(problems, problems_csv(rows, words.language(None)).encode("utf-8-sig"))
    if json_:
        listed = [{"number": r.number, "place": r.place, "code": r.code} for r in rows]
        as_json({**document(file), "problems": listed})
        return
    report(file, [(r.place, why(r.code, r.fields)) for r in rows[:PROBLEMS_SHOWN]])


@import_.command()
@place_options
@click.argument("number", type=int)
@click.option("--original", is_flag=True, help="Remove the kept file as well; its hash stays in the log.")
@click.option("--json", "json_", is_flag=True, help="Print the import as JSON.")
def undo(*, data: Path, database: str, number: int, original: bool, json_: bool) -> None:
    """Take an import back: what only it brought is removed.

    What another import or TikTok itself brought too stays, and so does a comment on which something was done.

    Example: goodstanding import undo 3
    """
    from goodstanding.kernel.problems import GoodstandingError
    from goodstanding.usecases import imports

    with opened(data, database) as app:
        _known(app, number)
        try:
            file = imports.undo(_importer(app), number, who=whoami(), original=original)
        except GoodstandingError as error:
            _stop(error)
        row = app.ctx.store.read(lambda q: q.original(file.account_id, file.digest))
    if original and row is not None and row.erased_at is None:
        click.echo(say("import_original_stays"), err=True)
    if json_:
        as_json(document(file))
        return
    removed = sum(imports.counts_of(file).undone.values())
    click.echo(say("import_undone", number=number, removed=removed))


@import_.command()
@place_options
@click.argument("number", type=int)
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write; must not exist.",
)
def original(*, data: Path, database: str, number: int, to: Path) -> None:
    """Write the kept original, byte for byte as it came.

    Its hash is compared. Example: goodstanding import original 3 --to again.zip
    """
    import hashlib

    from goodstanding.kernel.problems import GoodstandingError
    from goodstanding.usecases import imports

    if to.exists():
        fail(say("import_exists", path=str(to)), WRONG_USE)
    with opened(data, database) as app:
        file = _known(app, number)
        digest = hashlib.sha256()
        try:
            with imports.open_original(_importer(app), file) as source, words.written(to) as out:
                while piece := source.read(1 << 20):
                    digest.update(piece)
                    out.write(piece)
        except GoodstandingError as error:
            _stop(error)
        except OSError as error:
            fail(
                say("cannot_write", path=str(to), why=words.why_not(words.language(None), error)),
                CANNOT_REACH,
            )
    fits = digest.hexdigest() == file.digest
    click.echo(
        say("import_original" if fits else "import_original_differs", path=str(to), sha256=file.digest)
    )
    raise SystemExit(0 if fits else FOUND_PROBLEM)


# -- the way in --


def _import(
    path: Path,
    data: Path,
    database: str,
    account: int,
    kind: "ImportKind",
    answers: "Answers",
    *,
    dry_run: bool,
    json_: bool,
) -> None:
    from goodstanding.kernel.problems import GoodstandingError

    try:
        size = path.stat().st_size
        path.open("rb").close()
    except OSError as error:
        fail(say("cannot_read", file=str(path), why=words.why_not(words.language(None), error)), CANNOT_REACH)
    with opened(data, database) as app:
        importer = _importer(app)
        account_id = _chosen_account(app, account)
        progress = words.Progress(wanted=not json_)
        try:
            if dry_run:
                _dry(importer, path, account_id, kind, answers, json_=json_, progress=progress, size=size)
                return
            file, look = _kept(importer, path, account_id, kind, answers, progress, size)
            if file.state == "asked" and look is not None:
                if _confirmed(look):
                    answers = _with(answers)
                else:
                    progress.done()
                    _ask(file, look, json_=json_)
            if file.state != "refused":
                file = _run(importer, file, answers, progress, size)
        except GoodstandingError as error:
            progress.done()
            _stop(error)
        progress.done()
        from goodstanding.usecases import imports

        rows = list(imports.all_problems(app.ctx, file.id))
    if json_:
        listed = [{"number": r.number, "place": r.place, "code": r.code} for r in rows]
        as_json({**document(file), "problems": listed})
    else:
        report(file, [(r.place, why(r.code, r.fields)) for r in rows[:PROBLEMS_SHOWN]])
    bad = file.state in ("refused", "cut") or imports.counts_of(file).refused
    raise SystemExit(FOUND_PROBLEM if bad else 0)


def _importer(app: "App") -> "Importer":
    from goodstanding.bootstrap import importer

    return importer(app)


def _dry(
    importer: "Importer",
    path: Path,
    account_id: int,
    kind: "ImportKind",
    answers: "Answers",
    *,
    json_: bool,
    progress: words.Progress,
    size: int,
) -> None:
    """Look at a file where it lies; nothing is kept."""
    from goodstanding.usecases import imports

    handle = next(a.handle for a in importer.ctx.store.read(lambda q: q.accounts()) if a.id == account_id)
    with path.open("rb") as stream:
        reading = importer.open_reading(kind, stream, name=path.name, own=handle, answers=answers)
        look = imports.preview(
            importer, reading, account_id, progress=lambda _: _tell(progress, stream.tell(), size)
        )
    progress.done()
    if json_:
        as_json(
            {
                "dry_run": True,
                "counts": counts_document(look.counts),
                "cut": look.cut,
                "questions": [question_document(one) for one in look.questions],
                "columns": [{"table": c.table, "column": c.column, "role": c.role} for c in look.columns],
                "problems": [{"place": p.place, "code": p.problem.code} for p in look.problems],
            }
        )
    else:
        show_columns(look)
        show_questions(look.questions)
        show_counts(look.counts, preview=True)
        for one in look.problems[:PROBLEMS_SHOWN]:
            click.echo(f"  {words.shown(one.place, 120)}: {problem_words(one.problem)}")
        click.echo(say("import_dry"))
    raise SystemExit(FOUND_PROBLEM if look.questions or look.counts.refused or look.cut else 0)


def _kept(
    importer: "Importer",
    path: Path,
    account_id: int,
    kind: "ImportKind",
    answers: "Answers",
    progress: words.Progress,
    size: int,
) -> "tuple[ImportedFile, Look | None]":
    from goodstanding.usecases import imports

    writer = importer.originals.writer(importer.upload_bytes_max)
    try:
        with path.open("rb") as stream:
            while piece := stream.read(1 << 20):
                writer.write(piece)
                _tell(progress, writer.size, size)
        file = imports.keep(importer, writer, account_id=account_id, kind=kind, name=path.name, who=whoami())
    except BaseException:
        writer.drop()
        raise
    if kind == "tiktok-export":
        return file, None
    return imports.look(importer, file.id, answers, who=whoami())


def _run(
    importer: "Importer", file: "ImportedFile", answers: "Answers", progress: words.Progress, size: int
) -> "ImportedFile":
    from goodstanding.usecases import imports

    return imports.run(
        importer, file.id, who=whoami(), answers=answers, progress=lambda done: _tell(progress, done, size)
    )


def _confirmed(look: "Look") -> bool:
    """Ask the person at the terminal, if there is one and the mapping is all that is open."""
    if [one.name for one in look.questions] != ["map"] or not sys.stdin.isatty():
        return False
    show_columns(look)
    return click.confirm(say("import_confirm"))


def _with(answers: "Answers") -> "Answers":
    import msgspec

    return msgspec.structs.replace(answers, confirmed=True)


def _ask(file: "ImportedFile", look: "Look", *, json_: bool) -> NoReturn:
    """Say what must be answered first and end with 2; the original is kept."""
    if json_:
        as_json(
            {
                **document(file),
                "questions": [question_document(one) for one in look.questions],
                "columns": [{"table": c.table, "column": c.column, "role": c.role} for c in look.columns],
            }
        )
    else:
        show_columns(look)
        show_questions(look.questions)
        click.echo(say("import_asked", number=file.id), err=True)
    raise SystemExit(WRONG_USE)


def _chosen_account(app: "App", account: int) -> int:
    known = [one.id for one in app.ctx.store.read(lambda q: q.accounts())]
    if account == 0 and len(known) == 1:
        return known[0]
    if account == 0:
        fail(say("import_account", known=", ".join(map(str, known)) or "-"), WRONG_USE)
    check_account(app, account, every=False)
    return account


def _known(app: "App", number: int) -> "ImportedFile":
    from goodstanding.usecases import imports

    try:
        return imports.imported(app.ctx, number)
    except imports.UnknownImportError as error:
        _stop(error)


def _stop(error: "GoodstandingError") -> NoReturn:
    """Say in words why nothing more was done."""
    from goodstanding.kernel.problems import Invalid
    from goodstanding.usecases.import_words import refusal_words

    if isinstance(error, Invalid):
        fail("\n".join(problem_words(one) for one in error.problems), WRONG_USE)
    code = FOUND_PROBLEM if error.code in ("FILE_REFUSED", "ORIGINAL_GONE", "IMPORT_NOT_IN") else WRONG_USE
    if error.code == "STORE_UNAVAILABLE":
        fail(say("store_unavailable", **error.fields), CANNOT_REACH)
    fail(refusal_words(words.language(None), error.code, error.fields), code)


def _tell(progress: words.Progress, done: int, size: int) -> None:
    progress.tell(done / size if size else None, say("import_reading", done=f"{done / 1e6:.1f}"))


def _pairs(maps: tuple[str, ...], kind: "ImportKind") -> dict[str, str]:
    """Return left -> right of `left=right,...`; a comma inside a column's name is no new pair."""
    found: dict[str, str] = {}
    for part in (part for one in maps for part in one.split(",")):
        left, equals, right = part.rpartition("=") if kind == "studio" else part.partition("=")
        if not equals and found:
            last = next(reversed(found))
            found[last] = f"{found[last]},{part}"
        elif not equals or not left.strip() or not right.strip():
            fail(say("import_bad_map", part=words.shown(part, 80)), WRONG_USE)
        else:
            found[left.strip()] = right.strip()
    _check_roles(found.values() if kind == "studio" else found, kind)
    return found


def _told(maps: tuple[str, ...], kind: "ImportKind") -> dict[str, str]:
    return _pairs(maps, kind)


def _check_roles(named: Any, kind: "ImportKind") -> None:
    from goodstanding.adapters.files.reading import roles

    for role in named:
        if role not in roles(kind):
            fields = {"role": words.shown(role, 80), "roles": ", ".join(roles(kind))}
            fail(say("import_bad_role", **fields), WRONG_USE)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(say("cannot_write", path=str(path), why=error.strerror or str(error)), CANNOT_REACH)
