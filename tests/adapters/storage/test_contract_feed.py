"""What both databases promise of the feed and the registry."""

import pytest

from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases import ports
from goodstanding.usecases.ports.feed import Gap, GapFigures, Late, ReplyWatch, Snapshot, Watch
from goodstanding.usecases.ports.registry import Campaign
from tests import support
from tests.support import NOW


def write(store, name, *args, **named):
    return store.write(lambda tx: getattr(tx, name)(*args, **named))


def read(store, name, *args, **named):
    return store.read(lambda q: getattr(q, name)(*args, **named))


def watch(video_id, account_id=1, **changes):
    values = {
        "account_id": account_id, "video_id": video_id, "published_at": NOW - DAY, "newest_at": 0, "sure_until": 0,
        "swept_until": 0, "next_at": NOW, "kind": "sweep", "cursor": 0, "begun_at": 0, "failures": 0,
    }  # fmt: skip
    return Watch(**values | changes)


def test_a_post_is_watched_once_and_its_look_changes(store):
    assert write(store, "add_watches", [watch("a"), watch("b"), watch("")]) == 3
    assert write(store, "add_watches", [watch("a", next_at=5), watch("c")]) == 1
    write(store, "change_watch", 1, "a", {"next_at": NOW - 1, "kind": "top", "cursor": 60, "sure_until": NOW})
    assert read(store, "watch", 1, "a") == watch("a", next_at=NOW - 1, kind="top", cursor=60, sure_until=NOW)
    assert read(store, "watch", 2, "a") is None
    assert [w.video_id for w in read(store, "watches", 1)] == ["", "a", "b", "c"]


def test_what_is_due_comes_longest_overdue_first_over_all_accounts(store):
    rows = [
        watch("a", next_at=NOW + 1),
        watch("b", next_at=NOW - 5),
        watch("c", account_id=2, next_at=NOW - 9),
    ]
    write(store, "add_watches", rows)
    assert [w.video_id for w in read(store, "watches_due", NOW, 9)] == ["c", "b"]
    assert [w.video_id for w in read(store, "watches_due", NOW, 1)] == ["c"]


def gap(number, why="missing", video="a", **changes):
    values = {
        "id": number,
        "account_id": 1,
        "video_id": video,
        "why": why,
        "opened_at": NOW + number,
        "closed_at": None,
        "found": 1,
    }
    return Gap(**values | changes)


def test_one_gap_of_a_kind_is_open_for_a_post_and_adds_up(store):
    write(store, "open_gap", gap(1))
    write(store, "open_gap", gap(2, found=4))
    write(store, "open_gap", gap(3, why="comments", found=0))
    assert [(g.id, g.found) for g in read(store, "gaps", 1, limit=9)] == [(1, 5), (3, 0)]
    assert write(store, "close_gaps", 1, "a", ["missing", "everything"], NOW + 9) == 1
    assert write(store, "close_gaps", 1, "b", ["missing"], NOW + 9) == 0
    write(store, "open_gap", gap(4))
    found = read(store, "gaps", 1, limit=9)
    assert [(g.id, g.closed_at) for g in found] == [(3, None), (4, None), (1, NOW + 9)]
    assert len(read(store, "gaps", 1, limit=1)) == 1
    assert read(store, "gaps", 2, limit=9) == []


def late(ext, happened=HOUR, found=0, account_id=1):
    return Late(
        account_id=account_id,
        external_id=ext,
        video_id="a",
        happened_at=NOW - happened,
        found_at=NOW - found,
        came_at=None,
    )


