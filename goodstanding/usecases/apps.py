"""The operator's own app at the platform: its id and secrets, kept encrypted, never shown again."""

import re
from collections.abc import Mapping, Sequence

import msgspec

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import HOUR
from goodstanding.usecases import connections, pacing, playbooks
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ports import Queries, Transaction
from goodstanding.usecases.ports.connections import AppKeys, AppRow, WebhookSecret

OVERLAP_HOURS = 24
"""How long the webhook secret before is accepted beside a new one, unless something else is asked for."""
OVERLAP_HOURS_MAX = 7 * 24
_COUNTS = "webhook-secret"
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{4,64}")
_SECRET = re.compile(r"[!-~]{4,512}")


class NoAppError(GoodstandingError):
    """There are no app credentials yet; field: connector."""

    code = "NO_APP"


class BadAppError(GoodstandingError):
    """App credentials that cannot be right; field: which (client_id, secret, webhook_secret, overlap)."""

    code = "BAD_APP"


class GivenAppError(GoodstandingError):
    """The credentials stand in the environment and are changed there."""

    code = "APP_IS_GIVEN"


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """How many webhooks a secret let in, and when the last one was counted (0: never)."""

    count: int
    last: int


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
        before_secret=_opened(ctx, row.before_secret),
        before_until=row.before_until,
    )


def _opened(ctx: Context, locked: bytes | None) -> str:
    plain = None if locked is None else ctx.vault.unlock(0, locked)
    return "" if plain is None else plain.decode()


def webhook_secrets(ctx: Context, q: Queries, connector: str) -> tuple[WebhookSecret, ...]:
    """Return what webhooks may be signed with now: the secret, and for a dated time the one before it."""
    app = known(ctx, q, connector)
    if app is None:
        return ()
    current = WebhookSecret(name="current", secret=app.webhook_secret)
    if not app.before_secret or app.before_until is None or app.before_until <= ctx.clock.now():
        return (current,)
    return (current, WebhookSecret(name="before", secret=app.before_secret, until=app.before_until))


def count_accepted(ctx: Context, tx: Transaction, connector: str, counts: Mapping[str, int]) -> None:
    """Add to how many webhooks each secret let in."""
    for name, count in counts.items():
        before = tx.stored_value(_COUNTS, f"{connector}:{name}")
        kept = msgspec.json.decode(before[0], type=Accepted) if before else Accepted(count=0, last=0)
        fresh = Accepted(count=kept.count + count, last=ctx.clock.now())
        tx.put_stored_value(_COUNTS, f"{connector}:{name}", msgspec.json.encode(fresh), None)


def accepted(q: Queries, connector: str) -> dict[str, Accepted]:
    """Return how many webhooks each secret let in since it was set: by `current` and `before`."""
    found = {}
    for name in ("current", "before"):
        kept = q.stored_value(_COUNTS, f"{connector}:{name}")
        found[name] = msgspec.json.decode(kept[0], type=Accepted) if kept else Accepted(count=0, last=0)
    return found


def end_overlap(ctx: Context, connector: str, *, who: Who) -> bool:
    """Accept the webhook secret before no longer, from now on; False when it was not accepted any more."""

    def work(tx: Transaction) -> bool:
        row = tx.platform_app(connector)
        if row is None or row.before_secret is None:
            return False
        was_open = (row.before_until or 0) > ctx.clock.now()
        tx.put_platform_app(msgspec.structs.replace(row, before_secret=None, before_until=None))
        if was_open:
            connections.log(ctx, tx, 0, who, {"act": "webhook-secret-ended"})
        return was_open

    return ctx.store.write(work)


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
    overlap_hours: int = OVERLAP_HOURS,
) -> None:
    """Keep the app's credentials. An empty secret keeps the one there is; an empty webhook secret means the app's own.

    Where that changes what signs webhooks, the one before is accepted beside it for `overlap_hours` (0: not at all),
    since the platform goes on signing with it until the change has reached all its machines.

    Raises `BadAppError` or `GivenAppError`.
    """
    if is_given(ctx, connector):
        raise GivenAppError
    if not 0 <= overlap_hours <= OVERLAP_HOURS_MAX:
        raise BadAppError(which="overlap")
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
        now = ctx.clock.now()
        row = AppRow(
            connector=connector, client_id=client_id, secret=kept, webhook_secret=other, permissions=" ".join(can),
            changed_at=now, before_secret=before.before_secret if before else None,
            before_until=before.before_until if before else None,
        )  # fmt: skip
        signed, signs = _signing(ctx, before), _signing(ctx, row)
        body = {"act": "app", "client": client_id, "permissions": " ".join(can), "secret": int(bool(secret))}
        if signed and signed != signs:
            until = now + overlap_hours * HOUR
            locked_before = ctx.vault.lock(0, signed.encode()) if overlap_hours else None
            row = msgspec.structs.replace(
                row, before_secret=locked_before, before_until=until if overlap_hours else None
            )
            body["webhook_secret_before_until"] = until if overlap_hours else 0
            _count_anew(tx, connector)
        tx.put_platform_app(row)
        connections.log(ctx, tx, 0, who, body)

    ctx.store.write(work)


def _signing(ctx: Context, row: AppRow | None) -> str:
    """Return what signs webhooks under a row."""
    return "" if row is None else _opened(ctx, row.webhook_secret) or _opened(ctx, row.secret)


def _count_anew(tx: Transaction, connector: str) -> None:
    """What the secret until now let in is from now on what the one before did."""
    kept = tx.stored_value(_COUNTS, f"{connector}:current")
    tx.drop_stored_value(_COUNTS, f"{connector}:current")
    tx.drop_stored_value(_COUNTS, f"{connector}:before")
    if kept is not None:
        tx.put_stored_value(_COUNTS, f"{connector}:before", kept[0], None)
