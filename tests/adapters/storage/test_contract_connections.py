"""Connections and the operator's app, on both databases."""

import msgspec

from goodstanding.usecases.ports.connections import AppRow, Connection
from tests import support


def test_a_connection_comes_back_as_it_was_kept(store):
    full = Connection(
        account_id=1, state="connected", account_type="business", country="NL", approved=True, verified=False, followers=12,
        programmes="creator-rewards", answered="messages.send:40118", scopes="a b", asked="a b c", connected_at=1,
        access_until=2, refresh_until=3, lease_until=4, problem="X", problem_at=5, removed_at=6, removed_code="1",
        delete_after=7, threw_switch=True, changed_at=8,
    )  # fmt: skip
    bare = Connection(account_id=2)
    store.write(lambda tx: (tx.add_connection(full), tx.add_connection(bare)))
    assert store.read(lambda q: q.connections()) == [full, bare]
    assert store.read(lambda q: q.connection(2)) == bare
    assert store.read(lambda q: q.connection(3)) is None


def test_a_second_row_changes_nothing_and_a_change_is_kept(store):
    store.write(lambda tx: tx.add_connection(Connection(account_id=1, country="NL")))
    store.write(lambda tx: tx.add_connection(Connection(account_id=1, country="BE")))
    store.write(lambda tx: tx.change_connection(1, {"verified": True, "followers": 9, "approved": True}))
    found = store.read(lambda q: q.connection(1))
    assert found == Connection(account_id=1, country="NL", verified=True, followers=9, approved=True)


def test_one_renewal_at_a_time(store):
    store.write(lambda tx: tx.add_connection(Connection(account_id=1)))
    assert store.write(lambda tx: tx.claim_renewal(1, 100, 200))
    assert not store.write(lambda tx: tx.claim_renewal(1, 199, 300))
    assert store.write(lambda tx: tx.claim_renewal(1, 200, 300))
    assert not store.write(lambda tx: tx.claim_renewal(2, 1, 2)), "an account without a row has no renewal"


def test_the_app_is_kept_and_replaced(store):
    assert store.read(lambda q: q.platform_app("tiktok")) is None
    first = AppRow(
        connector="tiktok",
        client_id="7",
        secret=b"s",
        webhook_secret=None,
        permissions="accounts",
        changed_at=1,
    )
    second = msgspec.structs.replace(first, client_id="8", secret=b"t", webhook_secret=b"w", changed_at=2)
    store.write(lambda tx: tx.put_platform_app(first))
    assert store.read(lambda q: q.platform_app("tiktok")) == first
    store.write(lambda tx: tx.put_platform_app(second))
    assert store.read(lambda q: q.platform_app("tiktok")) == second


def test_another_workspace_sees_nothing(bench):
    bench.store.write(lambda tx: tx.add_connection(Connection(account_id=1)))
    bench.store.write(
        lambda tx: tx.put_platform_app(
            AppRow(
                connector="tiktok",
                client_id="7",
                secret=b"s",
                webhook_secret=None,
                permissions="accounts",
                changed_at=1,
            )
        )
    )
    other = bench.another(workspace=2)
    assert other.read(lambda q: (q.connections(), q.platform_app("tiktok"))) == ([], None)


def test_people_left_are_those_of_the_account_that_were_not_erased(store):
    people = [support.contact(n, account_id=1 + n // 4) for n in range(1, 6)]
    store.write(lambda tx: tx.add_contacts(people, 1))
    store.write(lambda tx: tx.erase_contact(2, 5))
    assert store.read(lambda q: q.people_left(1, 10)) == [1, 3]
    assert store.read(lambda q: q.people_left(1, 1)) == [1]
    assert store.read(lambda q: q.people_left(2, 10)) == [4, 5]
