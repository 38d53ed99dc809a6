"""`goodstanding replay`, and what remains of a person after erasure."""

import json
from contextlib import closing

import pytest
from looking import attack, rows, said

from goodstanding.bootstrap import open_app
from goodstanding.settings import Settings
from goodstanding.usecases import privacy


@pytest.fixture
def gone(copied):
    """A folder in which one contact who wrote and was answered has been erased: (folder, text, handle, outside id)."""
    contact, text = rows(
        copied,
        "SELECT e.contact_id, e.text FROM event e JOIN outgoing o ON o.event_id = e.id AND o.act = 'reply' AND o.state = 'sent'"
        " WHERE (SELECT count(*) FROM event other WHERE instr(lower(other.text), lower(e.text))) = 1 AND length(e.text) > 12"
        " ORDER BY e.id LIMIT 1",
    )[0]
    rows(copied, "UPDATE contact SET handle = 'fan.of.pasta' WHERE id = ?", contact)
    handle, outside = rows(copied, "SELECT handle, external_id FROM contact WHERE id = ?", contact)[0]
    app = open_app(Settings(data=copied))
    with closing(app):
        counts = privacy.erase(app.ctx, contact, who=("system", "test"))
    assert counts["event"] >= 1
    return copied, contact, text, handle, outside


def test_everything_decides_the_same_again(gs, seeded):
    result = gs("replay", "--data", seeded, "--json")
    found = said(result)
    assert result.exit_code == 0
    assert {"decisions", "differences", "erased"} <= set(found)
    assert (found["decisions"], found["differences"], found["erased"]) == (300, 0, 0)


def test_another_outcome_in_a_policy_is_found(gs, copied):
    """The version that decided was changed behind the product's back: its decisions no longer follow from it."""
    name, body = rows(
        copied, "SELECT hash, body FROM policy_version WHERE hash = (SELECT policy_hash FROM account)"
    )[0]
    attack(
        copied,
        "UPDATE policy_version SET body = ? WHERE hash = ?",
        body.replace('label = "thanks"', 'label = "other"'),
        name,
    )
    result = gs("replay", "--data", copied, "--json")
    found = said(result)
    assert result.exit_code == 1
    assert found["differences"] > 0 and found["differing"]
    assert "differ" in gs("replay", "--data", copied).output


def test_words_in_both_languages(gs, seeded):
    assert "300" in gs("replay", "--data", seeded).output
    assert gs("replay", "--data", seeded, lang="nl").output != gs("replay", "--data", seeded).output


def test_an_erased_person_is_counted_apart_and_the_log_holds(gs, gone):
    folder, contact, *_ = gone
    wrote = rows(
        folder,
        "SELECT count(*) FROM decision d JOIN event e ON e.id = d.event_id WHERE contact_id = ?",
        contact,
    )
    found = said(gs("replay", "--data", folder, "--json"))
    assert (found["decisions"], found["differences"]) == (300, 0)
    assert found["erased"] == wrote[0][0] >= 1
    assert said(gs("audit", "verify", "--data", folder, "--json"))["ok"]
    body = json.loads(rows(folder, "SELECT body FROM audit_entry WHERE kind = 'erasure'")[0][0])
    assert body["body"]["basis"] == "request"


def test_no_byte_of_the_person_is_left_in_the_files(gone):
    folder, _, text, handle, outside = gone
    rows(folder, "PRAGMA wal_checkpoint(TRUNCATE)")
    kept = b"".join(path.read_bytes() for path in sorted(folder.glob("goodstanding.db*")))
    for needle in (text, handle, outside):
        assert needle and needle.encode() not in kept


def test_the_bytes_go_at_once_in_a_running_installation(copied):
    app = open_app(Settings(data=copied))
    with closing(app):
        contact, text = rows(
            copied,
            "SELECT contact_id, text FROM event e WHERE length(text) > 12 AND"
            " (SELECT count(*) FROM event o WHERE instr(lower(o.text), lower(e.text))) = 1 ORDER BY id LIMIT 1",
        )[0]
        privacy.erase(app.ctx, contact, who=("system", "test"))
        kept = b"".join(path.read_bytes() for path in sorted(copied.glob("goodstanding.db*")))
        assert text.encode() not in kept


def test_the_key_is_gone_and_the_person_is_never_written_to_again(gone):
    folder, contact, *_ = gone
    import sqlite3

    with closing(sqlite3.connect(folder / "keys.db")) as keys:
        wrapped, destroyed_at = keys.execute(
            "SELECT wrapped, destroyed_at FROM subject_key WHERE contact_id = ?", (contact,)
        ).fetchone()
    assert wrapped is None and destroyed_at > 1_700_000_000_000
    digests = rows(folder, "SELECT count(*) FROM suppression WHERE reason = 'erased'")
    assert digests == [(2,)], "known again by the platform's id, and by the handle alone"
    assert rows(folder, "SELECT count(*) FROM vault WHERE contact_id = ?", contact) == [(0,)]
