"""Drafts on both databases: kept, claimed once, listed, forgotten; and the plans of their statements."""

import msgspec
import pytest

from goodstanding.usecases.ports.drafts import DraftRow
from tests import support
from tests.adapters.storage.test_plans import WALKS, plans
from tests.support import NOW


def draft(event_id, **more):
    values = {
        "account_id": 1, "event_id": event_id, "outgoing_id": 0, "contact_id": 1, "at": NOW, "state": "asked", "codes": "",
        "model": "small", "host": "model.example", "digest": "00", "language": "nl",
    }  # fmt: skip
    return DraftRow(**values | more)


@pytest.fixture
def filled(store):
    def work(tx):
        tx.add_contacts([support.contact(1), support.contact(2)], NOW)
        tx.add_outgoing(
            [
                support.outgoing(1, template="thanks", not_before=NOW + 10),
                support.outgoing(2, template="thanks", not_before=NOW + 5),
                support.outgoing(3, template="price", not_before=NOW + 10),
                support.outgoing(4, template="thanks", not_before=NOW),
                support.outgoing(5, template="thanks", not_before=NOW + 10, state="held"),
                support.outgoing(6, template="thanks", not_before=NOW + 10, approved_by=1),
                support.outgoing(7, template="thanks", not_before=NOW + 10, account_id=2),
                support.outgoing(8, template="thanks", not_before=NOW + 10, act="hide"),
            ]
        )

    store.write(work)
    return store


def test_a_draft_is_kept_and_replaced(filled):
    first, done = draft(1), draft(1, state="unfit", codes="LINK PRICE", body=b"cipher", at=NOW + 1)
    filled.write(lambda tx: tx.put_draft(first))
    assert filled.read(lambda q: q.draft(1, 1)) == first
    filled.write(lambda tx: tx.put_draft(done))
    assert filled.read(lambda q: q.draft(1, 1)) == done
    assert filled.read(lambda q: (q.draft(1, 2), q.draft(2, 1), q.draft(1, 1, 1))) == (None, None, None)


def test_a_planned_act_is_claimed_once(filled):
    mine, other = draft(1, outgoing_id=1), draft(1, outgoing_id=1, model="other")
    assert filled.write(lambda tx: (tx.claim_draft(mine), tx.claim_draft(other))) == (True, False)
    assert filled.read(lambda q: q.draft(1, 1, 1)) == mine


def test_what_may_be_drafted_is_planned_automatic_of_these_templates_and_not_drafted_yet(filled):
    def due(**more):
        asked = {"after": NOW, "limit": 10} | more
        return [one.id for one in filled.read(lambda q: q.acts_to_draft(1, ["thanks", "gone"], **asked))]

    assert due() == [2, 1]
    assert due(limit=1) == [2]
    assert due(after=NOW + 5) == [1]
    filled.write(lambda tx: tx.claim_draft(draft(2, outgoing_id=2)))
    filled.write(lambda tx: tx.put_draft(draft(1)))
    assert due() == [1]


def test_drafts_go_with_their_person_and_by_age(filled):
    rows = [
        draft(1),
        draft(2, at=NOW - 9),
        draft(3, contact_id=2),
        draft(3, contact_id=2, outgoing_id=3, at=NOW - 9),
    ]
    filled.write(lambda tx: [tx.put_draft(one) for one in rows])
    assert filled.write(lambda tx: tx.drop_drafts(NOW)) == 2
    assert filled.write(lambda tx: tx.erase_drafts(2)) == 1
    assert filled.read(lambda q: q.draft(1, 1)) == msgspec.structs.replace(rows[0])
    assert filled.read(lambda q: q.draft(1, 3)) is None


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("draft", (1, 1)), ("acts_to_draft", (1, ["a"], {"after": 1, "limit": 1})), ("erase_drafts", (1,)),
        ("drop_drafts", (1,)), ("claim_draft", (draft(9),)), ("put_draft", (draft(9),)),
    ],
)  # fmt: skip
def test_no_statement_walks_a_table(sqlite_file, name, arguments):
    for plan in plans(sqlite_file, name, arguments):
        assert not WALKS.search(plan), plan
