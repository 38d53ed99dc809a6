"""What both databases promise, method by method."""

import inspect

import pytest

from goodstanding.adapters.storage.postgres import PostgresStatements
from goodstanding.adapters.storage.schema import APPEND_ONLY, MOVES
from goodstanding.adapters.storage.sqlite import SqliteStatements
from goodstanding.usecases import ports
from tests import support
from tests.support import NOW


def write(store, name, *args, **named):
    return store.write(lambda tx: getattr(tx, name)(*args, **named))


def read(store, name, *args, **named):
    return store.read(lambda q: getattr(q, name)(*args, **named))


def test_every_method_of_the_port_is_there_with_the_same_parameters():
    for port in (ports.Queries, ports.Transaction):
        for name, method in inspect.getmembers(port, inspect.isfunction):
            if name.startswith("_"):
                continue
            for side in (SqliteStatements, PostgresStatements):
                have = list(inspect.signature(getattr(side, name)).parameters)
                assert have == list(inspect.signature(method).parameters), (side, name)


# --- workspace, settings, values, people ---


def test_settings_are_kept_apart_by_account_and_overwritten(store):
    write(store, "ensure_workspace", NOW)
    write(store, "ensure_workspace", NOW + 1)
    assert read(store, "setting", "x") is None
    write(store, "put_setting", "x", "1", NOW)
    write(store, "put_setting", "x", "2", NOW, account_id=7)
    write(store, "put_setting", "x", "3", NOW)
    assert (read(store, "setting", "x"), read(store, "setting", "x", account_id=7)) == ("3", "2")


def test_stored_values_expire_and_are_dropped_by_name_or_together(store):
    for name, until in (("a", NOW), ("b", NOW + 1), ("c", None)):
        write(store, "put_stored_value", "n", name, name.encode(), until)
    write(store, "put_stored_value", "n", "c", b"again", NOW + 9)
    assert read(store, "stored_value", "n", "c") == (b"again", NOW + 9)
    assert write(store, "drop_expired_values", NOW) == 1
    assert read(store, "stored_value", "n", "a") is None
    write(store, "drop_stored_value", "n", "b")
    assert read(store, "stored_value", "n", "b") is None
    write(store, "drop_stored_value", "n", None)
    assert read(store, "stored_value", "n", "c") is None


def test_people_are_added_changed_and_unique_by_address(store):
    person = ports.Person(
        id=1,
        name="Noor",
        email="noor@example.org",
        password_hash="x",
        role="owner",
        language="nl",
        created_at=NOW,
    )
    write(store, "add_person", person)
    write(store, "change_person", 1, {"name": "Noor B", "language": "en"})
    assert [(p.name, p.language, p.email) for p in read(store, "persons")] == [
        ("Noor B", "en", "noor@example.org")
    ]
    with pytest.raises(Exception, match=r"(?i)unique"):
        write(
            store,
            "add_person",
            ports.Person(
                id=2, name="", email=person.email, password_hash="", role="", language="", created_at=0
            ),
        )


def test_accounts_are_added_found_changed_and_unique(store):
    one, two = support.account(), support.account(id=2, external_id="-000Two", killed=True, spike_paused=True)
    write(store, "add_account", one, NOW)
    write(store, "add_account", two, NOW)
    assert read(store, "accounts") == [one, two]
    assert read(store, "account_of", "tiktok", "-000Two") == two
    assert read(store, "account_of", "tiktok", "-000Nobody") is None
    assert read(store, "credentials", 1) is None
    write(store, "change_account", 1, {"killed": True, "bucket_milli": 5, "credentials": b"\x00\xff"})
    changed = read(store, "accounts")[0]
    assert (changed.killed, changed.bucket_milli, read(store, "credentials", 1)) == (True, 5, b"\x00\xff")
    with pytest.raises(Exception, match=r"(?i)unique"):
        write(store, "add_account", support.account(id=3), NOW)


def test_videos_are_added_once(store):
    video = ports.Video(id="v1", account_id=1, title="Een", video_class="growth", campaign="")
    write(store, "add_videos", [video], NOW)
    write(
        store,
        "add_videos",
        [ports.Video(id="v1", account_id=1, title="Twee", video_class="unknown", campaign="x")],
        NOW,
    )
    assert read(store, "videos", 1) == [video]
    assert read(store, "videos", 2) == []


# --- deliveries ---


