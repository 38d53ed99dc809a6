"""Stories in a real browser: from the set-up link to lifting a freeze, with scripts and without."""

import gzip
import hashlib
import re
import tomllib
from pathlib import Path

import pytest
from world import PASSWORD

from goodstanding.usecases import people

pytestmark = pytest.mark.browser
VENDOR = Path(__file__).parents[1] / "vendor"
PAGES = [
    "/",
    "/review",
    "/comments?outcome=hide",
    "/acts",
    "/policy",
    "/policy/history",
    "/policy/paste",
    "/audit",
    "/accounts",
    "/accounts/1",
    "/accounts/add",
    "/accounts/app",
    "/freeze",
    "/problems",
    "/more",
]


def axe():
    lock = tomllib.loads((VENDOR / "lock.toml").read_text())["files"][0]
    source = gzip.decompress((VENDOR / lock["file"]).read_bytes())
    assert hashlib.sha256(source).hexdigest() == lock["sha256_unpacked"]
    return source.decode()


def sign_in(page, address):
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail address").fill("lotte@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")


def journey(page, address, world):
    """Set up, sign in, answer, take it back, ask why, freeze and lift."""
    token = people.setup_token(world.ctx)
    page.goto(f"{address}/setup/{token}")
    page.get_by_label("Your name").fill("Lotte")
    page.get_by_label("E-mail address").fill("lotte@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Make the owner").click()
    page.wait_for_url(f"{address}/")
    assert page.get_by_role("heading", level=1).inner_text() == "Hello, Lotte"
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{address}/sign-in")
    sign_in(page, address)

    page.get_by_role("link", name="Start reviewing").click()
    waiting = len(world.cases())
    row = page.locator("#list > li").first
    case_id = int(row.get_attribute("id").removeprefix("case-"))
    event_id = next(one.event_id for one in world.cases() if one.id == case_id)
    row.get_by_role("link", name=re.compile("^Reply")).click()
    page.get_by_label("Your reply").fill("Thank you, we look into it.")
    page.get_by_role("button", name="Approve and send").click()
    page.get_by_text("Approved. It leaves in 8 seconds.").wait_for()
    assert len(world.cases()) == waiting - 1
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Taken back. Nothing had left yet.").wait_for()
    assert len(world.cases()) == waiting

    page.locator("#list > li").first.get_by_role("link", name="Why?").click()
    page.wait_for_url(re.compile(rf"/comment/{event_id}#why$"))
    assert page.get_by_role("heading", name="Limits at that moment").is_visible()
    page.get_by_role("link", name=re.compile("^position")).click()
    page.get_by_role("button", name="Verify everything").click()
    page.get_by_text("Everything is as it was written.").wait_for()

    page.get_by_role("link", name="Freeze").click()
    page.get_by_label("Reason (optional)").fill("trying it out")
    page.get_by_role("button", name="Freeze now").click()
    page.get_by_text("Frozen: everything that is sent.").wait_for()
    assert len(world.ctx.store.read(lambda q: q.freezes(active_only=True))) == 1
    page.get_by_role("link", name="Lift").click()
    page.get_by_role("button", name="Lift now").click()
    page.get_by_text("Lifted. Planned replies go out at their own pace.").wait_for()
    assert world.ctx.store.read(lambda q: q.freezes(active_only=True)) == []


def test_from_set_up_to_lifting_a_freeze(world, address, open_page):
    journey(open_page(), address, world)


def test_the_same_without_scripts(world, address, open_page):
    journey(open_page(java_script_enabled=False), address, world)


@pytest.mark.parametrize(
    ("width", "lang", "scheme"),
    [(1280, "nl", "light"), (1280, "en", "dark"), (390, "en", "light"), (320, "nl", "dark")],
)
def test_every_page_fits_is_accessible_and_silent(world, address, open_page, width, lang, scheme):
    world.owner(lang)
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme, has_touch=width < 700)
    page.goto(f"{address}/sign-in")
    page.locator("#email").fill("lotte@example.org")
    page.locator("#password").fill(PASSWORD)
    page.locator("form[action='/sign-in'] button").click()
    page.wait_for_url(f"{address}/")
    checker = axe()
    policy = world.ctx.store.read(lambda q: q.accounts())[0].policy_hash[7:23]
    more = [f"/comment/{world.events(one)[0]}" for one in ("reply", "hide", "review")]
    more += [f"/review/{world.cases()[0].id}", f"/policy/edit/{policy}", "/audit/5"]
    for path in [*PAGES, *more]:
        page.goto(address + path)
        page.evaluate(
            "document.querySelectorAll('.row-item').forEach(e => { e.style.contentVisibility = 'visible' })"
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{path} is wider than the window"
        )
        small = page.evaluate(SMALL, 44 if width < 700 else 24)
        assert small == [], f"{path}: {small}"
        page.context.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})
        found = page.evaluate(
            checker
            + ";axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        wrong = [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found["violations"]]
        assert wrong == [], path


SMALL = """least => [...document.querySelectorAll('button, summary.button, a.button, a.chip, nav a, select, input:not([type=hidden])')]
  .filter(e => e.checkVisibility() && !e.closest('label'))
  .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
  .filter(([, box]) => box.height < least || box.width < 24)
  .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""


def test_new_work_collects_behind_a_button_and_moves_no_row(world, address, open_page):
    world.owner()
    page = open_page()
    sign_in(page, address)
    page.goto(f"{address}/review")
    first = page.locator("#list > li").first.get_attribute("id")
    before = page.locator("#list > li").first.bounding_box()
    waiting = len(world.cases())
    world.crowd(100, seed=99)
    more = len(world.cases()) - waiting
    assert more > 0
    page.get_by_role("link", name=f"{more} new").wait_for()
    assert page.locator("#list > li").first.get_attribute("id") == first
    assert page.locator("nav .count").first.inner_text() == str(waiting + more)
    assert page.locator("#list > li").count() == min(60, waiting)
    assert page.locator("#list > li").first.bounding_box()["x"] == before["x"]


def test_the_keyboard_alone_reaches_and_opens_what_is_needed(world, address, open_page):
    world.owner()
    page = open_page()
    sign_in(page, address)
    page.goto(f"{address}/review")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Hide":
            break
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert ring == "3px"
    page.keyboard.press("Enter")
    page.get_by_text("The comment will be hidden in 8 seconds.").wait_for()
