"""The control calls and their page: one table, everything in it described, nothing that surprises."""

import os

import pytest
from sandbox_client import APP, AWAY, LOTTE, SECRET, App

from goodstanding.sandbox.controls import CONTROLS
from goodstanding.sandbox.numbers import read_numbers


def test_every_call_says_what_it_does():
    assert all(one.text and one.takes.__doc__ for one in CONTROLS)
    assert len({(one.method, one.path) for one in CONTROLS}) == len(CONTROLS)


def test_what_is_assumed_is_told_and_shown(shared):
    told = shared.get("assumed")
    subjects = [one["subject"] for one in told["assumed"]]
    assert len(subjects) == len(set(subjects)) == len(read_numbers().assumed)
    for needed in ("Window closed, quota used", "Retries of webhooks", "Links in messages", "Refresh token"):
        assert needed in subjects
    page = shared.session.get(f"{shared.url}/_sandbox/", timeout=10)
    assert all(subject in page.text for subject in subjects)
    assert "Assumed, not documented" in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<script>" not in page.text and "<style>" not in page.text


def test_webhooks_are_lost_at_the_rate_that_was_ordered(start):
    client = start(limits=False, webhook=AWAY, seed=5)
    app = App(client, "personal-nl")
    assert client.post("webhooks/faults", lost=0.2, duplicate=0.1)["webhooks"]["lost"] == 0.2
    still = client.post("webhooks/faults", shuffle=0.3, delay_ms=1500)["webhooks"]
    assert (still["lost"], still["reorder"], still["delay_seconds_max"]) == (0.2, 0.3, 1.5)
    client.post("crowd", count=500, open_id=app.id)
    told = client.get("deliveries", limit=2000)
    lost = [one for one in told["deliveries"] if one["status"] == "lost"]
    assert 70 <= len(lost) == told["counts"]["lost"] <= 130
    assert 20 <= sum(one["copy"] for one in told["deliveries"]) <= 65


def test_an_overtaken_webhook_comes_after_one_that_was_made_later(start):
    client = start(limits=False, webhook=AWAY)
    app = App(client, "personal-nl")
    client.post("clock", freeze=True)
    assert client.post("webhooks/faults", shuffle=1)["webhooks"]["reorder_seconds"] == 2.0
    client.post("comment", text="eerst", video_id=app.video)
    client.post("webhooks/faults", shuffle=0, shuffle_ms=500)
    client.post("comment", text="daarna", video_id=app.video)
    assert client.post("settle")["settled"]
    first, second = client.get("deliveries")["deliveries"]
    assert (first["attempts"], len(second["attempts"])) == ([], 1)
    assert first["due_ms"] - first["first_ms"] == 2000


def test_a_comment_can_be_kept_for_friends(start):
    client = start(limits=False, webhook=AWAY)
    app = App(client, "personal-nl")
    made = client.post("comment", text="hoi", video_id=app.video)["comment_id"]
    client.post("moderate", comment_id=made, action="friends")
    assert client.get("deliveries")["deliveries"][-1]["action"] == "set_to_friends_only"


def test_one_fault_is_ordered_and_met(start):
    client = start(limits=False)
    app = App(client, "personal-nl")
    client.post("faults", kind="server_error", endpoint="business/get/", times=1, code=60001)
    answers = [app.get("get/") for _ in range(2)]
    assert [one["code"] for one in answers] == [60001, 0]
    assert "maintenance" in answers[0]["message"]


def test_messages_have_a_limit_of_their_own_a_second(start):
    client = start(start_ms=1_790_000_040_000)
    app = App(client, "business-id")
    client.post("clock", freeze=True)
    codes = [app.get("message/conversation/list/", conversation_type="SINGLE")["code"] for _ in range(11)]
    assert codes == [0] * 10 + [40100]
    client.post("clock", advance_seconds=1)
    assert app.get("message/conversation/list/", conversation_type="SINGLE")["code"] == 0, (
        "the next second is free"
    )


def test_refreshing_many_tokens_is_bounded_by_the_app_alone(start):
    client = start(start_ms=1_790_000_040_000)
    client.post("clock", freeze=True)
    made = [App(client, "personal-nl", username=f"many{number}").account for number in range(60)]
    url = f"{client.url}/open_api/v1.3/tt_user/oauth2/refresh_token/"
    body = {"client_id": APP, "client_secret": SECRET, "grant_type": "refresh_token"}
    codes = []
    for number, one in enumerate(made):
        if number % 10 == 0:
            client.post("clock", advance_seconds=1)
        answer = client.session.post(url, json=body | {"refresh_token": one["refresh_token"]}, timeout=10)
        codes.append(answer.json()["code"])
    assert codes == [0] * 60


