"""Two creators in a real browser: one without any app on the first day, and one whose private messages are closed."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import msgspec
import pytest
import world as worlds
from test_desk import axe, sign_in
from world import PASSWORD, START, World

from goodstanding.cli import cast, filling
from goodstanding.core.bio import Link
from goodstanding.kernel.timing import HOUR, iso
from goodstanding.sandbox.server import serving as sandbox_serving
from goodstanding.sandbox.world import Settings as SandboxSettings
from goodstanding.usecases import audit, bio, intake, people
from goodstanding.usecases.outbox import Dispatcher

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
VIDEO = "7672400000000000101"
LINK = "https://www.tiktok.com/@lottekookt/video/7672400000000000909"
SCREEN = """kijker_een
Wat kost die pan?
2 u
Beantwoorden
12
Bekijk 2 antwoorden
kijker_twee
Waar kan ik hem kopen? Link?
1 u geleden
Beantwoorden
kijker.drie
Wat een heerlijk recept!
3 u
4
Beantwoorden
kijker_vier
hoeveel kost dit?
30 min
Beantwoorden
lottekookt · Maker
Dank jullie wel!
1 u
Beantwoorden
"""


def in_a_thread(work):
    """Run a coroutine beside the browser's own loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


def send_due(world):
    """What the worker does: take up everything that is due."""

    async def work():
        dispatcher = Dispatcher(ctx=world.ctx, owner="journey")
        while await dispatcher.send_due():
            pass

    with ThreadPoolExecutor(1) as pool:  # in the world's own loop, which its connections belong to
        pool.submit(world.loop.run_until_complete, work()).result()


def outgoing(world, state):
    return world.ctx.store.read(lambda q: q.outgoing_in_state(state, limit=100))


@pytest.fixture
def world(tmp_path):
    """An installation on its first day: nobody, no account, no comment, no credential."""
    made = World(tmp_path, account=False)
    yield made
    made.close()


def first_day(page, address, world):
    """Make the owner, start without an app, paste what stands on the screen; returns when it is decided."""
    page.goto(f"{address}/setup/{people.setup_token(world.ctx)}")
    page.get_by_label("Your name").fill("Lotte")
    page.get_by_label("E-mail address").fill("lotte@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Make the owner").click()
    page.get_by_role("link", name="Start without an app").click()
    page.get_by_label("The account's name on TikTok").fill("@lottekookt")
    page.get_by_role("button", name="Start by hand").click()
    page.get_by_text("served by hand from now on").wait_for()
    page.get_by_label("Link to the video").first.fill(LINK)
    page.get_by_label("Its title, or what you call it").first.fill("Soep in tien minuten")
    page.get_by_label("Comments", exact=True).fill(SCREEN)
    page.get_by_role("button", name="Look it over").click()
    assert page.get_by_role("checkbox").count() == 5
    assert page.get_by_text("your own").is_visible()
    page.get_by_role("button", name="Take in what is ticked").click()
    page.get_by_text("comments were taken in and decided.").wait_for()
    assert [o.act for o in outgoing(world, "planned")] == ["reply"] * 3


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_no_app_at_all_goes_from_pasted_comments_to_tasks_marked_as_sent(world, address, open_page, scripts):
    first_day(open_page(java_script_enabled=scripts), address, world)
    world.app.clock.advance(HOUR)
    send_due(world)
    assert outgoing(world, "sending") == outgoing(world, "sent") == outgoing(world, "unknown") == []
    texts = {one.id: one.text for one in outgoing(world, "task")}
    assert len(texts) == 3

    phone = open_page(**PHONE, java_script_enabled=scripts)
    sign_in(phone, address)
    phone.get_by_role("link", name="To the tasks").click()
    assert phone.locator(".task-list > li").count() == 3
    assert not any(text in phone.content() for text in texts.values()), (
        "the text is shown once the gates were asked again"
    )
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360 if scripts else True

    phone.get_by_role("button", name=re.compile("^Open")).first.click()
    phone.get_by_role("heading", name="Send exactly this").wait_for()
    shown = phone.get_by_label("Text to send").input_value()
    assert shown in texts.values()
    assert phone.get_by_role("link", name="Open the video in TikTok").get_attribute("href") == LINK
    if scripts:
        phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
        phone.get_by_role("button", name="Copy the text").click()
        phone.get_by_text("Copied").first.wait_for()
        assert phone.evaluate("navigator.clipboard.readText()") == shown
    phone.get_by_role("button", name="I sent it").click()
    phone.get_by_text("Noted: sent.").wait_for()
    assert [(o.text, o.code) for o in outgoing(world, "sent")] == [(shown, "BY_HAND")]

    phone.get_by_role("button", name=re.compile("^Take back")).click()
    phone.get_by_text("The task is open again.").wait_for()
    phone.get_by_role("button", name="I sent it").click()
    phone.get_by_text("Noted: sent.").wait_for()

    phone.get_by_role("button", name=re.compile("^Open")).first.click()
    phone.get_by_text("I did not", exact=True).click()
    phone.get_by_role("button", name="It is not there any more").click()
    phone.get_by_text("Noted: not sent.").wait_for()

    phone.get_by_role("button", name=re.compile("^Open")).first.click()
    phone.get_by_role("button", name="I sent it").click()
    phone.get_by_text("Nothing to do.").wait_for()

    ends = sorted((o.state, o.code) for state in ("sent", "failed") for o in outgoing(world, state))
    assert ends == [("failed", "BY_HAND_GONE"), ("sent", "BY_HAND"), ("sent", "BY_HAND")]
    report = audit.verify(world.ctx)
    assert report.ok
    assert world.ctx.store.read(lambda q: q.credentials(1)) is None


