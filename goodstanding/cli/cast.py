"""The invented accounts of a demo: one whose messages are closed, one whose messages are open, one without any app."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from goodstanding.core.bio import Link
from goodstanding.kernel.timing import HOUR
from goodstanding.usecases import (
    accounts,
    apps,
    bio,
    connections,
    paste,
    playbooks,
    policies,
    registry,
    tasks,
)
from goodstanding.usecases.context import SYSTEM, person
from goodstanding.usecases.ports import Account, Person, Transaction, Video

if TYPE_CHECKING:
    from goodstanding.bootstrap import App
    from goodstanding.cli.filling import Sandbox
    from goodstanding.core.capability import AccountType

OWNER = 1
"""The invented owner's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An account of the demo that the sandbox answers for."""

    id: int
    open_id: str
    identifier: str
    handle: str
    name: str
    zone: str
    language: str
    account_type: "AccountType"
    country: str
    verified: bool
    followers: int
    campaigns: dict[str, tuple[str, str]]
    """For each class of posts: name and title of their campaign."""


PERSONAL = Role(
    id=1, open_id="-000SbxLotteKooktOpenId", identifier="+SbxLotteKookt", handle="lottekookt", name="Lotte kookt",
    zone="Europe/Amsterdam", language="nl", account_type="personal", country="NL", verified=False, followers=48_210,
    campaigns={
        "rewarded": ("kitchen-rewards", "Keuken, beloond"),
        "sponsored": ("pan-partner", "Pannenpartner"),
        "growth": ("soup-week", "Soepweek"),
    },
)  # fmt: skip
BUSINESS = Role(
    id=2, open_id="-000SbxDapurRasaOpenId", identifier="+SbxDapurRasa", handle="dapurrasa.sbx", name="Dapur Rasa",
    zone="Asia/Jakarta", language="en", account_type="business", country="ID", verified=True, followers=88_400,
    campaigns={"growth": ("kitchen-shop", "Kitchen shop")},
)  # fmt: skip
ROLES = {one.open_id: one for one in (PERSONAL, BUSINESS)}
_SHOP = {
    "accounts": [
        {
            "open_id": BUSINESS.open_id, "unique_identifier": BUSINESS.identifier, "username": BUSINESS.handle,
            "display_name": "Dapur Rasa (rekaan)", "bio": "Everything for a small kitchen. An invented shop.",
            "country": "ID", "language": "en", "is_business": True, "is_verified": True, "persona": "business-id",
            "followers": BUSINESS.followers, "following": 41, "total_likes": 1_502_200,
        }
    ],
    "videos": [
        {
            "open_id": BUSINESS.open_id, "item_id": f"76724000000000010{number}", "caption": caption, "days_old": days,
            "duration": 30.0 + number, "views": 90_000 // number, "likes": 8_400 // number, "shares": 500 // number,
            "favorites": 1_300 // number,
        }
        for number, caption, days in (
            (1, "One wok, five dinners", 2), (2, "Our new kitchen knife, tested for a month", 4),
            (3, "Small kitchen, big taste: what you need", 7), (4, "Fried rice with what is left over", 11),
        )
    ],
}  # fmt: skip
"""What the sandbox does not ship: the shop and its posts."""
BY_HAND = "zolderatelier.sbx"
_SCREEN = """kijker_sanne
Wat kost dat krukje?
2 u
Beantwoorden
12
houtje_touwtje_0007
Waar kan ik dat bestellen? Link?
1 u geleden
Beantwoorden
trage_egel_0412
Wat een mooi ding geworden!
3 u
4
Beantwoorden
late_lepel_0190
hoeveel kost zo'n lampje?
30 min
Beantwoorden
groene_fiets_0031
Mijn krukje kwam kapot aan...
1 u
Beantwoorden
zolderatelier.sbx · Maker
Dank jullie wel!
1 u
Beantwoorden
"""
_WISHED = (
    (1, "De pan uit de video's", "The pan of the videos", "https://shop.example.org/pan"),
    (2, "Weekmenu", "Menu of the week", "https://recepten.example.org/weekmenu"),
)


async def open_shop(app: "App", box: "Sandbox") -> Account:
    """Open the business account in Indonesia, on the sandbox and here; returns it as stored."""
    await box.control("seed", _SHOP)
    account = open_demo_account(app, await box.control("state"), "normal", BUSINESS)
    await grant(app, box, account)
    return account


def open_demo_account(app: "App", state: Any, policy: str, role: Role = PERSONAL) -> Account:
    """Open one of the sandbox's accounts under a shipped policy; returns it as stored."""
    ctx = app.ctx
    policy_hash = policies.read(playbooks.policy_text(policy)).hash
    known = ctx.store.read(lambda q: q.account_of("tiktok", role.open_id))
    if known is not None:
        return known
    account = Account(
        id=role.id, connector="tiktok", external_id=role.open_id, identifier=role.identifier, handle=role.handle,
        name=role.name, mode="sandbox", zone=role.zone, language=role.language, killed=False, can_reply=True,
        can_hide=True, can_message=False, bucket_milli=0, bucket_at=ctx.clock.now() - HOUR, spike_paused=False,
        policy_hash=policy_hash,
    )  # fmt: skip
    videos = tuple(
        Video(
            id=str(v["item_id"]), account_id=role.id, title=str(v.get("caption") or v.get("title") or v["item_id"]),
            video_class="rewarded" if v.get("rewarded") else "sponsored" if v.get("sponsored") else "growth", campaign="",
        )
        for v in state["videos"]
        if v.get("open_id", role.open_id) == role.open_id
    )  # fmt: skip

    def work(tx: Transaction) -> None:
        accounts.open_account(ctx, tx, account, videos=videos)
        if not tx.persons():
            tx.add_person(
                Person(
                    id=tx.ids("person"), name="Lotte", email="lotte@demo.invalid", password_hash=f"!{secrets.token_hex(8)}",
                    role="owner", language="nl", created_at=ctx.clock.now(),
                )
            )  # fmt: skip

    ctx.store.write(work)
    _register(app, role, videos)
    return account


