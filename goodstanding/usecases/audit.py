"""The log: the one place that appends to it, and what proves it."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from goodstanding.core.audit.checkpoint import Checkpoint as Note
from goodstanding.core.audit.checkpoint import NoteKey, Proof, format_proof, sign_checkpoint
from goodstanding.core.audit.entries import SALT_BYTES, Actor, Entry, Kind, commitment, seal
from goodstanding.core.audit.tree import Frontier, inclusion_proof, leaf_hash
from goodstanding.core.audit.verify import Report, StoredCheckpoint, StoredEntry, verify_log
from goodstanding.kernel.problems import Problem
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ports import AuditRow, Checkpoint, Outgoing, Queries, Transaction, VaultRow

CHECKPOINT_EVERY = 1_000
"""Entries after which a new checkpoint is due."""
CHECKPOINT_AGE = 60_000
"""Milliseconds after which entries without a checkpoint get one."""
PAGE = 2_000


class Draft(msgspec.Struct, kw_only=True, gc=False):
    """An entry before it has a place in the log. `values` are personal: only their commitments are sealed."""

    account_id: int
    kind: Kind
    at: int
    actor: Who
    event_id: int | None = None
    refs: dict[str, int | str] = {}
    body: dict[str, object] = {}
    contact_id: int = 0
    values: Mapping[str, bytes] = {}


class Sealed(msgspec.Struct, gc=False):
    """What the vault keeps of an entry: each personal value with its salt."""

    values: dict[str, tuple[bytes, bytes]]
    """Name -> (salt, value)."""


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Sealed).decode


def act_draft(one: Outgoing, kind: str, now: int, body: dict[str, object], *, text: str = "") -> Draft:
    """Return the entry that says of an act what was tried or what became of it, to be sealed."""
    actor: Who = (
        ("person", str(one.approved_by)) if one.approved_by is not None else ("rule", one.rule or "policy")
    )
    return Draft(
        account_id=one.account_id,
        kind=kind,  # type: ignore[arg-type]  # attempt or result
        at=now,
        actor=actor,
        event_id=one.event_id,
        refs={"event": one.event_id, "outgoing": one.id},
        body=body,
        contact_id=one.contact_id,
        values={"text": text.encode()} if text else {},
    )


def append(ctx: Context, tx: Transaction, drafts: Sequence[Draft]) -> int:
    """Seal `drafts` in order and return the first one's position. Call it last in a transaction: it takes the log."""
    tx.lock_audit()
    size, raw = tx.audit_head()
    frontier = Frontier.from_bytes(raw) if raw else Frontier()
    salted = sum(len(d.values) for d in drafts)
    salts = ctx.chance.draw(SALT_BYTES * salted) if salted else b""
    rows, vault, used = [], [], 0
    actors: dict[Who, Actor] = {}
    for seq, draft in enumerate(drafts, size):
        pii: dict[str, str] = {}
        if draft.values:
            kept: dict[str, tuple[bytes, bytes]] = {}
            for name, value in draft.values.items():
                salt = salts[used : used + SALT_BYTES]
                used += SALT_BYTES
                kept[name] = (salt, value)
                pii[name] = commitment(salt, value)
            cipher = ctx.vault.lock(draft.contact_id, _pack(Sealed(kept)))
            vault.append(
                VaultRow(seq=seq, account_id=draft.account_id, contact_id=draft.contact_id, cipher=cipher)
            )
        actor = actors.get(draft.actor) or actors.setdefault(
            draft.actor, Actor(type=draft.actor[0], id=draft.actor[1])  # type: ignore[arg-type]  # checked at `verify`
        )  # fmt: skip
        body = seal(
            Entry(
                workspace=ctx.workspace_id, account=draft.account_id or None, seq=seq, at=draft.at, kind=draft.kind, actor=actor,
                refs=draft.refs, body=draft.body, pii=pii,
            )
        )  # fmt: skip
        rows.append(
            AuditRow(
                seq=seq, account_id=draft.account_id, kind=draft.kind, at=draft.at, event_id=draft.event_id, body=body,
                hash=leaf_hash(body),
            )
        )  # fmt: skip
    grown, nodes = frontier.append([row.hash for row in rows])
    tx.add_audit(rows, nodes, grown.size, grown.to_bytes())
    if vault:
        tx.add_vault(vault)
    return size


def disclose(ctx: Context, rows: Mapping[int, VaultRow], seq: int) -> Sealed | None:
    """Return the personal values behind an entry with their salts, or None when they were erased."""
    row = rows.get(seq)
    if row is None:
        return None
    value = ctx.vault.unlock(row.contact_id, row.cipher)
    return None if value is None else _unpack(value)