def test_a_delivery_is_kept_once_and_gives_up_its_body_when_read(store):
    assert (
        write(store, "add_deliveries", [support.delivery(1), support.delivery(2), support.delivery(3)]) == 3
    )
    assert (
        write(
            store,
            "add_deliveries",
            [support.delivery(4, digest=support.delivery(1).digest), support.delivery(5)],
        )
        == 1
    )
    new = read(store, "new_deliveries", 10)
    assert [d.id for d in new] == [1, 2, 3, 5]
    assert new[0] == support.delivery(1)
    assert write(store, "claim_deliveries", [1, 2, 3, 99]) == {1, 2, 3}
    write(
        store,
        "settle_deliveries",
        [(1, "read", None), (2, "unknown", "UNKNOWN_EVENT x"), (3, "unreadable", "BAD")],
    )
    assert write(store, "claim_deliveries", [1, 2, 3, 5]) == {5}
    assert read(store, "deliveries_by_state") == {"read": 1, "unknown": 1, "unreadable": 1, "new": 1}
    problems = read(store, "problem_deliveries", 10)
    assert [(d.id, d.body, s, p) for d, s, p in problems] == [
        (3, b"cipher", "unreadable", "BAD"),
        (2, b"cipher", "unknown", "UNKNOWN_EVENT x"),
    ]
    assert [d.id for d in read(store, "new_deliveries", 1)] == [5]


def test_the_same_delivery_for_another_account_is_another(store):
    rows = [support.delivery(1), support.delivery(2, digest=support.delivery(1).digest, account_id=2)]
    assert write(store, "add_deliveries", rows) == 2


# --- contacts and events ---


def test_contacts(store):
    rows = [
        support.contact(1),
        support.contact(2, suppressed=True, holdout=True, wrote_at=NOW, marketing="given"),
    ]
    write(store, "add_contacts", rows, NOW)
    assert read(store, "contacts_by_external", 1, ["+Viewer1", "+Viewer2", "+Nobody"]) == {
        r.external_id: r for r in rows
    }
    assert read(store, "contacts_by_external", 2, ["+Viewer1"]) == {}
    assert read(store, "contacts_by_external", 1, []) == {}
    write(store, "change_contact", 1, {"answer": "withdrawn", "suppressed": True, "labels": "a b"})
    changed = read(store, "contact", 1)
    assert (changed.answer, changed.suppressed, changed.labels) == ("withdrawn", True, "a b")
    assert read(store, "contact", 9) is None
    write(store, "lock_contacts", [2, 1, 2])
    with pytest.raises(Exception, match=r"(?i)unique"):
        write(store, "add_contacts", [support.contact(3, external_id="+Viewer1")], NOW)


def test_events_by_what_happened_to_a_comment(store):
    rows = [
        support.event(1),
        support.event(2, external_id="c1", action="delete", text=None, state="note", contact_id=None),
    ]
    write(store, "add_events", rows)
    assert read(store, "event", 1) == rows[0]
    assert read(store, "event", 2) == rows[1]
    assert read(store, "event", 3) is None
    assert read(store, "known_events", 1, "tiktok", ["c1", "c2"]) == {
        ("c1", "insert"): 1,
        ("c1", "delete"): 2,
    }
    assert read(store, "event_texts", [1, 2, 3]) == {1: "hoe duur?", 2: None}
    with pytest.raises(Exception, match=r"(?i)unique"):
        write(store, "add_events", [support.event(3, external_id="c1")])


def test_the_state_of_a_comment_moves_until_it_is_gone(store):
    write(
        store,
        "add_events",
        [support.event(1), support.event(2, external_id="c1", action="hidden@1", state="note")],
    )
    for state, then in (
        ("hidden", "hidden"),
        ("public", "public"),
        ("deleted", "deleted"),
        ("public", "deleted"),
    ):
        write(store, "set_event_state", 1, [("c1", state)])
        assert (read(store, "event", 1).state, read(store, "event", 2).state) == (then, "note")
    write(store, "mark_answered", 1, ["c1"])
    assert read(store, "event", 1).answered is True
    write(store, "mark_answered", 2, ["c1"])


def test_decisions_are_paged_by_event(store):
    write(store, "add_decisions", [support.decision(n, account_id=1 + n % 2) for n in range(1, 6)])
    assert read(store, "decision", 2) == support.decision(2)
    assert read(store, "decision", 9) is None
    assert [d.event_id for d in read(store, "decisions", after=1, limit=3)] == [2, 3, 4]
    assert [d.event_id for d in read(store, "decisions", after=0, limit=9, account_id=2)] == [1, 3, 5]
    with pytest.raises(Exception, match=r"(?i)unique"):
        write(store, "add_decisions", [support.decision(2)])


