"""Until when a task makes sense, and the shipped numbers."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core.tasks import (
    TaskNumbers,
    makes_sense_until,
    may_be_taken_back,
    profile_link,
    read_book,
    video_link,
)
from goodstanding.kernel.problems import Invalid
from goodstanding.kernel.timing import HOUR, MINUTE
from goodstanding.usecases import playbooks

NUMBERS = TaskNumbers(undo_minutes=10, hide_hours=48, message_margin_minutes=30)
SPAN = st.integers(0, 10**12)


def until(act, **changes):
    values = {
        "now": 0,
        "written_at": 0,
        "age_hours_max": 72,
        "wrote_at": None,
        "window_hours": 48,
        "approved_until": None,
    }
    return makes_sense_until(NUMBERS, act, **values | changes)


def test_the_shipped_numbers_and_their_sources():
    assert playbooks.task_numbers() == NUMBERS
    from importlib.resources import files

    text = files("goodstanding.playbooks").joinpath("tasks", "by-hand-2026-11.toml").read_text()
    document = tomllib.loads(text)
    assert set(document["numbers"]) == set(document["sources"])
    assert all(one["source"] and one["date"] for one in document["sources"].values())


def test_a_damaged_file_is_refused():
    for text in ("= 1", "id = 1"):
        with pytest.raises(Invalid):
            read_book(text)


@given(now=SPAN, written=SPAN, wrote=SPAN)
def test_never_past_the_age_or_the_window(now, written, wrote):
    assert until("reply", now=now, written_at=written) == written + 72 * HOUR
    found = until("message", now=now, written_at=written, wrote_at=wrote)
    assert found == min(written + 72 * HOUR, wrote + 48 * HOUR - 30 * MINUTE)
    assert until("hide", now=now, written_at=written) == now + 48 * HOUR


def test_an_approval_binds_instead_of_the_age():
    assert until("reply", approved_until=5 * HOUR) == 5 * HOUR
    assert until("message", wrote_at=0, approved_until=100 * HOUR) == 48 * HOUR - 30 * MINUTE


@pytest.mark.parametrize(
    ("after", "may"), [(-1, False), (0, True), (10 * MINUTE - 1, True), (10 * MINUTE, False)]
)
def test_taking_back(after, may):
    assert may_be_taken_back(NUMBERS, now=1000 + after, answered_at=1000) is may


def test_links_only_where_they_can_lead_somewhere():
    links = playbooks.task_book().links
    assert video_link(links, account="lottekookt", video_id="7672400000000000101").endswith(
        "/@lottekookt/video/7672400000000000101"
    )
    assert video_link(links, account="lottekookt", video_id="soep") == ""
    assert profile_link(links, handle="kijker.12_").endswith("/@kijker.12_")
    assert profile_link(links, handle="Kijker Twaalf") == ""
    assert profile_link(links, handle="a/../b") == ""
