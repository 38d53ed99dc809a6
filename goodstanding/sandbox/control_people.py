"""Control calls about accounts and what their owners do: seeding, personas, consent, moderation."""

from typing import Annotated, Any, Literal

import msgspec

from goodstanding.sandbox.call import Nothing
from goodstanding.sandbox.control_run import overview
from goodstanding.sandbox.mentioned import Change, Mention
from goodstanding.sandbox.personas import capabilities, personas
from goodstanding.sandbox.state import DAY_MS, SCOPES, Account, ApiError, Grant, Video, seconds_left
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
    messages_from: Literal["everyone", "accepted"] = "everyone"
    """`accepted`: a stranger's messages are announced only after the owner accepted them in the app."""
    analytics: bool = True
    """Whether the owner switched analytics on."""
    followers: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    """Another number of followers than the persona's."""


class ModerateOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The viewer deletes a comment or shows it to friends only, or the owner hides or shows it in the app."""

    comment_id: str
    action: Literal["delete", "hide", "show", "friends"]


class RevokeOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The user takes the authorization back; reasons are those of `authorization.removed`."""

    open_id: str
    reason: Annotated[int, msgspec.Meta(ge=0, le=5)] = 1


class RemovalOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An authorization that ends: 0 unknown, 1 by the user, 2 account deleted, 3 age, 4 banned, 5 by the app."""

    business_id: str
    reason: Annotated[int, msgspec.Meta(ge=0, le=5)] = 1


class HighIntentOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A comment that the platform's classifier takes for high-intent."""

    comment_id: str


class MentionOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A post of somebody else that mentions an account, in its caption or in a comment under it."""

    business_id: str
    viewer: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "viewer0001"
    kind: Literal["VIDEO_MENTION", "COMMENT"] = "VIDEO_MENTION"
    caption: str = ""
    text: str = ""
    region: str = "NL"
    views: Annotated[int, msgspec.Meta(ge=0)] = 1200
    likes: Annotated[int, msgspec.Meta(ge=0)] = 40
    spaced_type: bool | None = None
    """Whether webhooks say `VIDEO MENTION` from now on, as one of the platform's samples does."""


class MentionChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A mention whose post is edited or made private."""

    business_id: str
    item_id: str
    change: Change = "EDIT"
    caption: str = ""
    """The new caption."""


class PublishingOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Publications that fail next, each for its reason, and a post that is not public any more."""

    fail_next: list[str] = []
    withdraw: str = ""
    """The id of a post."""


class ReviewOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How the next review of an automatic message ends."""

    reject_next: bool = True


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
    account = msgspec.structs.replace(
        _account_of(order.persona, open_id=open_id, username=name, country=order.country),
        messages_from=order.messages_from,
        analytics=order.analytics,
    )
    if order.followers is not None:
        account = msgspec.structs.replace(account, followers=order.followers)
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
    """Delete, hide, show or restrict a comment as if it was done in the app, not by the API."""
    found = world.state.comment(order.comment_id)
    if order.action == "delete":
        world.state.delete(found)
    elif order.action == "friends":
        world.state.only_friends(found)
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


async def flag_comment(world: World, order: HighIntentOrder) -> dict[str, Any]:
    """Flag a comment as high-intent, which is told when the account uses comment-to-message."""
    found = world.state.comment(order.comment_id)
    return {"comment_id": found.comment_id, "told": world.automation.flag(found)}


async def mention(world: World, order: MentionOrder) -> dict[str, Any]:
    """Let somebody mention an account; the webhook follows 2 to 3 hours later."""
    account = world.account(order.business_id)
    viewer = world.inbox.viewer(order.viewer)
    now = world.clock.now_ms()
    if order.spaced_type is not None:
        world.mentions.spaced_type = order.spaced_type
    made = Mention(
        kind=order.kind,
        open_id=account.open_id,
        item_id=world.state.new_id(now),
        comment_id="0" if order.kind == "VIDEO_MENTION" else world.state.new_id(now),
        at_ms=now,
        unique_identifier=viewer.unique_identifier,
        username=viewer.username,
        display_name=viewer.display_name,
        caption=order.caption or f"Kijk @{account.username} (verzonnen) #sandbox",
        text=order.text or f"@{account.username}",
        region=order.region,
        views=order.views,
        likes=order.likes,
    )
    world.mentions.add(made)
    return {"item_id": made.item_id, "comment_id": made.comment_id}


async def change_mention(world: World, order: MentionChange) -> dict[str, Any]:
    """Let the post of a mention be edited or made private; the webhook follows 2 to 3 hours later."""
    account = world.account(order.business_id)
    found = [one for one in world.mentions.of_account(account.open_id) if one.item_id == order.item_id]
    if not found:
        raise ApiError(40007, "There is no such mention.")
    for one in found:
        world.mentions.change(one, order.change, caption=order.caption)
    return {"changed": len(found)}


async def steer_publishing(world: World, order: PublishingOrder) -> dict[str, Any]:
    """Let the next publications fail, or take a post out of the public."""
    unknown = set(order.fail_next) - set(world.numbers.publishing.reasons)
    if unknown:
        raise ApiError(40002, f"No reason {min(unknown)}.")
    world.publishing.fail_next.extend(order.fail_next)
    told = world.publishing.withdraw(order.withdraw) is not None if order.withdraw else False
    return {"fail_next": list(world.publishing.fail_next), "told": told}


async def steer_reviews(world: World, order: ReviewOrder) -> dict[str, Any]:
    """Let the next review of an automatic message end in a rejection."""
    world.automation.reject_next = order.reject_next
    return {"reject_next": order.reject_next}


CALLS = (
    ("GET", "/personas", list_personas, Nothing),
    ("POST", "/accounts", new_account, AccountOrder),
    ("POST", "/seed", seed, SeedOrder),
    ("POST", "/moderate", moderate, ModerateOrder),
    ("POST", "/revoke", revoke, RevokeOrder),
    ("POST", "/authorizations/remove", remove_authorization, RemovalOrder),
    ("POST", "/high-intent", flag_comment, HighIntentOrder),
    ("POST", "/mentions", mention, MentionOrder),
    ("POST", "/mentions/change", change_mention, MentionChange),
    ("POST", "/publishing", steer_publishing, PublishingOrder),
    ("POST", "/reviews", steer_reviews, ReviewOrder),
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
        "expires_in": seconds_left(grant.access_until_ms, now),
        "refresh_token_expires_in": seconds_left(grant.refresh_until_ms, now),
        "scope": ",".join(sorted(grant.scopes)),
    }
