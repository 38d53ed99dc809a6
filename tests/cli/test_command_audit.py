"""`goodstanding audit`: one changed byte anywhere is found and named; packs and notes prove themselves elsewhere."""

import hashlib
import shutil
import subprocess
import sys
import zipfile

import pytest
from looking import attack, rows, said


def flipped(value, place):
    return value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]


def verify(gs, folder):
    result = gs("audit", "verify", "--data", folder, "--json")
    found = said(result)
    assert set(found) == {"ok", "entries", "checkpoints", "problems"}
    assert result.exit_code == (0 if found["ok"] else 1)
    return found


def test_an_untouched_log_is_whole(gs, seeded):
    found = verify(gs, seeded)
    assert found["ok"] and found["problems"] == []
    assert found["entries"] == rows(seeded, "SELECT count(*) FROM audit_entry")[0][0] > 300
    assert found["checkpoints"] >= 1


def test_a_copied_folder_verifies_and_words_say_so(gs, copied):
    assert verify(gs, copied)["ok"]
    assert "entries" in gs("audit", "verify", "--data", copied).output
    assert "regels" in gs("audit", "verify", "--data", copied, lang="nl").output


@pytest.mark.parametrize("seq", [0, 1, 150, 256, "last"])
@pytest.mark.parametrize("place", [0, 7, -1])
def test_a_changed_byte_in_a_sealed_body_names_the_entry(gs, copied, seq, place):
    if seq == "last":
        seq = rows(copied, "SELECT max(seq) FROM audit_entry")[0][0]
    body = rows(copied, "SELECT body FROM audit_entry WHERE seq = ?", seq)[0][0]
    attack(copied, "UPDATE audit_entry SET body = ? WHERE seq = ?", flipped(body, place % len(body)), seq)
    found = verify(gs, copied)
    assert {p["seq"] for p in found["problems"] if "seq" in p} == {seq}


def test_every_byte_of_an_entry_counts(gs, copied):
    _, body, stored = rows(copied, "SELECT seq, body, hash FROM audit_entry WHERE seq = 42")[0]
    assert hashlib.sha256(b"\0" + body).digest() == stored
    for place in range(len(body)):
        assert hashlib.sha256(b"\0" + flipped(body, place)).digest() != stored


@pytest.mark.parametrize("seq", [0, 5, 300])
def test_a_changed_leaf_hash_names_the_entry(gs, copied, seq):
    value = rows(copied, "SELECT hash FROM audit_entry WHERE seq = ?", seq)[0][0]
    attack(copied, "UPDATE audit_entry SET hash = ? WHERE seq = ?", flipped(value, 9), seq)
    found = verify(gs, copied)
    assert {p["seq"] for p in found["problems"] if "seq" in p} == {seq}


def test_a_body_changed_together_with_its_hash_is_found(gs, copied):
    body = rows(copied, "SELECT body FROM audit_entry WHERE seq = 77")[0][0]
    other = body.replace(b'"seq":77', b'"seq":77').replace(b'"at":1', b'"at":2', 1)
    assert other != body
    attack(
        copied,
        "UPDATE audit_entry SET body = ?, hash = ? WHERE seq = 77",
        other,
        hashlib.sha256(b"\0" + other).digest(),
    )
    problems = verify(gs, copied)["problems"]
    assert any(p.get("seq") == 77 or p.get("first", 78) <= 77 <= p.get("last", 76) for p in problems)


def test_a_changed_node_is_named(gs, copied):
    level, position, value = rows(
        copied, "SELECT level, position, hash FROM audit_node ORDER BY level LIMIT 1"
    )[0]
    attack(
        copied,
        "UPDATE audit_node SET hash = ? WHERE level = ? AND position = ?",
        flipped(value, 3),
        level,
        position,
    )
    problems = verify(gs, copied)["problems"]
    assert any((p.get("level"), p.get("index")) == (level, position) for p in problems)


@pytest.mark.parametrize("place", [0, 30, -3])
def test_a_changed_checkpoint_is_named(gs, copied, place):
    size, note = rows(copied, "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1")[0]
    other = flipped(note.encode(), place % len(note.encode())).decode()
    attack(copied, "UPDATE checkpoint SET note = ? WHERE size = ?", other, size)
    problems = verify(gs, copied)["problems"]
    assert any(p.get("size") == size for p in problems)


@pytest.mark.parametrize("place", [0, 1, 7, 8, 12, -1])
def test_a_changed_frontier_is_named(gs, copied, place):
    value = rows(copied, "SELECT frontier FROM audit_head")[0][0]
    attack(copied, "UPDATE audit_head SET frontier = ?", flipped(value, place % len(value)))
    problems = verify(gs, copied)["problems"]
    assert {p["code"] for p in problems} & {"AUDIT_FRONTIER_DIFFERS", "AUDIT_LOG_TRUNCATED"}


@pytest.mark.parametrize(("column", "value"), [("size", 5), ("frontier", b"")])
def test_a_head_that_cannot_be_is_named(gs, copied, column, value):
    attack(copied, f"UPDATE audit_head SET {column} = ?", value)
    assert [p["code"] for p in verify(gs, copied)["problems"]] == ["AUDIT_FRONTIER_DIFFERS"]


