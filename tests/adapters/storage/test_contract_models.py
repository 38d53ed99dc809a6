"""What both databases promise of corrections and of models in use."""

from goodstanding.usecases.ports.models import Correction, ModelUse
from tests.support import NOW, contact, decision, event


def correction(number, **changes):
    values = {
        "id": number, "account_id": 1, "event_id": number, "contact_id": 1, "head": "abuse", "said": "no", "was": "yes",
        "was_milli": 700, "model": "m", "language": "nl", "source": "said", "act_id": None, "by": "person:1", "at": NOW,
    }  # fmt: skip
    return Correction(**values | changes)


def test_corrections_come_back_as_they_were_given(store):
    rows = [
        correction(1),
        correction(2, was="", was_milli=None, act_id=7, source="hide", event_id=1, contact_id=2),
    ]
    store.write(lambda tx: tx.add_corrections(rows))
    assert store.read(lambda q: q.corrections(before=2**53, limit=10)) == rows[::-1]
    assert store.read(lambda q: q.corrections(before=2, limit=10)) == rows[:1]
    assert store.read(lambda q: q.corrections(before=2**53, limit=1)) == rows[1:]
    assert store.read(lambda q: q.corrections_of_event(1)) == rows
    assert store.read(lambda q: (q.correction(2), q.correction(3))) == (rows[1], None)


def test_what_is_taken_back_holds_no_more_and_only_once(store):
    store.write(lambda tx: tx.add_corrections([correction(n) for n in (1, 2, 3)]))
    assert store.write(lambda tx: tx.undo_corrections([1, 3], NOW + 5, "person:2")) == 2
    assert store.write(lambda tx: tx.undo_corrections([1], NOW + 9, "person:3")) == 0
    assert [one.id for one in store.read(lambda q: q.corrections_held(after=0, limit=9))] == [2]
    assert store.read(lambda q: q.corrections_held(after=2, limit=9)) == []
    assert store.read(lambda q: q.correction_count()) == 1
    gone = store.read(lambda q: q.correction(1))
    assert (gone.undone_at, gone.undone_by) == (NOW + 5, "person:2")


def test_a_persons_corrections_go_with_the_person(store):
    store.write(lambda tx: tx.add_corrections([correction(1), correction(2, contact_id=2), correction(3)]))
    assert store.write(lambda tx: tx.erase_corrections(1)) == 2
    assert [one.id for one in store.read(lambda q: q.corrections(before=99, limit=9))] == [2]


def test_the_newest_choice_is_in_use(store):
    assert store.read(lambda q: q.model_in_use()) is None
    uses = [
        ModelUse(id=n, digest=d, before="", by="person:1", at=NOW, figures="{}")
        for n, d in ((1, "a"), (2, ""))
    ]
    for one in uses:
        store.write(lambda tx, one=one: tx.add_model_use(one))
    assert store.read(lambda q: q.model_in_use()) == uses[1]
    assert store.read(lambda q: q.model_uses(9)) == uses[::-1]


def test_workspaces_do_not_see_each_other(bench):
    other = bench.another(workspace=2)
    bench.store.write(lambda tx: tx.add_corrections([correction(1)]))
    assert other.read(
        lambda q: (q.correction_count(), q.corrections(before=9, limit=9), q.model_in_use())
    ) == (0, [], None)
    assert other.write(lambda tx: tx.undo_corrections([1], NOW, "x") + tx.erase_corrections(1)) == 0


def test_the_newest_decisions_stand_first(store):
    def work(tx):
        tx.add_contacts([contact(1)], NOW)
        tx.add_events([event(n) for n in (1, 2, 3)])
        tx.add_decisions([decision(1), decision(2, outcome="hide"), decision(3)])

    store.write(work)
    assert store.read(lambda q: q.newest_decisions(2)) == [(3, "none"), (2, "hide")]
