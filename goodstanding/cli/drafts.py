"""`goodstanding drafts`: the language model that may draft replies: show, set, tone, test, off."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from goodstanding.cli.opening import as_json, fail, opened, place_options, say, whoami
from goodstanding.cli.words import FOUND_PROBLEM, WRONG_USE, language, shown
from goodstanding.kernel.problems import GoodstandingError

TONGUES = ("nl", "en")
SHOWN = 500
_JSON = click.option("--json", "json_", is_flag=True, help="Print JSON.")


@click.group()
def drafts() -> None:
    """Let a language model of your choice suggest replies: show, set, tone, test, off.

    Off until you set one. For example: `goodstanding drafts set --address https://model.example/v1 --model small`.
    """


@contextmanager
def _told() -> Iterator[None]:
    """Say what was wrong in one sentence; exit 2."""
    from goodstanding.locale import drafts as wording

    try:
        yield
    except GoodstandingError as error:
        fail(wording.error(language(None), error.code, error.fields), WRONG_USE)


@drafts.command("show")
@place_options
@_JSON
def show(data: Path, database: str, json_: bool) -> None:
    """Show the model, what leaves, and the tone guide. The key is never shown.

    For example: `goodstanding drafts show --json`.
    """
    from goodstanding.usecases import drafts as use
    from goodstanding.usecases import playbooks

    with opened(data, database) as app:
        kept, tones = app.ctx.store.read(lambda q: (use.known(q), use.tones(q)))
    if json_:
        one = {"address": kept.address, "model": kept.model, "key": bool(kept.key)} if kept else None
        as_json({"service": one, "tone": tones})
        return
    if kept is None:
        click.echo(say("drafts_none"))
    else:
        key = say("drafts_key_yes" if kept.key else "drafts_key_no")
        click.echo(say("drafts_set", model=shown(kept.model, SHOWN), address=kept.address, kept=key))
    click.echo(say("drafts_leaves", lines=playbooks.draft_book().numbers.talk_lines))
    for tongue, text in tones.items():
        click.echo(say("drafts_tone", language=tongue, text=shown(text, SHOWN)))


@drafts.command("set")
@place_options
@click.option("--address", required=True, help="https://…/v1: everything before /chat/completions.")
@click.option("--model", required=True, help="The model's name at that address.")
@click.option("--key-stdin", is_flag=True, help="Read the key from standard input; without it you are asked.")
def set_(data: Path, database: str, address: str, model: str, key_stdin: bool) -> None:
    """Set the model and keep its key, encrypted.

    A key is never an option, so it stands in no list of processes. Without one, give an empty line.

    A model in your own network needs its host in GOODSTANDING_PRIVATE_HOSTS. For example: `goodstanding drafts set
    --address https://model.example/v1 --model small --key-stdin < key.txt`.
    """
    from goodstanding.usecases import drafts as use

    if key_stdin:
        key = sys.stdin.readline().strip()
    else:
        key = click.prompt(say("ask_key"), hide_input=True, default="", show_default=False, err=True).strip()
    with opened(data, database) as app, _told():
        use.keep(app.ctx, address=address, model=model, key=key, who=whoami())
        kept = app.ctx.store.read(use.known)
    assert kept is not None
    word = say("drafts_key_yes" if kept.key else "drafts_key_no")
    click.echo(say("drafts_set", model=shown(kept.model, SHOWN), address=kept.address, kept=word))


@drafts.command()
@place_options
@click.option("--language", "tongue", type=click.Choice(TONGUES), required=True, help="For answers in it.")
@click.argument("file", type=click.File(encoding="utf-8"))
def tone(data: Path, database: str, tongue: str, file: TextIO) -> None:
    """Set the tone guide of a language from a file.

    An empty one brings the shipped one back.

    For example: `goodstanding drafts tone --language nl toon.txt`.
    """
    from goodstanding.usecases import drafts as use

    try:
        text = file.read()
    except UnicodeDecodeError:
        fail(say("not_text"), WRONG_USE)
    with opened(data, database) as app, _told():
        use.set_tone(app.ctx, "nl" if tongue == "nl" else "en", text, who=whoami())
    click.echo(say("drafts_tone_kept"))


@drafts.command()
@place_options
@click.option(
    "--language", "tongue", type=click.Choice(TONGUES), default="nl", show_default=True, help="Of the answer."
)
@click.argument("comment")
@_JSON
def test(data: Path, database: str, tongue: str, comment: str, json_: bool) -> None:
    """Ask for a reply to an invented comment.

    Exit 1 when it would not be suggested.

    For example: `goodstanding drafts test "Wat een mooie pan!"`.
    """
    from goodstanding.locale import drafts as wording
    from goodstanding.usecases import drafting

    with opened(data, database) as app, _told():
        tried = asyncio.run(
            drafting.try_out(app.ctx, "nl" if tongue == "nl" else "en", comment, who=whoami())
        )
    if json_:
        as_json({"text": tried.text, "codes": list(tried.codes), "model": tried.model, "host": tried.host})
    elif not tried.text:
        click.echo(say("drafts_failed"))
    else:
        click.echo(say("drafts_unfit" if tried.codes else "drafts_fit", text=shown(tried.text, SHOWN)))
    for code in tried.codes:
        if not json_:
            click.echo(f"  {wording.why(language(None), code)}")
    if tried.codes:
        raise SystemExit(FOUND_PROBLEM)


@drafts.command()
@place_options
def off(data: Path, database: str) -> None:
    """Ask no model any more and forget its key; the tone guide stays.

    For example: `goodstanding drafts off`.
    """
    from goodstanding.usecases import drafts as use

    with opened(data, database) as app:
        was_on = use.off(app.ctx, who=whoami())
    click.echo(say("drafts_off" if was_on else "drafts_none"))
