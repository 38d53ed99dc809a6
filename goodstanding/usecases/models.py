"""Models: measured on corrections, re-fitted on purpose, compared, put in use, and what happens when one is lost.

Past decisions are untouched by any of it: each was made of the signals of its time, which are sealed with it.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from goodstanding.core import labels, measures
from goodstanding.core.labels import Labelled
from goodstanding.core.measures import Figures
from goodstanding.core.signals import Signals
from goodstanding.usecases import corrections, incidents
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import SYSTEM, Context, Who
from goodstanding.usecases.ports import Classifier, Queries, Transaction
from goodstanding.usecases.ports.models import Kept, ModelError, ModelUse, Shelf, Trouble

TROUBLE = "model_trouble"
"""The setting that remembers the trouble with the model in use, and the freeze it led to."""
REASONS = {"missing": "MODEL_MISSING", "damaged": "MODEL_DAMAGED", "features": "MODEL_FEATURES"}
PREFIX_MIN = 6
ACTIVE, SHIPPED = "active", "shipped"
ANCHORS = 600
STORED = 10_000
BATCH = 500
HELD_OUT_OF = 5
"""One author in so many is held out of a re-fit."""
SHOWN = 50
FRIENDLY = frozenset(("reply", "message", "label", "none"))
"""Outcomes of comments that nobody took for harmful."""

Progress = Callable[[int, int], None]
"""Told (done, of how many)."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A text that two models answer differently, or on which a model disagrees with a person."""

    event: int
    text: str
    head: str
    said: str
    """What a person said; empty when nobody did."""
    before: str
    after: str


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a re-fit."""

    digest: str
    parent: str
    seed: int
    learnt: int
    held_out: int
    anchors: int
    changed: int
    skipped: int
    before: list[Figures]
    after: list[Figures]
    """On what was learnt from."""
    held_before: list[Figures]
    held_after: list[Figures]
    """On the authors held out."""
    friendly: int
    friendly_before: int
    """Friendly comments that a harm was found in, before and after."""
    friendly_after: int
    disagreements: list[Moved]
    """What the new model still answers otherwise than a person, the held-out first, and what it answers anew."""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Two models on the same stored comments."""

    first: str
    second: str
    comments: int
    changed: dict[str, dict[str, int]]
    """Head -> `before>after` -> how many."""
    rows: list[Moved]


