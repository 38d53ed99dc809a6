"""Verification of a whole stored log, in one pass and flat memory.

Everything stored is compared with what the entries say: leaf hashes, interior nodes, checkpoints, the stored
frontier and the columns kept beside an entry. What it cannot see is a log that its key holder wrote anew from
the first entry on; for that, put checkpoints kept elsewhere among `checkpoints`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from goodstanding.core.audit.checkpoint import Checkpoint, NoteError, NoteKey, VerifySignature, parse_note
from goodstanding.core.audit.checkpoint import open_checkpoint as open_signed
from goodstanding.core.audit.entries import Entry, EntryTooLargeError, NotCanonicalError, unseal
from goodstanding.core.audit.tree import STORED_LEVEL_MIN, Frontier, Hash, Node, completion, leaf_hash
from goodstanding.kernel.problems import Problem

PROBLEMS_MAX = 200
"""Problems named one by one; further ones are only counted."""
_BATCH = 4_096
_LEVEL_MAX = 62


class StoredEntry(NamedTuple):
    """A row of the log as it is stored."""

    seq: int
    body: bytes
    leaf_hash: Hash
    columns: Mapping[str, int | str | None] = {}
    """Values kept again beside the body (such as `at`, `kind`, `account`); each must equal the body's."""


class StoredCheckpoint(NamedTuple):
    """A stored checkpoint; `size` is the column beside the note."""

    size: int
    note: bytes


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification found."""

    ok: bool
    entries: int
    nodes: int
    checkpoints: int
    root: Hash
    problems: tuple[Problem, ...]
    """The first `PROBLEMS_MAX`; codes `AUDIT_...` with fields such as `seq`, `first`, `last`, `size`."""
    problem_count: int


def verify_log(
    entries: Iterable[StoredEntry],
    nodes: Iterable[Node],
    checkpoints: Iterable[StoredCheckpoint],
    *,
    keys: Sequence[NoteKey],
    verify_signature: VerifySignature,
    origin: str | None = None,
    workspace: int | None = None,
    frontier: Frontier | None = None,
) -> Report:
    """Return the report on a stored log.

    `entries` come by ascending `seq`, `nodes` by `completion` (in SQL `ORDER BY (idx + 1) << level, level`),
    `checkpoints` by ascending size. `origin` and `workspace`, when given, are the only ones allowed.
    `frontier` is the stored right edge of the tree; it must equal the one computed.
    """
    check = _Check(
        nodes=nodes,
        checkpoints=checkpoints,
        keys=keys,
        verify_signature=verify_signature,
        origin=origin,
        workspace=workspace,
        stored_frontier=frontier,
    )
    batch: list[StoredEntry] = []
    for row in entries:
        batch.append(row)
        if len(batch) == _BATCH:
            check.take(batch)
            batch = []
    check.take(batch)
    return check.finish()


class _Check:
    """The state of one pass."""

    def __init__(
        self,
        *,
        nodes: Iterable[Node],
        checkpoints: Iterable[StoredCheckpoint],
        keys: Sequence[NoteKey],
        verify_signature: VerifySignature,
        origin: str | None,
        workspace: int | None,
        stored_frontier: Frontier | None,
    ) -> None:
        self._nodes = iter(nodes)
        self._next_node = next(self._nodes, None)
        self._checkpoints = iter(checkpoints)
        self._keys = keys
        self._verify_signature = verify_signature
        self._origin = origin
        self._workspace = workspace
        self._stored_frontier = stored_frontier
        self._frontier = Frontier()
        self._problems: list[Problem] = []
        self._problem_count = 0
        self._entry_count = 0
        self._node_count = 0
        self._checkpoint_count = 0
        self._next_seq = 0
        self._is_whole = True
        self._largest_size = 0
        self._next_checkpoint = self._read_checkpoint()

    def take(self, rows: Sequence[StoredEntry]) -> None:
        """Check the next rows by themselves, then extend the tree with them."""
        computed: list[Hash] = []
        stored: list[Hash] = []
        for row in rows:
            self._entry_count += 1
            if not self._check_place(row.seq):
                continue
            hashed = leaf_hash(row.body)
            self._check_entry(row, hashed)
            computed.append(hashed)
            stored.append(row.leaf_hash)
        if self._is_whole:
            self._extend(computed, stored)

    def finish(self) -> Report:
        """Check what is left over at the end and return the report."""
        if self._is_whole:
            self._check_leftovers()
        while self._next_checkpoint is not None:
            if self._next_checkpoint.size > self._next_seq:
                self._say("AUDIT_LOG_TRUNCATED", entries=self._next_seq, size=self._next_checkpoint.size)
            self._next_checkpoint = self._read_checkpoint()
        return Report(
            ok=self._problem_count == 0,
            entries=self._entry_count,
            nodes=self._node_count,
            checkpoints=self._checkpoint_count,
            root=self._frontier.root(),
            problems=tuple(self._problems),
            problem_count=self._problem_count,
        )

    def _say(self, code: str, **fields: int | str) -> None:
        self._problem_count += 1
        if len(self._problems) < PROBLEMS_MAX:
            self._problems.append(Problem(code=code, fields=fields))

    def _check_place(self, seq: int) -> bool:
        """Tell whether the row belongs in the tree; after a gap the tree cannot be computed any more."""
        if seq < self._next_seq:
            self._say("AUDIT_ENTRY_OUT_OF_ORDER", seq=seq)
            return False
        if seq > self._next_seq:
            self._say("AUDIT_ENTRIES_MISSING", first=self._next_seq, last=seq - 1)
            self._is_whole = False
        self._next_seq = seq + 1
        return True

    def _check_entry(self, row: StoredEntry, hashed: Hash) -> None:
        if hashed != row.leaf_hash:
            self._say("AUDIT_ENTRY_CHANGED", seq=row.seq)
        try:
            entry = unseal(row.body)
        except (NotCanonicalError, EntryTooLargeError) as error:
            self._say(error.code, seq=row.seq)
            return
        if entry.seq != row.seq:
            self._say("AUDIT_ENTRY_SEQ_DIFFERS", seq=row.seq, sealed=entry.seq)
        if self._workspace is not None and entry.workspace != self._workspace:
            self._say("AUDIT_ENTRY_WORKSPACE_DIFFERS", seq=row.seq, sealed=entry.workspace)
        for name, value in row.columns.items():
            if _column(entry, name) != value:
                self._say("AUDIT_COLUMN_DIFFERS", seq=row.seq, column=name)

    def _extend(self, computed: list[Hash], stored: list[Hash]) -> None:
        """Add leaves, stopping at every checkpoint on the way."""
        done = 0
        while self._next_checkpoint is not None and self._next_checkpoint.size <= self._next_seq:
            stop = self._next_checkpoint.size - self._frontier.size + done
            self._grow(computed[done:stop], stored[done:stop], self._next_checkpoint)
            done = stop
            self._next_checkpoint = self._read_checkpoint()
        self._grow(computed[done:], stored[done:], None)

    def _grow(self, computed: list[Hash], stored: list[Hash], checkpoint: Checkpoint | None) -> None:
        """Add leaves and compare the nodes they complete, and the root with `checkpoint`.

        Where body and stored leaf hash disagree, both trees are tried and the one that fits the stored nodes
        better goes on, so that one changed byte is reported once and not again for all that follows.
        """
        frontier, expected = self._frontier.append(computed)
        stored_nodes = list(self._stored_nodes(frontier.size))
        if computed != stored:
            other, others = self._frontier.append(stored)
            misfit = self._misfit(frontier, expected, stored_nodes, checkpoint)
            if self._misfit(other, others, stored_nodes, checkpoint) <= misfit:
                frontier, expected = other, others
        self._frontier = frontier
        self._node_count += len(stored_nodes)
        self._compare(expected, stored_nodes)
        if checkpoint is not None and checkpoint.root != frontier.root():
            self._say("AUDIT_CHECKPOINT_ROOT_DIFFERS", size=checkpoint.size)

    def _misfit(
        self,
        frontier: Frontier,
        expected: Sequence[Node],
        stored: Sequence[Node],
        checkpoint: Checkpoint | None,
    ) -> int:
        """Count where a tree disagrees with what is stored."""
        hashes = {(level, index): node for level, index, node in stored}
        wrong = sum(hashes.get((level, index), node) != node for level, index, node in expected)
        wrong += checkpoint is not None and checkpoint.root != frontier.root()
        kept = self._stored_frontier
        return wrong + (kept is not None and kept.size == frontier.size and kept != frontier)

    def _stored_nodes(self, size: int) -> Iterator[Node]:
        """Give the stored nodes up to those complete at `size` leaves."""
        while self._next_node is not None:
            level = self._next_node[0]
            if STORED_LEVEL_MIN <= level <= _LEVEL_MAX and completion(self._next_node)[0] > size:
                return
            yield self._next_node
            self._next_node = next(self._nodes, None)

    def _compare(self, expected: Sequence[Node], stored: Sequence[Node]) -> None:
        if list(stored) == list(expected):
            return
        wanted = {(level, index): node for level, index, node in expected}
        for level, index, node in stored:
            right = wanted.pop((level, index), None)
            if right is None:
                self._say("AUDIT_NODE_UNEXPECTED", level=level, index=index)
            elif right != node:
                self._say_node("AUDIT_NODE_DIFFERS", level, index)
        for level, index in wanted:
            self._say_node("AUDIT_NODE_MISSING", level, index)

    def _say_node(self, code: str, level: int, index: int) -> None:
        self._say(code, level=level, index=index, first=index << level, last=((index + 1) << level) - 1)

    def _check_leftovers(self) -> None:
        while self._next_node is not None:
            self._say("AUDIT_NODE_UNEXPECTED", level=self._next_node[0], index=self._next_node[1])
            self._next_node = next(self._nodes, None)
        frontier = self._stored_frontier
        if frontier is None:
            return
        if frontier.size > self._frontier.size:
            self._say("AUDIT_LOG_TRUNCATED", entries=self._frontier.size, size=frontier.size)
        elif frontier != self._frontier:
            self._say("AUDIT_FRONTIER_DIFFERS", size=frontier.size)

    def _read_checkpoint(self) -> Checkpoint | None:
        """Return the next checkpoint that can be compared with the tree; name the others as problems."""
        for row in self._checkpoints:
            self._checkpoint_count += 1
            checkpoint = self._open(row)
            if checkpoint is None:
                continue
            if checkpoint.size < self._largest_size:
                self._say("AUDIT_CHECKPOINT_OUT_OF_ORDER", size=checkpoint.size)
                continue
            self._largest_size = checkpoint.size
            return checkpoint
        return None

    def _open(self, row: StoredCheckpoint) -> Checkpoint | None:
        known = {(key.name, key.key_id) for key in self._keys}
        try:
            checkpoint = open_signed(row.note, keys=self._keys, verify=self._verify_signature)
            lines = parse_note(row.note).signatures
        except NoteError as error:
            self._say("AUDIT_CHECKPOINT_BAD", size=row.size, why=error.fields["why"])
            return None
        if any((line.name, line.key_id) not in known for line in lines):
            self._say("AUDIT_CHECKPOINT_BAD", size=row.size, why="unknown_key")
        if checkpoint.size != row.size:
            self._say("AUDIT_CHECKPOINT_SIZE_DIFFERS", size=row.size, signed=checkpoint.size)
        if self._origin is not None and checkpoint.origin != self._origin:
            self._say("AUDIT_CHECKPOINT_ORIGIN_DIFFERS", size=row.size)
            return None
        return checkpoint


def _column(entry: Entry, name: str) -> object:
    """Return the sealed value behind a column; `actor_...` are the actor's parts, `event` the event it is about."""
    if name == "event":
        return entry.refs.get("event")
    if name.startswith("actor_"):
        return getattr(entry.actor, name.removeprefix("actor_"))
    return getattr(entry, name)
