"""Consent and its evidence: what is recorded, what it makes of the state, and what a withdrawal stops."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.core.audit.entries import unseal
from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import audit, consents, privacy
from goodstanding.usecases.consents import Answered
from tests.faults.world import World

WHO = ("platform", "tiktok")


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def person(world, viewer="+A"):
    return world.ctx.store.read(lambda q: q.contacts_by_external(1, [viewer]))[viewer]


def answer(
    world, said, *, viewer="+A", purpose="marketing", source="button", source_id="m1", at=None, **more
):
    answered = Answered(
        contact=person(world, viewer), purpose=purpose, answer=said, text_version="v1", source=source,
        source_id=source_id, at=world.ctx.clock.now() if at is None else at, **more,
    )  # fmt: skip
    return world.ctx.store.write(lambda tx: consents.record(world.ctx, tx, answered, who=WHO))


def evidence(world, viewer="+A"):
    contact = person(world, viewer)
    return world.ctx.store.read(lambda q: q.consent_evidence(contact.id))


def test_a_tap_becomes_evidence_that_is_sealed_and_names_its_source(world):
    world.comment("+A", "price")
    done = answer(world, "given", question_id="card1", values={"received": b"Ja, graag"})
    (kept,) = evidence(world)
    assert (kept.purpose, kept.answer, kept.text_version, kept.source, kept.source_id, kept.question_id) == (
        "marketing", "given", "v1", "button", "m1", "card1",
    )  # fmt: skip
    row = world.ctx.store.read(lambda q: q.audit_entries(done.seq, done.seq + 1))[0]
    entry = unseal(row.body)
    assert (entry.kind, entry.body["purpose"], entry.body["text_version"]) == ("consent", "marketing", "v1")
    assert b"graag" not in row.body and b"card1" not in row.body, (
        "what was received stands in the vault alone"
    )
    rows = world.ctx.store.read(lambda q: q.vault_rows([done.seq]))
    values = audit.disclose(world.ctx, rows, done.seq).values
    assert {name: value for name, (_, value) in values.items()} == {
        "received": b"Ja, graag", "source": b"m1", "question": b"card1",
    }  # fmt: skip
    assert person(world).marketing == done.contact.marketing == "given"
    assert audit.verify(world.ctx).ok


def test_the_same_source_counts_once(world):
    world.comment("+A", "price")
    assert answer(world, "given") is not None
    assert answer(world, "refused") is None, "a second delivery of one tap cannot turn it round"
    assert answer(world, "refused", source_id="m2") is not None
    assert [one.answer for one in evidence(world)] == ["given", "refused"]
    assert person(world).marketing == "withdrawn"


def test_a_withdrawal_ends_everything_and_stops_what_is_planned(world):
    world.comment("+A", "price")
    answer(world, "given")
    contact = person(world)
    done = world.ctx.store.write(
        lambda tx: consents.withdraw(
            world.ctx, tx, contact, source="message", source_id="m9", at=world.ctx.clock.now(), who=WHO
        )
    )
    assert done.cancelled == 1
    assert [(one.state, one.code) for one in world.rows()] == [("cancelled", "CONSENT_WITHDRAWN")]
    assert (person(world).answer, person(world).marketing) == ("withdrawn", "withdrawn")
    world.step(90 * MINUTE)
    world.flow()
    assert world.calls == []
    world.comment("+A", "price")
    assert [one.state for one in world.rows()] == ["cancelled"], "asking again restores nothing"


def test_an_answer_dated_ahead_counts_from_now_so_that_a_later_no_still_wins(world):
    world.comment("+A", "price")
    answer(world, "given", at=world.ctx.clock.now() + 99 * MINUTE)
    world.step(MINUTE)
    answer(world, "refused", source_id="m2")
    assert person(world).marketing == "withdrawn"


def test_erasure_leaves_the_answers_without_what_leads_to_a_person(world):
    world.comment("+A", "price")
    done = answer(world, "given", question_id="card1")
    contact = person(world)
    counts = privacy.erase(world.ctx, contact.id, who=("person", "1"))
    assert counts["consent_evidence"] == 1
    (kept,) = world.ctx.store.read(lambda q: q.consent_evidence(contact.id))
    assert (kept.answer, kept.source_id, kept.question_id) == ("given", f"erased:{kept.id}", "")
    rows = world.ctx.store.read(lambda q: q.vault_rows([done.seq]))
    assert audit.disclose(world.ctx, rows, done.seq) is None
    assert audit.verify(world.ctx).ok


ANSWERS = st.tuples(
    st.sampled_from(["given", "refused", "withdrawn"]),
    st.sampled_from(["answer", "marketing"]),
    st.integers(0, 50),
)


@given(said=st.lists(ANSWERS, max_size=8), order=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_state_is_that_of_the_latest_answer_whatever_the_order_of_arrival(said, order):
    """A no at the same moment as a yes wins; the order in which deliveries come means nothing."""
    world = World()
    try:
        world.comment("+A", "hello")
        start = world.ctx.clock.now()
        world.step(MINUTE)
        arrivals = list(enumerate(said))
        order.shuffle(arrivals)
        for number, (word, purpose, second) in arrivals:
            answer(world, word, purpose=purpose, source_id=f"m{number}", at=start + second)
        contact = person(world)

        def latest(words, purposes):
            return max((s for w, p, s in said if w in words and p in purposes), default=-1)

        no = ("refused", "withdrawn")
        yes, against = latest(["given"], ["marketing"]), latest(no, ["marketing", "answer"])
        expected = "given" if yes > against else "withdrawn" if against >= 0 else "absent"
        assert contact.marketing == expected
        stopped, again = latest(no, ["answer"]), latest(["given"], ["answer"])
        assert contact.answer == ("given" if stopped < 0 or again > stopped else "withdrawn")
        state = world.ctx.store.read(lambda q: consents.state_of(q, contact.id, now=world.ctx.clock.now()))
        assert msgspec.structs.asdict(state) == {"answer": contact.answer, "marketing": contact.marketing}
    finally:
        world.close()
