"""`goodstanding bio show|on|off`."""

from pathlib import Path

import click

from goodstanding.cli.opening import as_json, check_account, fail, opened, place_options, say, whoami
from goodstanding.cli.words import FOUND_PROBLEM

_ACCOUNT = click.option("--account", type=int, default=1, show_default=True, help="Whose page.")
WEEKS = 28
"""Days of clicks that are shown."""


@click.group()
def bio() -> None:
    """Look at the bio page and its clicks, show it to visitors or take it away.

    It is written under Bio page in the desk. For example: `goodstanding bio show --account 1 --json`.
    """


@bio.command()
@place_options
@_ACCOUNT
@click.option("--json", "json_", is_flag=True, help="Print page, links and clicks as JSON.")
def show(data: Path, database: str, account: int, json_: bool) -> None:
    """Show where the page is, its links and their clicks.

    Clicks are those of four weeks; with how many agreed to what. For example: `goodstanding bio show --account 2`.
    """
    from goodstanding.kernel.timing import DAY
    from goodstanding.usecases import bio as use

    with opened(data, database) as app:
        check_account(app, account, every=False)
        since = app.ctx.clock.now() // DAY - WEEKS + 1
        found, rows, receipts = app.ctx.store.read(
            lambda q: (
                use.page_for(q, account),
                q.bio_clicks(account, since),
                q.form_receipts(account, 10_000),
            )
        )
        public = app.settings.public_url
    if found is None:
        fail(say("bio_none", account=account), FOUND_PROBLEM)
    clicks: dict[int, dict[str, int]] = {}
    for link, _, ref, count in rows:
        mine = clicks.setdefault(link, {})
        mine[ref] = mine.get(ref, 0) + count
    held = [one for one in receipts if one.withdrawn_at is None]
    agreed = {
        purpose: sum(purpose in one.purposes.split() for one in held) for purpose in ("answer", "marketing")
    }
    url = f"{public.rstrip('/')}/b/{found.page.slug}" if public else ""
    if json_:
        links = [
            {"id": one.id, "url": one.url, "shown": one.shown, "clicks": clicks.get(one.id, {})}
            for one in found.document.links
        ]
        as_json(
            {"slug": found.page.slug, "url": url, "live": found.page.live, "links": links, "agreed": agreed}
        )
        return
    click.echo(
        say(
            "bio_page",
            url=url or f"/b/{found.page.slug}",
            live=say("bio_live" if found.page.live else "bio_hidden"),
        )
    )
    if not public:
        click.echo(say("bio_unreached"))
    for one in found.document.links:
        click.echo(say("bio_link", clicks=sum(clicks.get(one.id, {}).values()), url=one.url))
    click.echo(say("bio_agreed", **agreed))


@bio.command()
@place_options
@_ACCOUNT
def on(data: Path, database: str, account: int) -> None:
    """Show the page to visitors.

    For example: `goodstanding bio on --account 2`.
    """
    _turn(data, database, account, live=True)


@bio.command()
@place_options
@_ACCOUNT
def off(data: Path, database: str, account: int) -> None:
    """Take the page away; receipts and clicks stay.

    For example: `goodstanding bio off --account 2`.
    """
    _turn(data, database, account, live=False)


def _turn(data: Path, database: str, account: int, *, live: bool) -> None:
    from goodstanding.usecases import bio as use

    with opened(data, database) as app:
        check_account(app, account, every=False)
        found = app.ctx.store.read(lambda q: use.page_for(q, account))
        if found is None:
            fail(say("bio_none", account=account), FOUND_PROBLEM)
        use.save(app.ctx, account, found.page.slug, found.document, live=live, who=whoami())
    click.echo(say("bio_page", url=f"/b/{found.page.slug}", live=say("bio_live" if live else "bio_hidden")))
