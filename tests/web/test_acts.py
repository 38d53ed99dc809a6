"""What people do, and taking it back: through the forms, as a browser without scripts sends them."""

import re

import pytest
from world import Client, World

from goodstanding.usecases.outbox import Dispatcher


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path, comments=120)
    made.owner()
    yield made
    made.close()


@pytest.fixture
def me(world):
    return Client(world).sign_in()


def outgoing(world, event_id):
    return [(o.act, o.state, o.text) for o in world.ctx.store.read(lambda q: q.outgoing_of_event(event_id))]


def undo(me, page):
    act = re.search(r'action="(/act/\d+/undo)"', page.text)[1]
    return me.follow(me.post(act, back="/review"))


def test_a_written_answer_is_planned_and_can_be_taken_back(world, me):
    case = world.cases()[0]
    page = me.follow(me.post(f"/review/{case.id}/approve", text="  We look into it.  ", back="/review"))
    assert "Approved. It leaves in 8 seconds." in page.words
    assert outgoing(world, case.event_id) == [("reply", "planned", "We look into it.")]
    assert case.id not in {one.id for one in world.cases()}
    page = undo(me, page)
    assert "Taken back. Nothing had left yet." in page.words
    assert [one[1] for one in outgoing(world, case.event_id)] == ["held"] or [
        one[1] for one in outgoing(world, case.event_id)
    ] == ["cancelled"]
    assert case.id in {one.id for one in world.cases()}


def test_an_empty_answer_changes_nothing(world, me):
    case = world.cases()[0]
    page = me.follow(me.post(f"/review/{case.id}/approve", text="   ", back="/review"))
    assert "Nothing was changed." in page.words
    assert case.id in {one.id for one in world.cases()}


def test_hiding_waits_a_moment_and_can_be_cancelled(world, me):
    case = world.cases()[0]
    page = me.follow(me.post(f"/comment/{case.event_id}/hide", back="/review?queue=moderation"))
    assert "The comment will be hidden in 8 seconds." in page.words
    assert outgoing(world, case.event_id) == [("hide", "planned", "")]
    assert "Taken back. Nothing had left yet." in undo(me, page).words
    assert outgoing(world, case.event_id) == [("hide", "cancelled", "")]


def test_keeping_closes_the_case(world, me):
    case = world.cases()[0]
    page = me.follow(me.post(f"/comment/{case.event_id}/keep", back="/review"))
    assert "Left standing." in page.words
    assert case.id not in {one.id for one in world.cases()}
    assert "Taken back. Nothing had to change on TikTok." in undo(me, page).words
    assert case.id in {one.id for one in world.cases()}


def test_rejecting_with_a_reason(world, me):
    case = world.cases()[0]
    page = me.follow(me.post(f"/review/{case.id}/reject", reason="tone", back="/review"))
    assert "Rejected. Nothing is sent." in page.words
    log = world.ctx.store.read(lambda q: q.audit_of_event(case.event_id))[-1]
    assert b'"act":"reject"' in log.body


def test_a_planned_reply_is_cancelled_from_today(world, me):
    event_id = world.events("reply")[0]
    planned = world.ctx.store.read(lambda q: q.outgoing_of_event(event_id))[0]
    page = me.follow(me.post(f"/outgoing/{planned.id}/cancel", back="/"))
    assert "Cancelled. It will not be sent." in page.words
    assert outgoing(world, event_id)[0][1] == "cancelled"
    again = me.follow(me.post(f"/outgoing/{planned.id}/cancel", back="/"))
    assert "cannot be taken back" in again.words


