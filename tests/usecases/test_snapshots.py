"""Captures: daily, absent stays absent, the hash is sealed, and a changed byte is found on reading."""

import hashlib
import json

import pytest

from goodstanding.kernel.timing import DAY, HOUR
from goodstanding.usecases import audit, snapshots
from goodstanding.usecases.ports.feed import AccountPage, ListedVideo, ReadFailedError, VideoPage
from tests.feed_world import OPEN_ID, feed_world


@pytest.fixture
def world(tmp_path):
    with feed_world(tmp_path) as made:
        made.settle()
        yield made


def capture(world, *, steps=60):
    """Run until nothing is due, as the worker does."""
    one = snapshots.Capturer(ctx=world.ctx)
    for _ in range(steps):
        if not world.run(one.step()):
            return
    raise AssertionError("captures do not come to an end")


def rows(world, **more):
    return world.read(lambda q: q.snapshots(1, limit=999, **more))


def test_the_first_day_captures_the_account_and_every_post(world):
    capture(world)
    videos = {v.id for v in world.read(lambda q: q.videos(1))}
    assert {(r.kind, r.subject) for r in rows(world)} == {
        ("account", OPEN_ID),
        *(("video", v) for v in videos),
    }
    checked = world.read(lambda q: list(snapshots.every(q, 1)))
    assert {c.state for c in checked} == {"whole"}
    one = next(c for c in checked if c.snapshot.kind == "video")
    assert hashlib.sha256(one.body).digest() == one.snapshot.digest
    assert "lead_submissions" not in one.insights, "absent is not zero"
    assert audit.verify(world.ctx).ok