def _register(app: "App", role: Role, videos: tuple[Video, ...]) -> None:
    """Put the invented posts under invented campaigns, one of each kind."""
    month = registry.month_of(app.clock.now())
    for kind in sorted({one.video_class for one in videos} & role.campaigns.keys()):
        name, title = role.campaigns[kind]
        made = registry.add_campaign(
            app.ctx, account_id=role.id, campaign_id=f"{month}-{name}", title=title, campaign_class=kind,
            approver_id=OWNER, who=SYSTEM,
        )  # fmt: skip
        for one in videos:
            if one.video_class == kind:
                registry.assign(
                    app.ctx, account_id=role.id, video_id=one.id, campaign_id=made.id, video_class=kind, who=SYSTEM
                )  # fmt: skip


async def grant(app: "App", box: "Sandbox", account: Account) -> None:
    """Get tokens for what would be asked of the account, without a consent page, as only a sandbox allows."""
    from goodstanding.usecases import connecting
    from goodstanding.usecases.ports.connections import Profile, Tokens

    ctx, role = app.ctx, ROLES[account.external_id]
    await asyncio.to_thread(
        connections.state_facts,
        ctx,
        account.id,
        who=SYSTEM,
        country=role.country,
        account_type=role.account_type,
    )
    asked = ctx.store.read(
        lambda q: connecting.asked_scopes(apps.keys(ctx, q, "tiktok"), connections.standing(q, account.id))
    )
    given = (await box.control("seed", {"grant": [role.open_id], "scopes": asked}))["grants"][0]
    tokens = Tokens(
        access_token=given["access_token"], refresh_token=given["refresh_token"], open_id=role.open_id,
        scopes=tuple(str(given.get("scope", "")).split(",")), expires_in=int(given.get("expires_in", 0)),
        refresh_expires_in=int(given.get("refresh_token_expires_in", 0)),
    )  # fmt: skip
    profile = Profile(account_type=role.account_type, verified=role.verified, followers=role.followers)
    await asyncio.to_thread(connecting.take, ctx, account.id, tokens, profile, who=SYSTEM)


def open_bio_page(app: "App") -> None:
    """Put the personal account's bio page live: the way from a comment to a contact where messages are closed."""
    links = tuple(Link(id=id_, nl=nl, en=en, url=url) for id_, nl, en, url in _WISHED)
    document = msgspec.structs.replace(bio.empty_document(), links=links)
    bio.save(app.ctx, PERSONAL.id, PERSONAL.handle, document, live=True, who=person(OWNER))


def visit_bio_page(app: "App") -> None:
    """Let three viewers come to the bio page: they look around, and two of them agree."""
    ctx = app.ctx
    for link_id, ref in ((1, "soepweek"), (2, ""), (1, "soepweek")):
        bio.follow(ctx, PERSONAL.handle, link_id, ref)
    found = ctx.store.read(lambda q: bio.shown(q, PERSONAL.handle))
    if found is None:
        return
    for handle, purposes in (("@kers.kiwi", ("answer",)), ("@zachte.tulp", ("answer", "marketing"))):
        given = bio.Given(
            token=bio.form_token(ctx, PERSONAL.handle, found, "nl"), handle=handle, purposes=purposes,
            old_enough="yes", ref="soepweek",
        )  # fmt: skip
        bio.fill_in(ctx, PERSONAL.handle, given, visitor=handle)


def open_by_hand(app: "App") -> int:
    """Open the account without any app and paste what stands on its screen; returns the account's number."""
    ctx, who = app.ctx, person(OWNER)
    account = paste.open_without_app(
        ctx, handle=BY_HAND, name="Zolderatelier", language="nl", zone="Europe/Amsterdam", who=who
    )
    connections.state_facts(ctx, account.id, who=who, country="NL", account_type="personal")
    choice = paste.VideoChoice(title="Krukje van sloophout")
    found = paste.preview(ctx, account.id, choice, _SCREEN)
    paste.take(ctx, account.id, choice, [one for one in found.rows if one.found == "new"], who)
    return account.id


def answer_one_task(app: "App", account_id: int) -> None:
    """Let the owner have sent the first of the account's tasks from her phone."""
    ctx, who = app.ctx, person(OWNER)
    for one in ctx.store.read(tasks.waiting):
        if one.account.id == account_id and tasks.open_task(ctx, one.outgoing.id, who).standing == "go":
            tasks.sent(ctx, one.outgoing.id, who)
            return