def test_a_day_that_is_used_up_ends_at_midnight():
    import msgspec

    from goodstanding.sandbox.limits import Throttle

    numbers = read_numbers().limits
    levels = {"basic": msgspec.structs.replace(numbers.levels["basic"], app_per_day=3)}
    numbers = msgspec.structs.replace(numbers, levels=levels)
    throttle = Throttle(numbers)
    noon = 1_790_000_040_000 // 86_400_000 * 86_400_000 + 43_200_000

    def call(at):
        return throttle.refuse(app_id="a", open_id="o", endpoint="e", product="accounts", now_ms=at)

    assert [call(noon + n * 1000) for n in range(4)] == [None, None, None, "app day"]
    assert call(noon + 43_199_000) == "app day"
    assert call(noon + 43_200_000) is None


def test_the_clock_stays_within_the_calendar(shared):
    for body in (
        {"set": "9999-01-01"},
        {"set": "gisteren"},
        {"advance_seconds": 1e12},
        {"speed": 0},
        {"set": "1969-12-31"},
    ):
        answer = shared.session.post(f"{shared.url}/_sandbox/clock", json=body, timeout=10)
        assert answer.status_code == 400, body
    assert shared.get("clock")["speed"] == 1.0


def test_a_page_of_another_site_cannot_steer(shared):
    form = {"persona": "personal-nl"}
    answer = shared.session.post(f"{shared.url}/_sandbox/accounts", data=form, timeout=10)
    assert answer.status_code == 415
    answer = shared.session.get(f"{shared.url}/_sandbox/state", headers={"Host": "evil.example"}, timeout=10)
    assert answer.status_code == 421


def test_an_unknown_persona_is_told_which_there_are(shared):
    answer = shared.session.post(f"{shared.url}/_sandbox/accounts", json={"persona": "x"}, timeout=10)
    assert answer.status_code == 400 and "business-id" in answer.json()["message"]


@pytest.mark.browser
def test_the_page_works_by_keyboard_and_without_a_word_in_the_console(shared):
    from playwright.sync_api import sync_playwright

    app = App(shared, "business-id")
    with sync_playwright() as playwright:
        chromium = os.environ.get("GOODSTANDING_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{shared.url}/_sandbox/")
        form = page.locator('form[data-call="/_sandbox/messages"]')
        form.locator("input[name=text]").focus()
        page.keyboard.press("Enter")
        form.locator("output", has_text="conversation_id").wait_for()
        assert app.id in form.locator("input[name=business_id]").input_value()
        wrong = page.locator('form[data-call="/_sandbox/taps"]')
        wrong.locator("button").click()
        wrong.locator("output:not(:empty)").wait_for()
        assert "wrong" in wrong.get_attribute("class")
        browser.close()
    assert [one for one in said if "400" not in one] == []
    assert app.get("message/conversation/list/", conversation_type="STRANGER")["data"]["conversations"]


@pytest.mark.browser
def test_the_forms_send_yes_and_no_lists_and_json_as_what_they_are(start):
    from playwright.sync_api import sync_playwright

    client = start(limits=False)
    with sync_playwright() as playwright:
        chromium = os.environ.get("GOODSTANDING_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
        page.goto(f"{client.url}/_sandbox/")
        assert page.evaluate("document.documentElement.scrollWidth") == 390

        def done(call, shown):
            form = page.locator(f'form[data-call="/_sandbox/{call}"]')
            form.locator("button").click()
            form.locator("output", has_text=shown).wait_for()

        page.locator('form[data-call="/_sandbox/options"] select[name=bounce_returning]').select_option("no")
        done("options", '"bounce_returning": false')
        page.locator('form[data-call="/_sandbox/seed"] input[name=grant]').fill(
            f"{LOTTE}, -000SbxTokoTehOpenId"
        )
        done("seed", "grants")
        fault = '{"kind": "slow", "times": 2, "seconds": 0.1}'
        page.locator('form[data-call="/_sandbox/inject"] textarea[name=fault]').fill(fault)
        done("inject", '"times": 2')
        page.locator('form[data-call="/_sandbox/inject"] textarea[name=fault]').fill("{oops")
        done("inject", "SyntaxError")
        browser.close()
    assert client.world.options.bounce_returning is False
    assert client.world.state.granted("-000SbxTokoTehOpenId")
    assert [one.kind for one in client.world.faults.ordered] == ["slow"]