# --- outgoing ---


def test_outgoing_rows_come_back_as_they_went_in(store):
    row = support.outgoing(
        1, approved_by=2, approved_hash=b"\x00" * 32, approved_until=NOW, attempt_at=NOW, settled_at=NOW
    )
    write(store, "add_outgoing", [row, support.outgoing(2, event_id=1, act="hide", text="")])
    assert read(store, "outgoing", 1) == row
    assert read(store, "outgoing", 3) is None
    assert [o.id for o in read(store, "outgoing_of_event", 1)] == [1, 2]
    with pytest.raises(Exception, match=r"(?i)unique"):
        write(store, "add_outgoing", [support.outgoing(3, event_id=1)])
    write(store, "add_outgoing", [support.outgoing(3, event_id=1, ordinal=1)])


def test_what_is_due_and_when_the_next_is(store):
    assert read(store, "next_due") is None
    write(store, "add_outgoing", [support.outgoing(n, not_before=NOW + n) for n in (3, 1, 2)])
    write(
        store,
        "add_outgoing",
        [
            support.outgoing(4, not_before=NOW, state="held"),
            support.outgoing(5, account_id=2, not_before=NOW),
        ],
    )
    assert [o.id for o in read(store, "outgoing_due", 1, NOW + 2, 10)] == [1, 2]
    assert [o.id for o in read(store, "outgoing_due", 1, NOW + 9, 2)] == [1, 2]
    assert [o.id for o in read(store, "outgoing_due", 1, NOW + 1, 9)] == [1], "due at its very millisecond"
    assert read(store, "next_due") == NOW
    assert [o.id for o in read(store, "outgoing_in_state", "planned", limit=10)] == [5, 1, 2, 3]
    assert [o.id for o in read(store, "outgoing_in_state", "planned", limit=10, account_id=2)] == [5]
    assert [o.id for o in read(store, "outgoing_in_state", "held", limit=10)] == [4]


def test_only_allowed_moves_pass_the_database(store):
    pairs = [(before, after) for before in MOVES for after in MOVES]
    write(store, "add_outgoing", [support.outgoing(n, state=before) for n, (before, _) in enumerate(pairs)])
    for number, (before, after) in enumerate(pairs):
        if before == after or after in MOVES[before]:
            write(store, "change_outgoing", number, {"state": after})
            assert read(store, "outgoing", number).state == after
        else:
            with pytest.raises(Exception, match="not allowed"):
                write(store, "change_outgoing", number, {"state": after})
            assert read(store, "outgoing", number).state == before


def test_a_state_or_act_nobody_knows_is_refused(store):
    for wrong in ({"state": "gone"}, {"act": "follow"}):
        with pytest.raises(Exception, match=r"(?i)check"):
            write(store, "add_outgoing", [support.outgoing(1, **wrong)])


def test_settling_needs_the_fence_and_the_state(store):
    write(store, "add_outgoing", [support.outgoing(1, state="sending", fence=4)])
    assert write(store, "settle_outgoing", 1, 3, {"state": "sent"}) is False
    assert write(store, "settle_outgoing", 1, 4, {"state": "unknown"}) is True
    assert write(store, "settle_outgoing", 1, 4, {"state": "sent"}) is False
    assert read(store, "outgoing", 1).state == "unknown"


def test_what_counts_against_limits(store):
    states = ("held", "planned", "sending", "sent", "failed", "unknown", "cancelled")
    rows = [
        support.outgoing(
            n,
            state=s,
            attempt_at=NOW + n if s in ("sending", "sent", "failed", "unknown") else None,
            not_before=NOW + 50,
        )
        for n, s in enumerate(states, 1)
    ]
    write(
        store,
        "add_outgoing",
        [
            *rows,
            support.outgoing(8, act="hide", state="sent", attempt_at=NOW + 8),
            support.outgoing(9, contact_id=2, state="sent", attempt_at=NOW + 9),
        ],
    )
    mine = read(store, "spent", 1, NOW, [1])
    assert [(s.act, s.at - NOW, s.sent) for s in mine] == [
        ("reply", 3, True),
        ("reply", 4, True),
        ("reply", 6, True),
        ("hide", 8, True),
        ("reply", 50, False),
    ]
    assert [s.at - NOW for s in read(store, "spent", 1, NOW + 4, [1])] == [6, 8, 50], (
        "half-open: what stands at its start has left"
    )
    assert [s.contact_id for s in read(store, "spent", 1, NOW + 8, None)] == [2, 1]
    assert ("hide", 8) in [(s.act, s.at - NOW) for s in read(store, "spent", 1, NOW, None)], (
        "limits on hiding count too"
    )
    assert read(store, "spent", 2, 0, None) == []
    assert read(store, "spent", 1, 0, []) == []


