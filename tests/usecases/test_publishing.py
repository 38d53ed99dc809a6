"""Posts on their way: webhooks and answers lead to the same state, whatever comes first, and asking ends."""

import itertools
import json

import pytest

from goodstanding.kernel.timing import HOUR, MINUTE
from goodstanding.usecases import connections, publications, publishing
from goodstanding.usecases.context import person
from goodstanding.usecases.ports.feed import ReadFailedError
from goodstanding.usecases.ports.publishing import Publication
from goodstanding.worker.feed import FeedJobs
from tests.feed_world import OPEN_ID, feed_world

EMPTY = Publication(
    account_id=1, publish_id="p", status="", reason="", post_id="", first_at=1, told_at=0, next_at=0, asks=0, trouble=""
)  # fmt: skip


@pytest.fixture
def world(tmp_path):
    with feed_world(tmp_path) as made:

        def grant(tx):
            account = tx.accounts()[0]
            changes = {"state": "connected", "scopes": "comment.list video.list video.publish video.upload"}
            before = connections.ensured(made.ctx, tx, account)
            connections.change(made.ctx, tx, account, before, changes, who=person(1), act="test", body={})

        made.ctx.store.write(grant)
        yield made


def publish(world, *, fail="", draft=False):
    publishing_ = world.sandbox.publishing
    if fail:
        publishing_.fail_next.append(fail)
    made = publishing_.publish(open_id=OPEN_ID, media_type="VIDEO", caption="Een nieuwe", draft=draft)
    return made.publish_id


def states(world):
    return {one.publish_id: one for one in world.read(lambda q: q.publications(1, limit=50))}


def test_what_is_told_in_any_order_ends_the_same():
    told = [
        ("PROCESSING_DOWNLOAD", "", "", 10), ("PUBLISH_COMPLETE", "", "", 20), ("PUBLICLY_AVAILABLE", "", "77", 30),
        ("NO_LONGER_PUBLICLY_AVAILABLE", "", "77", 40),
    ]  # fmt: skip
    for order in itertools.permutations(told):
        row = EMPTY
        for status, reason, post, at in order:
            row = publications.merged(row, status, reason=reason, post_id=post, at=at)
        assert (row.status, row.post_id) == ("NO_LONGER_PUBLICLY_AVAILABLE", "77"), order


def test_a_failure_stands_against_an_older_answer():
    row = publications.merged(EMPTY, "FAILED", reason="spam_risk", post_id="", at=30)
    row = publications.merged(row, "PROCESSING_DOWNLOAD", reason="", post_id="", at=40)
    assert (row.status, row.reason) == ("FAILED", "spam_risk")
    assert publications.has_ended(row)


def test_a_publication_that_is_named_is_asked_until_its_post_is_known(world):
    name = publish(world)
    publishing.watch(world.ctx, 1, f" {name} ", who=person(1))
    assert publishing.watch(world.ctx, 1, name, who=person(1)).publish_id == name, "twice is once"
    for _ in range(12):
        world.run(publishing.step(world.ctx))
        world.step(5 * MINUTE)
    row = states(world)[name]
    assert row.status in ("PUBLISH_COMPLETE", "PUBLICLY_AVAILABLE")
    assert row.post_id
    assert row.next_at == publications.NEVER
    asks = row.asks
    world.step(HOUR)
    assert world.run(publishing.step(world.ctx)) == 0
    assert states(world)[name].asks == asks


def told(world, event, publish_id, **more):
    """A webhook as TikTok sends it."""
    now = world.ctx.clock.now()
    content = json.dumps({"publish_id": publish_id, "publish_type": "DIRECT_PUBLISH", **more})
    envelope = {
        "client_key": "7412345678901234567", "event": f"post.publish.{event}", "create_time": now // 1000,
        "user_openid": OPEN_ID, "content": content,
    }  # fmt: skip
    return json.dumps(envelope).encode()


def test_webhooks_lead_to_the_same_state_as_asking(world):
    good, bad = publish(world), publish(world, fail="duration_check_failed")
    publishing.watch(world.ctx, 1, good, who=person(1))
    world.step(HOUR)
    world.run(publishing.step(world.ctx))
    post = states(world)[good].post_id or "7672400000000009999"
    first = told(world, "publicly_available", good, post_id=int(post))
    done = told(world, "complete", good)
    world.webhooks([first, done, first, told(world, "failed", bad, reason="duration_check_failed")])
    found = states(world)
    assert (found[good].status, found[good].post_id) == ("PUBLICLY_AVAILABLE", post)
    assert (found[bad].status, found[bad].reason) == ("FAILED", "duration_check_failed")
    assert {one.next_at for one in found.values()} == {publications.NEVER}, "nothing more is asked"
    world.step(MINUTE)
    world.webhooks([told(world, "no_longer_publicly_available", good, post_id=int(post))])
    assert states(world)[good].status == "NO_LONGER_PUBLICLY_AVAILABLE"


