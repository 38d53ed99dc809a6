import hashlib
import hmac
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.core.audit import verify as v
from goodstanding.core.audit.checkpoint import (
    Checkpoint,
    NoteKey,
    format_checkpoint,
    sign_checkpoint,
    sign_note,
)
from goodstanding.core.audit.entries import Actor, Entry, seal
from goodstanding.core.audit.tree import Frontier, completion, leaf_hash
from goodstanding.kernel.problems import Problem

KEY = NoteKey(name="goodstanding.example/w1", public_key=b"\x01" * 32)
STRANGER = NoteKey(name="goodstanding.example/w1", public_key=b"\x02" * 32)
SIZE = 75
CHECKED = (0, 20, 20, 64, 70)


def sign_with(key):
    """A stand-in of the same size as Ed25519; which signature scheme it is does not matter here."""
    return lambda message: hmac.digest(key.public_key, message, hashlib.sha512)


def verify_signature(public_key, message, signature):
    return hmac.compare_digest(hmac.digest(public_key, message, hashlib.sha512), signature)


def entry(seq, **change):
    whole = {
        "workspace": 3,
        "account": 2,
        "seq": seq,
        "at": 1_790_000_000_000 + seq,
        "kind": "decision",
        "actor": Actor(type="rule", id="limits"),
        "refs": {"event": seq},
        "body": {"outcome": "reply"},
    }
    return Entry(**(whole | change))


def row(seq, body=None):
    body = body or seal(entry(seq))
    columns = {"at": 1_790_000_000_000 + seq, "kind": "decision", "account": 2, "actor_id": "limits"}
    return v.StoredEntry(seq, body, leaf_hash(body), columns)


class Log:
    """A stored log whose rows a test may spoil."""

    def __init__(self, size=SIZE, checked=CHECKED):
        self.entries = [row(seq) for seq in range(size)]
        leaves = [stored.leaf_hash for stored in self.entries]
        self.frontier, self.nodes = Frontier().append(leaves)
        roots = {at: Frontier().append(leaves[:at])[0].root() for at in checked}
        self.checkpoints = [v.StoredCheckpoint(at, signed(at, roots[at])) for at in checked]

    def verify(self, **change):
        settings = {"keys": [KEY], "verify_signature": verify_signature, "frontier": self.frontier}
        settings |= {"origin": KEY.name, "workspace": 3}
        return v.verify_log(self.entries, self.nodes, self.checkpoints, **(settings | change))

    def problems(self, **change):
        report = self.verify(**change)
        assert report.ok is (report.problems == ())
        assert report.problem_count == len(report.problems)
        return [(problem.code, dict(problem.fields)) for problem in report.problems]


def signed(size, root, key=KEY, origin=KEY.name):
    return sign_checkpoint(Checkpoint(origin=origin, size=size, root=root), key=key, sign=sign_with(key))


def flipped(raw, place, bit=0):
    return raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]


def test_an_untouched_log_is_found_whole():
    log = Log()
    assert log.verify() == v.Report(
        ok=True,
        entries=SIZE,
        nodes=4 + 2 + 1,
        checkpoints=len(CHECKED),
        root=log.frontier.root(),
        problems=(),
        problem_count=0,
    )
    empty = Log(0, (0,))
    assert empty.problems() == []
    assert empty.verify().root == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("batch", [1, 7, 16, 75, 4096])
def test_the_size_of_a_batch_changes_nothing(batch, monkeypatch):
    monkeypatch.setattr(v, "_BATCH", batch)
    assert Log().problems() == []
    log = Log()
    log.entries[33] = log.entries[33]._replace(body=flipped(log.entries[33].body, 100))
    assert all(fields == {"seq": 33} for _, fields in log.problems())
    assert ("AUDIT_ENTRY_CHANGED", {"seq": 33}) in log.problems()


@pytest.mark.parametrize("seq", [0, 15, 16, 40, 63, 64, 74])
def test_every_flipped_byte_of_an_entry_names_that_entry_and_no_other(seq):
    clean = Log()
    body = clean.entries[seq].body
    for place in range(len(body)):
        clean.entries[seq] = clean.entries[seq]._replace(body=flipped(body, place, place % 8))
        found = clean.problems()
        assert ("AUDIT_ENTRY_CHANGED", {"seq": seq}) in found
        assert all(fields.get("seq") == seq for _, fields in found), found


@pytest.mark.parametrize("seq", [0, 15, 16, 40, 63, 64, 69, 70, 74])
def test_every_flipped_byte_of_a_leaf_hash_names_its_entry_and_no_other(seq):
    log = Log()
    right = log.entries[seq].leaf_hash
    for place in range(32):
        log.entries[seq] = log.entries[seq]._replace(leaf_hash=flipped(right, place))
        assert log.problems() == [("AUDIT_ENTRY_CHANGED", {"seq": seq})]


