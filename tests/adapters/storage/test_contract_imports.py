"""The statements of imports, on both databases."""

import pytest

from goodstanding.usecases.ports.imports import ImportedFile, ItemRow, MetricRow, Original, ProblemRow
from tests.support import NOW, account, contact, event, outgoing


def original(digest="a" * 64, **changes):
    return Original(**({"account_id": 1, "digest": digest, "size": 10, "key_id": 7, "at": NOW} | changes))


def file(number, **changes):
    values = {
        "id": number, "account_id": 1, "kind": "tiktok-export", "name": "x.zip", "digest": "a" * 64, "state": "kept",
        "code": "", "options": "{}", "counts": "{}", "actor": "system:test", "at": NOW, "ended_at": None,
    }  # fmt: skip
    return ImportedFile(**values | changes)


def item(number, **changes):
    values = {
        "id": number, "section": "comment", "digest": f"d{number}", "contact_id": 0, "at": NOW, "video_id": "", "cipher": b"c",
    }  # fmt: skip
    return ItemRow(**values | changes)


def metric(number, **changes):
    values = {
        "id": number, "scope": "account", "subject": "", "day": "2026-01-01", "metric": "views", "value": 5, "unit": "count",
        "exact": True,
    }  # fmt: skip
    return MetricRow(**values | changes)


@pytest.fixture
def ready(store):
    def begin(tx):
        tx.ensure_workspace(NOW)
        tx.add_account(account(), NOW)
        tx.add_original(original())
        tx.add_imported_file(file(1))
        tx.add_imported_file(file(2, account_id=2))

    store.write(begin)
    return store


def test_originals_and_files_are_kept_and_changed(ready):
    ready.write(lambda tx: tx.change_imported_file(1, {"state": "done", "ended_at": NOW + 1}))
    ready.write(lambda tx: tx.change_original(1, "a" * 64, {"erased_at": NOW, "why": "DROPPED"}))
    assert ready.read(lambda q: q.imported_file(1)) == file(1, state="done", ended_at=NOW + 1)
    assert ready.read(lambda q: q.imported_file(9)) is None
    assert [one.id for one in ready.read(lambda q: q.imported_files(account_id=None, before=0, limit=5))] == [
        2,
        1,
    ]
    assert [one.id for one in ready.read(lambda q: q.imported_files(account_id=1, before=2, limit=5))] == [1]
    assert ready.read(lambda q: q.original(1, "a" * 64)) == original(erased_at=NOW, why="DROPPED")
    assert ready.read(lambda q: q.originals_erased()) == [original(erased_at=NOW, why="DROPPED")]
    ready.write(lambda tx: tx.drop_original(1, "a" * 64))
    assert ready.read(lambda q: q.original(1, "a" * 64)) is None


def test_items_and_figures_stand_once(ready):
    def add(tx):
        tx.add_imported_items(1, [item(1), item(2)])
        tx.add_imported_items(1, [item(3, digest="d1"), item(4)])
        tx.add_studio_metrics(1, [metric(1), metric(2, subject="gender:Female", scope="audience", day="")])
        tx.add_studio_metrics(1, [metric(3), metric(4, value=6)])
        tx.link_import(1, 1, "item", [1, 2])
        tx.link_import(1, 1, "item", [2])
        tx.link_import(1, 1, "metric", [2])

    ready.write(add)
    assert ready.read(lambda q: q.imported_items(1, ["d1", "d4", "nothing"])) == {"d1": 1, "d4": 4}
    assert ready.read(lambda q: q.imported_items(2, ["d1"])) == {}
    keys = [
        "account::views:2026-01-01:5:count",
        "account::views:2026-01-01:6:count",
        "audience:gender:Female:views::5:count",
    ]
    assert ready.read(lambda q: q.studio_metrics(1, [*keys, "account::views:2026-01-01:7:count"])) == dict(
        zip(keys, (1, 4, 2), strict=True)
    )
    assert ready.read(lambda q: q.items_of_file(1, after=1, limit=5)) == [item(2)]
    assert ready.read(lambda q: q.metrics_of_file(1, after=0, limit=5)) == [
        metric(2, subject="gender:Female", scope="audience", day="")
    ]


