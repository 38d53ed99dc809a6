"""`goodstanding feed`: what is sure, what was found late, and the captures of figures."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goodstanding.cli.opening import as_json, check_account, fail, opened, place_options, say
from goodstanding.cli.words import FOUND_PROBLEM, number, table
from goodstanding.cli.words import language as spoken

if TYPE_CHECKING:
    from goodstanding.bootstrap import App
    from goodstanding.usecases.ports import Account
    from goodstanding.usecases.snapshots import Checked

ACCOUNT = click.option("--account", type=int, default=0, help="One account only; without it all accounts.")
THIS_ACCOUNT = click.option(
    "--account", type=int, default=0, help="Which account; needed when there is more than one."
)


@click.group()
def feed() -> None:
    """Show how completely accounts are read, and what was captured.

    Webhooks bring comments; reading finds what they missed. `feed status` says how sure that is:

        goodstanding feed status --data data
    """


@feed.command()
@place_options
@ACCOUNT
@click.option("--json", "json_", is_flag=True, help="Print a list of figures, one object an account.")
def status(data: Path, database: str, account: int, json_: bool) -> None:
    """Show the gap meter. Exit code 1 while a gap is open.

    A gap is open when TikTok has, or may have, comments that are not here: a read broke off, comments were missing, or
    the account must be connected again. Private messages are counted apart, where TikTok lets them be read.

        goodstanding feed status --json
    """
    with opened(data, database) as app:
        check_account(app, account)
        found = [_figures(app, one) for one in _accounts(app) if account in (0, one.id)]
    if json_:
        as_json(found)
    elif not found:
        click.echo(say("feed_none"))
    for one in [] if json_ else found:
        _show(one)
    if any(one["open_gaps"] or (one["messages"] or {}).get("open_gaps") for one in found):
        raise SystemExit(FOUND_PROBLEM)


@feed.command()
@place_options
@THIS_ACCOUNT
def look(data: Path, database: str, account: int) -> None:
    """Let every post of an account be read again soon.

    A running worker does it. For example: `goodstanding feed look --account 1`.
    """
    from goodstanding.usecases import reading

    with opened(data, database) as app:
        count = reading.look_soon(app.ctx, chosen(app, account))
    click.echo(say("feed_looking", count=count))


@feed.command()
@place_options
@THIS_ACCOUNT
@click.option("--subject", default="", help="Only this post, by TikTok's id.")
@click.option(
    "--csv", "csv_", is_flag=True, help="Print a table of all figures with commas; absent is empty."
)
@click.option("--json", "json_", is_flag=True, help="Print one JSON object a line, with all figures.")
def snapshots(data: Path, database: str, account: int, subject: str, csv_: bool, json_: bool) -> None:
    """Show the captures of figures.

    Each is read back and compared with its hash in the log. Exit code 1 when one is not as it was sealed.

        goodstanding feed snapshots --account 1 --csv > figures.csv
    """
    from goodstanding.usecases.snapshots import every

    if csv_ and json_:
        raise click.UsageError("--csv or --json, not both")
    with opened(data, database) as app:
        number_of = chosen(app, account)
        found = app.ctx.store.read(lambda q: list(every(q, number_of, subject=subject)))
    if json_:
        for one in found:
            as_json(_row(one) | {"insights": one.insights})
    elif csv_:
        _as_csv(found)
    elif found:
        _as_table(found)
    else:
        click.echo(say("captures_none"))
    bad = sum(one.state != "whole" for one in found)
    if bad:
        fail(say("captures_bad", count=bad), FOUND_PROBLEM)


@feed.command()
@place_options
@THIS_ACCOUNT
@click.option("--ask", is_flag=True, help="Ask TikTok now: states, settings for new posts, mentions.")
@click.option(
    "--publication", default="", help="Follow this publish_id, begun by another tool under the same app."
)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def posts(data: Path, database: str, account: int, *, ask: bool, publication: str, json_: bool) -> None:
    """Show posts, and how those on their way are.

    What TikTok tells of a publication comes by webhook and is asked again until it ends. For example:
    `goodstanding feed posts --account 1 --ask`. Exit code 1 when a publication failed, 3 when TikTok did not
    answer.
    """
    from goodstanding.cli import posts as shown

    with opened(data, database) as app:
        shown.show(app, chosen(app, account), ask=ask, publication=publication, json_=json_)


def chosen(app: "App", account: int) -> int:
    """Return the account that is meant: the one named, or the only one; exit 2 otherwise."""
    known = [one.id for one in _accounts(app)]
    if account == 0 and len(known) == 1:
        return known[0]
    check_account(app, account, every=False)
    return account


def _accounts(app: "App") -> "list[Account]":
    return app.ctx.store.read(lambda q: q.accounts())


def _figures(app: "App", account: "Account") -> dict[str, Any]:
    from goodstanding.kernel.timing import iso
    from goodstanding.usecases import reconcile

    connected, found, talk, hidden = app.ctx.store.read(
        lambda q: (
            account.id in q.has_credentials(),
            reconcile.figures(app.ctx, q, account.id),
            reconcile.talk_figures(app.ctx, q, account.id),
            q.spam_flags(account.id, 0),
        )
    )
    return {
        "account": account.id,
        "handle": account.handle,
        "connected": connected,
        "open_gaps": found.open,
        "found_late": found.found_late,
        "came_after": found.came_after,
        "waiting": found.waiting,
        "never_came": found.never_came,
        "duplicates": found.duplicates,
        "watched": found.watched,
        "sure_until": None if found.sure_until is None else iso(found.sure_until),
        "replies_sure_until": None if found.replies_sure_until is None else iso(found.replies_sure_until),
        "hidden_replies": hidden,
        "messages": None
        if talk is None
        else {
            "open_gaps": talk.open,
            "found_late": talk.found_late,
            "came_after": talk.came_after,
            "waiting": talk.waiting,
            "never_came": talk.never_came,
            "duplicates": talk.duplicates,
            "sure_until": None if talk.sure_until is None else iso(talk.sure_until),
        },
    }


_WORDS = (
    ("open_gaps", "feed_open_gaps"), ("found_late", "feed_found_late"), ("came_after", "feed_came_after"),
    ("waiting", "feed_waiting"), ("never_came", "feed_never_came"), ("duplicates", "feed_duplicates"),
    ("watched", "feed_watched"), ("sure_until", "feed_sure"), ("replies_sure_until", "feed_replies_sure"),
    ("hidden_replies", "feed_hidden"),
)  # fmt: skip


_TALK_WORDS = _WORDS[:6]
"""The figures that messages have too."""


def _show(one: dict[str, Any]) -> None:
    click.echo(say("feed_account", account=one["account"], handle=one["handle"]))
    if not one["connected"]:
        click.echo(f"  {say('feed_not_connected')}")
    for name, key in _WORDS:
        click.echo(f"  {say(key)}: {_shown(one[name])}")
    if one["messages"] is not None:
        click.echo(f"  {say('feed_messages')}:")
        for name, key in (*_TALK_WORDS, ("sure_until", "feed_messages_sure")):
            click.echo(f"    {say(key)}: {_shown(one['messages'][name])}")


def _shown(value: int | str | None) -> str:
    if value is None:
        return say("feed_never")
    return number(spoken(None), value) if isinstance(value, int) else value


def _row(one: "Checked") -> dict[str, Any]:
    from goodstanding.kernel.timing import iso

    s = one.snapshot
    return {
        "id": s.id, "day": s.day, "kind": s.kind, "subject": s.subject, "taken_at": iso(s.taken_at),
        "sha256": s.digest.hex(), "entry": s.seq, "state": one.state,
    }  # fmt: skip


def _as_table(found: "list[Checked]") -> None:
    head = say("captures_head").split("|")
    states = {
        "whole": say("capture_whole"), "changed": say("capture_changed"), "unsealed": say("capture_unsealed"),
        "lost": say("capture_lost"),
    }  # fmt: skip
    rows = [
        [s.day, s.kind, s.subject, s.digest.hex()[:12], states[one.state]]
        for one in found
        for s in (one.snapshot,)
    ]
    table(head, rows)


def _as_csv(found: "list[Checked]") -> None:
    import csv

    flat = [dict(_flat("", one.insights)) for one in found]
    names = sorted({name for row in flat for name in row})
    fixed = ["id", "day", "kind", "subject", "taken_at", "sha256", "entry", "state"]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*fixed, *(_cell(name) for name in names)])
    for one, row in zip(found, flat, strict=True):
        whole = _row(one)
        writer.writerow([*(whole[name] for name in fixed), *(_cell(row.get(name)) for name in names)])


def _flat(path: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield the plain values of an object by their path, lists by position."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(f"{path}.{name}" if path else str(name), inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _flat(f"{path}.{place}", inner)
    else:
        yield path, value


def _cell(value: object) -> object:
    """Return a value that no spreadsheet takes for a formula; absent is empty."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return "" if value is None else value
