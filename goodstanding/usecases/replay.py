"""Deciding again: from the sealed facts under the version that decided, and under another version."""

from collections import Counter
from collections.abc import Callable, Iterator

import msgspec

from goodstanding.core.policy.compile import CompiledPolicy
from goodstanding.core.policy.decide import decide
from goodstanding.core.policy.sealing import read_record, record_bytes
from goodstanding.kernel.reasons import Code, Reason
from goodstanding.usecases import policies
from goodstanding.usecases.audit import disclose
from goodstanding.usecases.context import Context
from goodstanding.usecases.ports import DecisionRow, Queries, VaultRow

PAGE = 1_000


class Replayed(msgspec.Struct, kw_only=True):
    """What deciding again found. `erased` decisions can no longer be decided again, and that is no difference."""

    decisions: int = 0
    differences: int = 0
    erased: int = 0
    differing: list[int] = []
    """Event ids, the first hundred."""


class Compared(msgspec.Struct, kw_only=True):
    """Stored decisions under another version, each with only what was known at its time."""

    decisions: int = 0
    erased: int = 0
    undecidable: int = 0
    """The other version needs a fact that was not recorded (a wording or counter it alone has)."""
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    changed: dict[str, int] = {}
    """`before>after` -> how many."""
    examples: dict[str, list[int]] = {}
    """`before>after` -> the first event ids."""


Progress = Callable[[int], None]


def stored_records(ctx: Context) -> Iterator[tuple[DecisionRow, bytes | None, str | None]]:
    """Yield each decision with its sealed record and the comment's text; None where erased."""
    after = 0
    while True:
        page = ctx.store.read(lambda q, after=after: _page(q, after))  # type: ignore[misc]  # bound at once
        if not page[0]:
            return
        rows, vault, texts = page
        for row in rows:
            sealed = disclose(ctx, vault, row.seq)
            record = sealed.values["record"][1] if sealed else None
            yield row, record, texts.get(row.event_id)
        after = rows[-1].event_id


def replay(ctx: Context, *, progress: Progress | None = None) -> Replayed:
    """Decide everything again under the version that decided, and compare the bytes."""
    result = Replayed()
    ready: dict[str, CompiledPolicy] = {}
    for row, record, text in stored_records(ctx):
        result.decisions += 1
        if record is None:
            result.erased += 1
            continue
        policy = ready.get(row.policy_hash) or ready.setdefault(
            row.policy_hash, _version(ctx, row.policy_hash)
        )
        facts = read_record(record).facts
        again = record_bytes(facts, decide(policy, facts, text))
        if again != record:
            result.differences += 1
            if len(result.differing) < 100:  # noqa: PLR2004 - a list a person can read
                result.differing.append(row.event_id)
        if progress and result.decisions % PAGE == 0:
            progress(PAGE)
    return result


def compare(
    ctx: Context, other: CompiledPolicy, *, account_id: int | None = None, progress: Progress | None = None
) -> Compared:
    """Decide stored comments under another version. Nothing is sent; counters are those of the time."""
    result = Compared()
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    for row, record, text in stored_records(ctx):
        if account_id is not None and row.account_id != account_id:
            continue
        result.decisions += 1
        if record is None:
            result.erased += 1
            continue
        stored = read_record(record)
        decision = decide(other, stored.facts, text)
        if _lacks(decision.reasons) - _lacks(stored.decision.reasons):
            result.undecidable += 1
            continue
        outcome = decision.outcome
        before[row.outcome] += 1
        after[outcome] += 1
        if outcome != row.outcome:
            name = f"{row.outcome}>{outcome}"
            changed[name] += 1
            if len(result.examples.setdefault(name, [])) < 20:  # noqa: PLR2004 - a list a person can read
                result.examples[name].append(row.event_id)
        if progress and result.decisions % PAGE == 0:
            progress(PAGE)
    result.before, result.after, result.changed = dict(before), dict(after), dict(changed)
    return result


def _lacks(reasons: tuple[Reason, ...]) -> set[str]:
    """Return the facts that a decision had to do without."""
    return {str(reason.fields.get("fact", "")) for reason in reasons if reason.code == Code.FACT_MISSING}


def _version(ctx: Context, policy_hash: str) -> CompiledPolicy:
    return ctx.store.read(lambda q: policies.compiled(ctx, q, policy_hash))


def _page(q: Queries, after: int) -> tuple[list[DecisionRow], dict[int, VaultRow], dict[int, str | None]]:
    rows = q.decisions(after=after, limit=PAGE)
    vault = q.vault_rows([r.seq for r in rows])
    texts = q.event_texts([r.event_id for r in rows])
    return rows, vault, texts
