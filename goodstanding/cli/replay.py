"""`goodstanding replay`."""

from pathlib import Path

import click

from goodstanding.cli.opening import as_json, opened, place_options, say
from goodstanding.cli.words import FOUND_PROBLEM


@click.command()
@place_options
@click.option("--json", "json_", is_flag=True, help="Print {decisions, differences, erased} as JSON.")
def replay(data: Path, database: str, json_: bool) -> None:
    """Decide everything again from the recorded facts and compare it byte by byte.

    Nothing is sent or changed. Exit 1 when a decision differs. Decisions about erased people are counted apart.
    For example: `goodstanding replay --json`.
    """
    from goodstanding.usecases.replay import replay as run

    with opened(data, database) as app:
        found = run(app.ctx)
    if json_:
        as_json(
            {
                "decisions": found.decisions,
                "differences": found.differences,
                "erased": found.erased,
                "differing": found.differing,
            }
        )
    elif found.differences:
        first = ", ".join(map(str, found.differing[:10]))
        click.echo(
            say(
                "replay_bad",
                decisions=found.decisions,
                differences=found.differences,
                erased=found.erased,
                first=first,
            )
        )
    else:
        click.echo(say("replay_ok", decisions=found.decisions, erased=found.erased))
    raise SystemExit(FOUND_PROBLEM if found.differences else 0)
