"""The control calls and their page: one table, everything in it described, nothing that surprises."""

import os

import pytest
from sandbox_client import AWAY, App

from goodstanding.sandbox.control import CONTROLS
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
