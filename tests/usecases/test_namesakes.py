"""Who is this person: what holds back is shared at once, what allows only when a person said so, and never by a reused name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.core import names
from goodstanding.core.audit.entries import unseal
from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import audit, comments, consents, joining, privacy
from goodstanding.usecases.context import person
from goodstanding.usecases.namesakes import Kin
from tests.faults.namesake_stories import Two

ME = person(1)


@pytest.fixture
def world():
    made = Two()
    yield made
    assert audit.verify(made.ctx).ok
    made.close()


def pair(world):
    world.says("+Anna", "@Anna", "hello there")
    world.says("handle:anna", "anna", "hello there")
    return world.who("handle:anna").id, world.who("+Anna").id


def agree(world, author, purpose="marketing", source_id="b1"):
    answered = consents.Answered(
        contact=world.who(author), purpose=purpose, answer="given", text_version="v1", source="button", source_id=source_id,
        at=world.real,
    )  # fmt: skip
    world.ctx.store.write(lambda tx: consents.record(world.ctx, tx, answered, who=("platform", "tiktok")))


def seen(world, author):
    """The contact as a decision sees it."""
    found = world.who(author)
    return world.ctx.store.read(lambda q: Kin(q, 1, [found.id]).as_one(found))


@pytest.mark.parametrize(
    ("given_", "key"),
    [("@Anna", "anna"), ("ANNA.b_1", "anna.b_1"), (" @anna ", "anna"), ("Anna B", ""), ("x", ""), ("", "")],
)
def test_a_handle_is_compared_as_tiktok_does(given_, key):
    assert names.handle_key(given_) == key


def test_whichever_name_comes_first_they_are_tied(world):
    pair(world)
    assert world.ties("+Anna") == {("same", "handle:anna")}
    assert world.ties("handle:anna") == {("same", "+Anna")}
    world.says("handle:bo.bo", "bo.bo", "hello there")
    assert world.ties("handle:bo.bo") == set()
    world.says("+Bo", "Bo.Bo", "hello there")
    assert world.ties("handle:bo.bo") == {("same", "+Bo")}


def test_a_display_name_is_nobody_elses(world):
    world.says("+Anna", "anna", "hello there")
    world.says("name:anna", "anna", "hello there")
    assert world.ties("name:anna") == set() == world.ties("+Anna")


def test_what_holds_back_is_shared_and_what_allows_is_not(world):
    pair(world)
    agree(world, "handle:anna")
    assert seen(world, "+Anna").marketing == "absent"
    named = world.who("handle:anna").id
    world.ctx.store.write(lambda tx: tx.change_contact(named, {"holdout": True, "labels": "lead minor"}))
    one = seen(world, "+Anna")
    assert (one.holdout, one.labels, one.marketing) == (True, "minor", "absent")


def test_a_person_joins_them_and_may_undo_it(world):
    named, known = pair(world)
    agree(world, "handle:anna")
    joining.join(world.ctx, named, known, who=ME)
    assert world.ties("+Anna") == {("joined", "handle:anna")}
    assert world.who("+Anna").marketing == "given"
    last = unseal(world.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=1))[0].body)
    assert (last.actor.id, last.body) == ("1", {"act": "namesake", "state": "joined"})
    with pytest.raises(joining.NotNamesakesError):
        joining.join(world.ctx, named, known, who=ME)
    world.step(MINUTE)
    joining.separate(world.ctx, named, known, who=ME)
    assert world.ties("+Anna") == {("apart", "handle:anna")}
    assert (world.who("+Anna").marketing, world.who("handle:anna").marketing) == ("absent", "given")
    world.says("+Anna", "anna", "hello again")
    assert world.ties("+Anna") == {("apart", "handle:anna")}, "what a person said stands"


def test_a_withdrawal_after_joining_is_of_both_and_survives_the_undoing(world):
    named, known = pair(world)
    joining.join(world.ctx, named, known, who=ME)
    world.refuses("+Anna")
    assert (world.who("+Anna").answer, world.who("handle:anna").answer) == ("withdrawn", "withdrawn")
    world.step(MINUTE)
    joining.separate(world.ctx, named, known, who=ME)
    assert (world.who("+Anna").answer, world.who("handle:anna").answer) == ("withdrawn", "withdrawn")


def test_a_handle_at_a_second_id_joins_neither(world):
    pair(world)
    world.says("+Other", "anna", "hello there")
    assert world.ties("handle:anna") == {("apart", "+Anna"), ("apart", "+Other")}
    world.refuses("handle:anna")
    assert (seen(world, "+Anna").answer, seen(world, "+Other").answer) == ("given", "given")


def test_a_second_bearer_keeps_the_first_ones_opt_out(world):
    pair(world)
    world.refuses("handle:anna")
    world.says("+Other", "anna", "hello there")
    assert (seen(world, "+Anna").answer, seen(world, "+Other").answer) == ("withdrawn", "given")


def test_two_bearers_before_the_name_came_are_tied_to_neither(world):
    world.says("+Anna", "anna", "hello there")
    world.says("+Other", "anna", "hello there")
    world.says("handle:anna", "anna", "hello there")
    assert world.ties("handle:anna") == {("apart", "+Anna"), ("apart", "+Other")}


def test_a_new_handle_splits_and_its_return_ties_again(world):
    pair(world)
    world.says("+Anna", "anna.bakt", "hello there")
    assert (world.who("+Anna").handle, world.ties("+Anna")) == ("anna.bakt", {("apart", "handle:anna")})
    world.says("handle:anna.bakt", "anna.bakt", "hello there")
    assert ("same", "handle:anna.bakt") in world.ties("+Anna")
    world.says("+Anna", "anna", "hello there")
    assert world.ties("+Anna") == {("same", "handle:anna"), ("apart", "handle:anna.bakt")}


def test_erasing_a_joined_person_erases_both(world):
    named, known = pair(world)
    joining.join(world.ctx, named, known, who=ME)
    privacy.erase(world.ctx, known, who=ME)
    left = world.ctx.store.read(lambda q: q.contacts([named, known]))
    assert {one.external_id for one in left.values()} == {f"erased:{named}", f"erased:{known}"}


def test_erasing_one_of_two_keeps_us_away_from_the_other_and_from_who_comes_back(world):
    named, known = pair(world)
    privacy.erase(world.ctx, known, who=ME)
    assert world.who("handle:anna").suppressed
    world.says("+Back", "anna")
    assert world.who("+Back").suppressed, "the handle is on the list"
    world.let_go_out()
    assert not world.sent()


def test_erasing_the_handle_keeps_us_away_from_the_id_that_comes_later(world):
    world.says("handle:anna", "anna", "hello there")
    privacy.erase(world.ctx, world.who("handle:anna").id, who=ME)
    world.says("+Anna", "Anna")
    world.let_go_out()
    assert world.who("+Anna").suppressed and not world.sent()


steps = st.one_of(
    st.tuples(st.just("says"), st.sampled_from(("+Anna", "handle:anna")), st.sampled_from(("anna", "@Anna"))),
    st.tuples(st.just("rename"), st.sampled_from(("anna", "anna.bakt")), st.just("")),
    st.tuples(st.just("refuses"), st.sampled_from(("+Anna", "handle:anna")), st.just("")),
    st.tuples(st.just("wait"), st.sampled_from((1, 3, 50, 130)), st.just("")),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(steps, min_size=1, max_size=25))
def test_no_limit_and_no_opt_out_is_ever_walked_round_by_a_second_name(told):
    """The oracle of the world knows one person; whatever the names do, nothing is sent that the person's own state forbids.

    A name that changed hands is no proof: from a rename on, only what the id says counts, so the walk ends there for
    the handle.
    """
    world = Two()
    try:
        moved = False
        for number, (what, value, extra) in enumerate(told):
            if what == "says" and not (moved and value != "+Anna"):
                handle = extra if value != "+Anna" or not moved else "anna.bakt"
                world.says(
                    value, handle.lstrip("@").lower() if value != "+Anna" else handle, f"price {number}"
                )
            elif what == "rename" and value == "anna.bakt" and not moved:
                world.says("+Anna", "anna", "hello there")  # or nobody could know that the two were one
                world.says("+Anna", value, "hello there")
                moved = True
            elif what == "refuses" and not moved:
                world.says(value, "anna", "hello there")
                world.says("handle:anna" if value == "+Anna" else "+Anna", "anna", "hello there")
                world.refuses(value, source_id=f"m{number}")
            elif what == "wait":
                world.step(value * MINUTE)
            world.flow()
        world.let_go_out(minutes=5)
        assert audit.verify(world.ctx).ok
    finally:
        world.close()


@pytest.mark.postgres
def test_an_opt_out_under_the_handle_stops_a_message_on_postgres_too(postgres_address):
    """The same reading under the other database's locks: deciding, stopping what waits, and the second look."""
    from goodstanding.adapters.storage.postgres import PostgresStore
    from tests.faults.talk import Talk

    talk = Talk(store=PostgresStore(postgres_address, 1))
    try:
        talk.writes("+Anna", "INFO")
        assert [one.state for one in talk.acts("+Anna")] == ["planned", "planned"]

        def meet(tx):
            found = comments.contacts_of(talk.ctx, tx, 1, {"handle:anna": "anna"}, talk.real)["handle:anna"]
            consents.withdraw(
                talk.ctx,
                tx,
                found,
                source="message",
                source_id="m1",
                at=talk.real,
                who=("platform", "tiktok"),
            )

        talk.store.write(meet)
        assert [one.state for one in talk.acts("+Anna")] == ["cancelled", "cancelled"]
        talk.step(MINUTE)
        talk.writes("+Anna", "INFO")
        talk.settle()
        assert not talk.platform.sent["+Anna"]
        assert audit.verify(talk.ctx).ok
    finally:
        talk.close()