def test_every_flipped_byte_of_a_node_names_its_range():
    for number, (level, index, node) in enumerate(Log().nodes):
        log = Log()
        for place in range(32):
            log.nodes[number] = (level, index, flipped(node, place))
            wanted = {
                "level": level,
                "index": index,
                "first": index * 2**level,
                "last": (index + 1) * 2**level - 1,
            }
            assert log.problems() == [("AUDIT_NODE_DIFFERS", wanted)]


@pytest.mark.parametrize("number", range(len(CHECKED)))
def test_every_flipped_byte_of_a_checkpoint_names_it(number):
    log = Log()
    stored = log.checkpoints[number]
    for place in range(len(stored.note)):
        log.checkpoints[number] = stored._replace(note=flipped(stored.note, place, place % 8))
        ((code, fields),) = log.problems()
        assert (code, fields["size"]) == ("AUDIT_CHECKPOINT_BAD", stored.size)
    log.checkpoints[number] = stored._replace(size=stored.size + 1)
    wanted = {"size": stored.size + 1, "signed": stored.size}
    assert log.problems() == [("AUDIT_CHECKPOINT_SIZE_DIFFERS", wanted)]


def test_a_flipped_frontier_or_column_is_found():
    log = Log()
    wrong = Frontier(size=SIZE, peaks=(flipped(log.frontier.peaks[0], 3), *log.frontier.peaks[1:]))
    assert log.problems(frontier=wrong) == [("AUDIT_FRONTIER_DIFFERS", {"size": SIZE})]
    for name, value in (("at", 5), ("kind", "event"), ("account", None), ("actor_id", "other")):
        log = Log()
        log.entries[8] = log.entries[8]._replace(columns=log.entries[8].columns | {name: value})
        assert log.problems() == [("AUDIT_COLUMN_DIFFERS", {"seq": 8, "column": name})]


def test_missing_entries_are_named_as_a_range():
    log = Log()
    del log.entries[30:33]
    assert log.problems() == [("AUDIT_ENTRIES_MISSING", {"first": 30, "last": 32})]
    del log.entries[0]
    assert ("AUDIT_ENTRIES_MISSING", {"first": 0, "last": 0}) in log.problems()


def test_an_entry_that_stands_twice_or_out_of_order_is_named():
    log = Log()
    log.entries.insert(31, log.entries[30])
    assert log.problems() == [("AUDIT_ENTRY_OUT_OF_ORDER", {"seq": 30})]
    log = Log()
    log.entries[10], log.entries[11] = log.entries[11], log.entries[10]
    assert ("AUDIT_ENTRY_OUT_OF_ORDER", {"seq": 10}) in log.problems()


def test_two_bodies_that_changed_places_are_both_named():
    log = Log()
    one, two = log.entries[10], log.entries[11]
    log.entries[10], log.entries[11] = two._replace(seq=10), one._replace(seq=11)
    found = log.problems()
    assert ("AUDIT_ENTRY_SEQ_DIFFERS", {"seq": 10, "sealed": 11}) in found
    assert ("AUDIT_ENTRY_SEQ_DIFFERS", {"seq": 11, "sealed": 10}) in found


def test_a_log_cut_short_is_found_by_its_checkpoint_or_its_frontier():
    log = Log()
    log.entries = log.entries[:68]
    del log.nodes[6:]
    assert ("AUDIT_LOG_TRUNCATED", {"entries": 68, "size": 70}) in log.problems(frontier=None)
    log = Log()
    log.entries.pop()
    assert log.problems() == [("AUDIT_LOG_TRUNCATED", {"entries": SIZE - 1, "size": SIZE})]


def test_a_log_written_anew_from_some_entry_on_contradicts_its_checkpoints():
    """Entry, leaf hash, nodes and frontier all fit each other; only the signed past does not."""
    log = Log()
    log.entries[66] = row(66, seal(entry(66, body={"outcome": "review"})))
    log.entries[66] = log.entries[66]._replace(columns={})
    log.frontier, log.nodes = Frontier().append([stored.leaf_hash for stored in log.entries])
    assert log.problems() == [("AUDIT_CHECKPOINT_ROOT_DIFFERS", {"size": 70})]


def test_entries_in_another_form_or_of_another_workspace_are_named():
    log = Log(4, ())
    log.entries[1] = row(1, seal(entry(1)).replace(b'"seq":1', b'"seq": 1'))
    log.entries[2] = row(2, seal(entry(2, workspace=4)))
    log.frontier = None
    assert log.problems() == [
        ("AUDIT_NOT_CANONICAL", {"seq": 1}),
        ("AUDIT_ENTRY_WORKSPACE_DIFFERS", {"seq": 2, "sealed": 4}),
    ]


def test_nodes_missing_or_added_are_named():
    log = Log()
    gone = log.nodes.pop(1)
    wanted = {"level": gone[0], "index": gone[1], "first": gone[1] * 16, "last": gone[1] * 16 + 15}
    assert log.problems() == [("AUDIT_NODE_MISSING", wanted)]
    for extra in ((4, 9, bytes(32)), (3, 0, bytes(32)), (10**9, 0, bytes(32)), (-1, 0, bytes(32))):
        log = Log()
        log.nodes.append(extra)
        assert log.problems() == [("AUDIT_NODE_UNEXPECTED", {"level": extra[0], "index": extra[1]})]


