"""Where the platform tells of events: the callback of each category, as the platform has it and as it should be."""

from collections.abc import Sequence

import msgspec

from goodstanding.usecases import apps, connections, playbooks
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ports.connections import AppKeys, Authorizer, NotReachedError


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """One category: where its events go, empty for nowhere, and why that could not be told or set."""

    category: str
    url: str = ""
    problem: str = ""


def categories(permissions: Sequence[str]) -> tuple[str, ...]:
    """Return the categories an app with these permissions can hear of."""
    table = playbooks.connect_rules().webhooks
    return tuple(dict.fromkeys(one for name in permissions for one in table.get(name, ())))


async def look(ctx: Context, connector: str) -> list[Hook]:
    """Ask the platform where each category goes; raises `NoAppError`, `AppRefusedError` or `ConsentGoneError`."""
    app = ctx.store.read(lambda q: apps.keys(ctx, q, connector))
    authorizer = ctx.authorizers[connector]
    return [await _ask(authorizer, app, one) for one in categories(app.permissions)]


async def point(ctx: Context, connector: str, url: str, *, who: Who) -> list[Hook]:
    """Send every category to `url`; what already goes there is left alone, each change is sealed. Raises like `look`."""
    app = ctx.store.read(lambda q: apps.keys(ctx, q, connector))
    authorizer = ctx.authorizers[connector]
    found = []
    for known in await look(ctx, connector):
        if known.url == url:
            found.append(known)
            continue
        try:
            await authorizer.set_webhook(app, known.category, url)
        except NotReachedError as error:
            found.append(msgspec.structs.replace(known, problem=_why(error)))
            continue
        body = {"act": "webhook", "category": known.category, "url": url}
        ctx.store.write(lambda tx, body=body: connections.log(ctx, tx, 0, who, body))  # type: ignore[misc]  # bound at once
        found.append(Hook(category=known.category, url=url))
    return found


async def _ask(authorizer: Authorizer, app: AppKeys, category: str) -> Hook:
    try:
        return Hook(category=category, url=await authorizer.webhook(app, category))
    except NotReachedError as error:
        return Hook(category=category, problem=_why(error))


def _why(error: NotReachedError) -> str:
    return str(error.fields.get("why", error.code))