def test_recent_texts_newest_first(store):
    rows = [
        support.outgoing(1, state="sent", attempt_at=NOW + 5),
        support.outgoing(2),
        support.outgoing(3, state="failed"),
        support.outgoing(4, act="hide", text=""),
    ]
    write(store, "add_outgoing", rows)

    def recent(limit, *, planned):
        return store.read(lambda q: q.recent_texts(limit, planned=planned))

    assert recent(9, planned=True) == ["Antwoord 2", "Antwoord 1"]
    assert recent(1, planned=True) == ["Antwoord 2"]
    assert recent(9, planned=False) == ["Antwoord 1"]


def test_texts_of_an_account_are_counted_by_video(store):
    rows = [
        support.outgoing(1, state="sent", attempt_at=NOW + 5, text="a"),
        support.outgoing(2, state="unknown", attempt_at=NOW + 6, text="a"),
        support.outgoing(3, state="sent", attempt_at=NOW - 1, text="a"),
        support.outgoing(4, state="planned", not_before=NOW + 9, text="b"),
        support.outgoing(5, state="failed", attempt_at=NOW + 7, text="a"),
        support.outgoing(6, act="hide", state="sent", attempt_at=NOW + 8, text=""),
    ]
    write(store, "add_outgoing", rows)

    def since(account, *, planned):
        return sorted(store.read(lambda q: q.texts_since(account, NOW, planned=planned)))

    assert since(1, planned=True) == [("v1", "a", 2), ("v1", "b", 1)]
    assert since(1, planned=False) == [("v1", "a", 2)]
    assert since(2, planned=True) == []


def test_outgoing_by_provider(store):
    write(
        store,
        "add_outgoing",
        [support.outgoing(1, provider_ref="p1"), support.outgoing(2, provider_ref="p2")],
    )


# --- lanes ---


def test_a_lane_is_leased_to_one_and_fenced(store):
    write(store, "ensure_lanes", [1, 2])
    write(store, "ensure_lanes", [1])
    assert write(store, "claim_lane", "a", NOW, NOW + 60, NOW) is None, "nothing is due"
    write(store, "add_outgoing", [support.outgoing(1, not_before=NOW)])
    assert write(store, "claim_lane", "a", NOW, NOW + 60, NOW - 1) is None
    assert write(store, "claim_lane", "a", NOW, NOW + 60, NOW) == (1, 1)
    assert write(store, "claim_lane", "b", NOW + 60, NOW + 90, NOW) is None, (
        "still leased in its last millisecond"
    )
    assert write(store, "claim_lane", "b", NOW + 61, NOW + 120, NOW) == (1, 2)
    assert write(store, "hold_lane", 1, 1, NOW + 500) is False
    write(store, "free_lane", 1, 1)
    assert write(store, "claim_lane", "c", NOW + 61, NOW + 500, NOW) is None, "an old fence frees nothing"
    assert write(store, "hold_lane", 1, 2, NOW + 500) is True
    assert write(store, "claim_lane", "c", NOW + 200, NOW + 500, NOW) is None
    write(store, "free_lane", 1, 2)
    assert write(store, "claim_lane", "c", NOW + 200, NOW + 500, NOW) == (1, 3)


# --- cases, acts, freezes, policies ---


def test_cases_move_on_with_their_version(store):
    write(
        store, "add_cases", [support.case(n, queue="urgent" if n == 2 else "moderation") for n in (1, 2, 3)]
    )
    assert read(store, "case", 1) == support.case(1)
    assert read(store, "case", 9) is None
    assert [c.id for c in read(store, "open_cases", queue=None, after=(0, 0), limit=2)] == [1, 2]
    assert [c.id for c in read(store, "open_cases", queue=None, after=(NOW + 1, 1), limit=9)] == [2, 3]
    assert [c.id for c in read(store, "open_cases", queue="urgent", after=(0, 0), limit=9)] == [2]
    assert write(store, "change_case", 1, 0, {"claimed_by": 5}) is True
    assert write(store, "change_case", 1, 0, {"claimed_by": 6}) is False
    assert (read(store, "case", 1).claimed_by, read(store, "case", 1).version) == (5, 1)
    assert write(store, "change_case", 1, 1, {"state": "resolved"}) is True
    assert [c.id for c in read(store, "open_cases", queue=None, after=(0, 0), limit=9)] == [2, 3]
    assert [c.id for c in read(store, "cases_of_event", 2)] == [2]


