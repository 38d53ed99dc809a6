"""`goodstanding feed posts` and the level of the app, against the sandbox."""

import asyncio
import json

import pytest
from looking import said

from goodstanding.sandbox.server import serving
from goodstanding.sandbox.world import Settings as Box

APP_ID, SECRET = "7412345678901234567", "sandbox-app-secret"
LOTTE = "-000SbxLotteKooktOpenId"
SCOPES = ("comment.list", "video.list", "video.publish", "biz.brand.insights")


@pytest.fixture(scope="module")
def box():
    with serving(Box(limits=False, local_redirects=True)) as running:
        yield running


@pytest.fixture
def there(gs, tmp_path, box):
    """An installation beside a sandbox, with one connected account."""
    from goodstanding.bootstrap import open_app
    from goodstanding.settings import PlatformSettings, Settings
    from goodstanding.usecases import accounts, connecting
    from goodstanding.usecases.ports.connections import Profile, Tokens

    platform = PlatformSettings(base=f"{box.url}/open_api/v1.3")
    app = open_app(Settings(data=tmp_path / "data", platform=platform))
    accounts.add(
        app.ctx, mode="automatic", handle="lottekookt", name="", country="ID", account_type="business", programmes=(),
        language="nl", zone="Europe/Amsterdam", who=("system", "test"),
    )  # fmt: skip
    grant = box.world.state.grant(open_id=LOTTE)
    tokens = Tokens(
        access_token=grant.access_token, refresh_token=grant.refresh_token, open_id=LOTTE, scopes=SCOPES,
        expires_in=86_400, refresh_expires_in=20 * 86_400,
    )  # fmt: skip
    connecting.take(app.ctx, 1, tokens, Profile(), who=("system", "test"))
    asyncio.run(app.ctx.platforms["tiktok"].close())
    app.close()
    env = {
        "GOODSTANDING_PLATFORM_URL": f"{box.url}/open_api/v1.3", "GOODSTANDING_TIKTOK_CLIENT_ID": APP_ID,
        "GOODSTANDING_TIKTOK_SECRET": SECRET, "GOODSTANDING_PUBLIC_URL": None,
    }  # fmt: skip

    def call(*words, lang="en", **more):
        return gs(*words[:2], "--data", tmp_path / "data", *words[2:], lang=lang, env=env | more)

    return call


def test_posts_are_followed_asked_and_told_as_words_and_json(there, box):
    box.world.publishing.fail_next.append("video_pull_failed")
    bad = box.world.publishing.publish(
        open_id=LOTTE, media_type="VIDEO", caption="Soep", draft=False
    ).publish_id
    box.world.clock.advance(3600)
    box.world.agenda.run_due()
    first = there("feed", "posts", "--publication", bad)
    assert first.exit_code == 0, first.output
    assert "nothing told yet" in first.output and "--ask" in first.stderr
    asked = there("feed", "posts", "--ask")
    assert asked.exit_code == 1, asked.output
    assert "TikTok could not fetch the video" in asked.output
    assert "Comments: " in asked.output and "Longest video" in asked.output
    found = json.loads(there("feed", "posts", "--ask", "--json").stdout)
    assert [(one["publish_id"], one["status"], one["reason"]) for one in found["under_way"]] == [
        (bad, "FAILED", "video_pull_failed")
    ]
    assert found["settings"]["comment_disabled"] in (True, False)
    assert "TikTok kon de video niet ophalen" in there("feed", "posts", lang="nl").output


def test_what_the_account_may_not_do_is_said_with_rule_source_and_date(there):
    there("accounts", "change", "lottekookt", "--type", "personal")
    shown = there("feed", "posts")
    assert "Mentions by others: off for @lottekookt." in shown.stderr
    assert "TT-MENTION-1" in shown.stderr and "2026-11-21" in shown.stderr


def test_tiktok_out_of_reach_is_its_own_exit_code(there):
    away = there("feed", "posts", "--ask", GOODSTANDING_PLATFORM_URL="http://127.0.0.1:9/open_api/v1.3")
    assert away.exit_code == 3
    assert "no usable answer" in away.output


def test_a_name_that_is_none_is_refused(there):
    bad = there("feed", "posts", "--publication", "a b")
    assert bad.exit_code == 2
    assert "no publish_id" in bad.stderr


def test_the_level_of_the_app_is_stated_with_a_warning(there):
    told = said(there("accounts", "app", "--json"))
    assert (told["level"], told["calls_per_second"], told["client_id"]) == ("basic", 10, APP_ID)
    raised = there("accounts", "app", "--level", "advanced")
    assert raised.exit_code == 0
    assert "TikTok grants this level" in raised.stderr
    assert "20 calls a second and 1200 a minute" in raised.output
    assert said(there("accounts", "app", "--json"))["level"] == "advanced"
    assert there("accounts", "app", "--level", "platinum").exit_code == 2
    assert "Niveau van de app" in there("accounts", "app", "--level", "basic", lang="nl").output


def test_the_choices_are_those_of_the_data():
    from goodstanding.cli import accounts
    from goodstanding.usecases import playbooks

    assert tuple(one.name for one in playbooks.call_levels()) == accounts.LEVELS
