"""Connecting in a real browser: from the app's credentials to a creator who allows a part of what was asked."""

import pytest
import world as worlds
from conftest import serving
from world import PASSWORD, World

from goodstanding.sandbox.server import serving as sandbox
from goodstanding.sandbox.world import Settings as Box
from goodstanding.settings import PlatformSettings, Settings

pytestmark = pytest.mark.browser


@pytest.fixture
def box():
    with sandbox(Box(limits=False, local_redirects=True, start_ms=worlds.START, speed=1.0)) as running:
        yield running


@pytest.fixture
def desk(box, tmp_path, monkeypatch):
    def settings(folder, database=""):
        platform = PlatformSettings(base=f"{box.url}/open_api/v1.3")
        return Settings(data=folder, demo_speed=1.0, demo_start=worlds.START, platform=platform)

    monkeypatch.setattr(worlds, "settings", settings)
    made = World(tmp_path / "desk", account=False)
    made.owner()
    yield made
    made.close()


class Closing:
    """The desk's pages, and one address that lets its calls to TikTok go inside the loop they were made in."""

    def __init__(self, desk):
        self._desk, self.web = desk, self

    async def __call__(self, scope, receive, send):
        if scope["path"] != "/close-calls":
            await self._desk.web(scope, receive, send)
            return
        for platform in self._desk.ctx.platforms.values():
            await platform.close()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


def test_an_operator_sets_up_and_a_creator_allows_a_part(browser, box, desk):
    with serving(Closing(desk)) as address:
        page = browser.new_context(locale="en-GB").new_page()
        page.set_default_timeout(10_000)
        page.goto(f"{address}/sign-in")
        page.get_by_label("E-mail address").fill("lotte@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Add an account").click()
        page.get_by_label("Name on TikTok").fill("lottekookt")
        page.get_by_label("Creator Rewards").check()
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_text("One account cannot have both").wait_for()
        page.get_by_text("first give the credentials of your TikTok app").wait_for()
        page.get_by_role("main").get_by_role("link", name="Your TikTok app").click()
        page.get_by_label("Client id").fill(box.world.settings.app_id)
        page.get_by_label("Secret", exact=True).fill(box.world.settings.app_secret)
        page.get_by_role("button", name="Keep").click()
        page.get_by_text("credentials are kept, encrypted").wait_for()
        page.goto(f"{address}/accounts/1")
        page.get_by_role("button", name="Link for the creator").click()
        link = page.locator("input.wide").input_value()

        creator = browser.new_context(locale="nl-NL", viewport={"width": 390, "height": 844}).new_page()
        creator.set_default_timeout(10_000)
        creator.goto(link)
        creator.get_by_role("link", name="Verder bij TikTok").click()
        creator.wait_for_url(f"{box.url}/v2/auth/authorize/**")
        creator.locator('input[value="comment.list.manage"]').uncheck()
        creator.locator("button").first.click()
        creator.wait_for_url(f"{address}/oauth/tiktok/**")
        creator.get_by_text("@lottekookt is verbonden").wait_for()
        assert creator.get_by_text("Op reacties antwoorden").is_visible()

        page.goto(f"{address}/accounts/1")
        row = page.get_by_role("row", name="Reply to comments")
        assert "not granted: comment.list.manage" in row.inner_text()
        assert "on" in page.get_by_role("row", name="Read comments").inner_text()
        page.get_by_text("Disconnect", exact=True).click()
        page.get_by_role("button", name="Disconnect now").click()
        page.get_by_text("The keys are gone; the log stays.").wait_for()
        page.goto(f"{address}/audit")
        page.get_by_text("Disconnected by us").first.wait_for()
        page.request.get(f"{address}/close-calls")
