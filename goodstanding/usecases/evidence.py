"""Evidence packs: chosen entries, shown with their proofs, for someone who does not have the product."""

from collections.abc import Iterable, Mapping, Sequence

from goodstanding.core.audit.entries import Entry, unseal
from goodstanding.core.audit.evidence import BuildPack, DisclosedEntry, DisclosedValue, PackContents, Story
from goodstanding.core.audit.tree import inclusion_proof
from goodstanding.kernel.canonical import canonical
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.locale import LANGUAGES, keys, sentence
from goodstanding.usecases import audit, policies
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ports import Queries, VaultRow

ENTRIES_MAX = 5_000
"""Entries one pack may hold."""


class NothingToExportError(GoodstandingError):
    """No entry answers the question."""

    code = "NOTHING_TO_EXPORT"


class TooManyEntriesError(GoodstandingError):
    """More entries than one pack holds; fields: count, most."""

    code = "TOO_MANY_ENTRIES"


def export(
    ctx: Context,
    build: BuildPack,
    *,
    who: Who,
    events: Sequence[int] = (),
    seqs: Sequence[int] = (),
    reason: str = "",
    masked: bool = False,
) -> bytes:
    """Return a pack of all entries about `events`, and of `seqs`; `masked` leaves personal values out.

    The export itself is logged first, and a fresh checkpoint covers all. Raises `NothingToExportError`,
    `TooManyEntriesError`.
    """
    chosen = ctx.store.read(lambda q: _choose(q, events, seqs))
    body: dict[str, object] = {"act": "evidence", "entries": len(chosen), "masked": int(masked)}
    log = audit.Draft(account_id=0, kind="export", at=ctx.clock.now(), actor=who, body=body)
    ctx.store.write(lambda tx: audit.append(ctx, tx, [log]))
    point = audit.checkpoint(ctx, force=True)
    assert point is not None
    contents = ctx.store.read(
        lambda q: _contents(
            ctx, q, chosen, size=point.size, note=point.note.encode(), reason=reason, masked=masked
        )
    )
    return build(contents, ctx.signer.sign)


def _choose(q: Queries, events: Sequence[int], seqs: Sequence[int]) -> list[int]:
    found = {row.seq for event_id in events for row in q.audit_of_event(event_id)}
    found |= {row.seq for seq in seqs for row in q.audit_entries(seq, seq + 1)}
    if not found:
        raise NothingToExportError
    if len(found) > ENTRIES_MAX:
        raise TooManyEntriesError(count=len(found), most=ENTRIES_MAX)
    return sorted(found)


def _contents(
    ctx: Context, q: Queries, chosen: list[int], *, size: int, note: bytes, reason: str, masked: bool
) -> PackContents:
    vault = {} if masked else q.vault_rows(chosen)
    rows = [row for seq in chosen for row in q.audit_entries(seq, seq + 1)]
    entries = [unseal(row.body) for row in rows]
    disclosed = tuple(
        DisclosedEntry(
            sealed=row.body,
            path=tuple(inclusion_proof(size, row.seq, q.audit_hashes, q.audit_node)),
            values=_values(ctx, vault, row.seq),
            who=_words("audit.who", {"type": entry.actor.type, "id": entry.actor.id}),
            what=what_happened(entry),
            why=tuple(_why(entry)),
        )
        for row, entry in zip(rows, entries, strict=True)
    )
    return PackContents(
        entries=disclosed,
        checkpoint=note,
        key=audit.note_key(ctx),
        policies=tuple(_policies(q, entries)),
        stories=tuple(_stories(entries)),
        made_at=ctx.clock.now(),
        reason=_words("audit.reason", {"reason": reason}) if reason else _words("audit.no_reason", {}),
    )


def _values(ctx: Context, vault: Mapping[int, VaultRow], seq: int) -> tuple[DisclosedValue, ...]:
    sealed = audit.disclose(ctx, vault, seq)
    if sealed is None:
        return ()
    return tuple(
        DisclosedValue(name=name, salt=salt, value=value)
        for name, (salt, value) in sorted(sealed.values.items())
        if _is_text(value)
    )


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _policies(q: Queries, entries: Iterable[Entry]) -> list[bytes]:
    named = {str(e.refs["policy"]) for e in entries if "policy" in e.refs}
    named |= {
        value for e in entries if e.kind == "policy" for value in e.body.values()
        if isinstance(value, str) and value.startswith("sha256:")
    }  # fmt: skip
    versions = [q.policy(policy_hash) for policy_hash in sorted(named)]
    return [canonical(policies.read(v.body).body()) for v in versions if v is not None]


def _stories(entries: Sequence[Entry]) -> list[Story]:
    by_event: dict[int, list[Entry]] = {}
    for entry in entries:
        by_event.setdefault(int(entry.refs.get("event", 0)), []).append(entry)
    stories = []
    for event_id, about in by_event.items():
        title = _words("audit.story", {"event": event_id}) if event_id else _words("audit.other", {})
        stories.append(Story(title=title, entries=tuple(e.seq for e in about)))
    return stories


def what_happened(entry: Entry) -> dict[str, str]:
    """Return one plain sentence about an entry, by language."""
    fields = {name: value for name, value in entry.body.items() if isinstance(value, str | int)}
    for key in (f"audit.{entry.kind}.{fields.get('act', fields.get('outcome', ''))}", f"audit.{entry.kind}"):
        if key in keys():
            return _words(key, _Loose(fields))
    return _words("audit.entry", {"kind": entry.kind})


def _why(entry: Entry) -> Iterable[dict[str, str]]:
    codes = entry.body.get("codes", [])
    single = entry.body.get("code")
    for code in [*(codes if isinstance(codes, list) else []), *([single] if single else [])]:
        key = f"code.{code}"
        yield _words(key, {}) if key in keys() else {lang: str(code) for lang in LANGUAGES}


class _Loose(dict[str, object]):
    """A field that an old entry lacks reads as a hyphen."""

    def __missing__(self, key: str) -> str:
        return "-"


def _words(key: str, fields: Mapping[str, object]) -> dict[str, str]:
    return {lang: sentence(lang, key, fields) for lang in LANGUAGES}
