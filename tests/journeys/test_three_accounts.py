"""The demo's three accounts: messages closed, messages open, no app at all. Each from its first comment to its end.

The running product (web, worker, writer), the sandbox as a process of its own, and a real browser for every page. Only
time is hurried.
"""

import asyncio
import re
from contextlib import asynccontextmanager, suppress

import pytest
from test_message_story import SECRET, START, WAIT_SECONDS, Stage, free_port

from goodstanding.bootstrap import open_app
from goodstanding.cli import cast, demo, filling, serve
from goodstanding.kernel.timing import HOUR
from goodstanding.settings import PlatformSettings, Settings
from goodstanding.usecases import audit, bio, people, privacy, replay
from goodstanding.usecases.context import SYSTEM

pytestmark = [pytest.mark.slow, pytest.mark.browser]
MORNING_NL = START + 5 * HOUR
"""Nine in the morning in Amsterdam."""
POST = "7672400000000000202"
LINK = "https://www.tiktok.com/@zolderatelier.sbx/video/7672400000000000909"
SCREEN = """kijker_een
Wat kost dat krukje?
2 u
Beantwoorden
12
kijker_twee
Wat een mooi ding geworden!
1 u geleden
Beantwoorden
kijker_drie
hoeveel kost dit?
30 min
Beantwoorden
"""


@asynccontextmanager
async def running(app, controls=None):
    """Run the whole product; yields its address."""
    told = asyncio.get_running_loop().create_future()
    work = asyncio.create_task(serve.run(app, web=True, work=True, demo=controls, announce=told.set_result))
    try:
        yield (await asyncio.wait_for(told, WAIT_SECONDS)).rstrip("/")
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


@asynccontextmanager
async def browsing(chromium, address, locale):
    """Open a page in a browser of its own; a page that asks another host fails the test."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**chromium)
        page = await browser.new_page(locale=locale, viewport={"width": 1280, "height": 900})
        page.set_default_timeout(10_000)
        foreign = []
        page.on(
            "request",
            lambda request: None if request.url.startswith(address) else foreign.append(request.url),
        )
        yield page
        assert foreign == []
        await browser.close()


@asynccontextmanager
async def stage(folder, start):
    """The demo's two connected accounts, with nothing said yet."""
    port = free_port()
    hook = f"http://127.0.0.1:{port}/hook/tiktok"
    with filling.sandbox(
        port=free_port(), start_at=start, secret=SECRET, seed=1, webhook=hook, keep=1000
    ) as box:
        await box.ready()
        await box.control("clock", {"freeze": True})
        platform = PlatformSettings(
            base=f"{box.url}/open_api/v1.3", client_id=filling.APP_ID, secret=SECRET, paced=False,
            permissions=filling.PERMISSIONS,
        )  # fmt: skip
        app = open_app(Settings(data=folder, port=port, platform=platform, demo_speed=1.0, demo_start=start))
        personal = cast.open_demo_account(app, await box.control("state"), "normal")
        await cast.grant(app, box, personal)
        await cast.open_shop(app, box)
        cast.open_bio_page(app)
        async with running(app, demo.controls(app, box, 1)) as address:
            on = Stage(app, box, None)
            on.address = address
            yield on


async def sent_reply(on):
    """Let the delay of the one planned reply pass; returns it as the platform took it."""
    (planned,) = await on.until(
        lambda q: [o for o in q.outgoing_in_state("planned", limit=9) if o.act == "reply"], "the reply"
    )
    for _ in range(25):
        await on.advance(3)
        await asyncio.sleep(0.1)
    reply = await on.until(
        lambda q: one if (one := q.outgoing(planned.id)).state == "sent" else None,
        "the reply on the platform",
    )
    calls = (await on.box.control("calls?act=reply"))["calls"]
    assert [c["comment_id"] for c in calls if c["accepted"]] == [reply.provider_ref]
    return reply