def test_the_gap_meter_counts_each_account_by_itself(store):
    assert read(store, "gap_figures", 1, given_up=NOW, grace=1) == GapFigures(
        open=0, oldest_open=None, found_first=0, found_late=0, came_after=0, waiting=0, never_came=0, duplicates=0,
        sure_until=None, replies_sure_until=None, watched=0,
    )  # fmt: skip
    rows = [
        late("1"),
        late("2", happened=MINUTE),
        late("3", happened=5 * DAY, found=4 * DAY),
        late("4", happened=5 * DAY, found=4 * DAY),
    ]
    write(store, "add_lates", [*rows, rows[0], late("5", account_id=2)])
    assert write(store, "mark_came", 1, ["2", "4", "x"], NOW) == 2
    assert write(store, "mark_came", 1, ["2"], NOW) == 0
    write(store, "count_duplicates", 1, 3, NOW)
    write(store, "count_duplicates", 1, 4, NOW)
    write(store, "count_duplicates", 1, 5, NOW + DAY)
    write(store, "open_gap", gap(1))
    write(
        store,
        "add_watches",
        [
            watch("", sure_until=50),
            watch("a", sure_until=40, swept_until=20),
            watch("b", sure_until=30, swept_until=45),
        ],
    )
    assert read(store, "gap_figures", 1, given_up=NOW - 3 * DAY, grace=5 * MINUTE) == GapFigures(
        open=1, oldest_open=NOW + 1, found_first=4, found_late=3, came_after=2, waiting=1, never_came=1, duplicates=12,
        sure_until=30, replies_sure_until=20, watched=2,
    )  # fmt: skip
    assert [one.external_id for one in read(store, "lates", 1, limit=2)] == ["1", "2"]


def test_which_deliveries_were_kept(store):
    write(store, "add_deliveries", [support.delivery(5), support.delivery(6)])
    assert write(store, "kept_deliveries", 4, 3) == {5, 6}
    assert write(store, "kept_deliveries", 6, 9) == {6}


def test_one_process_has_the_turn_until_its_time_is_over(store):
    assert write(store, "take_turn", "reading", "a", now=NOW, until=NOW + 10)
    assert write(store, "take_turn", "reading", "a", now=NOW + 5, until=NOW + 20)
    assert not write(store, "take_turn", "reading", "b", now=NOW + 19, until=NOW + 99)
    assert write(store, "take_turn", "other", "b", now=NOW, until=NOW + 99)
    assert write(store, "take_turn", "reading", "b", now=NOW + 21, until=NOW + 99)
    assert not write(store, "take_turn", "reading", "a", now=NOW + 22, until=NOW + 99)


def test_only_sent_replies_that_are_not_watched_yet_are_handed_out(store):
    acts = [
        support.outgoing(1, state="sent", attempt_at=NOW, provider_ref="r1"),
        support.outgoing(2, state="sent", attempt_at=NOW - 5, provider_ref="r2"),
        support.outgoing(3, state="sent", attempt_at=NOW, provider_ref=""),
        support.outgoing(4, state="sent", attempt_at=NOW, provider_ref="h", act="hide"),
        support.outgoing(5, state="failed", attempt_at=NOW, provider_ref="f"),
        support.outgoing(6, state="sent", attempt_at=NOW - DAY, provider_ref="old"),
    ]
    write(store, "add_outgoing", acts)
    found = read(store, "replies_to_watch", 1, since=NOW - HOUR, limit=9)
    assert [(r.outgoing_id, r.provider_ref, r.sent_at) for r in found] == [(2, "r2", NOW - 5), (1, "r1", NOW)]
    write(store, "add_reply_watches", found)
    write(store, "add_reply_watches", found)
    assert read(store, "replies_to_watch", 1, since=NOW - HOUR, limit=9) == []


def reply(number, **changes):
    values = {
        "account_id": 1, "outgoing_id": number, "event_id": number, "video_id": "a", "provider_ref": f"r{number}",
        "sent_at": NOW, "due_at": NOW + number, "state": "waiting", "looked_at": None,
    }  # fmt: skip
    return ReplyWatch(**values | changes)


def test_replies_are_judged_when_due_and_flags_are_counted(store):
    write(store, "add_reply_watches", [reply(1), reply(2), reply(9)])
    assert read(store, "reply_watches_due", 1, NOW + 2, 9) == [reply(1), reply(2)]
    write(store, "change_reply_watch", 1, 1, {"state": "hidden", "looked_at": NOW})
    assert [r.outgoing_id for r in read(store, "reply_watches_due", 1, NOW + 2, 9)] == [2]
    assert (
        read(store, "spam_flags", 1, NOW - 1),
        read(store, "spam_flags", 1, NOW),
        read(store, "spam_flags", 2, 0),
    ) == (1, 0, 0)
    assert read(store, "reply_watches", 1, state="hidden", limit=9) == [
        reply(1, state="hidden", looked_at=NOW)
    ]