def test_what_has_left_is_reversed_or_honestly_refused(world, me):
    hidden, replied = world.events("hide")[0], world.cases()[0]
    me.post(f"/comment/{hidden}/hide")
    me.post(f"/review/{replied.id}/approve", text="Dag!")
    acts = world.ctx.store.read(lambda q: q.acts(person_id=None, limit=2))

    def leave(tx):
        for event_id in (hidden, replied.event_id):
            for one in tx.outgoing_of_event(event_id):
                if one.state == "planned":
                    tx.change_outgoing(one.id, {"state": "sending"})
                    tx.change_outgoing(one.id, {"state": "sent"})

    world.ctx.store.write(leave)
    by_kind = {one.kind: one.id for one in acts}
    assert "Reversed" in me.follow(me.post(f"/act/{by_kind['hide']}/undo", back="/acts")).words
    assert "cannot be taken back" in me.follow(me.post(f"/act/{by_kind['approve']}/undo", back="/acts")).words


def test_two_people_on_one_case_are_told(world, me):
    case = world.cases()[0]
    me.post(f"/review/{case.id}/approve", text="One")
    late = me.follow(me.post(f"/review/{case.id}/approve", text="Two", back="/review"))
    assert "Somebody else decided first. Nothing was changed." in late.words
    assert [one[2] for one in outgoing(world, case.event_id)] == ["One"]
    assert "decided already" in me.get(f"/review/{case.id}").words


def test_every_act_wakes_the_worker_and_has_a_named_actor(world, me):
    before = world.woken
    case = world.cases()[0]
    me.post(f"/comment/{case.event_id}/keep")
    assert world.woken > before
    log = world.ctx.store.read(lambda q: q.audit_of_event(case.event_id))[-1]
    assert b'"actor":{"id":"1","type":"person"}' in log.body
    assert "Lotte Left standing" in me.get("/acts").words


def test_freezing_says_what_stops_holds_sends_and_lifts(world, me):
    planned = world.ctx.store.read(
        lambda q: [o for o in q.outgoing_in_state("planned", limit=999) if o.act == "reply"]
    )
    assert f"Stops now: {len(planned)} planned repl" in me.get("/freeze").words
    page = me.follow(me.post("/freeze", scope="everything", reason="boycott <now>"))
    assert "Frozen: everything that is sent. By Lotte" in page.words
    assert "boycott &lt;now&gt;" in page.text
    for path in ("/review", "/policy", "/audit", "/comments"):
        assert "Frozen: everything that is sent." in me.get(path).words
    world.app.clock.advance(3 * 3_600_000)
    freeze = world.ctx.store.read(lambda q: q.freezes(active_only=True))[0]
    world.loop.run_until_complete(Dispatcher(ctx=world.ctx, owner="test").send_due())
    held = world.ctx.store.read(
        lambda q: [o for o in q.outgoing_in_state("planned", limit=999) if o.act == "reply"]
    )
    assert len(held) == len(planned)
    lift = me.get(f"/lift/{freeze.id}")
    assert f"{len(planned)} planned repl" in lift.words
    page = me.follow(me.post(f"/lift/{freeze.id}", planned="discard"))
    assert "What was planned was discarded." in page.words
    assert "Frozen:" not in page.words
    assert (
        world.ctx.store.read(
            lambda q: [o for o in q.outgoing_in_state("planned", limit=999) if o.act == "reply"]
        )
        == []
    )
    assert "That freeze was lifted already." in me.follow(me.post(f"/lift/{freeze.id}")).words


def test_lifting_without_discarding_lets_things_go(world, me):
    me.post("/freeze", scope="everything")
    freeze = world.ctx.store.read(lambda q: q.freezes(active_only=True))[0]
    before = world.ctx.store.read(lambda q: len(q.outgoing_in_state("planned", limit=999)))
    me.post(f"/lift/{freeze.id}", planned="release")
    assert world.ctx.store.read(lambda q: len(q.outgoing_in_state("planned", limit=999))) == before


def test_the_story_tells_the_acts_in_order(world, me):
    case = world.cases()[0]
    me.post(f"/comment/{case.event_id}/hide")
    page = me.get(f"/comment/{case.event_id}").words
    page = page[page.index("What happened") :]
    order = [
        page.index(word) for word in ("Came in .", "Decided: Review", "Put before a person :", "Hide planned")
    ]
    assert order == sorted(order)
    assert "Gates asked" in page
    assert "Limits at that moment" in page
    assert "in the log" in page
