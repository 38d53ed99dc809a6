"""No statement of the hot path may walk a whole table once the database has grown."""

import re
import sqlite3

import pytest

from goodstanding.adapters.storage.sqlite import SqliteStatements, connect

WALKS = re.compile(r"SCAN (?!json_each)|\((ANY\()?workspace_id(=\?|\))( AND (ANY\()?account_id(=\?|\)))?\)$")
"""A whole table, or all rows of the only workspace or of one account."""
CALLS = {
    "known_events": (1, "tiktok", ["a", "b"]),
    "contacts_by_external": (1, ["a"]),
    "contact": (1,),
    "event": (1,),
    "event_texts": ([1, 2],),
    "decision": (1,),
    "outgoing": (1,),
    "outgoing_of_event": (1,),
    "outgoing_due": (1, 1, 10),
    "spent": (1, 0, [1, 2]),
    "outgoing_of_events": ([1, 2],),
    "events": ([1, 2],),
    "contacts": ([1, 2],),
    "sending": ([(1, 1)],),
    "cases_of_event": (1,),
    "case": (1,),
    "acts_of_event": (1,),
    "audit_of_event": (1,),
    "audit_entries": (0, 10),
    "audit_after": (5, 10),
    "audit_hashes": (0, 16),
    "vault_rows": ([1, 2],),
    "claim_deliveries": ([1, 2],),
    "watch": (1, "v"),
    "watches_due": (1, 10),
    "kept_deliveries": (1, 10),
    "reply_watches_due": (1, 1, 10),
    "snapshot": (1,),
    "snapshot_body": (1, b"x"),
    "acts_waiting": (1, "v"),
    "campaign": (1, "c"),
    "original": (1, "a"),
    "originals_of_contact": (1,),
    "imported_file": (1,),
    "import_problems": (1, {"after": 0, "limit": 10}),
    "imported_items": (1, ["a"]),
    "items_of_file": (1, {"after": 0, "limit": 10}),
    "studio_metrics": (1, ["account::views:2026-01-01:5:count"]),
    "metrics_of_file": (1, {"after": 0, "limit": 10}),
    "import_refs": (1, "item", 10),
    "import_holders": ("item", [1, 2]),
    "conversations": (1, ["a", "b"]),
    "conversation_of": (1,),
    "own_messages": ([1, 2], 0),
    "message_acts": ([1, 2],),
    "message_contents": ([1, 2],),
    "consent_evidence": (1,),
    "corrections_of_event": (1,),
    "correction": (1,),
    "tags_of": ([1, 2],),
}
CHANGES = {
    "set_event_state": (1, [("a", "hidden")]),
    "mark_answered": (1, ["a"]),
    "change_outgoing": (1, {"code": "X"}),
    "settle_from": (1, ["sending", "unknown"], {"code": "X"}),
    "erase_messages": (1,),
    "settle_outgoing": (1, 1, {"code": "X"}),
    "settle_deliveries": ([(1, "read", None), (2, "unknown", "X")],),
    "change_watch": (1, "v", {"cursor": 1}),
    "close_gaps": (1, "v", ["missing"], 1),
    "mark_came": (1, ["a"], 1),
    "change_reply_watch": (1, 1, {"state": "seen"}),
    "change_video": (1, "v", {"campaign": ""}),
}


def plans(path, name, arguments):
    """Return the plan of every statement that a method runs."""
    said = []
    connection = connect(path)
    statements = SqliteStatements(connection, 1)
    connection.set_trace_callback(said.append)
    named = arguments[-1] if isinstance(arguments[-1], dict) and "after" in arguments[-1] else {}
    getattr(statements, name)(*(arguments[:-1] if named else arguments), **named)
    connection.set_trace_callback(None)
    connection.close()
    with sqlite3.connect(path) as plain:
        return [
            row[3]
            for sql in said
            if sql.lstrip().upper().startswith(("SELECT", "UPDATE", "WITH"))
            for row in plain.execute(f"EXPLAIN QUERY PLAN {sql}")
        ]


@pytest.mark.parametrize("name", [*CALLS, *CHANGES])
def test_a_statement_goes_by_its_key(sqlite_file, name):
    found = plans(sqlite_file, name, {**CALLS, **CHANGES}[name])
    assert found
    assert [step for step in found if WALKS.search(step)] == []


def test_a_walk_would_be_seen(sqlite_file):
    with sqlite3.connect(sqlite_file) as plain:
        steps = [
            row[3] for row in plain.execute("EXPLAIN QUERY PLAN SELECT * FROM event WHERE workspace_id = 1")
        ]
    assert any(WALKS.search(step) for step in steps)
