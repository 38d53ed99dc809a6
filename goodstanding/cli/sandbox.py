"""`goodstanding sandbox`: the imitation of the platform as a server of its own."""

from typing import Literal

import click

from goodstanding.cli.opening import fail, say
from goodstanding.cli.words import CANNOT_REACH

_EXAMPLE = """\b
Example, in two windows:
  goodstanding sandbox --port 8430 --webhook http://127.0.0.1:8000/hook
  curl -H 'Content-Type: application/json' -d '{"persona": "business-id"}' \\
       http://127.0.0.1:8430/_sandbox/accounts
The answer has a token; then call as you would call TikTok:
  curl -G http://127.0.0.1:8430/open_api/v1.3/business/video/list/ \\
       -H "Access-Token: TOKEN" -d business_id=BUSINESS_ID
"""


@click.command(epilog=_EXAMPLE)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; 0 takes any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--app-id", default=None, show_default="7412345678901234567", help="App id, also `client_key`.")
@click.option("--app-secret", default=None, show_default="sandbox-app-secret",
              help="App secret, also the key of the webhook signatures.")  # fmt: skip
@click.option("--webhook", metavar="URL", default=None, help="Where events of all categories go.")
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Seed of everything that looks like chance."
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Virtual seconds per real second.",
)
@click.option("--start-at", metavar="ISO", default=None, help="Start of the virtual clock; now by default.")
@click.option(
    "--public-url", metavar="URL", default="", help="How others reach it; what they called by default."
)
@click.option("--no-limits", is_flag=True, help="Do not throttle calls.")
@click.option("--level", type=click.Choice(["basic", "advanced", "premium", "ultimate"]), default="basic", show_default=True,
              help="Level of the app: how often it may call.")  # fmt: skip
@click.option("--refresh-mode", type=click.Choice(["keep", "rotate"]), default="keep", show_default=True,
              help="Whether a refresh keeps the refresh token or gives a new one.")  # fmt: skip
@click.option("--local-redirects", is_flag=True, help="Accept http://127.0.0.1 redirect addresses.")
@click.option("--remote-webhooks", is_flag=True, help="Deliver webhooks to other machines as well.")
@click.option("--legacy-pin", is_flag=True, help="Answer the pin call that only older clients know.")
@click.option("--openapi", is_flag=True, help="Print the OpenAPI description of all calls and stop.")
@click.option("--keep", type=click.IntRange(min=1000), default=200_000, show_default=True,
              help="How many comments, log lines and queued deliveries to keep.")  # fmt: skip
def sandbox(
    *,
    port: int,
    host: str,
    app_id: str | None,
    app_secret: str | None,
    webhook: str | None,
    seed: int,
    speed: float,
    start_at: str | None,
    public_url: str,
    no_limits: bool,
    level: Literal["basic", "advanced", "premium", "ultimate"],
    refresh_mode: Literal["keep", "rotate"],
    local_redirects: bool,
    remote_webhooks: bool,
    legacy_pin: bool,
    openapi: bool,
    keep: int,
) -> None:
    """Serve an imitation of TikTok's API for Business, with invented accounts and viewers.

    It has the comment, insight, publishing, mention and message calls, the consent page, signed webhooks, limits, faults and
    a clock of its own. Open the address it prints, with _sandbox/ behind it, in a browser: there stands how to make
    accounts, let viewers write, move the clock, and what is assumed rather than documented.

    Exit codes: 0 stopped by you, 2 wrong use, 3 the address cannot be taken.
    """
    from goodstanding.sandbox import server
    from goodstanding.sandbox.clock import parse_iso
    from goodstanding.sandbox.state import ApiError
    from goodstanding.sandbox.world import Settings

    if openapi:
        from goodstanding.sandbox.openapi import document

        click.echo(document().decode())
        return
    try:
        start_ms = None if start_at is None else parse_iso(start_at)
    except ValueError:
        raise click.BadParameter(f"{start_at} is not an ISO time", param_hint="--start-at") from None
    settings = Settings(
        host=host,
        port=port,
        app_id=app_id or Settings().app_id,
        app_secret=app_secret or Settings().app_secret,
        webhook=webhook,
        seed=seed,
        speed=speed,
        start_ms=start_ms,
        limits=not no_limits,
        level=level,
        refresh_mode=refresh_mode,
        public_url=public_url.rstrip("/"),
        local_redirects=local_redirects,
        legacy_pin=legacy_pin,
        remote_webhooks=remote_webhooks,
        comments_max=keep,
        log_max=keep,
        queue_max=keep,
    )
    try:
        server.run(settings)
    except ApiError as refusal:
        raise click.BadParameter(refusal.message, param_hint="--webhook") from None
    except OSError as trouble:
        fail(say("cannot_listen", host=host, port=port, why=trouble.strerror or str(trouble)), CANNOT_REACH)
