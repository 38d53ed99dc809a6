"""Pages of accounts: added, connected through the sandbox's consent page, explained, stopped, given up."""

import json
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from world import OPEN_ID, Client, World

from goodstanding.kernel.timing import DAY
from goodstanding.sandbox.server import serving
from goodstanding.sandbox.world import Settings as Box
from goodstanding.usecases import connections, retention
from goodstanding.usecases.context import person
from goodstanding.usecases.ports.connections import Profile

LOTTE, TOKO = "-000SbxLotteKooktOpenId", "-000SbxTokoTehOpenId"
APP = {"client_id": "7412345678901234567", "secret": "sandbox-app-secret", "webhook_secret": ""}
FORM = {
    "handle": "@LotteKookt", "name": "Lotte kookt", "mode": "automatic", "country": "NL", "account_type": "unknown",
    "language": "nl", "zone": "Europe/Amsterdam",
}  # fmt: skip


@pytest.fixture
def box():
    with serving(Box(limits=False, local_redirects=True, start_ms=1_790_000_000_000, speed=1.0)) as running:
        yield running


@pytest.fixture
def desk(tmp_path, box, monkeypatch):
    """A desk without an account, beside a sandbox, with its owner signed in."""
    import world as worlds

    from goodstanding.settings import PlatformSettings, Settings

    def settings(folder, database=""):
        platform = PlatformSettings(base=f"{box.url}/open_api/v1.3")
        return Settings(data=folder, demo_speed=1.0, demo_start=worlds.START, platform=platform)

    monkeypatch.setattr(worlds, "settings", settings)
    made = World(tmp_path / "data", account=False)
    made.owner()
    made.box = box
    yield made
    made.close()


@pytest.fixture
def me_here(desk):
    return Client(desk).sign_in()


def ready(client, **changes):
    assert client.post("/accounts/app", **APP, permissions="messaging").status == 303
    return client.post("/accounts/add", **FORM | changes).header("location")


