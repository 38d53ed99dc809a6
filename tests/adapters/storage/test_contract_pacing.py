"""What both databases promise of the pace and of publications."""

from goodstanding.kernel.timing import MINUTE, SECOND
from goodstanding.usecases.ports.pacing import REST, TODAY, Lease, Spent
from goodstanding.usecases.ports.publishing import Publication
from tests.support import NOW


def lease(number, **more):
    values = {"account_id": 1, "product": "/b/", "endpoint": "/b/x/", "tokens": 1, "until": NOW, **more}
    return Lease(id=f"me:{number}", app="tiktok", **values)


def used(store, now=NOW, **more):
    values = {"product": "/b/", "account_id": 1, "endpoint": "/b/x/", **more}
    return store.read(lambda q: q.calls_used("tiktok", now=now, **values))


def test_leases_count_in_their_windows_until_they_are_over(store):
    def work(tx):
        tx.lock_calls("tiktok")
        tx.add_lease(lease(1, tokens=2))
        tx.add_lease(lease(2, account_id=2, endpoint="/b/y/"))
        tx.add_lease(lease(3, product="/c/", endpoint="/c/z/", until=NOW - 2 * SECOND))

    store.write(work)
    found = used(store)
    assert (found.app_second, found.app_minute) == (3, 4)
    assert (found.product_second, found.product_minute, found.endpoint_minute) == (3, 3, 2)
    assert used(store, NOW + SECOND).app_second == 0, "a window of a second ends after a second"
    assert used(store, NOW + SECOND - 1).app_second == 3
    assert used(store, NOW + MINUTE).app_minute == 0
    ends = store.read(lambda q: q.lease_ends("tiktok", since=NOW - MINUTE))
    assert ends == [(NOW - 2 * SECOND, 1), (NOW, 2), (NOW, 1)] or ends[0] == (NOW - 2 * SECOND, 1)
    assert store.read(lambda q: q.lease_ends("tiktok", since=0, account_id=1, endpoint="/b/x/")) == [(NOW, 2)]
    assert store.read(lambda q: q.lease_ends("tiktok", since=0, product="/c/")) == [(NOW - 2 * SECOND, 1)]


def test_what_was_spent_is_written_and_what_was_not_goes(store):
    store.write(lambda tx: [tx.add_lease(lease(1, tokens=4)), tx.add_lease(lease(2))])
    spent = [
        Spent(id="me:1", account_id=1, tokens=1, until=NOW - 5),
        Spent(id="me:2", account_id=1, tokens=0, until=0),
    ]
    store.write(lambda tx: tx.settle_leases(spent))
    assert store.read(lambda q: q.lease_ends("tiktok", since=0)) == [(NOW - 5, 1)]


def test_marks_days_and_rests(store):
    def work(tx):
        tx.put_call_mark("tiktok", f"{REST}app", NOW)
        tx.put_call_mark("tiktok", f"{REST}endpoint /b/x/", NOW + 5, account_id=3)
        for day in (20_000, 20_001, 20_002):
            tx.count_today("tiktok", day, 3)
        tx.count_today("tiktok", 20_002, 4)
        tx.add_lease(lease(1))
        tx.drop_leases("tiktok", NOW, rests_before=NOW)

    store.write(work)
    marks = store.read(lambda q: q.call_marks("tiktok"))
    assert marks == {(3, f"{REST}endpoint /b/x/"): NOW + 5, (0, f"{TODAY}20001"): 3, (0, f"{TODAY}20002"): 7}
    assert store.read(lambda q: q.lease_ends("tiktok", since=0)) == []
    assert store.read(lambda q: q.call_marks("other")) == {}


def test_the_databases_clock_is_a_clock(store):
    first = store.write(lambda tx: tx.server_now())
    assert store.write(lambda tx: tx.server_now()) >= first > 1_700_000_000_000


def test_publications_are_kept_changed_and_found(store):
    def row(name, **more):
        values = {"first_at": NOW, "next_at": NOW, "post_id": "", "status": "", **more}
        return Publication(account_id=1, publish_id=name, reason="", told_at=0, asks=0, trouble="", **values)

    store.write(
        lambda tx: [
            tx.put_publication(row("a")),
            tx.put_publication(row("b", first_at=NOW + 1, next_at=NOW + 9)),
        ]
    )
    store.write(lambda tx: tx.put_publication(row("a", status="PUBLISH_COMPLETE", post_id="77")))
    assert [one.publish_id for one in store.read(lambda q: q.publications(1, limit=9))] == ["b", "a"]
    assert store.write(lambda tx: tx.publication(1, "a")).status == "PUBLISH_COMPLETE"
    assert store.write(lambda tx: tx.publication(2, "a")) is None
    assert list(store.read(lambda q: q.publications_of(1, ["77", "78"]))) == ["77"]
    assert store.read(lambda q: q.publications_of(1, [])) == {}
    assert [one.publish_id for one in store.read(lambda q: q.publications_due(NOW, 9))] == ["a"]
