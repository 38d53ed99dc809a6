"""`goodstanding accounts waiting`: what was held when an account's authorisation ended, and what becomes of it."""

from pathlib import Path

import click

from goodstanding.cli.opening import as_json, find_account, opened, place_options, say, whoami


@click.command()
@place_options
@click.argument("account")
@click.option(
    "--plan/--let-go",
    "plan",
    default=None,
    help="Plan what is still fresh and let the rest go, or let all of it go.",
)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def waiting(data: Path, database: str, account: str, plan: bool | None, json_: bool) -> None:
    """Show and decide what waited for a consent.

    When an account's authorisation ends, what was planned is held; decide about it once it is connected again.

    Without an option nothing is changed, and nothing of it ever leaves by itself. For example:
    `goodstanding accounts waiting lottekookt`, then `goodstanding accounts waiting lottekookt --plan`.
    """
    from goodstanding.cli.accounts import told_plainly
    from goodstanding.kernel.timing import iso
    from goodstanding.usecases import resuming

    with opened(data, database) as app, told_plainly():
        found = find_account(app, account)
        held = app.ctx.store.read(lambda q: resuming.waiting(app.ctx, q, found.id))
        done = resuming.decide(app.ctx, found.id, plan=plan, who=whoami()) if plan is not None else None
    if json_:
        as_json(
            {
                "account": found.id, "ended_at": iso(held.since) if held else None, "waiting": held.count() if held else 0,
                "fresh": len(held.fresh) if held else 0, "connected": held.connected if held else None,
                "planned": done.planned if done else None, "let_go": done.let_go if done else None,
            }
        )  # fmt: skip
    elif done is not None:
        click.echo(say("waiting_done", planned=done.planned, let_go=done.let_go))
    elif held is None:
        click.echo(say("waiting_none"))
    else:
        words = "waiting_fresh" if held.connected else "waiting_closed"
        click.echo(say(words, date=iso(held.since), count=held.count(), fresh=len(held.fresh)))
