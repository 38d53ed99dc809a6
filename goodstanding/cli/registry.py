"""`goodstanding registry`: campaigns, and the posts that belong to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goodstanding.cli import words
from goodstanding.cli.feed import THIS_ACCOUNT, chosen
from goodstanding.cli.opening import as_json, fail, opened, place_options, say, whoami
from goodstanding.cli.words import CANNOT_REACH, FOUND_PROBLEM, WRONG_USE

if TYPE_CHECKING:
    from goodstanding.usecases.registry import Entry

_CLASS = click.Choice(["rewarded", "sponsored", "growth"])
_APPROVER = click.option("--approver", default="", help="Who approves: a name or e-mail address of the team.")


@click.group()
def registry() -> None:
    """Keep the register of campaigns and the posts that belong to them.

    A campaign's id is the month it begins and words; a post is of its campaign's kind:

        goodstanding registry add 2026-11-soup-week --title "Soup week" --class rewarded
    """


@registry.command("list")
@place_options
@THIS_ACCOUNT
@click.option("--json", "json_", is_flag=True, help="Print {campaigns, videos} as JSON.")
def list_(data: Path, database: str, account: int, json_: bool) -> None:
    """Show the campaigns of an account.

    goodstanding registry list --account 1 --json
    """
    with opened(data, database) as app:
        number = chosen(app, account)
        campaigns, videos, people = app.ctx.store.read(
            lambda q: (q.campaigns(number), q.videos(number), {one.id: one.name for one in q.persons()})
        )
    rows = [
        {
            "id": one.id, "title": one.title, "class": one.campaign_class, "approver": people.get(one.approver_id or 0, ""),
            "videos": sum(video.campaign == one.id for video in videos),
        }
        for one in campaigns
    ]  # fmt: skip
    if json_:
        posts = [
            {"id": v.id, "title": v.title, "class": v.video_class, "campaign": v.campaign} for v in videos
        ]
        as_json({"campaigns": rows, "videos": posts})
    elif rows:
        cells = [[words.shown(str(value), 60) for value in row.values()] for row in rows]
        words.table(say("registry_head").split("|"), cells, right=frozenset({4}))
    else:
        click.echo(say("registry_none"))


@registry.command()
@place_options
@THIS_ACCOUNT
@click.argument("campaign")
@click.option("--title", required=True, help="What people call it.")
@click.option("--class", "kind", type=_CLASS, required=True, help="Its posts are of this kind, all of them.")
@_APPROVER
def add(data: Path, database: str, account: int, campaign: str, title: str, kind: str, approver: str) -> None:
    """Add a campaign.

    goodstanding registry add 2026-11-soup-week --title "Soup week" --class sponsored --approver Noor
    """
    from goodstanding.usecases import registry as uses

    with opened(data, database) as app, _told():
        uses.add_campaign(
            app.ctx, account_id=chosen(app, account), campaign_id=campaign, title=title, campaign_class=kind,
            approver_id=uses.person_named(app.ctx, approver) if approver else None, who=whoami(),
        )  # fmt: skip
    click.echo(say("campaign_added", campaign=campaign))


@registry.command()
@place_options
@THIS_ACCOUNT
@click.argument("campaign")
@click.option("--title", default="", help="A new title.")
@click.option("--class", "kind", type=_CLASS, default=None, help="Another kind; its posts take it over.")
@_APPROVER
def edit(
    data: Path, database: str, account: int, campaign: str, title: str, kind: str | None, approver: str
) -> None:
    """Change a campaign; what is not given stays.

    goodstanding registry edit 2026-11-soup-week --approver noor@example.org
    """
    from goodstanding.usecases import registry as uses

    with opened(data, database) as app, _told():
        number = chosen(app, account)
        known = app.ctx.store.read(lambda q: q.campaign(number, campaign))
        if known is None:
            raise uses.RegistryError("CAMPAIGN_UNKNOWN", campaign=campaign)
        uses.edit_campaign(
            app.ctx, account_id=number, campaign_id=campaign, version=known.version, title=title or known.title,
            campaign_class=kind or known.campaign_class,
            approver_id=uses.person_named(app.ctx, approver) if approver else known.approver_id, who=whoami(),
        )  # fmt: skip
    click.echo(say("campaign_changed", campaign=campaign))


@registry.command()
@place_options
@THIS_ACCOUNT
@click.argument("video")
@click.option("--campaign", default="", help="The campaign it belongs to; without it none.")
@click.option("--class", "kind", type=_CLASS, default=None, help="Its kind; by default the campaign's.")
def assign(data: Path, database: str, account: int, video: str, campaign: str, kind: str | None) -> None:
    """Put a post under a campaign.

    goodstanding registry assign 7672400000000000101 --campaign 2026-11-soup-week
    """
    from goodstanding.usecases import registry as uses

    with opened(data, database) as app, _told():
        found = uses.assign(
            app.ctx, account_id=chosen(app, account), video_id=video, campaign_id=campaign, video_class=kind or "",
            who=whoami(),
        )  # fmt: skip
    click.echo(say("video_assigned", video=found.id, campaign=found.campaign or "-", kind=found.video_class))


@registry.command("import")
@place_options
@THIS_ACCOUNT
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "json_", is_flag=True, help="Print counts and problems as JSON.")
def import_(data: Path, database: str, account: int, file: Path, json_: bool) -> None:
    """Take in a CSV file of posts and campaigns.

    Its columns: video, campaign, class, campaign_title, approver. Good rows are taken in, bad ones are listed (exit
    code 1). The same file again changes nothing.

        goodstanding registry import campaigns.csv --account 1
    """
    from goodstanding.usecases import registry as uses

    entries = _read(file)
    with opened(data, database) as app, _told():
        found = uses.bring_in(app.ctx, account_id=chosen(app, account), entries=entries, who=whoami())
    lang = words.language(None)
    problems = [(one.line, words.problem_words(lang, one)) for one in found.problems]
    if json_:
        counts: dict[str, Any] = {
            "campaigns": found.campaigns, "videos": found.videos, "unchanged": found.unchanged,
        }  # fmt: skip
        as_json(counts | {"problems": [{"line": line, "why": why} for line, why in problems]})
    else:
        click.echo(
            say(
                "registry_imported", videos=found.videos, campaigns=found.campaigns, unchanged=found.unchanged
            )
        )
        for line, why in problems:
            click.echo(say("registry_line", line=line or "-", why=why), err=True)
    if problems:
        raise SystemExit(FOUND_PROBLEM)


def _read(file: Path) -> "list[Entry]":
    import csv

    from goodstanding.usecases.registry import COLUMNS, entries_in

    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = words.why_not(words.language(None), error) if isinstance(error, OSError) else "UTF-8"
        fail(f"{file}: {why}", CANNOT_REACH)
    reader = csv.DictReader(text.replace("\x00", "").splitlines())
    try:
        head = {name.strip().lower() for name in reader.fieldnames or () if name}
    except csv.Error:
        head = set()
    if "video" not in head:
        fail(say("registry_columns", missing="video", known=", ".join(COLUMNS)), WRONG_USE)
    return entries_in(reader)


@contextmanager
def _told() -> Iterator[None]:
    """Turn a refusal of the registry into its sentence and exit 2."""
    from goodstanding.core.registry import CampaignNameError
    from goodstanding.kernel.problems import Problem
    from goodstanding.usecases.registry import RegistryError

    try:
        yield
    except (CampaignNameError, RegistryError) as error:
        problem = Problem(code=error.code, fields=error.fields)
        fail(words.problem_words(words.language(None), problem), WRONG_USE)