def note_key(ctx: Context) -> NoteKey:
    """Return the name and public key that checkpoints are signed under."""
    return NoteKey(name=origin(ctx), public_key=ctx.signer.public)


def origin(ctx: Context) -> str:
    """Return the log's name: stable, unique to this installation's key and workspace."""
    return f"goodstanding/{ctx.signer.public[:8].hex()}/{ctx.workspace_id}"


def checkpoint(ctx: Context, *, force: bool = False) -> Checkpoint | None:
    """Sign the log as it stands when a checkpoint is due (or `force`d); returns the newest one."""

    def work(tx: Transaction) -> Checkpoint | None:
        tx.lock_audit()
        size, raw = tx.audit_head()
        newest = tx.checkpoints()[-1:]
        last = newest[0] if newest else None
        now = ctx.clock.now()
        if size == 0 or (last and last.size == size):
            return last
        fresh = size - (last.size if last else 0)
        if not force and fresh < CHECKPOINT_EVERY and last and now - last.at < CHECKPOINT_AGE:
            return last
        root = Frontier.from_bytes(raw).root()
        note = sign_checkpoint(
            Note(origin=origin(ctx), size=size, root=root), key=note_key(ctx), sign=ctx.signer.sign
        )
        row = Checkpoint(size=size, at=tx.audit_entries(size - 1, size)[0].at, note=note.decode())
        tx.add_checkpoint(row)
        return row

    return ctx.store.write(work)


def proof(ctx: Context, seq: int) -> bytes | None:
    """Return the tlog-proof of an entry under the first checkpoint that covers it; None when none does yet."""

    def work(q: Queries) -> bytes | None:
        for point in q.checkpoints():
            if point.size > seq:
                path = inclusion_proof(point.size, seq, q.audit_hashes, q.audit_node)
                return format_proof(Proof(index=seq, path=tuple(path), note=point.note.encode()))
        return None

    return ctx.store.read(work)


def verify(ctx: Context) -> Report:
    """Compute the whole log again and compare everything stored with it."""
    return ctx.store.read(lambda q: verify_stored(ctx, q))


def verify_stored(ctx: Context, q: Queries) -> Report:
    """Like `verify`, inside a snapshot of the caller's."""
    size, raw = q.audit_head()
    frontier = _frontier(size, raw)
    report = verify_log(
        _entries(q),
        q.audit_nodes(),
        [StoredCheckpoint(c.size, c.note.encode()) for c in q.checkpoints()],
        keys=(note_key(ctx),),
        verify_signature=ctx.signer.verify,
        origin=origin(ctx),
        workspace=ctx.workspace_id,
        frontier=frontier,
    )
    return report if frontier is not None else _with_bad_head(report, size)


def _frontier(size: int, raw: bytes) -> Frontier | None:
    """Return the stored right edge of the tree, or None when it cannot be what was stored."""
    try:
        found = Frontier.from_bytes(raw) if raw else Frontier()
    except ValueError:
        return None
    return found if found.size == size else None


def _with_bad_head(report: Report, size: int) -> Report:
    bad = Problem(code="AUDIT_FRONTIER_DIFFERS", fields={"size": size})
    return msgspec.structs.replace(
        report, ok=False, problems=(*report.problems, bad), problem_count=report.problem_count + 1
    )


def _entries(q: Queries) -> Iterator[StoredEntry]:
    start = -1
    while rows := _page(q, start):
        for row in rows:
            columns: dict[str, int | str | None] = {
                "kind": row.kind,
                "at": row.at,
                "account": row.account_id or None,
                "event": row.event_id,
            }
            yield StoredEntry(seq=row.seq, body=row.body, leaf_hash=row.hash, columns=columns)
        start = rows[-1].seq


def _page(q: Queries, start: int) -> list[AuditRow]:
    """Return the next rows; one that cannot even be read as a row stands there empty, so it is named like any other."""
    try:
        return q.audit_after(start, PAGE)
    except Exception:  # noqa: BLE001 - a driver's words for bytes that are no text; read one by one instead
        size, _ = q.audit_head()
        return [_one(q, seq) for seq in range(start + 1, min(start + 1 + PAGE, size))]


def _one(q: Queries, seq: int) -> AuditRow:
    try:
        return q.audit_entries(seq, seq + 1)[0]
    except Exception:  # noqa: BLE001 - see `_page`
        return AuditRow(seq=seq, account_id=0, kind="event", at=0, event_id=None, body=b"", hash=b"")


def refuse(ctx: Context, tx: Transaction, who: Who, *, rule: str, what: str, account_id: int = 0) -> None:
    """Log that something was asked for that the product never does (R1-R4)."""
    append(
        ctx, tx,
        [Draft(account_id=account_id, kind="refusal", at=ctx.clock.now(), actor=who, body={"rule": rule, "what": what})],
    )  # fmt: skip