def test_acts_are_listed_newest_first_and_undone_once(store):
    for number, person in ((1, 1), (2, 2), (3, 1)):
        write(store, "add_act", support.act(number, person_id=person))
    assert [a.id for a in read(store, "acts", person_id=None, limit=2)] == [3, 2]
    assert [a.id for a in read(store, "acts", person_id=1, limit=9)] == [3, 1]
    assert [a.id for a in read(store, "acts_of_event", 1)] == [1, 2, 3]
    assert read(store, "act", 1) == support.act(1)
    assert read(store, "act", 9) is None
    assert write(store, "undo_act", 1, NOW) is True
    assert write(store, "undo_act", 1, NOW) is False
    assert read(store, "act", 1).undone_at == NOW


def test_freezes_are_lifted_once(store):
    row = ports.FreezeRow(
        id=1,
        account_id=0,
        scope="everything",
        reason="r",
        actor="person:1",
        at=NOW,
        lifted_by=None,
        lifted_at=None,
    )
    write(store, "add_freeze", row)
    assert read(store, "freezes", active_only=True) == [row]
    assert write(store, "lift_freeze", 1, "person:2", NOW + 1) is True
    assert write(store, "lift_freeze", 1, "person:2", NOW + 2) is False
    assert read(store, "freezes", active_only=True) == []
    assert read(store, "freezes", active_only=False)[0].lifted_at == NOW + 1


def test_policies_and_activations(store):
    row = ports.PolicyVersion(hash="sha256:1", parent=None, body="x", title="t", actor="system:a", at=NOW)
    assert write(store, "add_policy", row) is True
    assert write(store, "add_policy", row) is False
    assert (read(store, "policy", "sha256:1"), read(store, "policy", "sha256:2")) == (row, None)
    assert read(store, "policies") == [row]
    write(store, "add_activation", 1, "sha256:1", "person:1", NOW)
    write(store, "add_activation", 1, "sha256:2", "person:1", NOW + 1)
    assert read(store, "activations", 1) == [("sha256:2", "person:1", NOW + 1), ("sha256:1", "person:1", NOW)]


def test_volumes_add_up(store):
    write(store, "add_volume", 1, 10, (1, 2, 3, 4, 5))
    write(store, "add_volume", 1, 10, (1, 1, 1, 1, 1))
    write(store, "add_volume", 1, 9, (7, 0, 0, 0, 0))
    assert read(store, "volumes", 1, 10) == [
        ports.VolumeRow(slot=10, comments=2, replied=3, hidden=4, reviewed=5, rest=6)
    ]
    assert [v.slot for v in read(store, "volumes", 1, 0)] == [9, 10]


def test_suppression_by_digest_for_one_account_or_all(store):
    write(store, "add_suppression", 1, b"a" * 32, "stop", NOW)
    write(store, "add_suppression", 1, b"a" * 32, "again", NOW)
    write(store, "add_suppression", 0, b"b" * 32, "stop", NOW)
    assert read(store, "suppressed", 1, [b"a" * 32, b"b" * 32, b"c" * 32]) == {b"a" * 32, b"b" * 32}
    assert read(store, "suppressed", 2, [b"a" * 32, b"b" * 32]) == {b"b" * 32}
    assert read(store, "suppressed", 1, []) == set()


# --- audit ---


