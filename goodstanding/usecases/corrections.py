"""Corrections: what people say against the model, in words or by the way, kept as labels of stored texts.

A label holds no text. The text stays with its comment; when the person is erased, both go.
"""

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from goodstanding.core import labels
from goodstanding.core.labels import Labelled
from goodstanding.core.policy.sealing import read_record
from goodstanding.core.signals import Signals
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.reasons import Code
from goodstanding.usecases.audit import Draft, append, disclose
from goodstanding.usecases.context import Context, Who, person
from goodstanding.usecases.ports import Act, Event, Queries, Transaction
from goodstanding.usecases.ports.models import Correction

PAGE = 1_000
_ABOUT_HARM = frozenset((Code.ABUSE, Code.SPAM))


class CorrectionError(GoodstandingError):
    """Nothing was corrected; the code says why: GONE, CORRECTION_ANSWER (no such answer), CORRECTION_SAME."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code


def signals_of(ctx: Context, q: Queries, event_id: int) -> Signals | None:
    """Return what the model found when an event was decided; None when it failed, or the record was erased."""
    decision = q.decision(event_id)
    if decision is None:
        return None
    sealed = disclose(ctx, q.vault_rows([decision.seq]), decision.seq)
    if sealed is None or "record" not in sealed.values:
        return None
    return read_record(sealed.values["record"][1]).facts.signals


def say(ctx: Context, event_id: int, head: str, answer: str, *, who: Who) -> None:
    """Keep that `answer` is right for a head of a comment or message; an earlier word about that head is taken back.

    To say what the model said takes back what was said against it. Raises `CorrectionError`.
    """
    if answer not in labels.answers(head):
        raise CorrectionError("CORRECTION_ANSWER")

    def work(tx: Transaction) -> None:
        event = tx.event(event_id)
        if event is None or event.own or event.action != "insert" or not event.text:
            raise CorrectionError("GONE")
        signals = signals_of(ctx, tx, event_id)
        earlier = [
            one for one in tx.corrections_of_event(event_id) if one.head == head and one.undone_at is None
        ]
        same = labels.found(signals, head) == answer
        if (same and not earlier) or any(one.said == answer for one in earlier):
            raise CorrectionError("CORRECTION_SAME")
        drafts = _undone(ctx, tx, earlier, who)
        if not same:
            drafts += _kept(ctx, tx, event, signals, [(head, answer)], source="said", who=who)
        append(ctx, tx, drafts)

    ctx.store.write(work)


def undo(ctx: Context, correction_id: int, *, who: Who) -> None:
    """Take a correction back; raises `CorrectionError` when it does not hold (any more)."""

    def work(tx: Transaction) -> None:
        one = tx.correction(correction_id)
        if one is None or one.undone_at is not None:
            raise CorrectionError("GONE")
        append(ctx, tx, _undone(ctx, tx, [one], who))

    ctx.store.write(work)


def by_act(ctx: Context, tx: Transaction, event: Event, act: Act) -> list[Draft]:
    """Keep what a person's hiding or keeping of a comment says against the model; returns it, to be sealed."""
    if act.kind not in ("hide", "keep") or event.kind != "comment" or event.own or not event.text:
        return []
    decision = tx.decision(event.id)
    signals = signals_of(ctx, tx, event.id)
    if decision is None or signals is None:
        return []
    hidden = act.kind == "hide"
    about_harm = decision.outcome == "hide" or decision.code in _ABOUT_HARM
    if (decision.outcome == "hide") if hidden else not about_harm:
        return []
    earlier = {one.head: one for one in tx.corrections_of_event(event.id) if one.undone_at is None}
    said = labels.contradicted(signals, hidden=hidden)
    fresh = [(head, answer) for head, answer in said if head not in earlier]
    against = [earlier[head] for head, answer in said if head in earlier and earlier[head].said != answer]
    against = [one for one in against if one.source != "said"]  # what somebody said in words outweighs an act
    who = person(act.person_id)
    fresh += [(one.head, answer) for one in against for head, answer in said if head == one.head]
    drafts = _undone(ctx, tx, against, who)
    return drafts + _kept(ctx, tx, event, signals, fresh, source=act.kind, who=who, act_id=act.id)


