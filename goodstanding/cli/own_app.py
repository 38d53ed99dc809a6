"""What commands say of the operator's own app."""

from typing import TYPE_CHECKING

import click

from goodstanding.cli.opening import say, whoami
from goodstanding.cli.words import language

if TYPE_CHECKING:
    from goodstanding.bootstrap import App


def level(app: "App", connector: str) -> str:
    """Return the sentence about the level TikTok gave the app."""
    from goodstanding.locale import accounts as wording

    found = told(app, connector)
    name = wording.word(language(None), "level", str(found["level"]))
    return say("app_level", level=name, second=found["calls_per_second"], minute=found["calls_per_minute"])


def state_level(app: "App", connector: str, name: str) -> None:
    """State the level TikTok gave the app; above the first one with a warning."""
    from goodstanding.usecases import apps, playbooks

    apps.state_level(app.ctx, connector, name, who=whoami())
    if name != playbooks.call_levels()[0].name:
        click.echo(say("app_level_warning"), err=True)


def told(app: "App", connector: str) -> dict[str, object]:
    """Return what may be told of the app, for scripts. A secret is never part of it."""
    from goodstanding.usecases import apps, playbooks

    known, name = app.ctx.store.read(lambda q: (apps.known(app.ctx, q, connector), apps.level(q, connector)))
    rates = next(one for one in playbooks.call_levels() if one.name == name)
    return {
        "client_id": known.client_id if known else None, "permissions": list(known.permissions) if known else [],
        "level": name, "calls_per_second": rates.per_second, "calls_per_minute": rates.per_minute,
    }  # fmt: skip
