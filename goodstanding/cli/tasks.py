"""`goodstanding tasks list|open|done|skip|back|holder`."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from goodstanding.cli.opening import as_json, fail, find_account, opened, place_options, say, whoami
from goodstanding.cli.words import FOUND_PROBLEM, WRONG_USE, language
from goodstanding.core.tasks import REASONS

if TYPE_CHECKING:
    from goodstanding.bootstrap import App
    from goodstanding.usecases.tasks import Item

_JSON = click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")


@click.group()
def tasks() -> None:
    """List and answer what only a person can send in the app.

    For example: `goodstanding tasks list`, then `goodstanding tasks open 12` for the text,
    then `goodstanding tasks done 12` or `goodstanding tasks skip 12 --reason gone`.
    """


@tasks.command("list")
@place_options
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@_JSON
def list_(data: Path, database: str, limit: int, json_: bool) -> None:
    """List open tasks, soonest too late first.

    The text is shown by `open`, which asks all limits again. For example:
    `goodstanding tasks list --limit 10`.
    """
    from goodstanding.kernel.timing import iso
    from goodstanding.usecases import tasks as use

    with opened(data, database) as app:
        found = app.ctx.store.read(lambda q: use.waiting(q, limit=limit))
    if json_:
        as_json([_plain(item) for item in found])
        return
    if not found:
        click.echo(say("tasks_none"))
    for item in found:
        click.echo(
            say(
                "task_line", task=item.outgoing.id, act=say(f"task_{item.outgoing.act}"), who=item.handle or "-",
                until=iso(item.task.until), opened=say("task_opened") if item.task.opened_at else "",
            )
        )  # fmt: skip


def _plain(item: "Item") -> dict[str, object]:
    task, one = item.task, item.outgoing
    return {
        "task": one.id, "account": item.account.id, "act": one.act, "to": item.handle, "video": item.event.video_id,
        "until": task.until, "opened_at": task.opened_at, "opened_by": task.opened_by or None,
    }  # fmt: skip


@tasks.command("open")
@place_options
@click.argument("task", type=int)
@_JSON
def open_(data: Path, database: str, task: int, json_: bool) -> None:
    """Ask all limits again and show the exact text.

    Exit 1 when it must not be sent now. For example: `goodstanding tasks open 12`.
    """
    from goodstanding.usecases import tasks as use

    with opened(data, database) as app, _told(task):
        _hear(app)
        found = use.open_task(app.ctx, task, whoami())
    text = found.item.outgoing.text if found.standing == "go" else ""
    if json_:
        as_json({**_plain(found.item), "standing": found.standing, "code": found.code, "text": text})
    elif found.standing == "go":
        click.echo(text or say(f"task_{found.item.outgoing.act}"))
    else:
        click.echo(say("task_not_now", why=_reason(found.code)), err=True)
    raise SystemExit(0 if found.standing == "go" else FOUND_PROBLEM)


@tasks.command()
@place_options
@click.argument("task", type=int)
@click.option("--before", is_flag=True, help="It was sent already, although it must not be sent now.")
@_JSON
def done(data: Path, database: str, task: int, before: bool, json_: bool) -> None:
    """Say: I sent it.

    Exit 1 when it must not be sent now; `--before` says that it was sent earlier. For example:
    `goodstanding tasks done 12`.
    """
    from goodstanding.usecases import tasks as use

    with opened(data, database) as app, _told(task):
        _hear(app)
        use.sent(app.ctx, task, whoami(), before=before)
    _say_done(task, "sent", json_=json_)


@tasks.command()
@place_options
@click.argument("task", type=int)
@click.option("--reason", type=click.Choice(REASONS), default="other", show_default=True, help="Why not.")
@_JSON
def skip(data: Path, database: str, task: int, reason: str, json_: bool) -> None:
    """Say: I did not send it, and why.

    For example: `goodstanding tasks skip 12 --reason gone`.
    """
    from goodstanding.usecases import tasks as use

    with opened(data, database) as app, _told(task):
        use.not_sent(app.ctx, task, whoami(), reason)
    _say_done(task, "not_sent", json_=json_)


@tasks.command()
@place_options
@click.argument("task", type=int)
@_JSON
def back(data: Path, database: str, task: int, json_: bool) -> None:
    """Take an answer back, within some minutes.

    For example: `goodstanding tasks back 12`.
    """
    from goodstanding.usecases import tasks as use

    with opened(data, database) as app, _told(task):
        use.take_back(app.ctx, task, whoami())
    _say_done(task, "open", json_=json_)


@tasks.command()
@place_options
@click.argument("account")
@click.argument("email", required=False, default="")
def holder(data: Path, database: str, account: str, email: str) -> None:
    """Say who holds an account's phone.

    By e-mail address; without one nobody in particular. For example:
    `goodstanding tasks holder lottekookt noor@example.org`.
    """
    from goodstanding.usecases import tasks as use

    with opened(data, database) as app:
        one = find_account(app, account)
        people = app.ctx.store.read(lambda q: q.persons())
        found = next((p.id for p in people if email and p.email == email.strip().lower()), 0)
        if email and not found:
            fail(say("person_unknown", email=email), WRONG_USE)
        use.set_holder(app.ctx, one.id, found, whoami())
    click.echo(say("holder_saved", account=one.id, who=email or "-"))


def _say_done(task: int, state: str, *, json_: bool) -> None:
    if json_:
        as_json({"task": task, "state": state})
    else:
        click.echo(say(f"task_now_{state}", task=task))


def _hear(app: "App") -> None:
    """Compare the clock with the platform's: a doubtful time stops every send, also by hand."""
    accounts = app.ctx.store.read(lambda q: q.accounts())
    if not app.ctx.clock.doubt() or not accounts:
        return

    async def ask() -> int | None:
        platform = app.ctx.platforms[accounts[0].connector]
        told = await platform.ask_time(accounts[0])
        await platform.close()
        return told

    told = asyncio.run(ask())
    if told is not None:
        app.clock.hear(told)


@contextmanager
def _told(task: int) -> Iterator[None]:
    """Turn what stands in the way into a sentence and exit 1."""
    from goodstanding.usecases import tasks as use
    from goodstanding.usecases.moderation import GoneError

    try:
        yield
    except GoneError:
        fail(say("task_gone", task=task), FOUND_PROBLEM)
    except use.NotAllowedNowError as error:
        fail(say("task_not_now", why=_reason(str(error.fields["why"]))), FOUND_PROBLEM)
    except use.TooLateToTakeBackError as error:
        fail(say("task_settled", minutes=error.fields["minutes"]), FOUND_PROBLEM)


def _reason(code: str) -> str:
    """Return the words of a reason without its figures: what stands in the way is told by name."""
    from goodstanding.locale import keys, sentence

    key = f"why.{code}"
    return sentence(language(None), key) if key in keys() else code
