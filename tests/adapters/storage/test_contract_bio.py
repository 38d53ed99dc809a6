"""The bio page's rows on both databases, and that each statement goes by its key."""

import pytest

from goodstanding.usecases.ports.bio import BioPage, FormReceipt
from tests import support
from tests.adapters.storage.test_plans import WALKS, plans
from tests.support import NOW


def page(**changes):
    return BioPage(
        **{"account_id": 1, "slug": "lotte", "body": b"{}", "live": True, "updated_at": NOW} | changes
    )


def receipt(number, **changes):
    values = {
        "id": number, "account_id": 1, "contact_id": 7, "at": NOW, "text": "d", "purposes": "answer", "ref": "", "token": f"t{number}",
        "seq": number, "withdrawn_at": None,
    }  # fmt: skip
    return FormReceipt(**values | changes)


def test_a_page_is_kept_and_changed(store):
    store.write(lambda tx: tx.put_bio_page(page()))
    store.write(lambda tx: tx.put_bio_page(page(slug="anders", live=False)))
    assert store.read(lambda q: (q.bio_page(1), q.bio_page_of("lotte"), q.bio_page(2))) == (
        page(slug="anders", live=False),
        None,
        None,
    )
    assert store.read(lambda q: q.bio_page_of("anders")).account_id == 1
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.write(lambda tx: tx.put_bio_page(page(account_id=2, slug="anders")))


def test_clicks_add_up(store):
    for day, ref in ((5, ""), (5, ""), (5, "a"), (6, "")):
        store.write(lambda tx, day=day, ref=ref: tx.add_bio_click(1, 3, day, ref))
    assert store.read(lambda q: q.bio_clicks(1, 5)) == [(3, 5, "", 2), (3, 5, "a", 1), (3, 6, "", 1)]
    assert store.read(lambda q: q.bio_clicks(1, 6)) == [(3, 6, "", 1)]


def test_receipts(store):
    store.write(lambda tx: [tx.add_form_receipt(receipt(n)) for n in (1, 2)])
    assert store.read(lambda q: q.form_receipts(1, 9)) == [receipt(2), receipt(1)]
    assert store.read(lambda q: (q.form_receipt("t1"), q.form_receipt("t9"))) == (receipt(1), None)
    assert store.write(lambda tx: tx.withdraw_receipts(7, NOW + 1)) == 2
    assert store.write(lambda tx: tx.withdraw_receipts(7, NOW + 2)) == 0
    assert store.read(lambda q: q.form_receipt("t1")) == receipt(1, withdrawn_at=NOW + 1)
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.write(lambda tx: tx.add_form_receipt(receipt(3, token="t1")))


def test_words_are_kept_once(store):
    store.write(lambda tx: tx.add_form_text(1, "d", b"one", NOW))
    store.write(lambda tx: tx.add_form_text(1, "d", b"two", NOW))
    assert store.read(lambda q: (q.form_text("d"), q.form_text("e"))) == (b"one", None)


def test_alike_comments_of_a_video(store):
    def fill(tx):
        tx.add_contacts([support.contact(1), support.contact(2)], NOW)
        tx.add_events(
            [support.event(1), support.event(2, contact_id=2, text="mooi"), support.event(3, video_id="v2")]
        )

    assert store.read(lambda q: q.alike(1, "v1", ["hoe duur?"], last=10)) == []
    store.write(fill)
    assert store.read(lambda q: q.alike(1, "v1", ["hoe duur?", "x"], last=10)) == [("viewer1", "hoe duur?")]
    assert store.read(lambda q: q.alike(1, "v1", ["hoe duur?"], last=1)) == []
    assert store.read(lambda q: q.alike(1, "v1", [], last=10)) == []


CALLS = {
    "bio_page": (1,),
    "bio_page_of": ("a",),
    "bio_clicks": (1, 5),
    "form_receipt": ("t",),
    "form_receipts": (1, 10),
    "form_text": ("d",),
    "withdraw_receipts": (1, 1),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_statement_of_the_page_goes_by_its_key(sqlite_file, name):
    found = plans(sqlite_file, name, CALLS[name])
    assert found
    walks = [step for step in found if WALKS.search(step)]
    assert [
        step
        for step in walks
        if "ix_form_receipt_account" not in step and "pk" not in step and "autoindex_bio_page_1" not in step
    ] == []


def test_looking_for_alike_comments_reads_the_newest_events_only(sqlite_file):
    import sqlite3

    with sqlite3.connect(sqlite_file) as plain:
        plain.execute(
            "INSERT INTO event SELECT 1,1,5,'tiktok','c','insert','comment',1,'v1','','x','nl','webhook',0,0,0,'public',0"
        )
        plain.commit()
    plain.close()
    found = _alike_plan(sqlite_file)
    assert any("id>" in step or "id=" in step for step in found), found
    newest = "SEARCH event USING PRIMARY KEY (workspace_id=?)"  # max(id): one seek at the key's end
    assert [step for step in found if WALKS.search(step) and " event" in step and step != newest] == []


def _alike_plan(path):
    import sqlite3

    from goodstanding.adapters.storage.sqlite import SqliteStatements, connect

    said = []
    connection = connect(path)
    statements = SqliteStatements(connection, 1)
    connection.set_trace_callback(said.append)
    statements.alike(1, "v1", ["x"], last=100)
    connection.set_trace_callback(None)
    connection.close()
    with sqlite3.connect(path) as plain:
        return [row[3] for sql in said for row in plain.execute(f"EXPLAIN QUERY PLAN {sql}")]
