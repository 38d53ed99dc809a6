"""`goodstanding freeze` and `goodstanding lift`."""

from pathlib import Path
from typing import Literal

import click

from goodstanding.cli.opening import as_json, check_account, fail, opened, place_options, say, whoami
from goodstanding.cli.words import FOUND_PROBLEM


@click.command()
@place_options
@click.option("--reason", required=True, help="Why; stands in the log.")
@click.option(
    "--scope",
    type=click.Choice(["everything", "promotion", "messages"]),
    default="everything",
    show_default=True,
    help="What stops. Hiding harmful comments always goes on.",
)
@click.option("--account", type=int, default=0, help="One account only; without it all accounts stop.")
@click.option("--json", "json_", is_flag=True, help="Print {freeze, held} as JSON.")
def freeze(
    data: Path,
    database: str,
    reason: str,
    scope: Literal["everything", "promotion", "messages"],
    account: int,
    json_: bool,
) -> None:
    """Stop sending at once. What was planned is held, not lost.

    For example: `goodstanding freeze --reason "wrong price in the reply" --scope promotion`.
    """
    from goodstanding.kernel.timing import iso
    from goodstanding.usecases import incidents

    with opened(data, database) as app:
        check_account(app, account)
        row, held = incidents.freeze(app.ctx, reason=reason, who=whoami(), scope=scope, account_id=account)
    if json_:
        as_json({"freeze": row.id, "held": held})
    else:
        click.echo(say("frozen", at=iso(row.at), held=held, freeze=row.id))


@click.command()
@place_options
@click.argument("freeze_id", type=int, required=False)
@click.option(
    "--discard", is_flag=True, help="Drop everything planned first, instead of releasing it slowly."
)
@click.option("--json", "json_", is_flag=True, help="Print {freeze, cancelled} as JSON.")
def lift(data: Path, database: str, freeze_id: int | None, discard: bool, json_: bool) -> None:
    """Lift a freeze; without a number the only one in force.

    For example: `goodstanding lift 3 --discard`.
    """
    from goodstanding.usecases import incidents

    with opened(data, database) as app:
        ctx = app.ctx
        if freeze_id is None:
            active = [f.id for f in ctx.store.read(lambda q: q.freezes(active_only=True))]
            if not active:
                fail(say("nothing_frozen"), FOUND_PROBLEM)
            if len(active) > 1:
                fail(say("which_freeze", count=len(active), ids=", ".join(map(str, active))), 2)
            freeze_id = active[0]
        try:
            cancelled = incidents.lift(ctx, freeze_id, who=whoami(), discard=discard)
        except incidents.NotFrozenError:
            fail(say("not_frozen", freeze=freeze_id), FOUND_PROBLEM)
    if json_:
        as_json({"freeze": freeze_id, "cancelled": cancelled})
    else:
        click.echo(say("lifted", freeze=freeze_id, cancelled=cancelled))
