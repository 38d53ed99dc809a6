"""`goodstanding audit verify|export|checkpoint`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from goodstanding.cli.opening import as_json, fail, opened, place_options, say, whoami
from goodstanding.cli.words import CANNOT_REACH, FOUND_PROBLEM

if TYPE_CHECKING:
    from goodstanding.core.audit.verify import Report

_JSON = click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")


@click.group()
def audit() -> None:
    """Verify, export and checkpoint the tamper-evident log.

    For example: `goodstanding audit verify`.
    """


@audit.command()
@place_options
@_JSON
def verify(data: Path, database: str, json_: bool) -> None:
    """Compute the whole log again; tell what differs.

    Everything stored is compared with it. Exit 1 when anything was changed; the entry, node or checkpoint is
    named. Works on a copied folder too. For example: `goodstanding audit verify --data copy`.
    """
    from goodstanding.usecases import audit as log

    with opened(data, database) as app:
        try:
            report = log.verify(app.ctx)
        except Exception as error:  # noqa: BLE001 - bytes that no reader takes are a finding, not a failure
            report = _unreadable(error)
    problems = [{"code": p.code, **p.fields} for p in report.problems]
    if json_:
        as_json(
            {
                "ok": report.ok,
                "entries": report.entries,
                "checkpoints": report.checkpoints,
                "problems": problems,
            }
        )
    elif report.ok:
        click.echo(say("audit_ok", entries=report.entries, checkpoints=report.checkpoints))
    else:
        click.echo(say("audit_bad", entries=report.entries, count=report.problem_count))
        for problem in problems:
            click.echo("  " + " ".join(f"{name}={value}" for name, value in problem.items()))
    raise SystemExit(0 if report.ok else FOUND_PROBLEM)


def _unreadable(error: Exception) -> "Report":
    """Return the report on a log whose stored form itself is broken."""
    from goodstanding.core.audit.verify import Report
    from goodstanding.kernel.problems import Problem

    bad = Problem(code="AUDIT_UNREADABLE", fields={"why": str(error) or type(error).__name__})
    return Report(ok=False, entries=0, nodes=0, checkpoints=0, root=b"", problems=(bad,), problem_count=1)


@audit.command()
@place_options
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    required=True,
    help="File, or folder, outside this machine's reach.",
)
@_JSON
def checkpoint(data: Path, database: str, to: Path, json_: bool) -> None:
    """Sign the log as it stands, in a note of its own.

    Whoever holds the key can rewrite the log from the last note kept elsewhere; so keep notes elsewhere.
    For example: `goodstanding audit checkpoint --to /media/usb`.
    """
    from goodstanding.usecases import audit as log

    with opened(data, database) as app:
        point = log.checkpoint(app.ctx, force=True)
    if point is None:
        fail(say("nothing_yet"), FOUND_PROBLEM)
    target = to / f"checkpoint-{point.size}.txt" if to.is_dir() else to
    _write(target, point.note.encode())
    if json_:
        as_json({"size": point.size, "path": str(target)})
    else:
        click.echo(say("checkpoint", size=point.size, path=str(target)))


@audit.command()
@place_options
@click.option(
    "--comment",
    "comments",
    type=int,
    multiple=True,
    help="Number of a comment in the product; may be repeated.",
)
@click.option(
    "--entry", "entries", type=int, multiple=True, help="Position of an entry in the log; may be repeated."
)
@click.option("--last", type=click.IntRange(1, 5000), help="The newest N entries.")
@click.option("--reason", default="", help="Why it is made; stands in the pack.")
@click.option("--masked", is_flag=True, help="Leave personal values out (for a sponsor).")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("evidence.zip"),
    show_default=True,
    help="File to write.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def export(
    data: Path,
    database: str,
    comments: tuple[int, ...],
    entries: tuple[int, ...],
    last: int | None,
    reason: str,
    masked: bool,
    out: Path,
    force: bool,
) -> None:
    """Make an evidence pack: a zip that proves itself.

    The Python script inside it does so, without this product. Without a choice, the newest 100 entries go in.
    For example: `goodstanding audit export --comment 12 --reason "question of the sponsor" --masked`.
    """
    from goodstanding.adapters.evidence.pack import build_pack
    from goodstanding.usecases import evidence

    if out.exists() and not force:
        fail(say("file_exists", path=str(out)), 2)
    with opened(data, database) as app:
        if last or not (comments or entries):
            size, _ = app.ctx.store.read(lambda q: q.audit_head())
            entries = (*entries, *range(max(0, size - (last or 100)), size))
        try:
            pack = evidence.export(
                app.ctx, build_pack, who=whoami(), events=comments, seqs=entries, reason=reason, masked=masked
            )
        except evidence.NothingToExportError:
            fail(say("nothing_to_export"), FOUND_PROBLEM)
        except evidence.TooManyEntriesError as error:
            fail(say("too_many_entries", **error.fields), 2)
    _write(out, pack)
    click.echo(say("exported", path=str(out), size=len(pack), name=out.name))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(say("cannot_write", path=str(path), why=error.strerror or str(error)), CANNOT_REACH)