def allow(desk, location, open_id=LOTTE, without=()):
    """What the creator does at the consent page; returns where the browser is sent back to."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    granted = [s for s in query["scope"].split(",") if s not in without]
    code = desk.box.world.state.new_code(open_id=open_id, scopes=granted, redirect_uri=query["redirect_uri"])
    return f"{urlsplit(query['redirect_uri']).path}?code={code}&state={query['state']}"


def test_from_nothing_to_a_connected_account(desk, me_here):
    empty = me_here.get("/accounts")
    assert "No account yet" in empty.words and "not set up" in empty.words
    page = me_here.get(ready(me_here).split("?")[0])
    assert "not connected" in page.words and "Connect at TikTok" in page.words
    off = me_here.get("/accounts/1/connect")
    assert off.status == 303
    assert off.header("location").startswith(
        f"{desk.box.url}/v2/auth/authorize/?client_key=7412345678901234567&"
    )
    done = me_here.get(allow(desk, off.header("location")))
    assert (done.status, "@lottekookt is connected" in done.words) == (200, True)
    page = me_here.get("/accounts/1").words
    assert "Consent ends" in page and "48,210 followers" in page and "not verified" in page
    assert "In the EEA, Switzerland and the United Kingdom there is no interface for messages" in page
    assert "wants a Business account TT-DM-6" in page and "not in this country (NL) TT-DM-3" in page
    assert "Read on 2026-11-21" in page
    listed = me_here.get("/accounts").words
    assert "connected" in listed and "Netherlands" in listed


def test_what_was_not_granted_is_named(desk, me_here):
    ready(me_here)
    off = me_here.get("/accounts/1/connect").header("location")
    done = me_here.get(allow(desk, off, without=("comment.list.manage",)))
    assert "These stay off: Reply to comments" in done.words
    page = me_here.get("/accounts/1").words
    assert "not granted: comment.list.manage TT-SCOPE-1" in page


def test_a_creator_connects_by_a_link_without_an_account_here(desk, me_here):
    ready(me_here)
    made = me_here.post("/accounts/1/link")
    link = unescape(re.search(r'value="(http[^"]+/connect/[^"]+)"', made.text)[1])
    path = urlsplit(link).path
    creator = Client(desk, language="nl")
    page = creator.get(path)
    assert "@lottekookt verbinden" in page.words and "Op reacties antwoorden" in page.words
    off = creator.get(f"{path}/go")
    done = creator.get(allow(desk, off.header("location")))
    assert "Je bent klaar" in done.words and "/accounts/1" not in done.text
    assert creator.get(path).status == 410
    assert creator.get("/accounts/1").status == 303, "the creator is nobody of the team"


def test_a_stopped_link_works_no_more(desk, me_here):
    ready(me_here)
    made = me_here.post("/accounts/1/link")
    path = urlsplit(unescape(re.search(r'value="(http[^"]+/connect/[^"]+)"', made.text)[1])).path
    assert me_here.post("/accounts/1/link", drop="yes").status == 303
    answer = Client(desk).get(path)
    assert (answer.status, "wrong, used, replaced or too old" in answer.words) == (410, True)


def test_another_browser_cannot_finish_what_one_began(desk, me_here):
    ready(me_here)
    off = me_here.get("/accounts/1/connect").header("location")
    stranger = Client(desk)
    answer = stranger.get(allow(desk, off))
    assert answer.status == 409 and "began in another browser" in answer.words
    assert desk.ctx.store.read(lambda q: q.connection(1)).state == "none"


def test_a_refusal_is_said_and_keeps_what_there_was(desk, me_here):
    ready(me_here)
    off = me_here.get("/accounts/1/connect").header("location")
    state = parse_qs(urlsplit(off).query)["state"][0]
    answer = me_here.get(f"/oauth/tiktok/?error=access_denied&state={state}")
    assert (answer.status, "No consent was given" in answer.words) == (409, True)
    assert me_here.get("/oauth/tiktok/").status == 409


def test_disconnecting_needs_tiktok_or_a_will(desk, me_here):
    ready(me_here)
    me_here.get(allow(desk, me_here.get("/accounts/1/connect").header("location")))
    oauth = desk.ctx.authorizers["tiktok"]
    base, oauth._base = oauth._base, "http://127.0.0.1:9"
    failed = me_here.post("/accounts/1/disconnect")
    assert (failed.status, "TikTok was not reached" in failed.words) == (409, True)
    oauth._base = base
    done = me_here.follow(me_here.post("/accounts/1/disconnect"))
    assert (
        "The keys are gone" in done.words
        and "Ended here, and at TikTok." in done.words
        and "Kept until" in done.words
    )
    assert desk.box.world.state.revoke(LOTTE, reason=1) == 0, "TikTok knows"


def test_stop_and_release(desk, me_here):
    ready(me_here)
    assert (
        "Stopped. Nothing automatic" in me_here.follow(me_here.post("/accounts/1/switch", killed="yes")).words
    )
    assert "stopped" in me_here.get("/accounts").words
    assert "Released." in me_here.follow(me_here.post("/accounts/1/switch", killed="no")).words
    assert me_here.post("/accounts/9/switch", killed="yes").status == 404


def test_facts_are_saved_and_wrong_ones_kept_out(desk, me_here):
    ready(me_here)
    facts = FORM | {
        "account_type": "business",
        "country": "ID",
        "programmes": "creator-rewards",
        "mode": "assisted",
    }
    assert "worked out anew" in me_here.follow(me_here.post("/accounts/1", **facts)).words
    page = me_here.get("/accounts/1").words
    assert "Creator Rewards wants a Personal account" in page
    assert "no connection needed" in page
    wrong = me_here.post("/accounts/1", **facts | {"zone": "Mars/Base"})
    assert (wrong.status, "There is no such time zone" in wrong.words) == (422, True)
    wrong = me_here.post("/accounts/1", **facts | {"country": "Nowhere"})
    assert (wrong.status, "is no country" in wrong.words) == (422, True)
    assert desk.ctx.store.read(lambda q: q.connection(1)).country == "ID"


def test_a_wrong_account_keeps_what_was_typed(desk, me_here):
    answer = me_here.post("/accounts/add", **FORM | {"handle": "not a handle"})
    assert (answer.status, "2 to 24 letters" in answer.words) == (422, True)
    assert 'value="not a handle"' in answer.text
    assert desk.ctx.store.read(lambda q: q.accounts()) == []


def test_the_apps_secret_is_never_shown_again(desk, me_here):
    wrong = me_here.post("/accounts/app", **APP | {"secret": ""})
    assert (wrong.status, "Give the app's secret" in wrong.words) == (422, True)
    ready(me_here)
    for page in ("/accounts/app", "/accounts", "/accounts/1"):
        assert APP["secret"] not in me_here.get(page).text
    assert "company's own domain" in me_here.get("/accounts/app").words


def test_without_a_public_address_connecting_is_off_and_says_why(tmp_path):
    made = World(tmp_path / "data")
    made.owner()
    made.ctx.authorizers["tiktok"]._base = "https://business-api.tiktok.com/open_api/v1.3"
    client = Client(made).sign_in()
    assert "Start the server with --public-url" in client.get("/accounts/1").words
    answer = client.get("/accounts/1/connect")
    assert answer.status == 409
    made.close()


def test_today_says_what_is_wrong_with_a_connection(world, me):
    account = world.ctx.store.read(lambda q: connections.account_of(q, 1))
    assert account.external_id == OPEN_ID
    connections.learn(world.ctx, 1, Profile(account_type="personal"))
    now = world.ctx.clock.now()
    world.ctx.store.write(lambda tx: tx.change_connection(1, {"refresh_until": now + 5 * 86_400_000}))
    assert "The consent of @lottekookt ends on" in me.get("/").words
    world.ctx.store.write(
        lambda tx: tx.change_connection(
            1, {"refresh_until": None, "problem": "TimeoutError", "problem_at": now}
        )
    )
    assert "could not be renewed: TikTok was not reached" in me.get("/").words
    world.ctx.store.write(lambda tx: tx.change_connection(1, {"problem": "", "problem_at": None}))
    assert "consent of" not in me.get("/").words
    connections.state_facts(world.ctx, 1, who=person(1), country="NL")
    assert "account stated" in me.get("/audit").words


def test_the_deletion_after_the_end_is_dated_put_off_and_told_afterwards(desk, me_here):
    ready(me_here)
    connect_now = me_here.get("/accounts/1/connect").header("location")
    me_here.get(allow(desk, connect_now))
    assert me_here.post("/accounts/1/disconnect", force="yes").status == 303
    page = me_here.get("/accounts/1").words
    assert "Kept until" in page and "deleted by itself" in page
    refused = me_here.post("/accounts/1/postpone", days="1000", reason="an appeal")
    assert (refused.status, "Give 1 to 90 days." in refused.words) == (422, True)
    assert me_here.post("/accounts/1/postpone", days="60", reason="an appeal").status == 303
    row = desk.ctx.store.read(lambda q: q.connection(1))
    assert row.delete_after > desk.ctx.clock.now() + 59 * DAY
    desk.ctx.store.write(lambda tx: tx.change_connection(1, {"delete_after": desk.ctx.clock.now()}))
    retention.carry_out_due(desk.ctx)
    page = me_here.get("/accounts/1").words
    assert "Deleted on" in page and "what was kept of 0 people" in page and "Put the deletion off" not in page


def test_tiktoks_own_automatic_messages_have_a_page(desk, me_here):
    ready(me_here, handle="@toko.teh.sbx")
    off = me_here.get("/accounts/1/connect").header("location")
    me_here.get(allow(desk, off, open_id=TOKO))
    closed = me_here.get("/accounts/1/automatic")
    assert closed.status == 200 and "Off for this account" in closed.words and "TT-DM-3" in closed.words
    assert 'href="/accounts/1/automatic"' not in me_here.get("/accounts/1").text
    connections.state_facts(desk.ctx, 1, who=person(1), country="ID", account_type="business")
    off = me_here.get("/accounts/1/connect").header("location")
    me_here.get(allow(desk, off, open_id=TOKO))
    assert 'href="/accounts/1/automatic"' in me_here.get("/accounts/1").text
    empty = me_here.get("/accounts/1/automatic")
    assert "Welcome message" in empty.words and "None is set up." in empty.words
    desk.box.world.automation.create(TOKO, "WELCOME_MESSAGE", {"content": "Selamat <b>datang</b>!"})
    page = me_here.get("/accounts/1/automatic")
    assert "TikTok is still reviewing it" in page.words and "<b>datang" not in page.text
    assert me_here.get("/accounts/99/automatic").status == 404
    fault = {"endpoint": "message/auto_message/get/", "times": 1, "kind": "throttle"}
    order = Request(f"{desk.box.url}/_sandbox/inject", json.dumps({"fault": fault}).encode())
    order.add_header("content-type", "application/json")
    urlopen(order, timeout=20).close()
    away = me_here.get("/accounts/1/automatic")
    assert (away.status, "TikTok did not give it now" in away.words) == (502, True)