def test_problems_are_paged(ready):
    rows = [
        ProblemRow(number=n, place=f"line {n}", code="BAD_DATE", fields='{"value":"é"}') for n in range(1, 6)
    ]
    ready.write(lambda tx: tx.add_import_problems(1, 1, rows))
    assert ready.read(lambda q: q.import_problems(1, after=2, limit=2)) == rows[2:4]
    ready.write(lambda tx: tx.drop_import_problems(1))
    assert ready.read(lambda q: q.import_problems(1, after=0, limit=9)) == []


def test_a_link_goes_when_nobody_else_holds_it(ready):
    def add(tx):
        tx.add_imported_items(1, [item(1), item(2)])
        tx.link_import(1, 1, "item", [1, 2])
        tx.link_import(1, 3, "item", [2])

    ready.write(add)
    assert ready.read(lambda q: q.import_refs(1, "item", 10)) == [1, 2]
    assert ready.read(lambda q: q.import_holders("item", [1, 2])) == {1: 1, 2: 1}
    assert ready.write(lambda tx: tx.unlink_import(1, "item", [1, 2])) == {1}
    assert ready.write(lambda tx: tx.drop_imported_items([1])) == 1
    assert ready.read(lambda q: q.imported_items(1, ["d1", "d2"])) == {"d2": 2}


def test_comments_are_removed_unless_something_was_done(ready):
    def add(tx):
        tx.add_contacts([contact(1, handle="Sanne.Test"), contact(2), contact(3, suppressed=True)], NOW)
        tx.add_events(
            [event(n, source="import", contact_id=1) for n in (1, 2, 3)]
            + [event(4), event(5, source="import", contact_id=2, answered=True)]
        )
        tx.add_outgoing([outgoing(1), outgoing(2, state="sent", attempt_at=NOW), outgoing(3, state="held")])

    ready.write(add)
    texts = ready.read(lambda q: q.comments_with_text(1, ["hoe duur?"]))
    assert ("Sanne.Test", "v1", "hoe duur?", NOW, "import") in texts
    assert len(texts) == 5
    assert ready.write(lambda tx: tx.drop_imported_events([1, 2, 3, 4, 5])) == {1, 3}
    assert set(ready.read(lambda q: q.events([1, 2, 3, 4, 5]))) == {2, 4, 5}
    assert ready.read(lambda q: q.outgoing_of_event(1)) == []
    assert ready.write(lambda tx: tx.drop_unused_contacts([1, 2, 3])) == set(), (
        "all are needed, or suppressed"
    )
    ready.write(lambda tx: tx.drop_imported_events([5]))


def test_a_contact_that_nothing_needs_goes(ready):
    def add(tx):
        tx.add_contacts([contact(1), contact(2), contact(3)], NOW)
        tx.add_imported_items(1, [item(1, contact_id=2)])
        tx.link_import(1, 1, "contact", [1, 2, 3])

    ready.write(add)
    assert ready.write(lambda tx: tx.drop_unused_contacts([1, 2])) == {1}
    assert ready.read(lambda q: q.originals_of_contact(2)) == [original()]
    ready.write(lambda tx: tx.link_import(1, 1, "item", [1]))
    assert ready.write(lambda tx: tx.erase_imported(2)) == {"imported_item": 1}
    assert ready.read(lambda q: q.import_refs(1, "item", 10)) == []
    ready.write(lambda tx: tx.add_suppression(1, b"hash", "erased", NOW))
    ready.write(lambda tx: tx.add_suppression(1, b"other", "asked", NOW))
    assert ready.read(lambda q: q.erased_digests(1, [b"hash", b"other", b"none"])) == {b"hash"}
