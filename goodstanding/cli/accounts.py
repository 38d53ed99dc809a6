"""`goodstanding accounts`: list, add, show, change, connect, revoke, postpone, kill, release, app, webhooks and more."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from goodstanding.cli.opening import as_json, fail, find_account, opened, place_options, say, whoami
from goodstanding.cli.secrets import secrets
from goodstanding.cli.standing import conflicts, moment, printed, summary, told_by_export, whole
from goodstanding.cli.waiting import waiting
from goodstanding.cli.words import CANNOT_REACH, FOUND_PROBLEM, WRONG_USE, heading, language, table
from goodstanding.cli.words import shown as shown_safely
from goodstanding.kernel.problems import GoodstandingError

if TYPE_CHECKING:
    from goodstanding.bootstrap import App
    from goodstanding.usecases.automatic import Shown

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
CONNECTOR = "tiktok"
MODES, TYPES = ("automatic", "assisted", "sandbox"), ("unknown", "personal", "business")
PROGRAMMES = ("creator-rewards", "live-gifts", "subscriptions", "shop-affiliate")
LEVELS = ("basic", "advanced", "premium", "ultimate")
PERMISSIONS = ("accounts", "publishing", "mentions", "messaging")
_EXITS = {
    "PLATFORM_NOT_REACHED": CANNOT_REACH,
    "APP_REFUSED": FOUND_PROBLEM,
    "CONSENT_GONE": FOUND_PROBLEM,
    "READ_FAILED": CANNOT_REACH,
}
_ACCOUNT = click.argument("account")
_JSON = click.option("--json", "json_", is_flag=True, help="Print JSON.")


def _facts(command: F) -> F:
    """Add the options that state facts of an account."""
    for option in (
        click.option("--zone", default=None, help="Time zone, such as Europe/Amsterdam."),
        click.option("--language", "home", type=click.Choice(("nl", "en")), default=None, help="Language it is at home in."),
        click.option("--programme", "programmes", multiple=True, type=click.Choice(PROGRAMMES),
            help="Takes part in it; repeatable."),
        click.option("--type", "type_", type=click.Choice(TYPES), default=None, help="Type of account, as far as you know."),
        click.option("--country", default=None, help="Country of registration, two letters. TikTok does not tell it."),
        click.option("--mode", type=click.Choice(MODES), default=None, help="How it is served; assisted needs no TikTok app."),
        click.option("--name", default=None, help="What you call it."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.group()
def accounts() -> None:
    """Accounts: add, connect, and see what each can do.

    An account in assisted mode needs no TikTok app at all: `goodstanding accounts add lottekookt --mode assisted
    --country NL`. To connect one, first give your own app's credentials with `goodstanding accounts app`.
    """


accounts.add_command(waiting)
accounts.add_command(secrets)


@accounts.command("list")
@place_options
@_JSON
def list_(data: Path, database: str, json_: bool) -> None:
    """List the accounts, and how they are served and connected.

    For example: `goodstanding accounts list --json`.
    """
    from goodstanding.locale import accounts as wording
    from goodstanding.usecases import connections

    lang = language(None)
    with opened(data, database) as app:
        found = app.ctx.store.read(lambda q: [connections.standing_of(q, one) for one in q.accounts()])
    if json_:
        as_json([summary(one) for one in found])
        return
    if not found:
        click.echo(say("no_accounts_yet"))
        return
    head = [say(f"accounts_{name}") for name in ("id", "handle", "mode", "type", "country", "state", "on")]
    rows = [
        [
            str(one.account.id), f"@{one.account.handle}", wording.word(lang, "mode", one.account.mode),
            wording.word(lang, "type", one.connection.account_type), one.connection.country or "-",
            wording.state(lang, one.connection.state, one.account.mode), f"{sum(f.on for f in one.findings)}/{len(one.findings)}",
        ]
        for one in found
    ]  # fmt: skip
    table(head, rows, right=frozenset({0, 6}))


@accounts.command()
@place_options
@click.argument("handle")
@_facts
@_JSON
def add(
    data: Path, database: str, handle: str, json_: bool, *, name: str | None, mode: str | None, country: str | None,
    type_: str | None, programmes: tuple[str, ...], home: str | None, zone: str | None,
) -> None:  # fmt: skip
    """Add an account by its name on TikTok.

    For example: `goodstanding accounts add lottekookt --mode assisted --country NL`.
    """
    from goodstanding.usecases import accounts as use
    from goodstanding.usecases import connections

    with opened(data, database) as app, told_plainly():
        made = use.add(
            app.ctx, mode=mode or "automatic", handle=handle, name=name or "", country=country or "",  # type: ignore[arg-type]  # click checked the choice
            account_type=type_ or "unknown", programmes=programmes, language=home or language(None),  # type: ignore[arg-type]  # click checked the choice
            zone=zone or "Europe/Amsterdam", who=whoami(),
        )  # fmt: skip
        found = app.ctx.store.read(lambda q: connections.standing(q, made.id))
    if json_:
        as_json(summary(found))
        return
    click.echo(say("account_added", account=made.id, handle=made.handle))
    conflicts(found)
    if made.mode != "assisted":
        click.echo(say("account_connect_next", account=made.id))


@accounts.command()
@place_options
@_ACCOUNT
@_facts
@click.option(
    "--approved/--not-approved",
    default=None,
    help="United States: TikTok's further reviews for messages are passed.",
)
def change(
    data: Path, database: str, account: str, *, name: str | None, mode: str | None, country: str | None, type_: str | None,
    programmes: tuple[str, ...], home: str | None, zone: str | None, approved: bool | None,
) -> None:  # fmt: skip
    """Change how an account is served, or state facts about it.

    What it can do is worked out anew. For example: `goodstanding accounts change lottekookt --type business`.
    """
    from goodstanding.usecases import accounts as use
    from goodstanding.usecases import connections

    with opened(data, database) as app, told_plainly():
        number = find_account(app, account).id
        if country is not None:
            connections.country_code(country)
        use.change(app.ctx, number, who=whoami(), mode=mode, name=name, language=home, zone=zone)  # type: ignore[arg-type]  # click checked the choice
        connections.state_facts(
            app.ctx, number, who=whoami(), country=country, account_type=type_, approved=approved,  # type: ignore[arg-type]  # click checked the choice
            programmes=programmes or None,
        )  # fmt: skip
        found = app.ctx.store.read(lambda q: connections.standing(q, number))
    click.echo(say("account_changed", handle=found.account.handle))
    conflicts(found)


@accounts.command()
@place_options
@_ACCOUNT
@click.option(
    "--check", is_flag=True, help="Ask TikTok first whose key it is, what it may do, and who the account is."
)
@_JSON
def show(data: Path, database: str, account: str, check: bool, json_: bool) -> None:
    """Show what an account can do and why, by which rule.

    For example: `goodstanding accounts show lottekookt`, or by its number: `goodstanding accounts show 1 --json`.
    """
    import msgspec

    from goodstanding.usecases import connecting, connections, policies, regions, retention

    with opened(data, database) as app, told_plainly():
        number = find_account(app, account).id
        if check:
            _run(app, connecting.check(app.ctx, number))
        found = app.ctx.store.read(lambda q: connections.standing(q, number))
        export = app.ctx.store.read(lambda q: regions.told(q, number))
        gone = app.ctx.store.read(lambda q: retention.deleted(q, number))
        policy = policies.active(app.ctx, found.account).policy
        idle = connections.idle_rules(policy, found)
        notices = [
            n for n in app.ctx.store.read(lambda q: connections.notices(app.ctx, q)) if n.account.id == number
        ]
    if json_:
        idle_rules = [{"rule": rule.rid, "feature": f.feature} for rule, f in idle]
        said = msgspec.to_builtins(gone) | {"at": moment(gone.at)} if gone else None
        as_json(
            whole(found, notices)
            | {"idle_rules": idle_rules, "export": told_by_export(export), "deleted": said}
        )
        return
    printed(found, notices)
    if gone is not None:
        key = "account_deleted" if gone.done else "account_deleting"
        click.echo(f"  {say(key, at=moment(gone.at), people=gone.people)}")
    if export is not None:
        key = "export_agrees" if export.agrees else "export_differs"
        told = {"region": export.region, "stated": export.stated or "-", "at": moment(export.at)}
        click.echo(
            f"  {'·' if export.agrees else '!'} {say(f'account_{key}', number=found.account.id, **told)}"
        )
    lang = language(None)
    for rule, finding in idle:
        title = rule.title.nl if lang == "nl" else rule.title.en
        click.echo(f"  ! {say('account_idle_rule', rule=title, feature=finding.feature)}")


@accounts.command()
@place_options
@_ACCOUNT
@click.option(
    "--public-url",
    default="",
    envvar="GOODSTANDING_PUBLIC_URL",
    help="https://… under which the world reaches the server.",
)
@_JSON
def connect(data: Path, database: str, account: str, public_url: str, json_: bool) -> None:
    """Make a link that connects an account.

    Open it yourself, or send it to the creator. It needs no login here, works once and for three days. The server must
    run at the public address, since TikTok sends the creator back there. For example:
    `goodstanding accounts connect lottekookt --public-url https://desk.example.org`.
    """
    from goodstanding.kernel.timing import iso
    from goodstanding.usecases import connecting

    with opened(data, database) as app, told_plainly():
        number = find_account(app, account).id
        address = public_url.rstrip("/")
        connecting.check_return(app.ctx, number, f"{address}/oauth/tiktok/")
        made = connecting.creator_link(app.ctx, number, who=whoami())
    url = f"{address}/connect/{made.token}"
    if json_:
        as_json({"account": number, "url": url, "until": iso(made.until)})
        return
    click.echo(say("account_link", until=iso(made.until)), err=True)
    click.echo(url)


@accounts.command()
@place_options
@_ACCOUNT
@click.option("--force", is_flag=True, help="Delete the keys here even if TikTok cannot be told.")
def revoke(data: Path, database: str, account: str, force: bool) -> None:
    """Give up an account's consent.

    At TikTok first, then the keys here. The account stops; the log stays. For example:
    `goodstanding accounts revoke lottekookt`.
    """
    from goodstanding.kernel.timing import iso
    from goodstanding.usecases import connecting

    with opened(data, database) as app, told_plainly():
        found = find_account(app, account)
        _run(app, connecting.revoke(app.ctx, found.id, who=whoami(), force=force))
        row = app.ctx.store.read(lambda q: q.connection(found.id))
    until = row.delete_after if row else None
    click.echo(say("account_revoked", handle=found.handle, until=iso(until) if until else "-"))


@accounts.command()
@place_options
@_ACCOUNT
@click.option("--days", type=int, required=True, help="Days from now until the new day.")
@click.option("--reason", required=True, help="Why; it is sealed in the log, so it names nobody.")
def postpone(data: Path, database: str, account: str, days: int, reason: str) -> None:
    """Put off the deletion after an account's consent ended.

    A running worker deletes it on the day that `accounts show` names. For example: `goodstanding accounts postpone
    lottekookt --days 30 --reason "appeal of a removed video"`.
    """
    from goodstanding.kernel.timing import iso
    from goodstanding.usecases import retention

    with opened(data, database) as app, told_plainly():
        found = find_account(app, account)
        until = retention.postpone(app.ctx, found.id, days=days, reason=reason, who=whoami())
    click.echo(say("account_postponed", handle=found.handle, until=iso(until)))


@accounts.command("auto-messages")
@place_options
@_ACCOUNT
@_JSON
def auto_messages(data: Path, database: str, account: str, json_: bool) -> None:
    """List what TikTok itself sends in an account's name.

    With how its review stands; nothing is changed. They count against the messages of a window as ours do.
    Where messages are closed, the reason is said instead. For example: `goodstanding accounts auto-messages
    lottekookt --json`.
    """
    from goodstanding.locale import accounts as wording
    from goodstanding.usecases import automatic

    with opened(data, database) as app, told_plainly():
        shown = _run(app, automatic.look(app.ctx, find_account(app, account).id))
    if json_:
        as_json(_automatic(shown))
        return
    lang = language(None)
    if not shown.finding.on:
        why = "; ".join(f"{wording.why(lang, w.code, w.detail)} [{w.rule}]" for w in shown.finding.why)
        click.echo(say("account_automatic_off", handle=shown.account.handle, why=why))
    for group in shown.groups:
        kind = wording.word(lang, "automatic", group.kind)
        heading(say("account_automatic_kind", kind=kind, switch=say(f"account_switch_{_SWITCHED[group.on]}")))
        for one in group.messages:
            words = ": ".join(part for part in (one.title, one.text) if part)
            click.echo(f"  {wording.word(lang, 'audit', one.audit)}: {shown_safely(words, 300)}")
        if not group.messages:
            click.echo(f"  {say('account_automatic_none')}")
        if group.unreadable:
            click.echo(f"  {say('account_automatic_bad', count=group.unreadable)}")


_SWITCHED = {True: "on", False: "off", None: "unknown"}


def _automatic(shown: "Shown") -> dict[str, object]:
    return {
        "account": shown.account.id,
        "on": shown.finding.on,
        "why": [{"code": w.code, "rule": w.rule, "detail": w.detail} for w in shown.finding.why],
        "kinds": [
            {
                "kind": group.kind,
                "on": group.on,
                "unreadable": group.unreadable,
                "messages": [
                    {"id": one.id, "title": one.title, "text": one.text, "audit": one.audit, "on": one.on}
                    for one in group.messages
                ],
            }
            for group in shown.groups
        ],
    }


@accounts.command()
@place_options
@_ACCOUNT
def kill(data: Path, database: str, account: str) -> None:
    """Throw an account's kill switch.

    From then on there is no automatic act at all, hiding included. For example: `goodstanding accounts kill
    lottekookt`.
    """
    _switch(data, database, account, killed=True)


@accounts.command()
@place_options
@_ACCOUNT
def release(data: Path, database: str, account: str) -> None:
    """Release an account's kill switch.

    For example: `goodstanding accounts release lottekookt`.
    """
    _switch(data, database, account, killed=False)


@accounts.command()
@place_options
@click.option(
    "--client-id", default="", help="The app's client id (TikTok also calls it client key or app id)."
)
@click.option(
    "--secret-stdin", is_flag=True, help="Read the secret from standard input; without it you are asked."
)
@click.option(
    "--webhook-secret", is_flag=True, help="Ask for a webhook secret too, if it is not the app's own."
)
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    type=click.Choice(PERMISSIONS),
    help="What TikTok lets the app do; may be given more than once.",
)
@click.option(
    "--overlap-hours",
    type=int,
    default=None,
    help="How long the webhook secret until now is accepted beside a new one (24; 0: not at all).",
)
@click.option(
    "--level", type=click.Choice(LEVELS), default=None, help="The level TikTok gave the app; state only what it told you."
)  # fmt: skip
@_JSON
def app(
    data: Path, database: str, *, client_id: str, secret_stdin: bool, webhook_secret: bool, permissions: tuple[str, ...],
    overlap_hours: int | None,
    level: str | None, json_: bool,
) -> None:  # fmt: skip
    """Keep the credentials of your own TikTok app, encrypted.

    Without options it says what TikTok asks for. For example: `goodstanding accounts app --client-id
    7412345678901234567 --permission messaging`. A secret is never an option, so it stands in no list of processes.

    An app starts at the level basic. Once TikTok raised yours, say so: `goodstanding accounts app --level advanced`. All
    processes then call at most that often.
    """
    from goodstanding.cli import own_app
    from goodstanding.locale import accounts as wording
    from goodstanding.usecases import apps

    with opened(data, database, must_exist=False) as installation, told_plainly():
        ctx = installation.ctx
        if level is not None:
            own_app.state_level(installation, CONNECTOR, level)
        if json_ and not client_id:
            as_json(own_app.told(installation, CONNECTOR))
            return
        if not client_id and level is not None:
            click.echo(own_app.level(installation, CONNECTOR))
            return
        if not client_id:
            for line in wording.onboarding(language(None)):
                click.echo(f"  {line}")
            known = ctx.store.read(lambda q: apps.known(ctx, q, CONNECTOR))
            click.echo(say("app_known", client=known.client_id) if known else say("app_none"))
            click.echo(own_app.level(installation, CONNECTOR))
            return
        secret = sys.stdin.readline().strip() if secret_stdin else _ask("ask_secret")
        other = _ask("ask_webhook_secret") if webhook_secret else ""
        apps.keep(
            ctx, CONNECTOR, client_id=client_id, secret=secret, webhook_secret=other, permissions=permissions, who=whoami(),
            overlap_hours=apps.OVERLAP_HOURS if overlap_hours is None else overlap_hours,
        )  # fmt: skip
    click.echo(say("app_kept"))


@accounts.command()
@place_options
@click.option("--set", "point", is_flag=True, help="Send them all to this installation.")
@click.option("--public-url", default="", help="Its public address; without it the one the server runs at.")
@_JSON
def webhooks(data: Path, database: str, point: bool, public_url: str, json_: bool) -> None:
    """Say or set where webhooks go.

    One address serves all accounts of your app: `goodstanding accounts webhooks --set --public-url
    https://desk.example.org`.
    """
    from goodstanding.usecases import webhooks as use

    with opened(data, database) as app, told_plainly():
        address = (public_url or app.settings.public_url).rstrip("/")
        if point and not address.startswith("https://"):
            fail(say("webhooks_address"), WRONG_USE)
        url = f"{address}/hook/{CONNECTOR}"
        work = use.point(app.ctx, CONNECTOR, url, who=whoami()) if point else use.look(app.ctx, CONNECTOR)
        found = _run(app, work)
    if json_:
        as_json([{"category": one.category, "url": one.url, "problem": one.problem} for one in found])
    else:
        for one in found:
            click.echo(f"{one.category}: {one.url or say('webhooks_nowhere')}")
            if one.problem:
                click.echo(say("webhooks_problem", code=one.problem), err=True)
    if any(one.problem for one in found):
        sys.exit(FOUND_PROBLEM)


def _ask(key: str) -> str:
    return str(click.prompt(say(key), hide_input=True, default="", show_default=False, err=True)).strip()


def _switch(data: Path, database: str, account: str, *, killed: bool) -> None:
    from goodstanding.usecases import accounts as use

    with opened(data, database) as app, told_plainly():
        found = find_account(app, account)
        use.set_killed(app.ctx, found.id, killed=killed, who=whoami())
    click.echo(say("account_killed" if killed else "account_released", handle=found.handle))


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn an error into its sentence and exit code."""
    try:
        yield
    except GoodstandingError as error:
        from goodstanding.locale import accounts as wording

        fail(wording.error(language(None), error.code, error.fields), _EXITS.get(error.code, WRONG_USE))


def _run(app: "App", work: Coroutine[Any, Any, T]) -> T:
    """Run a use case that asks TikTok, and let the connections go."""

    async def inside() -> T:
        try:
            return await work
        finally:
            await asyncio.gather(*(platform.close() for platform in app.ctx.platforms.values()))

    return asyncio.run(inside())
