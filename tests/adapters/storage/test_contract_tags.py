"""Tags, and the filters of Review that rest on them and on languages: the same on both databases."""

import pytest

from goodstanding.adapters.storage.reads import StoredReads
from goodstanding.usecases.ports.tags import EventTag
from tests import support
from tests.support import NOW

READS = StoredReads()


def tag(event_id, **changes):
    values = {"account_id": 1, "event_id": event_id, "tag": "brand_risk", "word": "Pan", "why": "abuse"}
    return EventTag(**values | changes)


@pytest.fixture
def filled(store):
    def work(tx):
        tx.add_account(support.account(), NOW)
        tx.add_events(
            [
                support.event(n, language=language)
                for n, language in enumerate(("fr", "fr", "es", "nl", ""), 1)
            ]
        )
        unread = {"code": "LANGUAGE_UNREAD", "queue": "languages"}
        tx.add_cases(
            [support.case(1, **unread), support.case(2, **unread), support.case(3, **unread), support.case(4),
             support.case(5, **unread)]
        )  # fmt: skip
        tx.add_tags([tag(4), tag(2, why="threat")])

    store.write(work)
    return store


def cases(store, **asked):
    values = {"queue": "", "code": "", "after": (0, 0), "limit": 10}
    return [one.id for one in store.read(lambda q: READS.open_cases(q, **values | asked))]


def test_tags_are_put_once_and_read_by_event(filled):
    filled.write(lambda tx: tx.add_tags([tag(4, word="Ander", why="hate"), tag(4, tag="other")]))
    found = filled.read(lambda q: q.tags_of([2, 4, 5]))
    assert found == [tag(2, why="threat"), tag(4), tag(4, tag="other")]
    assert filled.read(lambda q: q.tags_of([])) == []


def test_another_workspace_sees_no_tag(filled, bench):
    assert bench.another(workspace=2).read(lambda q: q.tags_of([2, 4])) == []


def test_open_cases_are_filtered_by_language_and_tag(filled):
    assert cases(filled, queue="languages") == [1, 2, 3, 5]
    assert cases(filled, language="fr") == [1, 2]
    assert cases(filled, language="fr", after=(NOW + 1, 1)) == [2]
    assert cases(filled, language="nl") == [], "what is read is not among them"
    assert cases(filled, tag="brand_risk") == [2, 4]
    assert cases(filled, tag="brand_risk", language="fr") == [2]


def test_counts_are_of_what_is_open(filled):
    assert filled.read(lambda q: READS.open_languages(q, 99)) == {"fr": 2, "und": 1, "es": 1}
    assert filled.read(lambda q: READS.open_tags(q, 99)) == {"brand_risk": 2}
    filled.write(lambda tx: tx.change_case(2, 0, {"state": "resolved"}))
    assert filled.read(lambda q: READS.open_languages(q, 99))["fr"] == 1
    assert filled.read(lambda q: READS.open_tags(q, 99)) == {"brand_risk": 1}


def test_tags_go_with_the_person_who_wrote(filled):
    filled.write(lambda tx: tx.add_events([support.event(9, contact_id=2)]))
    filled.write(lambda tx: tx.add_tags([tag(9)]))
    assert filled.write(lambda tx: tx.erase_tags(2)) == 1
    assert filled.write(lambda tx: tx.erase_tags(2)) == 0
    assert filled.read(lambda q: [one.event_id for one in q.tags_of([2, 4, 9])]) == [2, 4]
