"""`goodstanding model show|list|evaluate|train|compare|use`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goodstanding.cli import words
from goodstanding.cli.opening import as_json, fail, opened, place_options, say, whoami
from goodstanding.cli.words import CANNOT_REACH, FOUND_PROBLEM, WRONG_USE, language, shown, table

if TYPE_CHECKING:
    from goodstanding.core.labels import Labelled
    from goodstanding.core.measures import Figures
    from goodstanding.usecases.models import Moved, Progress, Trained
    from goodstanding.usecases.ports.models import Kept

SHORT = 16
_SHOWN = 20
_JSON = click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
_FOUND = frozenset({"MODEL_MISSING", "MODEL_DAMAGED", "MODEL_FEATURES", "MODEL_NOTHING"})
"""Troubles that lie with the models, not with the command."""


@click.group()
def model() -> None:
    """Measure, re-fit, compare and choose the model that reads comments.

    What people correct on the pages becomes rows to learn from. Nothing is learnt by itself: a re-fit makes a new
    model beside the old, and only `use` puts one in use. A model is named by the first signs of its digest, `active`
    or `shipped`. For example:

        goodstanding model train

        goodstanding model compare active 3f9a1c

        goodstanding model use 3f9a1c
    """


@contextmanager
def _told() -> Iterator[None]:
    from goodstanding.usecases.ports.models import ModelError

    try:
        yield
    except ModelError as error:
        digest = str(error.fields.get("digest", ""))
        fail(
            say(f"model_error_{error.code}", digest=digest),
            FOUND_PROBLEM if error.code in _FOUND else WRONG_USE,
        )


@contextmanager
def _bar(*, wanted: bool) -> Iterator["Progress"]:
    bar = words.Progress(wanted=wanted)

    def tell(done: int, whole: int) -> None:
        bar.tell(done / whole if whole else None, f"{done:,} / {whole:,}")

    try:
        yield tell
    finally:
        bar.done()


@model.command()
@place_options
@click.argument("name", default="active")
@_JSON
def show(data: Path, database: str, name: str, json_: bool) -> None:
    """Show a model: where it comes from and what was measured of it.

    Exit 1 when it cannot be used. For example: `goodstanding model show` or `goodstanding model show 3f9a1c --json`.
    """
    from goodstanding.usecases import models

    with opened(data, database) as app, _told():
        kept = models.find(app.ctx, name)
        in_use = app.ctx.store.read(models.active)
    if json_:
        as_json(_kept(kept, in_use) | {"card": kept.card})
    else:
        for key, value in _kept(kept, in_use).items():
            if value != "" and not (kept.trouble and key == "version"):
                click.echo(f"{say(f'model_{key}')}: {_word(value)}")
        for name_, value in kept.card.items():
            if not isinstance(value, list | dict):
                click.echo(f"  {name_}: {value}")
        for part in ("before", "after", "held_before", "held_after"):
            _print_stored(part, kept.card.get(part))
    raise SystemExit(FOUND_PROBLEM if kept.trouble else 0)


def _kept(kept: "Kept", in_use: str) -> dict[str, Any]:
    return {
        "digest": kept.digest, "name": kept.name, "version": kept.version, "parent": kept.parent,
        "shipped": kept.shipped, "active": kept.digest == in_use or (kept.shipped and not in_use), "trouble": kept.trouble,
    }  # fmt: skip


def _word(value: object) -> str:
    return say("model_yes" if value else "model_no") if isinstance(value, bool) else str(value)


@model.command("list")
@place_options
@_JSON
def list_(data: Path, database: str, json_: bool) -> None:
    """List the models, and which was in use from when on.

    For example: `goodstanding model list --json`.
    """
    from goodstanding.kernel.timing import iso
    from goodstanding.usecases import models

    with opened(data, database) as app, _told():
        shelf = models.shelf_of(app.ctx)
        found = [shelf.shipped(), *shelf.kept()]
        in_use, uses, count = app.ctx.store.read(
            lambda q: (models.active(q), q.model_uses(_SHOWN), q.correction_count())
        )
        if in_use and all(one.digest != in_use for one in found):
            found.append(shelf.look(in_use))
    rows = [_kept(one, in_use) for one in found]
    history = [
        {"at": iso(one.at), "digest": one.digest or found[0].digest, "before": one.before or found[0].digest, "by": one.by}
        for one in uses
    ]  # fmt: skip
    if json_:
        as_json({"models": rows, "history": history, "corrections": count})
        return
    cells = [
        [
            "*" if row["active"] else "",
            row["digest"][:SHORT],
            row["name"],
            str(row["version"]),
            row["parent"][:SHORT],
            row["trouble"],
        ]
        for row in rows
    ]
    table(say("model_head").split("|"), cells, right=frozenset({3}))
    for use_ in history:
        click.echo(
            say("model_used_then", at=use_["at"], digest=use_["digest"][:SHORT], by=shown(use_["by"], 60))
        )
    click.echo(say("model_corrections", count=count))


@model.command()
@place_options
@click.argument("name", default="active")
@click.option(
    "--rows", "file", type=click.Path(dir_okay=False, path_type=Path), default=None,
    help='JSON lines {"text": …, "labels": {"abuse": true, "sentiment": "negative"}} instead of the corrections.',
)  # fmt: skip
@_JSON
def evaluate(data: Path, database: str, name: str, file: Path | None, json_: bool) -> None:
    """Measure a model by head and language.

    On the corrections, or with --rows on a labelled file. Exit 1 when a line cannot be read; the others
    count. For example: `goodstanding model evaluate 3f9a1c --rows own-comments.jsonl`.
    """
    from goodstanding.usecases import models

    rows, bad = _rows(file) if file is not None else (None, [])
    with opened(data, database) as app, _told(), _bar(wanted=not json_) as progress:
        found = models.evaluate(app.ctx, name, rows, progress=progress)
    if json_:
        as_json({"figures": found, "unreadable": [{"line": line, "code": code} for line, code in bad]})
    elif found:
        _print(found)
    else:
        click.echo(say("model_no_rows"))
    for line, code in bad:
        click.echo(say(f"model_bad_{code}", line=line), err=True)
    raise SystemExit(FOUND_PROBLEM if bad else 0)


def _rows(file: Path) -> tuple[list["Labelled"], list[tuple[int, str]]]:
    from goodstanding.usecases import models

    try:
        with file.open("rb") as lines:
            return models.read_rows(lines)
    except OSError as error:
        fail(say("cannot_open", folder=str(file), why=words.why_not(language(None), error)), CANNOT_REACH)


def _print(found: "Sequence[Figures]") -> None:
    cells = [
        [
            one.head, one.language, str(one.rows), str(one.right), "-" if one.yes is None else str(one.yes), _rate(one.precision),
            _rate(one.recall), _rate(one.f1), _rate(one.calibration), "-" if one.alarms is None else str(one.alarms),
            str(one.abstained),
        ]
        for one in found
    ]  # fmt: skip
    table(say("model_figures_head").split("|"), cells, right=frozenset(range(2, 11)))


def _print_stored(part: str, value: object) -> None:
    from goodstanding.core.measures import Figures

    if isinstance(value, list) and value:
        import msgspec

        click.echo(say(f"model_part_{part}"))
        _print(msgspec.convert(value, list[Figures]))


def _rate(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}".replace(".", "," if language(None) == "nl" else ".")


@model.command()
@place_options
@click.option("--from", "name", default="active", show_default=True, help="The model to take the step from.")
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses which authors are held out.")
@_JSON
def train(data: Path, database: str, name: str, seed: int, json_: bool) -> None:
    """Re-fit a model on the corrections.

    It takes a small step, held back by what the model answers today. A fifth of the authors is held out and
    measured apart. The new model stands on the shelf; nothing is put in use.
    The same corrections and seed make the same model. For example: `goodstanding model train --seed 2 --json`.
    """
    from goodstanding.usecases import models

    with opened(data, database) as app, _told(), _bar(wanted=not json_) as progress:
        made = models.train(app.ctx, name, seed=seed, who=whoami(), progress=progress)
    if json_:
        as_json(made)
        return
    _print_trained(made)


def _print_trained(made: "Trained") -> None:
    click.echo(
        say(
            "model_trained", digest=made.digest[:SHORT], parent=made.parent[:SHORT], learnt=made.learnt, held=made.held_out,
            anchors=made.anchors, changed=made.changed,
        )
    )  # fmt: skip
    for part, found in (
        ("before", made.before), ("after", made.after), ("held_before", made.held_before), ("held_after", made.held_after),
    ):  # fmt: skip
        if found:
            click.echo(say(f"model_part_{part}"))
            _print(found)
    if not made.held_out:
        click.echo(say("model_none_held"))
    click.echo(
        say(
            "model_friendly",
            friendly=made.friendly,
            before=made.friendly_before,
            after=made.friendly_after,
        )
    )
    if made.disagreements:
        click.echo(say("model_read_these"))
        _print_moved(made.disagreements)
    click.echo(say("model_next", digest=made.digest[:SHORT]))


def _print_moved(rows: "Sequence[Moved]") -> None:
    cells = [
        [str(one.event), one.head, one.said or "-", one.before or "-", one.after or "-", shown(one.text, 60)]
        for one in rows
    ]
    table(say("model_moved_head").split("|"), cells, right=frozenset({0}))


@model.command()
@place_options
@click.argument("first")
@click.argument("second")
@click.option(
    "--most", type=click.IntRange(1, 1_000_000), default=10_000, show_default=True, help="How many of the newest comments."
)  # fmt: skip
@_JSON
def compare(data: Path, database: str, first: str, second: str, most: int, json_: bool) -> None:
    """Show where two models answer stored comments differently.

    Nothing is decided again, and nothing is sent.

    Exit 1 when they differ. For example: `goodstanding model compare active 3f9a1c --most 2000`.
    """
    from goodstanding.usecases import models

    with opened(data, database) as app, _told(), _bar(wanted=not json_) as progress:
        found = models.compare(app.ctx, first, second, most=most, progress=progress)
    if json_:
        as_json(found)
    else:
        click.echo(say("model_compared", comments=found.comments, rows=len(found.rows)))
        for head, counts in found.changed.items():
            for name, count in counts.items():
                before, _, after = name.partition(">")
                click.echo(f"  {head}: {before or '-'} → {after or '-'}: {count}")
        if found.rows:
            _print_moved(found.rows[:_SHOWN])
    raise SystemExit(FOUND_PROBLEM if found.rows else 0)


@model.command()
@place_options
@click.argument("name")
@_JSON
def use(data: Path, database: str, name: str, json_: bool) -> None:
    """Put a model in use, in every running process.

    No restart is needed. It is sealed in the log, and taken back by using the model before. Past decisions
    stay as they are and replay.
    For example: `goodstanding model use 3f9a1c`, and back: `goodstanding model use shipped`.
    """
    from goodstanding.usecases import models

    with opened(data, database) as app, _told():
        before = app.ctx.store.read(models.active)
        kept = models.use(app.ctx, name, who=whoami())
    if json_:
        as_json({"active": kept.digest, "before": before or "shipped"})
    else:
        click.echo(say("model_in_use", digest=kept.digest[:SHORT], before=before[:SHORT] or "shipped"))