def test_a_second_paste_a_day_later_adds_only_what_is_new(world, address, open_page):
    page = open_page()
    first_day(page, address, world)
    world.app.clock.advance(HOUR)
    page.goto(f"{address}/paste")
    older = (
        SCREEN.replace("2 u", "3 u").replace("30 min", "2 u") + "kijker_vijf\nMooi!\nzojuist\nBeantwoorden\n"
    )
    page.get_by_label("Comments", exact=True).fill(older)
    page.get_by_role("button", name="Look it over").click()
    assert page.get_by_text("here already").count() == 4
    assert page.get_by_role("checkbox", checked=True).count() == 1
    page.get_by_role("button", name="Take in what is ticked").click()
    page.get_by_text("comment was taken in and decided.").wait_for()
    assert len(world.ctx.store.read(lambda q: q.decisions(after=0, limit=99))) == 5


def test_the_new_pages_pass_the_accessibility_check(world, address, open_page):
    page = open_page()
    first_day(page, address, world)
    world.app.clock.advance(HOUR)
    send_due(world)
    task = outgoing(world, "task")[0].id
    source = axe()
    found = {}
    for path in (
        "/tasks",
        f"/tasks/{task}",
        "/paste",
        "/by-hand",
        "/bio",
        "/reach",
        "/phone",
    ):
        page.goto(address + path)
        if path == f"/tasks/{task}":
            page.get_by_role("button", name="Open").click()
            page.get_by_role("heading", name="Send exactly this").wait_for()
        page.evaluate(f"() => {{ {source} }}")
        result = page.evaluate(
            "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
        )
        if result["violations"]:
            found[path] = [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in result["violations"]]
    assert found == {}


@pytest.fixture
def personal(tmp_path, monkeypatch):
    """A personal Dutch account on the real sandbox: comments and replies work, private messages do not exist."""
    with sandbox_serving(SandboxSettings(limits=False, local_redirects=True, start_ms=START)) as running:
        base = f"{running.url}/open_api/v1.3"
        plain = worlds.settings

        def settings(folder, database=""):
            known = plain(folder, database)
            return replace(known, platform=replace(known.platform, base=base, paced=False))

        monkeypatch.setattr(worlds, "settings", settings)
        made = World(tmp_path, account=False)
        box = filling.Sandbox(url=running.url, process=None)

        async def connect():
            account = cast.open_demo_account(made.app, await box.control("state"), "careful")
            await cast.grant(made.app, box, account)

        in_a_thread(connect)
        yield made, box, running.world
        made.close()


def test_personal_nl_goes_from_a_comment_to_stored_consent_without_any_message(personal, serve, browser):
    world, box, sandbox = personal

    with serve(world) as address:
        sandbox.subscribe("COMMENT", f"{address}/hook/tiktok")
        order = {"text": "Waar is de link naar die pan?", "video_id": VIDEO}
        in_a_thread(lambda: box.control("comment", order))
        in_a_thread(lambda: box.control("settle", {"timeout_seconds": 10}))
    assert intake.read_new(world.ctx) == 1, "signed by the sandbox, taken by the door"
    assert not world.ctx.store.read(lambda q: q.accounts())[0].can_message
    assert [o.act for o in outgoing(world, "planned")] == ["reply"]
    world.app.clock.advance(HOUR)
    in_a_thread(lambda: box.control("clock", {"set": iso(world.app.clock.now())}))
    send_due(world)
    replies = outgoing(world, "sent")
    assert [(o.act, bool(o.provider_ref)) for o in replies] == [("reply", True)], (
        "answered in public, on the sandbox"
    )

    link = Link(id=1, nl="De pan", en="The pan", url="https://shop.example.org/pan")
    page_document = msgspec.structs.replace(bio.empty_document(), links=(link,))
    bio.save(world.ctx, 1, "lottekookt", page_document, live=True, who=("person", "1"))
    with serve(world) as address:
        context = browser.new_context(viewport={"width": 390, "height": 780}, locale="nl-NL")
        page = context.new_page()
        page.set_default_timeout(10_000)
        foreign = []
        page.on(
            "request",
            lambda request: None if request.url.startswith(address) else foreign.append(request.url),
        )
        page.goto(f"{address}/b/lottekookt?ref=reactie")
        page.get_by_label("of je naam op TikTok").fill("@kijker.een")
        page.get_by_role("button", name="Akkoord en versturen").click()
        assert world.ctx.store.read(lambda q: q.form_receipts(1, 9)) == [], (
            "the browser asks for the age first"
        )
        page.get_by_label("16 of ouder").check()
        page.get_by_role("button", name="Akkoord en versturen").click()
        page.get_by_text("Vink aan waarmee je akkoord gaat.").wait_for()
        page.get_by_label(re.compile("Je mag mij antwoorden")).check()
        page.get_by_role("button", name="Akkoord en versturen").click()
        page.get_by_role("heading", name="Dank je, het is genoteerd").wait_for()
        assert context.cookies() == [] and foreign == []
        context.close()
    receipt = world.ctx.store.read(lambda q: q.form_receipts(1, 9))[0]
    entry = json.loads(world.ctx.store.read(lambda q: q.audit_entries(receipt.seq, receipt.seq + 1))[0].body)
    assert (entry["kind"], entry["body"]["answer"], receipt.ref) == ("consent", "given", "reactie")
    assert bio.people(world.ctx, 1)[0].address == "@kijker.een"
    assert audit.verify(world.ctx).ok
    everything = [o.act for s in ("planned", "task", "sent", "failed", "unknown") for o in outgoing(world, s)]
    assert everything == ["reply"], "no private message was ever made"
