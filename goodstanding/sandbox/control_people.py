"""Control calls about accounts and what their owners do: seeding, personas, consent, moderation."""

from typing import Annotated, Any, Literal

import msgspec

from goodstanding.sandbox.clock import MILLISECONDS
from goodstanding.sandbox.control_run import Nothing, overview
from goodstanding.sandbox.personas import capabilities, personas
from goodstanding.sandbox.state import DAY_MS, SCOPES, Account, ApiError, Grant, Video
from goodstanding.sandbox.world import World

_CAPTIONS = ("Eerste video (verzonnen)", "Second video (invented)", "Derde video (verzonnen)")


class SeedOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Accounts and videos to add, and accounts to grant tokens for without a consent page."""

    accounts: list[Account] = []
    videos: list[Video] = []
    grant: list[str] = []
    scopes: tuple[str, ...] = SCOPES


class AccountOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A new account of one of the kinds that `GET /_sandbox/personas` lists."""

    persona: str
    open_id: str = ""
    username: str = ""
    scopes: tuple[str, ...] = SCOPES
    country: str = ""
    """Another country than the persona's."""


class ModerateOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The viewer deletes a comment, or the owner hides or shows it in the app."""

    comment_id: str
    action: Literal["delete", "hide", "show"]


class RevokeOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The user takes the authorization back; reasons are those of `authorization.removed`."""

    open_id: str
    reason: Annotated[int, msgspec.Meta(ge=0, le=5)] = 1


class RemovalOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An authorization that ends: 0 unknown, 1 by the user, 2 account deleted, 3 age, 4 banned, 5 by the app."""

    business_id: str
    reason: Annotated[int, msgspec.Meta(ge=0, le=5)] = 1


async def seed(world: World, order: SeedOrder) -> dict[str, Any]:
    """Add accounts and videos; `grant` gives tokens for accounts without the consent page."""
    for account in order.accounts:
        world.state.add_account(account)
    for video in order.videos:
        world.state.add_video(video)
    grants = [world.state.grant(open_id=open_id, scopes=order.scopes) for open_id in order.grant]
    return overview(world) | {"grants": [_granted(world, grant) for grant in grants]}


async def list_personas(world: World, _: Nothing) -> dict[str, Any]:
    """Tell the kinds of accounts that can be made, and what the platform offers to each."""
    found = []
    for one in personas().values():
        account = _account_of(one.persona, open_id="", username="", country="")
        found.append(
            {"persona": one.persona, "text": one.text, "account": account}
            | {"capabilities": capabilities(account, world.numbers.regions)}
        )
    return {"personas": found}


async def new_account(world: World, order: AccountOrder) -> dict[str, Any]:
    """Make an account of a persona, with some posts and a pair of tokens."""
    number = 1 + len(world.state.accounts)
    name = order.username or f"{order.persona}.{number}".replace("-", ".")
    open_id = order.open_id or f"-000Sbx{order.persona.title().replace('-', '')}{number}OpenId"
    account = _account_of(order.persona, open_id=open_id, username=name, country=order.country)
    world.state.add_account(account)
    now = world.clock.now_ms()
    videos = [
        Video(
            open_id=open_id,
            item_id=world.state.new_id(now - (3 + 4 * index) * DAY_MS),
            caption=_CAPTIONS[index % len(_CAPTIONS)],
            days_old=3 + 4 * index,
            duration=31.5 + 12 * index,
            views=account.followers // (2 + index),
            likes=account.followers // (20 + index),
            shares=account.followers // 300,
            favorites=account.followers // 120,
        )
        for index in range(personas()[order.persona].videos)
    ]
    for video in videos:
        world.state.add_video(video)
    grant = world.state.grant(open_id=open_id, scopes=order.scopes)
    return (
        msgspec.structs.asdict(account)
        | _granted(world, grant)
        | {"business_id": open_id, "video_ids": [video.item_id for video in videos]}
        | {"capabilities": capabilities(account, world.numbers.regions)}
    )


async def moderate(world: World, order: ModerateOrder) -> dict[str, Any]:
    """Delete, hide or show a comment as if it was done in the app, not by the API."""
    found = world.state.comment(order.comment_id)
    if order.action == "delete":
        world.state.delete(found)
    else:
        world.state.set_hidden(found, hidden=order.action == "hide")
    return {"comment_id": found.comment_id, "hidden": found.hidden, "deleted": found.deleted}


async def revoke(world: World, order: RevokeOrder) -> dict[str, Any]:
    """Take a user's authorization back, and tell `authorization.removed`."""
    return {"grants_ended": world.state.revoke(order.open_id, reason=order.reason)}


async def remove_authorization(world: World, order: RemovalOrder) -> dict[str, Any]:
    """End an account's authorization for a reason, and tell `authorization.removed`."""
    if order.business_id not in world.state.accounts:
        raise ApiError(40007, f"No account {order.business_id}.")
    return {"grants_ended": world.state.revoke(order.business_id, reason=order.reason)}


CALLS = (
    ("GET", "/personas", list_personas, Nothing),
    ("POST", "/accounts", new_account, AccountOrder),
    ("POST", "/seed", seed, SeedOrder),
    ("POST", "/moderate", moderate, ModerateOrder),
    ("POST", "/revoke", revoke, RevokeOrder),
    ("POST", "/authorizations/remove", remove_authorization, RemovalOrder),
)


def _account_of(persona: str, *, open_id: str, username: str, country: str) -> Account:
    known = personas().get(persona)
    if known is None:
        raise ApiError(40007, f"No persona {persona}; there are {', '.join(personas())}.")
    names = {"open_id": open_id, "unique_identifier": f"+Sbx{username}", "username": username}
    elsewhere = {"country": country} if country else {}
    return msgspec.convert(known.account | names | elsewhere | {"persona": persona}, Account)


def _granted(world: World, grant: Grant) -> dict[str, Any]:
    now = world.clock.now_ms()
    return {
        "open_id": grant.open_id,
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "expires_in": (grant.access_until_ms - now) // MILLISECONDS,
        "refresh_token_expires_in": (grant.refresh_until_ms - now) // MILLISECONDS,
        "scope": ",".join(sorted(grant.scopes)),
    }