def test_a_second_run_the_same_day_adds_nothing_and_the_next_day_does(world):
    capture(world)
    first = len(rows(world))
    capture(world)
    assert len(rows(world)) == first
    now = world.ctx.clock.now()
    world.step((now // DAY + 1) * DAY - now + HOUR)
    capture(world)
    assert len(rows(world)) == first, "not before the hour of the day"
    world.step(3 * HOUR)
    capture(world)
    assert len(rows(world)) == 2 * first
    assert len({r.day for r in rows(world)}) == 2
    assert len(rows(world, kind="account")) == 2


def test_the_digest_is_sealed_in_the_log(world):
    capture(world)
    one = rows(world, kind="account")[0]
    entry = json.loads(world.read(lambda q: q.audit_entries(one.seq, one.seq + 1))[0].body)
    assert entry["body"]["digests"] == {OPEN_ID: one.digest.hex()}
    assert entry["body"]["action"] == "snapshot"


def raw(world, sql, *params):
    import sqlite3

    with sqlite3.connect(world.app.settings.database_file) as connection:
        connection.execute(sql, params)
    connection.close()


def test_a_changed_body_is_found_on_reading(world):
    import zlib

    capture(world)
    one = rows(world, kind="account")[0]
    body = world.read(lambda q: snapshots.check(q, one)).body
    forged = zlib.compress(body.replace(b'"username"', b'"usernamf"'), 9)
    raw(world, "UPDATE snapshot_body SET body = ? WHERE digest = ?", forged, one.digest)
    assert world.read(lambda q: snapshots.read_back(q, one.id)).state == "changed"
    raw(world, "UPDATE snapshot_body SET body = ? WHERE digest = ?", b"no zlib", one.digest)
    assert world.read(lambda q: snapshots.read_back(q, one.id)).state == "changed"
    raw(world, "DELETE FROM snapshot_body WHERE digest = ?", one.digest)
    assert world.read(lambda q: snapshots.read_back(q, one.id)).state == "lost"


def test_a_body_changed_with_its_hash_still_differs_from_the_log(world):
    import zlib

    capture(world)
    one = rows(world, kind="account")[0]
    body = world.read(lambda q: snapshots.check(q, one)).body.replace(b'"username"', b'"usernamf"')
    digest = hashlib.sha256(body).digest()
    raw(
        world,
        "UPDATE snapshot_body SET body = ?, digest = ? WHERE digest = ?",
        zlib.compress(body),
        digest,
        one.digest,
    )
    raw(world, "UPDATE snapshot SET digest = ? WHERE id = ?", digest, one.id)
    assert world.read(lambda q: snapshots.read_back(q, one.id)).state == "unsealed"
    with pytest.raises(snapshots.GoneSnapshotError):
        world.read(lambda q: snapshots.read_back(q, 10**9))


def test_what_the_account_is_is_learned(world):
    """Kind, followers and verification feed the capability engine; what the owner did not allow is named."""
    assert world.read(lambda q: snapshots.refused_of(q, 1)) is None
    capture(world)
    known = world.read(lambda q: q.connection(1))
    listed = world.run(
        world.ctx.platforms["tiktok"].account_page(
            world.read(lambda q: q.accounts())[0], since="2026-09-01", until="2026-09-02"
        )
    )
    assert known.account_type == ("business" if listed.business else "personal")
    assert (known.followers, known.verified) == (listed.followers, listed.verified)
    assert world.read(lambda q: snapshots.refused_of(q, 1)).missing_scopes == listed.missing_scopes
    assert audit.verify(world.ctx).ok


def test_the_first_capture_asks_for_all_days_there_are(world, monkeypatch):
    asked = []

    async def account_page(account, *, since, until):
        asked.append((since, until))
        return AccountPage(business=None, verified=None, followers=None, handle=None, name=None, insights={})

    monkeypatch.setattr(world.ctx.platforms["tiktok"], "account_page", account_page)
    capture(world)
    world.step(DAY)
    capture(world)
    from datetime import date

    spans = [(date.fromisoformat(b) - date.fromisoformat(a)).days + 1 for a, b in asked]
    assert spans == [59, 8]


@pytest.mark.parametrize("cursor", [0, -1])
def test_a_list_without_a_way_on_ends_the_day(world, monkeypatch, cursor):
    pages = []

    async def video_page(account, *, before=None, ids=(), insights=False):
        pages.append(before)
        return VideoPage(videos=(), cursor=cursor, more=True, missing_scopes=("video.insights",))

    monkeypatch.setattr(world.ctx.platforms["tiktok"], "video_page", video_page)
    capture(world)
    assert len(pages) == 1
    refused = world.read(lambda q: snapshots.refused_of(q, 1))
    assert "video.insights" in refused.missing_scopes, (
        "what was not allowed is said, and no figure is invented"
    )


def test_posts_older_than_their_figures_are_left_and_the_day_ends(world, monkeypatch):
    pages = []

    async def video_page(account, *, before=None, ids=(), insights=False):
        pages.append(before)
        now = world.ctx.clock.now()
        old = ListedVideo(
            id=f"9{len(pages)}",
            published_at=now - 400 * DAY,
            caption="",
            comments=None,
            insights={"item_id": "9"},
        )
        new = ListedVideo(
            id=f"1{len(pages)}", published_at=now - DAY, caption="", comments=None, insights={"item_id": "1"}
        )
        found = (new, old) if len(pages) == 1 else (old,)
        return VideoPage(videos=found, cursor=now - len(pages), more=True)

    monkeypatch.setattr(world.ctx.platforms["tiktok"], "video_page", video_page)
    capture(world)
    assert [r.subject for r in rows(world, kind="video")] == ["11"]
    assert len(pages) == 2


@pytest.mark.parametrize(
    ("kind", "wait"), [("wait", 60_000), ("retry", 0), ("capability", 0), ("reauthorise", 0)]
)
def test_a_failure_is_tried_again_later_and_loses_nothing(world, monkeypatch, kind, wait):
    one = snapshots.Capturer(ctx=world.ctx)
    with monkeypatch.context() as patch:

        async def refuses(*_args, **_named):
            raise ReadFailedError(kind, "x", wait)

        patch.setattr(world.ctx.platforms["tiktok"], "video_page", refuses)
        for _ in range(5):
            world.run(one.step())
        assert len(rows(world)) == 1
    world.step(2 * HOUR)
    for _ in range(20):
        world.run(one.step())
    assert len(rows(world)) > 1