def ends_well(app, folder, contact_ids, personal_values):
    """The log holds; after erasure nothing personal can be read, and the log holds as before."""
    assert audit.verify(app.ctx).ok
    assert replay.replay(app.ctx).differences == 0
    for contact_id in contact_ids:
        privacy.erase(app.ctx, contact_id, who=SYSTEM)
        assert all(
            one.source_id.startswith("erased:") and not one.question_id
            for one in app.ctx.store.read(lambda q, c=contact_id: q.consent_evidence(c))
        )
        assert not app.ctx.store.read(lambda q, c=contact_id: q.conversation_of(c))
    stored = b"".join(one.read_bytes() for one in folder.glob("goodstanding.db*"))
    assert [value for value in personal_values if value.encode() in stored] == []
    assert audit.verify(app.ctx).ok
    again = replay.replay(app.ctx)
    assert (again.differences, again.erased > 0) == (0, True)


async def personal_nl(folder, chromium):
    async with stage(folder, MORNING_NL) as on, browsing(chromium, on.address, "nl-NL") as page:
        await page.goto(f"{on.address}/demo-enter")
        await page.goto(f"{on.address}/accounts/1")
        row = page.get_by_role("row", name="Privéberichten sturen")
        assert "uit" in await row.inner_text() and "TT-DM-3" in await row.inner_text()
        await row.get_by_text("Bron").click()
        source = await row.locator("details").inner_text()
        assert re.search(r"TT-DM-3: .*18\d{14}.*Gelezen op 2026-", source), source

        await on.box.control(
            "comment", {"text": "Waar is de link naar die pan?", "video_id": POST, "viewer": "kijker.een"}
        )
        reply = await sent_reply(on)
        assert (reply.rule, reply.template) == ("reply-bio", "bio"), "the way leads over the bio page"

        await page.context.clear_cookies()
        await page.goto(f"{on.address}/b/lottekookt?ref=reactie")
        await page.get_by_label("of je naam op TikTok").fill("@kijker.een")
        await page.get_by_label("16 of ouder").check()
        await page.get_by_label(re.compile("Je mag mij antwoorden")).check()
        await page.get_by_role("button", name="Akkoord en versturen").click()
        await page.get_by_role("heading", name="Dank je, het is genoteerd").wait_for()

        store = on.app.ctx.store
        (receipt,) = store.read(lambda q: q.form_receipts(1, 9))
        (kept,) = store.read(lambda q: q.consent_evidence(receipt.contact_id))
        assert (kept.purpose, kept.answer, kept.source, kept.source_id, kept.text_version, kept.seq) == (
            "answer", "given", "form", receipt.token, receipt.text, receipt.seq,
        )  # fmt: skip
        assert [one.address for one in bio.people(on.app.ctx, 1)] == ["@kijker.een"]
        granted = store.read(lambda q: q.connection(1)).scopes
        assert "comment.list.manage" in granted and "message." not in granted
        mine = store.read(lambda q: next(a for a in q.accounts() if a.id == 1)).external_id
        calls = (await on.box.control("calls"))["calls"]
        about_me = [one["endpoint"] for one in calls if one["business_id"] == mine]
        assert about_me and not [endpoint for endpoint in about_me if "message" in endpoint], (
            "no private message was even asked about"
        )

        ends_well(on.app, folder, [receipt.contact_id, reply.contact_id], ["@kijker.een", "Waar is de link"])
        assert [one.address for one in bio.people(on.app.ctx, 1)] == [""]


async def business_id(folder, chromium):
    async with stage(folder, START) as on, browsing(chromium, on.address, "en-GB") as page:
        business = cast.BUSINESS.open_id
        posts = [v["item_id"] for v in (await on.box.control("state"))["videos"] if v["open_id"] == business]
        video = posts[0]
        await on.box.control(
            "comment", {"text": "What does it cost?", "video_id": video, "viewer": "viewer0001"}
        )
        reply = await sent_reply(on)
        assert "INFO" in reply.text, "messages are open, so the reply invites"
        await on.box.control("messages", {"business_id": business, "viewer": "viewer0001", "text": "INFO"})
        contact = on.app.ctx.store.read(lambda q: q.contact(reply.contact_id))
        answer, question = await shop_sent(on, contact.id, 2)
        content = (await on.until(lambda q: q.message_contents([question.id]), "the buttons"))[question.id]
        button = content.buttons[0][0]
        await on.box.control(
            "taps",
            {
                "business_id": business,
                "viewer": "viewer0001",
                "message_id": question.provider_ref,
                "button_id": button,
            },
        )
        (kept,) = await on.until(lambda q: q.consent_evidence(contact.id), "the evidence")
        assert (kept.purpose, kept.answer, kept.source, kept.question_id, kept.text_version) == (
            "marketing", "given", "button", question.provider_ref, content.version,
        )  # fmt: skip
        sealed = on.app.ctx.store.read(
            lambda q: audit.disclose(on.app.ctx, q.vault_rows([kept.seq]), kept.seq)
        )
        assert button.encode() in {value for _, value in sealed.values.values()}
        assert on.app.ctx.store.read(lambda q: q.open_cases(queue=None, after=(0, 0), limit=9)) == [], (
            "nobody lifted a finger"
        )

        await page.goto(f"{on.address}/demo-enter")
        event = on.app.ctx.store.read(lambda q: q.messages_of(contact.id, limit=9))[0]
        await page.goto(f"{on.address}/comment/{event.id}")
        talk = await page.get_by_role("region", name=re.compile("Conversation|Gesprek")).inner_text()
        assert answer.text in talk and question.text in talk
        ends_well(on.app, folder, [contact.id], ["What does it cost", "viewer0001"])