class TroubleNoted(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a model in use that cannot be used."""

    digest: str
    trouble: str
    freeze: int
    at: int


def shelf_of(ctx: Context) -> Shelf:
    """Return the shelf; raises `ModelError` where there is none."""
    if ctx.shelf is None:
        raise ModelError("MODEL_NO_SHELF")
    return ctx.shelf


def active(q: Queries) -> str:
    """Return the digest in use; empty for the model that ships."""
    use = q.model_in_use()
    return "" if use is None else use.digest


def find(ctx: Context, name: str) -> Kept:
    """Return a model by the first signs of its digest, or `shipped`, or `active`; raises `ModelError`."""
    shelf = shelf_of(ctx)
    wanted = name.lower()
    if wanted in ("", ACTIVE):
        return shelf.look(ctx.store.read(active))
    if wanted == SHIPPED:
        return shelf.shipped()
    known = {one.digest: one for one in (*shelf.kept(), shelf.shipped())}
    fits = [one for digest, one in known.items() if digest.startswith(wanted)]
    if len(fits) != 1 or len(wanted) < PREFIX_MIN:
        raise ModelError("MODEL_UNKNOWN", digest=name[:64])
    return fits[0]


def _sound(one: Kept) -> Kept:
    if one.trouble:
        raise ModelError(REASONS[one.trouble], digest=one.digest[:16])
    return one


def evaluate(
    ctx: Context, name: str, rows: Sequence[Labelled] | None = None, *, progress: Progress | None = None
) -> list[Figures]:
    """Return a model's figures by head and language on labelled rows, by default the corrections."""
    kept = _sound(find(ctx, name))
    if rows is None:
        rows = [row for _, row in ctx.store.read(corrections.labelled)]
    return measures.figures(rows, _signals(_classifier(ctx, kept), [row.text for row in rows], progress))


def _classifier(ctx: Context, kept: Kept) -> Classifier:
    return shelf_of(ctx).classifier("" if kept.shipped else kept.digest)


def _signals(classifier: Classifier, texts: Sequence[str], progress: Progress | None = None) -> list[Signals]:
    found: list[Signals] = []
    for start in range(0, len(texts), BATCH):
        found += classifier.signals(texts[start : start + BATCH])
        if progress:
            progress(len(found), len(texts))
    return found


def _stored(q: Queries, most: int) -> list[tuple[int, str, str]]:
    """Return (event, outcome, text) of what was decided last and is still there, the newest first."""
    decided = q.newest_decisions(most)
    texts: dict[int, str | None] = {}
    for start in range(0, len(decided), BATCH):
        texts |= q.event_texts([event for event, _ in decided[start : start + BATCH]])
    return [(event, outcome, text) for event, outcome in decided if (text := texts.get(event))]


def train(ctx: Context, name: str, *, seed: int, who: Who, progress: Progress) -> Trained:
    """Re-fit a model on the corrections and keep the result beside it; nothing is put in use.

    Raises `ModelError`: MODEL_NOTHING when there is nothing to learn from.
    """
    parent = _sound(find(ctx, name))
    shelf = shelf_of(ctx)
    corrected, stored = ctx.store.read(lambda q: (corrections.labelled(q), _stored(q, 2 * ANCHORS)))
    held = [one for one in corrected if _is_held_out(one[1].author, seed)]
    learnt = [one for one in corrected if not _is_held_out(one[1].author, seed)]
    if not learnt:
        raise ModelError("MODEL_NOTHING")
    known = {event for event, _ in corrected}
    rest = [(event, outcome, text) for event, outcome, text in stored if event not in known]
    anchors = sorted([*dict.fromkeys(text for _, _, text in rest)][:ANCHORS])
    made = shelf.refit(
        "" if parent.shipped else parent.digest,
        [row for _, row in learnt],
        anchors,
        seed=seed,
        progress=progress,
    )
    old, new = _classifier(ctx, parent), shelf.classifier(made.digest)
    friendly = [text for _, outcome, text in rest if outcome in FRIENDLY]
    trained = Trained(
        digest=made.digest, parent=parent.digest, seed=seed, learnt=len(learnt), held_out=len(held), anchors=len(anchors),
        changed=made.changed, skipped=made.skipped,
        before=_measured(old, learnt), after=_measured(new, learnt),
        held_before=_measured(old, held), held_after=_measured(new, held),
        friendly=len(friendly), friendly_before=_alarms(old, friendly), friendly_after=_alarms(new, friendly),
        disagreements=_disagreements(old, new, held + learnt, rest),
    )  # fmt: skip
    shelf.describe(made.digest, card(trained))
    body: dict[str, object] = {
        "act": "trained",
        "digest": trained.digest,
        "parent": trained.parent,
        "rows": len(learnt),
        "seed": seed,
    }
    ctx.store.write(lambda tx: append(ctx, tx, [_draft(ctx, who, body)]))
    return trained


def card(trained: Trained) -> dict[str, Any]:
    """Return what is kept of a re-fit beside its weights: figures, and no text."""
    whole: dict[str, Any] = msgspec.to_builtins(trained)
    return {name: value for name, value in whole.items() if name != "disagreements"}


def _is_held_out(author: str, seed: int) -> bool:
    return hashlib.sha256(f"{seed}:{author}".encode()).digest()[0] % HELD_OUT_OF == 0


def _measured(classifier: Classifier, rows: Sequence[tuple[int, Labelled]]) -> list[Figures]:
    return measures.figures([row for _, row in rows], _signals(classifier, [row.text for _, row in rows]))


def _alarms(classifier: Classifier, texts: Sequence[str]) -> int:
    return sum(
        any(labels.found(one, head) == labels.YES for head in labels.HARMS)
        for one in _signals(classifier, texts)
    )


def _disagreements(
    old: Classifier,
    new: Classifier,
    corrected: Sequence[tuple[int, Labelled]],
    rest: Sequence[tuple[int, str, str]],
) -> list[Moved]:
    texts = [row.text for _, row in corrected]
    found: list[Moved] = []
    for (event, row), a, b in zip(corrected, _signals(old, texts), _signals(new, texts), strict=True):
        for head, said in sorted(row.labels.items()):
            before, after = labels.found(a, head), labels.found(b, head)
            if after != said:
                found.append(
                    Moved(event=event, text=row.text, head=head, said=said, before=before, after=after)
                )
    moved = _moves(old, new, [(event, text) for event, _, text in rest])
    return [*found[:SHOWN], *moved[:SHOWN]]


def _moves(
    old: Classifier, new: Classifier, stored: Sequence[tuple[int, str]], progress: Progress | None = None
) -> list[Moved]:
    texts = [text for _, text in stored]
    found = []
    for (event, text), a, b in zip(stored, _signals(old, texts), _signals(new, texts, progress), strict=True):
        for head in labels.HEADS:
            before, after = labels.found(a, head), labels.found(b, head)
            if before != after:
                found.append(Moved(event=event, text=text, head=head, said="", before=before, after=after))
    return found


def compare(
    ctx: Context, first: str, second: str, *, most: int = STORED, progress: Progress | None = None
) -> Compared:
    """Return what another model would say of stored comments; nothing is decided again."""
    a, b = _sound(find(ctx, first)), _sound(find(ctx, second))
    stored = [(event, text) for event, _, text in ctx.store.read(lambda q: _stored(q, most))]
    rows = _moves(_classifier(ctx, a), _classifier(ctx, b), stored, progress)
    counted: dict[str, Counter[str]] = {}
    for one in rows:
        counted.setdefault(one.head, Counter())[f"{one.before}>{one.after}"] += 1
    changed = {head: dict(sorted(counts.items())) for head, counts in sorted(counted.items())}
    return Compared(first=a.digest, second=b.digest, comments=len(stored), changed=changed, rows=rows)


def use(ctx: Context, name: str, *, who: Who) -> Kept:
    """Put a model in use from now on, in every process; to undo it, use the one before.

    What was decided stays as it was. Raises `ModelError`: for a model that is unknown, damaged or made for other
    features, and MODEL_SAME for the one in use.
    """
    kept = _sound(find(ctx, name))
    digest = "" if kept.shipped else kept.digest
    figures = {before: _right(ctx, before) for before in (ACTIVE, kept.digest)}

    def work(tx: Transaction) -> None:
        before = active(tx)
        if before == digest and trouble(tx) is None:
            raise ModelError("MODEL_SAME", digest=kept.digest[:16])
        right_before, right_after = figures[ACTIVE], figures[kept.digest]
        told = {"rows": right_after[1], "right_before": right_before[0], "right_after": right_after[0]}
        row = ModelUse(
            id=tx.ids("model_use"), digest=digest, before=before, by=":".join(who), at=ctx.clock.now(),
            figures=msgspec.json.encode(told).decode(),
        )  # fmt: skip
        tx.add_model_use(row)
        shipped = shelf_of(ctx).shipped().digest
        body: dict[str, object] = {
            "act": "used",
            "before": before or shipped,
            "after": kept.digest,
            "use": row.id,
            **told,
        }
        append(ctx, tx, [_draft(ctx, who, body)])

    ctx.store.write(work)
    hear(ctx, digest, "")
    if ctx.serving is not None:
        ctx.serving.look()
    return kept


def _right(ctx: Context, name: str) -> tuple[int, int]:
    """Return how many corrections a model answers rightly, of how many; of a model that cannot be used, none."""
    try:
        found = evaluate(ctx, name)
    except ModelError:
        return 0, 0
    return sum(one.right for one in found), sum(one.rows for one in found)


def _draft(ctx: Context, who: Who, body: dict[str, object]) -> Draft:
    return Draft(account_id=0, kind="model", at=ctx.clock.now(), actor=who, body=body)


def trouble(q: Queries) -> TroubleNoted | None:
    """Return what is wrong with the model in use, as it was noted."""
    kept = q.setting(TROUBLE)
    return msgspec.json.decode(kept, type=TroubleNoted) if kept else None


def hear(ctx: Context, digest: str, found: Trouble) -> None:
    """Note trouble with the model in use, or that it is over.

    Trouble freezes everything that is sent, once: the shipped model goes on reading, hiding goes on, and a person
    lifts the freeze; it is lifted by itself when the file is back or another model was chosen.
    """
    known = ctx.store.read(trouble)
    if (known is None and not found) or (known is not None and found and known.digest == digest):
        return
    ctx.store.write(lambda tx: _note(ctx, tx, digest, found))


def _note(ctx: Context, tx: Transaction, digest: str, found: Trouble) -> None:
    tx.lock_audit()
    known, now = trouble(tx), ctx.clock.now()
    if known is not None and found and known.digest == digest:
        return
    if known is not None and tx.lift_freeze(known.freeze, ":".join(SYSTEM), now):
        body: dict[str, object] = {"act": "lift", "freeze": known.freeze, "cancelled": 0}
        append(ctx, tx, [Draft(account_id=0, kind="freeze", at=now, actor=SYSTEM, body=body)])
    if known is not None and not found:
        tx.put_setting(TROUBLE, "", now)
        append(ctx, tx, [_draft(ctx, SYSTEM, {"act": "back", "digest": known.digest})])
    if found:
        row, _ = incidents.freeze_in(ctx, tx, reason=REASONS[found], who=SYSTEM)
        noted = TroubleNoted(digest=digest, trouble=found, freeze=row.id, at=now)
        tx.put_setting(TROUBLE, msgspec.json.encode(noted).decode(), now)
        append(ctx, tx, [_draft(ctx, SYSTEM, {"act": "lost", "digest": digest, "why": found})])


def read_rows(lines: Iterable[bytes]) -> tuple[list[Labelled], list[tuple[int, str]]]:
    """Return the rows of JSON lines `{"text": …, "labels": {head: answer}}`, and (line, code) of what cannot be read.

    An answer may be true or false for yes or no.
    """
    rows: list[Labelled] = []
    bad: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            rows.append(_read_row(line))
        except msgspec.MsgspecError:
            bad.append((number, "MODEL_LINE"))
        except ModelError as wrong:
            bad.append((number, wrong.code))
    return rows, bad


class _Line(msgspec.Struct):
    text: str
    labels: dict[str, str | bool]
    lang: str = ""
    author: str = ""


def _read_row(line: bytes) -> Labelled:
    found = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"), type=_Line)
    said = {
        head: ({True: labels.YES, False: labels.NO}[value] if isinstance(value, bool) else value)
        for head, value in found.labels.items()
    }
    if any(value not in labels.answers(head) and head != "lang" for head, value in said.items()):
        raise ModelError("MODEL_LABEL")
    return Labelled(text=found.text, labels=said, lang=found.lang, author=found.author)