def test_checkpoints_of_a_stranger_of_another_log_or_out_of_order_are_named():
    log = Log()
    root = Log(70, ()).frontier.root()
    log.checkpoints[4] = v.StoredCheckpoint(70, signed(70, root, key=STRANGER))
    assert log.problems() == [("AUDIT_CHECKPOINT_BAD", {"size": 70, "why": "unknown_key"})]
    both = signed(70, root) + signed(70, root, key=STRANGER).split(b"\n\n")[1]
    log.checkpoints[4] = v.StoredCheckpoint(70, both)
    assert log.problems() == [("AUDIT_CHECKPOINT_BAD", {"size": 70, "why": "unknown_key"})]
    elsewhere = NoteKey(name="elsewhere.example", public_key=KEY.public_key)
    note = signed(70, root, key=elsewhere, origin="elsewhere.example")
    log.checkpoints[4] = v.StoredCheckpoint(70, note)
    assert log.problems(keys=[KEY, elsewhere]) == [("AUDIT_CHECKPOINT_ORIGIN_DIFFERS", {"size": 70})]
    log = Log()
    log.checkpoints.reverse()
    assert {code for code, _ in log.problems()} == {"AUDIT_CHECKPOINT_OUT_OF_ORDER"}
    text = format_checkpoint(Checkpoint(origin=KEY.name, size=70, root=root)) + "extension\n"
    log = Log()
    log.checkpoints[4] = v.StoredCheckpoint(70, sign_note(text, key=KEY, sign=sign_with(KEY)))
    assert log.problems() == [("AUDIT_CHECKPOINT_BAD", {"size": 70, "why": "checkpoint"})]


def test_problems_beyond_the_first_are_counted_and_not_kept():
    log = Log(v.PROBLEMS_MAX + 50, ())
    log.entries = [stored._replace(leaf_hash=bytes(32)) for stored in log.entries]
    report = log.verify()
    assert len(report.problems) == v.PROBLEMS_MAX
    assert report.problem_count == v.PROBLEMS_MAX + 50
    assert report.problems[0] == Problem(code="AUDIT_ENTRY_CHANGED", fields={"seq": 0})


def test_rows_are_taken_as_they_come_and_not_collected():
    """The second checkpoint is opened when the first is passed, within a batch of it."""
    made = count()
    clean = Log(9_000, (5_000,))
    seen_at_checkpoint = []

    def entries():
        for stored in clean.entries:
            next(made)
            yield stored

    def checking(public_key, message, signature):
        seen_at_checkpoint.append(next(made))
        return verify_signature(public_key, message, signature)

    clean.checkpoints.append(v.StoredCheckpoint(9_000, signed(9_000, clean.frontier.root())))
    report = v.verify_log(entries(), clean.nodes, clean.checkpoints, keys=[KEY], verify_signature=checking)
    assert report.ok
    assert seen_at_checkpoint[0] == 0
    assert 5_000 <= seen_at_checkpoint[1] <= 8_200


@given(st.integers(1, 140), st.data())
@settings(max_examples=60, deadline=None)
def test_any_one_changed_byte_anywhere_is_found(size, data):
    at = sorted(data.draw(st.lists(st.integers(0, size), max_size=4)))
    log = Log(size, at)
    assert log.problems() == []
    assert log.nodes == sorted(log.nodes, key=completion)
    part = data.draw(st.sampled_from(["body", "leaf", "node", "note"]))
    bit = data.draw(st.integers(0, 7))
    if part in ("body", "leaf"):
        seq = data.draw(st.integers(0, size - 1))
        name = "body" if part == "body" else "leaf_hash"
        raw = getattr(log.entries[seq], name)
        place = data.draw(st.integers(0, len(raw) - 1))
        log.entries[seq] = log.entries[seq]._replace(**{name: flipped(raw, place, bit)})
        assert ("AUDIT_ENTRY_CHANGED", {"seq": seq}) in log.problems()
    elif part == "node" and log.nodes:
        number = data.draw(st.integers(0, len(log.nodes) - 1))
        level, index, node = log.nodes[number]
        log.nodes[number] = (level, index, flipped(node, data.draw(st.integers(0, 31)), bit))
        assert [code for code, _ in log.problems()] == ["AUDIT_NODE_DIFFERS"]
    elif part == "note" and at:
        number = data.draw(st.integers(0, len(at) - 1))
        stored = log.checkpoints[number]
        place = data.draw(st.integers(0, len(stored.note) - 1))
        log.checkpoints[number] = stored._replace(note=flipped(stored.note, place, bit))
        assert [code for code, _ in log.problems()] == ["AUDIT_CHECKPOINT_BAD"]