async def shop_sent(on, contact_id, count):
    """Wait until so many messages reached the person, letting the delays pass."""
    for _ in range(40):
        await on.advance(3)
        await asyncio.sleep(0.15)
        acts = on.app.ctx.store.read(lambda q: q.message_acts([contact_id])).get(contact_id, [])
        done = [one for one in acts if one.state == "sent"]
        if len(done) >= count:
            return done
    raise AssertionError(f"{count} messages were never sent")


async def no_app(folder, chromium):
    app = open_app(Settings(data=folder, port=free_port(), demo_speed=1.0, demo_start=MORNING_NL))
    async with running(app) as address, browsing(chromium, address, "nl-NL") as page:
        await page.goto(f"{address}/setup/{people.setup_token(app.ctx)}")
        await page.get_by_label("Je naam").fill("Lotte")
        await page.get_by_label("E-mailadres").fill("lotte@example.org")
        await page.get_by_label("Wachtwoord", exact=True).fill("een lang wachtwoord voor Lotte")
        await page.get_by_label("Nog een keer het wachtwoord").fill("een lang wachtwoord voor Lotte")
        await page.get_by_role("button", name="Eigenaar maken").click()
        await page.get_by_role("link", name="Begin zonder app").click()
        await page.get_by_label("De naam van het account op TikTok").fill("@zolderatelier.sbx")
        await page.get_by_role("button", name="Begin met de hand").click()
        await page.get_by_label("Link naar de video").first.fill(LINK)
        await page.get_by_label("Reacties", exact=True).fill(SCREEN)
        await page.get_by_role("button", name="Kijk het na").click()
        await page.get_by_role("button", name="Haal binnen wat aangevinkt is").click()
        await page.get_by_text("binnengehaald en beslist").wait_for()

        on = Stage(app, None, None)
        app.clock.advance(2 * HOUR)
        waiting = await on.until(
            lambda q: found if len(found := q.outgoing_in_state("task", limit=9)) == 2 else None, "the tasks"
        )
        await page.goto(f"{address}/tasks")
        for _ in waiting:
            await page.get_by_role("button", name=re.compile("^Open")).first.click()
            shown = await page.get_by_label("Tekst om te versturen").input_value()
            assert shown in {one.text for one in waiting}
            await page.get_by_role("button", name="Ik heb het verstuurd").click()
            await page.get_by_text("Genoteerd: verstuurd.").wait_for()
        done = app.ctx.store.read(lambda q: q.outgoing_in_state("sent", limit=9))
        assert {one.id for one in done} == {one.id for one in waiting}
        assert {one.code for one in done} == {"BY_HAND"}
        assert app.clock.now() - MORNING_NL < 24 * HOUR, "on its first day"
        assert app.ctx.store.read(lambda q: q.credentials(1)) is None
        assert audit.verify(app.ctx).ok
        assert replay.replay(app.ctx).differences == 0


def test_personal_nl_messages_are_closed_and_the_bio_form_ends_in_evidence(tmp_path, chromium):
    asyncio.run(personal_nl(tmp_path, chromium))


def test_business_id_goes_from_comment_to_evidence_by_itself(tmp_path, chromium):
    asyncio.run(business_id(tmp_path, chromium))


def test_no_app_at_all_sends_by_hand_on_the_first_day(tmp_path, chromium):
    asyncio.run(no_app(tmp_path, chromium))