def test_the_log_grows_and_is_read_in_every_direction(store):
    assert read(store, "audit_head") == (0, b"")
    write(store, "lock_audit")
    write(store, "ensure_workspace", NOW)
    rows = [support.audit_row(n, kind="event" if n % 2 else "decision") for n in range(4)]
    write(store, "add_audit", rows[:2], [(1, 0, b"n" * 32)], 2, b"frontier")
    write(store, "add_audit", rows[2:], [], 4, b"frontier2")
    assert read(store, "audit_head") == (4, b"frontier2")
    assert read(store, "audit_entries", 1, 3) == rows[1:3]
    assert read(store, "audit_after", 1, 9) == rows[2:]
    assert read(store, "audit_of_event", 2) == [rows[2]]
    assert [r.seq for r in read(store, "audit_newest", before=4, limit=2)] == [3, 2]
    assert [r.seq for r in read(store, "audit_newest", before=4, limit=2, kind="decision")] == [2, 0]
    assert read(store, "audit_hashes", 0, 2) == [rows[0].hash, rows[1].hash]
    assert read(store, "audit_node", 1, 0) == b"n" * 32
    with pytest.raises(LookupError):
        read(store, "audit_node", 5, 5)
    assert store.read(lambda q: list(q.audit_nodes())) == [(1, 0, b"n" * 32)]
    with pytest.raises(Exception, match=r"(?i)unique"):
        write(store, "add_audit", rows[:1], [], 5, b"x")
    assert read(store, "audit_head") == (4, b"frontier2"), "a refused entry moves no head"


def test_checkpoints_and_the_vault(store):
    point = ports.Checkpoint(size=4, at=NOW, note="note\n")
    write(store, "add_checkpoint", point)
    write(store, "add_checkpoint", ports.Checkpoint(size=4, at=NOW, note="other"))
    assert [(c.size, c.note) for c in read(store, "checkpoints")] == [(4, "note\n")]
    row = ports.VaultRow(seq=3, account_id=1, contact_id=7, cipher=b"\x00\x01")
    write(store, "add_vault", [row])
    assert read(store, "vault_rows", [3, 4]) == {3: row}


def test_sealed_tables_refuse_change_and_removal(bench):
    write(bench.store, "add_audit", [support.audit_row(0)], [(1, 0, b"n" * 32)], 1, b"f")
    write(bench.store, "add_checkpoint", ports.Checkpoint(size=1, at=NOW, note="n"))
    write(
        bench.store,
        "add_policy",
        ports.PolicyVersion(hash="h", parent=None, body="", title="", actor="", at=0),
    )
    for table in APPEND_ONLY:
        for sql in (f"UPDATE {table} SET account_id = 9", f"DELETE FROM {table}"):
            with pytest.raises(Exception, match="append-only"):
                bench.raw(sql)
        assert bench.raw(f"SELECT count(*) FROM {table} WHERE account_id <> 9") == [(1,)]


def test_erasing_a_contact_leaves_rows_without_words(store):
    write(store, "add_contacts", [support.contact(1), support.contact(2)], NOW)
    write(store, "add_events", [support.event(1), support.event(2, contact_id=2)])
    write(store, "add_outgoing", [support.outgoing(1), support.outgoing(2, contact_id=2)])
    write(store, "add_vault", [ports.VaultRow(seq=1, account_id=1, contact_id=1, cipher=b"x")])
    assert write(store, "erase_contact", 1, NOW) == {"vault": 1, "event": 1, "outgoing": 1, "contact": 1}
    assert (read(store, "event", 1).text, read(store, "event", 1).state) == (None, "erased")
    assert (read(store, "outgoing", 1).text, read(store, "contact", 1).handle) == ("", "")
    assert read(store, "vault_rows", [1]) == {}
    assert (read(store, "event", 2).text, read(store, "outgoing", 2).text) == ("hoe duur?", "Antwoord 2")
    write(store, "set_event_state", 1, [("c1", "public")])
    assert read(store, "event", 1).state == "erased"


# --- ids and tenancy ---


def test_ids_are_fresh_and_in_rows(store):
    assert write(store, "ids", "event") == 1
    assert write(store, "ids", "event", 10) == 2
    assert write(store, "ids", "event") == 12
    assert write(store, "ids", "case") == 1
    with pytest.raises(ZeroDivisionError):
        store.write(lambda tx: tx.ids("event", 5) // 0)
    assert write(store, "ids", "event") == 13


def test_workspaces_do_not_see_each_other(bench):
    mine, other = bench.store, bench.another(2)
    for store in (mine, other):
        write(store, "add_account", support.account(), NOW)
        write(store, "add_contacts", [support.contact(1)], NOW)
        write(store, "add_events", [support.event(1)])
        write(store, "add_outgoing", [support.outgoing(1)])
        write(store, "add_deliveries", [support.delivery(1)])
    write(mine, "change_outgoing", 1, {"state": "cancelled"})
    write(mine, "change_contact", 1, {"suppressed": True})
    assert read(other, "outgoing", 1).state == "planned"
    assert read(other, "contact", 1).suppressed is False
    assert read(bench.another(3), "accounts") == []