def test_a_webhook_of_a_publication_nobody_named_is_followed_to_its_post(world):
    name = publish(world)
    world.webhooks([told(world, "complete", name)])
    assert states(world)[name].status == "PUBLISH_COMPLETE"
    for _ in range(3):
        world.step(20 * MINUTE)
        world.run(publishing.step(world.ctx))
    assert states(world)[name].post_id


def test_a_failure_is_told_when_asked_and_a_draft_waits_in_the_app(world):
    bad, draft = publish(world, fail="spam_risk_text"), publish(world, draft=True)
    for name in (bad, draft):
        publishing.watch(world.ctx, 1, name, who=person(1))
    world.step(HOUR)
    world.run(publishing.step(world.ctx))
    found = states(world)
    assert (found[bad].status, found[bad].reason) == ("FAILED", "spam_risk_text")
    assert found[draft].status == "SEND_TO_USER_INBOX"


def test_what_tiktok_does_not_know_is_said_and_asked_no_more(world):
    publishing.watch(world.ctx, 1, "p_never_begun", who=person(1))
    world.run(publishing.step(world.ctx))
    row = states(world)["p_never_begun"]
    assert row.trouble.split()[0] in ("absent", "refused")
    assert row.next_at == publications.NEVER


def test_asking_grows_slower_and_is_given_up(world, monkeypatch):
    async def silent(account, publish_id):
        raise ReadFailedError("retry", "NO_ANSWER")

    monkeypatch.setattr(world.ctx.platforms["tiktok"], "publish_status", silent)
    publishing.watch(world.ctx, 1, "p_silent", who=person(1))
    asked = []
    for _ in range(26 * 60):
        if world.run(publishing.step(world.ctx)):
            asked.append(world.ctx.clock.now())
        world.app.clock.advance(MINUTE)
    gaps = [b - a for a, b in itertools.pairwise(asked)]
    assert gaps[0] >= 3 * MINUTE
    assert max(gaps) <= 61 * MINUTE
    assert len(asked) < 40
    row = states(world)["p_silent"]
    assert (row.trouble, row.next_at) == (publications.GIVEN_UP, publications.NEVER)


def test_a_limit_that_is_reached_puts_asking_off(world, monkeypatch):
    async def later(account, publish_id):
        raise ReadFailedError("wait", "PACE", 90_000)

    monkeypatch.setattr(world.ctx.platforms["tiktok"], "publish_status", later)
    publishing.watch(world.ctx, 1, "p_later", who=person(1))
    world.run(publishing.step(world.ctx))
    row = states(world)["p_later"]
    assert row.asks == 0
    assert row.next_at - world.ctx.clock.now() > 80_000


@pytest.mark.parametrize("name", ["", "abc", "with space", "x" * 201, "naïve-id"])
def test_what_is_no_publication_is_refused(world, name):
    with pytest.raises(publishing.BadPublicationError):
        publishing.watch(world.ctx, 1, name, who=person(1))
    with pytest.raises(connections.NoAccountError):
        publishing.watch(world.ctx, 9, "p_fine", who=person(1))


def test_looking_tells_settings_and_says_why_mentions_are_not_asked(world):
    name = publish(world)
    publishing.watch(world.ctx, 1, name, who=person(1))
    world.step(HOUR)
    found = world.run(publishing.look(world.ctx, 1))
    assert found.asked is not None
    assert found.asked.settings is not None
    assert found.asked.settings.comment_disabled is not None
    assert not found.mentions.on
    assert found.mentions.why
    assert states(world)[name].status in ("PUBLISH_COMPLETE", "PUBLICLY_AVAILABLE"), "asked on click too"


def test_the_worker_asks_by_itself(world):
    name = publish(world)
    publishing.watch(world.ctx, 1, name, who=person(1))
    jobs = FeedJobs(world.ctx, owner="test")
    world.step(HOUR)
    world.run(jobs.step())
    assert states(world)[name].asks == 1