@pytest.mark.parametrize(
    ("column", "value"), [("kind", "export"), ("at", 1), ("account_id", 9), ("event_id", 999_999)]
)
def test_a_changed_column_names_entry_and_column(gs, copied, column, value):
    attack(copied, f"UPDATE audit_entry SET {column} = ? WHERE seq = 12", value)
    problems = verify(gs, copied)["problems"]
    assert [p["seq"] for p in problems] == [12]


def test_a_removed_entry_and_a_cut_tail_are_found(gs, copied):
    attack(copied, "DELETE FROM audit_entry WHERE seq = 200")
    problems = verify(gs, copied)["problems"]
    assert any(p.get("first") == p.get("last") == 200 for p in problems)


def test_a_cut_tail_is_found(gs, copied):
    last = rows(copied, "SELECT max(seq) FROM audit_entry")[0][0]
    attack(copied, "DELETE FROM audit_entry WHERE seq = ?", last)
    assert not verify(gs, copied)["ok"]


@pytest.mark.parametrize("value", ["text instead of bytes", 7])
def test_a_body_that_is_no_longer_bytes_names_the_entry(gs, copied, value):
    attack(copied, "UPDATE audit_entry SET body = ? WHERE seq = 31", value)
    assert {p["seq"] for p in verify(gs, copied)["problems"] if "seq" in p} == {31}


def test_a_kind_that_is_no_text_names_the_entry(gs, copied):
    attack(copied, "UPDATE audit_entry SET kind = CAST(x'e4e4' AS TEXT) WHERE seq = 31")
    assert {p["seq"] for p in verify(gs, copied)["problems"] if "seq" in p} == {31}


def test_stored_bytes_that_no_reader_takes_are_a_finding(gs, copied):
    attack(copied, "UPDATE checkpoint SET note = CAST(x'e4e4' AS TEXT)")
    assert [p["code"] for p in verify(gs, copied)["problems"]] == ["AUDIT_UNREADABLE"]


def test_the_triggers_refuse_change_without_an_attack(copied):
    import sqlite3

    for sql in (
        "UPDATE audit_entry SET at = 1",
        "DELETE FROM checkpoint",
        "UPDATE policy_version SET title = ''",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            rows(copied, sql)


def test_a_pack_proves_itself_with_bare_python_in_an_empty_folder(gs, copied, tmp_path):
    pack = tmp_path / "evidence.zip"
    result = gs("audit", "export", "--data", copied, "--last", 40, "--reason", "a dispute", "--out", pack)
    assert result.exit_code == 0, result.output
    empty = tmp_path / "empty"
    empty.mkdir()
    with zipfile.ZipFile(pack) as zipped:
        (empty / "verify.py").write_bytes(zipped.read("verify.py"))
    shutil.copy(pack, empty)

    def check(name):
        return subprocess.run(
            [sys.executable, "-S", "-I", "verify.py", name],
            cwd=empty,
            capture_output=True,
            text=True,
            check=False,
        )

    assert check("evidence.zip").returncode == 0
    whole = pack.read_bytes()
    for place in range(len(whole) // 9, len(whole), len(whole) // 9):
        (empty / "changed.zip").write_bytes(flipped(whole, place))
        refused = check("changed.zip")
        assert refused.returncode != 0, place
        assert "Traceback" not in refused.stderr


def test_an_export_is_itself_an_entry_and_never_overwrites(gs, copied, tmp_path):
    out = tmp_path / "pack.zip"
    event = rows(copied, "SELECT event_id FROM decision WHERE outcome = 'reply' LIMIT 1")[0][0]
    assert gs("audit", "export", "--data", copied, "--comment", event, "--out", out).exit_code == 0
    assert rows(copied, "SELECT kind FROM audit_entry ORDER BY seq DESC LIMIT 1") == [("export",)]
    again = gs("audit", "export", "--data", copied, "--comment", event, "--out", out)
    assert (again.exit_code, "exists" in again.stderr) == (2, True)
    assert gs("audit", "export", "--data", copied, "--comment", event, "--out", out, "--force").exit_code == 0
    nothing = gs("audit", "export", "--data", copied, "--comment", 999_999, "--out", tmp_path / "none.zip")
    assert (nothing.exit_code, (tmp_path / "none.zip").exists()) == (1, False)
    assert verify(gs, copied)["ok"]


def test_a_checkpoint_is_written_where_it_is_told(gs, copied, tmp_path):
    size = rows(copied, "SELECT size FROM audit_head")[0][0]
    found = said(gs("audit", "checkpoint", "--data", copied, "--to", tmp_path, "--json"))
    assert found == {"size": size, "path": str(tmp_path / f"checkpoint-{size}.txt")}
    note = (tmp_path / f"checkpoint-{size}.txt").read_text()
    assert note.splitlines()[1] == str(size)
    assert note == rows(copied, "SELECT note FROM checkpoint WHERE size = ?", size)[0][0]
    away = gs("audit", "checkpoint", "--data", copied, "--to", tmp_path / "no" / "such" / "file.txt")
    assert (away.exit_code, away.stderr.count("\n")) == (3, 1)
