"""What commands on an installation share: its options, opening it, and the language of the words."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from goodstanding.cli.words import CANNOT_REACH, WRONG_USE, language
from goodstanding.locale import sentence

if TYPE_CHECKING:
    from goodstanding.bootstrap import App
    from goodstanding.settings import PlatformSettings, SemanticSettings
    from goodstanding.usecases.ports import Account

SEMANTIC_SECONDS_MAX = 60
"""A whole core."""

F = TypeVar("F", bound=Callable[..., Any])


def say(key: str, **fields: object) -> str:
    """Return the sentence of `cli.KEY`."""
    return sentence(language(None), f"cli.{key}", fields)


def place_options(command: F) -> F:
    """Add `--data` and `--database`."""
    for option in (
        click.option(
            "--database",
            envvar="GOODSTANDING_DATABASE",
            default="",
            metavar="URL",
            help="postgresql://… instead of the SQLite file in the folder.",
        ),
        click.option(
            "--data",
            envvar="GOODSTANDING_DATA",
            default="data",
            show_default=True,
            type=click.Path(file_okay=False, path_type=Path),
            help="Folder of the installation: database, keys, backups.",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def opened(data: Path, database: str, *, must_exist: bool = True) -> Iterator["App"]:
    """Open an installation for one command; exit 3 with a plain sentence when it cannot be reached."""
    from goodstanding.bootstrap import open_app
    from goodstanding.settings import Settings

    settings = Settings(
        data=data,
        database=database,
        master_key=os.environ.get("GOODSTANDING_MASTER_KEY", ""),
        platform=platform_settings(os.environ.get("GOODSTANDING_PLATFORM_URL", "")),
        private_hosts=private_hosts(),
    )
    if must_exist and not database and not settings.database_file.exists():
        fail(say("no_installation", folder=str(data)), CANNOT_REACH)
    with told(place(data, database)):
        app = open_app(settings)
    try:
        yield app
    finally:
        app.close()


def private_hosts() -> frozenset[str]:
    """Return the hosts that outgoing calls may reach although their address is private."""
    return frozenset(os.environ.get("GOODSTANDING_PRIVATE_HOSTS", "").lower().replace(",", " ").split())


def platform_settings(url: str) -> "PlatformSettings":
    """Return where the platform is and the app that stands in the environment; `url` is empty for TikTok's own."""
    from goodstanding.settings import PlatformSettings

    permissions = os.environ.get("GOODSTANDING_TIKTOK_PERMISSIONS", "").replace(",", " ").split()
    return PlatformSettings(
        base=url or PlatformSettings().base,
        client_id=os.environ.get("GOODSTANDING_TIKTOK_CLIENT_ID", ""),
        secret=os.environ.get("GOODSTANDING_TIKTOK_SECRET", ""),
        consent_page=os.environ.get("GOODSTANDING_CONSENT_URL", ""),
        permissions=("accounts", *permissions),
    )


def semantic_settings() -> "SemanticSettings":
    """Return whether a second opinion is asked, and for how long in a minute; exit 2 when the number is none."""
    from goodstanding.settings import SemanticSettings

    on = os.environ.get("GOODSTANDING_SEMANTIC", "").strip().lower()
    given = os.environ.get("GOODSTANDING_SEMANTIC_SECONDS", "").strip()
    try:
        seconds = float(given) if given else SemanticSettings().seconds
    except ValueError:
        seconds = 0.0
    if on not in ("", "off", "on") or not 0 < seconds <= SEMANTIC_SECONDS_MAX:
        fail(say("semantic_setting", most=SEMANTIC_SECONDS_MAX), WRONG_USE)
    return SemanticSettings(on=on == "on", seconds=seconds)


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn whatever goes wrong while opening into one sentence and exit 3."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever the driver says, the person gets one sentence
        from goodstanding.adapters.keys.vault import MasterKeyError

        if isinstance(error, MasterKeyError):
            fail(say("wrong_master_key", folder=where), CANNOT_REACH)
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        fail(say("cannot_open", folder=where, why=why), CANNOT_REACH)


def place(data: Path, database: str) -> str:
    """Return where an installation is, in words: its folder, or its database without the password."""
    return re.sub(r"(?<=://)[^/@]*@", "", database) if database else str(data)


def check_account(app: "App", account: int, *, every: bool = True) -> None:
    """Exit 2 unless the account is known; 0 stands for all of them where `every`."""
    known = app.ctx.store.read(lambda q: q.accounts())
    if account == 0 and len(known) > 1 and not every:
        fail(say("which_account", known=_named(known)), WRONG_USE)
    if all(a.id != account for a in known) and not (every and account == 0):
        fail(say("account_unknown", account=account, known=_named(known)), WRONG_USE)


def _named(known: "Sequence[Account]") -> str:
    return ", ".join(f"{a.id} @{a.handle}" for a in known) or "-"


def find_account(app: "App", told: str) -> "Account":
    """Return an account by its number or its name; exit 2 with what is known."""
    known = app.ctx.store.read(lambda q: q.accounts())
    name = told.removeprefix("@").lower()
    found = next((a for a in known if str(a.id) == told or a.handle.lower() == name), None)
    if found is None:
        fail(say("account_unknown", account=told, known=_named(known)), WRONG_USE)
    return found


def fail(message: str, code: int) -> NoReturn:
    """Print a sentence to standard error and exit."""
    click.echo(message, err=True)
    raise SystemExit(code)


def as_json(value: object) -> None:
    """Print a value as one line of JSON."""
    import msgspec

    click.echo(msgspec.json.encode(value).decode())


def whoami() -> tuple[str, str]:
    """Return the actor of an act on the command line: the account on this machine."""
    import getpass

    try:
        return ("system", f"cli:{getpass.getuser()}")
    except (KeyError, OSError):
        return ("system", "cli")