def taken_back(ctx: Context, tx: Transaction, act: Act) -> list[Draft]:
    """Take back what an act said, when the act itself is taken back; returns it, to be sealed."""
    held = [
        one for one in tx.corrections_of_event(act.event_id) if one.act_id == act.id and one.undone_at is None
    ]
    return _undone(ctx, tx, held, person(act.person_id))


def _kept(
    ctx: Context,
    tx: Transaction,
    event: Event,
    signals: Signals | None,
    said: list[tuple[str, str]],
    *,
    source: str,
    who: Who,
    act_id: int | None = None,
) -> list[Draft]:
    if not said:
        return []
    first = tx.ids("correction", len(said))
    rows = [
        Correction(
            id=number, account_id=event.account_id, event_id=event.id, contact_id=event.contact_id or 0, head=head, said=answer,
            was=labels.found(signals, head), was_milli=labels.milli(signals, head) if signals else None,
            model=signals.model if signals else "", language=event.language, source=source, act_id=act_id, by=":".join(who),
            at=ctx.clock.now(),
        )
        for number, (head, answer) in enumerate(said, first)
    ]  # fmt: skip
    tx.add_corrections(rows)
    return [_draft(ctx, row, who, "corrected") for row in rows]


def _undone(ctx: Context, tx: Transaction, rows: list[Correction], who: Who) -> list[Draft]:
    if not rows or not tx.undo_corrections([row.id for row in rows], ctx.clock.now(), ":".join(who)):
        return []
    return [_draft(ctx, row, who, "correction-undone") for row in rows]


def _draft(ctx: Context, row: Correction, who: Who, act: str) -> Draft:
    body: dict[str, object] = {
        "act": act,
        "head": row.head,
        "said": row.said,
        "was": row.was,
        "model": row.model,
    }
    return Draft(
        account_id=row.account_id,
        kind="model",
        at=ctx.clock.now(),
        actor=who,
        event_id=row.event_id,
        refs={"event": row.event_id, "correction": row.id},
        body=body,
    )


def held(q: Queries) -> Iterator[Correction]:
    """Yield all corrections that hold, the oldest first."""
    after = 0
    while rows := q.corrections_held(after=after, limit=PAGE):
        yield from rows
        after = rows[-1].id


def labelled(q: Queries) -> list[tuple[int, Labelled]]:
    """Return every corrected text that is still there with its labels, by event."""
    of_event: dict[int, list[Correction]] = defaultdict(list)
    for one in held(q):
        of_event[one.event_id].append(one)
    ids = sorted(of_event)
    texts: dict[int, str | None] = {}
    for start in range(0, len(ids), PAGE):
        texts |= q.event_texts(ids[start : start + PAGE])
    return [(event_id, _row(of_event[event_id], text)) for event_id in ids if (text := texts.get(event_id))]


def _row(rows: list[Correction], text: str) -> Labelled:
    said = {row.head: row.said for row in rows}
    author = rows[0].contact_id or -rows[0].event_id
    return Labelled(text=text, labels=said, lang=said.get("lang", rows[0].language), author=str(author))


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the export."""

    text: str
    lang: str
    labels: dict[str, str]
    author: str
    """A number without meaning outside this installation."""


def export(ctx: Context, *, who: Who) -> bytes:
    """Return all that holds as JSON lines, ready for `goodstanding model evaluate`; that it was taken out is sealed."""

    def work(tx: Transaction) -> bytes:
        rows = [row for _, row in labelled(tx)]
        body: dict[str, object] = {"what": "corrections", "rows": len(rows)}
        append(ctx, tx, [Draft(account_id=0, kind="export", at=ctx.clock.now(), actor=who, body=body)])
        lines = [Exported(text=row.text, lang=row.lang, labels=row.labels, author=row.author) for row in rows]
        return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)

    return ctx.store.write(work)
