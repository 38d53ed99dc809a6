"""The operator's own app at the platform: its id and secrets, kept encrypted, never shown again."""

import re
from collections.abc import Sequence

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import connections, pacing, playbooks
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ports import Queries, Transaction
from goodstanding.usecases.ports.connections import AppKeys, AppRow

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{4,64}")
_SECRET = re.compile(r"[!-~]{4,512}")


class NoAppError(GoodstandingError):
    """There are no app credentials yet; field: connector."""

    code = "NO_APP"


class BadAppError(GoodstandingError):
    """App credentials that cannot be right; field: which (client_id, secret, webhook_secret)."""

    code = "BAD_APP"


class GivenAppError(GoodstandingError):
    """The credentials stand in the environment and are changed there."""

    code = "APP_IS_GIVEN"


def keys(ctx: Context, q: Queries, connector: str) -> AppKeys:
    """Return the app's credentials; raises `NoAppError`."""
    given = ctx.given_apps.get(connector)
    if given is not None:
        return given
    row = q.platform_app(connector)
    secret = None if row is None else ctx.vault.unlock(0, row.secret)
    if row is None or secret is None:
        raise NoAppError(connector=connector)
    other = None if row.webhook_secret is None else ctx.vault.unlock(0, row.webhook_secret)
    return AppKeys(
        client_id=row.client_id,
        secret=secret.decode(),
        webhook_secret=(other or secret).decode(),
        permissions=tuple(row.permissions.split()),
    )


def known(ctx: Context, q: Queries, connector: str) -> AppKeys | None:
    """Like `keys`, or None."""
    try:
        return keys(ctx, q, connector)
    except NoAppError:
        return None


def level(q: Queries, connector: str) -> str:
    """Return the level the operator states for the app; without a statement the one every app starts with."""
    return q.setting(pacing.level_setting(connector)) or playbooks.call_levels()[0].name


def state_level(ctx: Context, connector: str, name: str, *, who: Who) -> None:
    """State the level the platform gave the app: from then on every process calls at most that often.

    It cannot be asked for: the platform grants it, and refuses what goes beyond. Raises `BadAppError`.
    """
    if name not in {one.name for one in playbooks.call_levels()}:
        raise BadAppError(which="level")

    def work(tx: Transaction) -> None:
        before = level(tx, connector)
        if before != name:
            tx.put_setting(pacing.level_setting(connector), name, ctx.clock.now())
            connections.log(ctx, tx, 0, who, {"act": "level", "before": before, "level": name})

    ctx.store.write(work)


def is_given(ctx: Context, connector: str) -> bool:
    """Tell whether the credentials come from the environment."""
    return connector in ctx.given_apps


def keep(
    ctx: Context,
    connector: str,
    *,
    client_id: str,
    secret: str,
    webhook_secret: str,
    permissions: Sequence[str],
    who: Who,
) -> None:
    """Keep the app's credentials. An empty secret keeps the one there is; an empty webhook secret means the app's own.

    Raises `BadAppError` or `GivenAppError`.
    """
    if is_given(ctx, connector):
        raise GivenAppError
    if not _CLIENT_ID.fullmatch(client_id):
        raise BadAppError(which="client_id")
    for name, value in (("secret", secret), ("webhook_secret", webhook_secret)):
        if value and not _SECRET.fullmatch(value):
            raise BadAppError(which=name)
    can = [one for one in playbooks.connect_rules().scopes if one in permissions or one == "accounts"]

    def work(tx: Transaction) -> None:
        before = tx.platform_app(connector)
        if not secret and before is None:
            raise BadAppError(which="secret")
        locked = ctx.vault.lock(0, secret.encode()) if secret else None
        other = ctx.vault.lock(0, webhook_secret.encode()) if webhook_secret else None
        if not secret and not webhook_secret and before is not None:
            other = before.webhook_secret
        kept = locked or (before.secret if before else b"")
        row = AppRow(
            connector=connector, client_id=client_id, secret=kept, webhook_secret=other, permissions=" ".join(can),
            changed_at=ctx.clock.now(),
        )  # fmt: skip
        tx.put_platform_app(row)
        body = {"act": "app", "client": client_id, "permissions": " ".join(can), "secret": int(bool(secret))}
        connections.log(ctx, tx, 0, who, body)

    ctx.store.write(work)
