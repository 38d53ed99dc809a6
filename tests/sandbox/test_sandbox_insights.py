"""Figures: late, bounded, absent where they must be, and the same whenever they are asked for."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest
from sandbox_client import DAY, App

START = 1_790_000_000_000
"""2026-09-21, in the afternoon."""


@pytest.fixture
def app(start):
    client = start(limits=False, start_ms=START)
    client.post("clock", freeze=True)
    return App(client, "business-id")


def day(offset):
    return (datetime.fromtimestamp(START / 1000, UTC) + timedelta(days=offset)).strftime("%Y-%m-%d")


def figures(app, first, last, *fields):
    asked = {"start_date": day(first), "end_date": day(last), "fields": json.dumps(fields or ["video_views"])}
    return app.get("get/", **asked)


def test_a_day_comes_one_to_two_days_late_and_never_changes(app):
    before = figures(app, -10, -1)["data"]["metrics"]
    assert [one["date"] for one in before][:7] == [day(n) for n in range(-10, -3)]
    assert before[-1]["date"] in (day(-3), day(-2))
    app.later(5 * DAY)
    after = figures(app, -10, -1)["data"]["metrics"]
    assert [one["date"] for one in after] == [day(n) for n in range(-10, 0)]
    assert after[: len(before)] == before


def test_the_default_is_the_last_week_until_yesterday(app):
    app.later(3 * DAY)
    dates = [one["date"] for one in app.get("get/", fields='["likes"]')["data"]["metrics"]]
    assert dates[0] == day(-4) and len(dates) in (5, 6)


@pytest.mark.parametrize(
    ("first", "last", "code"), [(-60, -50, 0), (-61, -50, 40002), (-3, -5, 40002), (-3, 3, 0)], ids=str
)
def test_the_look_back_is_60_days(app, first, last, code):
    assert figures(app, first, last)["code"] == code


@pytest.mark.parametrize("text", ["2026-9-1", "20260901", "gisteren", "2026-02-30", ""])
def test_a_day_that_is_none_is_refused(app, text):
    assert app.get("get/", start_date=text)["code"] == 40002


def test_followers_of_the_days_add_up(app):
    app.later(5 * DAY)
    names = ("followers_count", "daily_total_followers", "daily_new_followers", "daily_lost_followers")
    days = figures(app, -20, -1, *names)["data"]["metrics"]
    for before, after in itertools.pairwise(days):
        assert after["followers_count"] - before["followers_count"] == after["daily_total_followers"]
    for one in days:
        assert one["daily_new_followers"] - one["daily_lost_followers"] == one["daily_total_followers"]


def test_shares_add_up_to_one_and_sources_are_sorted(app):
    fields = ["item_id", "impression_sources", "audience_genders", "audience_types", "video_view_retention"]
    video = app.get("video/list/", fields=json.dumps(fields))["data"]["videos"][0]
    sources = [one["percentage"] for one in video["impression_sources"]]
    assert sources == sorted(sources, reverse=True)
    assert abs(sum(sources) - 1) < 0.01
    assert abs(sum(one["percentage"] for one in video["audience_genders"]) - 1) < 0.01
    kept = [one["percentage"] for one in video["video_view_retention"]]
    assert kept[0] == 1.0 and kept == sorted(kept, reverse=True)
    assert [one["second"] for one in video["video_view_retention"]][:2] == ["0", "1"]


def video_of(app, *fields):
    wanted = json.dumps(["item_id", *fields])
    return app.get("video/list/", fields=wanted, filters=json.dumps({"video_ids": [app.video]}))["data"][
        "videos"
    ][0]


def test_a_quiet_week_takes_reach_and_watch_time_away_until_somebody_comments(app):
    fields = (
        "reach",
        "average_time_watched",
        "impression_sources",
        "video_views",
        "create_time",
        "video_duration",
    )
    assert set(video_of(app, *fields)) == {"item_id", *fields}
    app.later(10 * DAY)
    assert set(video_of(app, *fields)) == {"item_id", "video_views", "create_time", "video_duration"}
    app.client.post("comment", text="Nog steeds goed", video_id=app.video)
    app.later(3 * DAY)
    assert set(video_of(app, *fields)) == {"item_id", *fields}


def test_views_grow_and_stop_after_a_year(app):
    seen = []
    for span in (0, 5, 30, 330, 30, 400):
        app.later(span * DAY)
        seen.append(video_of(app, "video_views")["video_views"])
    assert seen == sorted(seen) and seen[0] < seen[1]
    assert seen[4] == seen[5]


def test_comments_are_counted_late(app):
    app.client.post("comment", text="hoi", video_id=app.video)
    assert video_of(app, "comments")["comments"] == 0
    app.later(3 * DAY)
    assert video_of(app, "comments")["comments"] == 1


def test_without_analytics_there_are_no_figures(app):
    account = {name: app.account[name] for name in ("open_id", "unique_identifier", "username", "country")}
    app.client.post("seed", accounts=[account | {"analytics": False, "followers": 500}])
    assert app.get("get/", fields='["video_views"]')["data"]["metrics"] == []
    assert set(video_of(app, "video_views", "caption")) == {"item_id", "caption"}


def test_ad_posts_need_video_ids_and_violations_are_left_out(app):
    assert app.get("video/list/", filters='{"ad_post_only":true}')["code"] == 40002
    filters = json.dumps({"ad_post_only": True, "video_ids": [app.video]})
    assert app.get("video/list/", filters=filters)["data"]["videos"] == []
    app.client.post("publishing", withdraw=app.video)
    assert app.video not in [one["item_id"] for one in app.get("video/list/")["data"]["videos"]]


def test_pages_of_posts_can_be_short(app):
    for number in range(9):
        app.client.post(
            "seed", videos=[{"open_id": app.id, "item_id": str(10**18 + number), "days_old": 20 + number}]
        )
    seen, sizes, cursor = [], [], None
    while True:
        asked = {"max_count": 4} | ({} if cursor is None else {"cursor": cursor})
        data = app.get("video/list/", **asked)["data"]
        seen += [one["item_id"] for one in data["videos"]]
        sizes.append(len(data["videos"]))
        cursor = data["cursor"]
        if not data["has_more"]:
            break
    assert len(seen) == len(set(seen)) == 12
    assert 3 in sizes[:-1]