def snapshot(number, **changes):
    values = {
        "id": number, "account_id": 1, "kind": "video", "subject": "a", "day": f"2026-11-{number:02}", "taken_at": NOW,
        "digest": b"d%031d" % number, "seq": number,
    }  # fmt: skip
    return Snapshot(**values | changes)


def test_captures_are_kept_once_a_day_and_a_known_body_once(store):
    one, two = snapshot(1), snapshot(2, digest=snapshot(1).digest)
    write(store, "add_snapshots", [one], {one.digest: b"\x00body"})
    write(store, "add_snapshots", [two], {two.digest: b"other"})
    write(store, "add_snapshots", [snapshot(3, day=one.day)], {snapshot(3).digest: b"x"})
    assert read(store, "snapshots", 1, limit=9) == [two, one]
    assert read(store, "snapshot_body", 1, one.digest) == b"\x00body"
    assert read(store, "snapshot_body", 2, one.digest) is None
    write(store, "add_snapshots", [snapshot(4, kind="account", subject="me")], {})
    assert [s.id for s in read(store, "snapshots", 1, kind="account", limit=9)] == [4]
    assert [s.id for s in read(store, "snapshots", 1, subject="a", before=2, limit=9)] == [1]
    assert [s.id for s in read(store, "snapshots", 1, limit=2)] == [4, 2]
    assert (read(store, "snapshot", 4).subject, read(store, "snapshot", 99)) == ("me", None)
    assert read(store, "snapshot_days", 1) == {("video", "a"): "2026-11-02", ("account", "me"): "2026-11-04"}


def test_accounts_with_a_token(store):
    write(store, "add_account", support.account(), NOW)
    write(store, "add_account", support.account(id=2, external_id="-2"), NOW)
    write(store, "change_account", 2, {"credentials": b"x"})
    assert read(store, "has_credentials") == {2}


def test_comments_that_something_planned_is_about(store):
    rows = [
        support.outgoing(1, target_id="c1"), support.outgoing(2, target_id="c1", act="hide"), support.outgoing(3, target_id="c3", video_id="v2"),
        support.outgoing(4, target_id="c4", state="sent"), support.outgoing(5, target_id="c5", account_id=2),
    ]  # fmt: skip
    write(store, "add_outgoing", rows)
    assert read(store, "acts_waiting", 1, "v1") == ["c1"]


# --- the registry ---


def campaign(name, **changes):
    values = {
        "id": name, "account_id": 1, "title": name, "campaign_class": "growth", "approver_id": None, "created_at": NOW, "version": 0,
    }  # fmt: skip
    return Campaign(**values | changes)


def test_a_campaign_is_added_once_and_changed_at_its_version(store):
    assert write(store, "add_campaign", campaign("2026-11-a"))
    assert not write(store, "add_campaign", campaign("2026-11-a", title="other"))
    assert write(store, "add_campaign", campaign("2026-11-a", account_id=2))
    assert write(store, "change_campaign", 1, "2026-11-a", 0, {"title": "new", "approver_id": 3})
    assert not write(store, "change_campaign", 1, "2026-11-a", 0, {"title": "late"})
    assert read(store, "campaign", 1, "2026-11-a") == campaign(
        "2026-11-a", title="new", approver_id=3, version=1
    )
    write(store, "add_campaign", campaign("2026-12-b"))
    assert [c.id for c in read(store, "campaigns", 1)] == ["2026-12-b", "2026-11-a"]
    assert read(store, "campaign", 1, "none") is None
    with pytest.raises(Exception, match=r"(?i)check|constraint"):
        write(store, "add_campaign", campaign("2026-11-x", campaign_class="both"))


def test_posts_take_over_the_class_of_their_campaign(store):
    videos = [
        ports.Video(id=one, account_id=1, title="", video_class="growth", campaign="")
        for one in ("v1", "v2", "v3")
    ]
    write(store, "add_videos", videos, NOW)
    assert write(store, "change_video", 1, "v1", {"campaign": "c", "class": "growth"})
    assert write(store, "change_video", 1, "v2", {"campaign": "c", "class": "sponsored"})
    assert not write(store, "change_video", 2, "v1", {"campaign": "c"})
    assert write(store, "class_campaign_videos", 1, "c", "sponsored") == 1
    assert {v.id: v.video_class for v in read(store, "videos", 1)} == {
        "v1": "sponsored",
        "v2": "sponsored",
        "v3": "growth",
    }
