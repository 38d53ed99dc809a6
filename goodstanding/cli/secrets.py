"""`goodstanding accounts secrets`: what webhooks may be signed with now, and the end of an overlap."""

from pathlib import Path

import click

from goodstanding.cli.opening import as_json, opened, place_options, say, whoami

CONNECTOR = "tiktok"


@click.command()
@place_options
@click.option("--end", is_flag=True, help="Accept the webhook secret before no longer, from now on.")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def secrets(data: Path, database: str, end: bool, json_: bool) -> None:
    """Show which webhook secrets are accepted.

    Until when, and how many webhooks each let in. No secret is shown.

    `goodstanding accounts app` sets a new one and goes on accepting the one before for a while. Once all comes in under
    the new one, end it: `goodstanding accounts secrets --end`.
    """
    from goodstanding.kernel.timing import iso
    from goodstanding.usecases import apps

    with opened(data, database) as app:
        ended = apps.end_overlap(app.ctx, CONNECTOR, who=whoami()) if end else None
        found, counts = app.ctx.store.read(
            lambda q: (apps.webhook_secrets(app.ctx, q, CONNECTOR), apps.accepted(q, CONNECTOR))
        )
    rows = [
        (one.name, iso(one.until) if one.until is not None else None, counts[one.name].count) for one in found
    ]
    if json_:
        as_json([{"name": name, "until": until, "let_in": count} for name, until, count in rows])
        return
    if ended is not None:
        click.echo(say("overlap_ended" if ended else "overlap_none"))
    for name, until, count in rows:
        click.echo(say(f"secret_{name}", count=count, until=until or ""))
    if not rows:
        click.echo(say("app_none"))
