"""What goes in: rows of a file, in batches of one transaction, each with its natural key and linked to its import."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from goodstanding.core.signals import Signals
from goodstanding.core.targets import IMPORTED, made
from goodstanding.kernel.problems import Problem
from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases import intake
from goodstanding.usecases.comments import Incoming, contacts_of, handle
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.import_basis import (
    SOURCE,
    Counts,
    Importer,
    Tally,
    account_of,
    as_json,
    external_of,
    metric_key,
    seal,
)
from goodstanding.usecases.ports import Account, ParsedComment, Queries, Transaction
from goodstanding.usecases.ports.imports import (
    Found,
    ImportedFile,
    ItemRow,
    LinkKind,
    Measure,
    MetricRow,
    ProblemRow,
    Received,
    Refused,
    Row,
)

PROBLEMS_KEPT = 5_000
"""Problems listed; all are counted."""
NEAR = 36 * HOUR
"""Two sightings of the same words by the same person under the same video, this close, are one comment: a pasted age
such as `2d` is no closer."""
MOMENT = 2 * MINUTE
"""As `NEAR`, where one side does not say who wrote: webhooks carry no handle."""


class Seen:
    """What a run has met so far: two equal things in one file are two, the third time too."""

    def __init__(self, ctx: Context, account: Account) -> None:
        self.ctx, self.account = ctx, account
        self._equal: Counter[bytes] = Counter()

    def digest(self, one: Found) -> str:
        """Return the natural key of a thing, hashed under the installation's own key."""
        return self._numbered(f"{one.section}\x1f{one.key}")

    def comment_id(self, one: Received) -> str:
        """Return TikTok's id of a comment, or one of ours that is the same whenever the comment comes again."""
        if one.external_id:
            return one.external_id
        words = (one.handle.casefold(), one.video_id, str(one.at), one.text)
        return made(IMPORTED, self._numbered(chr(31).join(("received", *words))))

    def _numbered(self, key: str) -> str:
        plain = self.ctx.chance.keyed_digest(SOURCE, f"{self.account.id}:{key}")
        self._equal[plain[:16]] += 1
        again = self._equal[plain[:16]]
        whole = plain if again == 1 else self.ctx.chance.keyed_digest(SOURCE, f"{plain.hex()}:{again}")
        return whole.hex()[:32]


class Taking:
    """One run: each batch in a transaction of its own, with what it brought linked to the import."""

    def __init__(self, importer: Importer, file: ImportedFile, who: Who) -> None:
        self._ctx, self._file, self._who = importer.ctx, file, who
        self._account = account_of(importer.ctx, file.account_id)
        self._seen = Seen(importer.ctx, self._account)
        self.counts = Counts()
        self._problems = 0

    def take(self, batch: Sequence[Row]) -> None:
        """Take in one batch."""
        batch = sorted_out(batch, self._ctx.clock.now())
        received = [one for one in batch if isinstance(one, Received)]
        ids = [self._seen.comment_id(one) for one in received]
        signals = intake.understand(
            self._ctx, [one.text for one in received], [self._account.language] * len(received)
        )
        found = [(one, self._seen.digest(one)) for one in batch if isinstance(one, Found)]
        measures = [one for one in batch if isinstance(one, Measure)]
        refused = [one for one in batch if isinstance(one, Refused)]
        before = msgspec.json.decode(as_json(self.counts), type=Counts)

        def work(tx: Transaction) -> None:
            self.counts = msgspec.json.decode(as_json(before), type=Counts)
            if found:
                self._take_found(tx, found)
            if measures:
                self._take_measures(tx, measures)
            if received:
                incoming = [
                    _incoming(one, external_id, self._account, self._ctx.clock.now(), signal)
                    for one, external_id, signal in zip(received, ids, signals, strict=True)
                ]
                self._take_received(tx, received, incoming)
            self._take_refused(tx, refused)
            self._note(tx)
            seal(self._ctx, tx, self._file, self._who, {"act": "rows", **_brief(self.counts)})

        self._ctx.store.write(work)
        self._problems += len(refused)

    def note(self) -> None:
        """Note what is in so far."""
        self._ctx.store.write(self._note)

    def end(self, *, cut: bool) -> None:
        """Note that everything readable is in."""

        def work(tx: Transaction) -> None:
            self._note(tx)
            state = "cut" if cut else "done"
            tx.change_imported_file(self._file.id, {"state": state, "ended_at": self._ctx.clock.now()})
            body = {"act": state, **_brief(self.counts), **_region(self.counts)}
            seal(self._ctx, tx, self._file, self._who, body)

        self._ctx.store.write(work)

    def _note(self, tx: Transaction) -> None:
        tx.change_imported_file(self._file.id, {"counts": as_json(self.counts)})

    def _link(self, tx: Transaction, kind: LinkKind, refs: Sequence[int]) -> None:
        if refs:
            tx.link_import(self._account.id, self._file.id, kind, refs)

    def _take_found(self, tx: Transaction, found: Sequence[tuple[Found, str]]) -> None:
        """Store what is new, under the key of whoever said it."""
        ctx, account_id = self._ctx, self._account.id
        people = {external_of(one.person): one.person for one, _ in found if one.person}
        erased = _erased(ctx, tx, account_id, people)
        wanted = {external: name for external, name in people.items() if external not in erased}
        before = tx.contacts_by_external(account_id, list(wanted)) if wanted else {}
        contacts = contacts_of(ctx, tx, account_id, wanted, ctx.clock.now()) if wanted else {}
        kept = [(one, digest) for one, digest in found if external_of(one.person) not in erased]
        first = tx.ids("imported_item", max(1, len(kept)))
        rows = [
            ItemRow(
                id=number,
                section=one.section,
                digest=digest,
                contact_id=contacts[external_of(one.person)].id if one.person else 0,
                at=one.at,
                video_id=one.video_id,
                cipher=ctx.vault.lock(
                    contacts[external_of(one.person)].id if one.person else 0, _pack((one.values, one.place))
                ),
            )
            for number, (one, digest) in enumerate(kept, first)
        ]
        tx.add_imported_items(account_id, rows)
        ids = tx.imported_items(account_id, [digest for _, digest in kept])
        for one, _ in found:
            if external_of(one.person) in erased:
                self._tally(one.section).withheld += 1
        for row in rows:
            tally = self._tally(row.section)
            tally.added += ids[row.digest] == row.id
            tally.known += ids[row.digest] != row.id
        self._link(tx, "item", sorted(ids.values()))
        self._link(tx, "contact", [one.id for one in contacts.values()])
        self._link(tx, "new-contact", [one.id for name, one in contacts.items() if name not in before])
        for one, _ in kept:
            if one.section == "profile":
                self.counts.region = one.values.get("region", "")

    def _take_measures(self, tx: Transaction, measures: Sequence[Measure]) -> None:
        first = tx.ids("studio_metric", len(measures))
        rows = [
            MetricRow(
                id=number, scope=one.scope, subject=one.subject, day=one.day, metric=one.metric, value=one.value,
                unit=one.unit, exact=one.exact,
            )
            for number, one in enumerate(measures, first)
        ]  # fmt: skip
        tx.add_studio_metrics(self._account.id, rows)
        ids = tx.studio_metrics(self._account.id, [metric_key(one) for one in measures])
        tally = self._tally("metric")
        for row, one in zip(rows, measures, strict=True):
            tally.added += ids[metric_key(one)] == row.id
            tally.known += ids[metric_key(one)] != row.id
        self._link(tx, "metric", sorted(set(ids.values())))

    def _take_received(
        self, tx: Transaction, received: Sequence[Received], incoming: Sequence[Incoming]
    ) -> None:
        """Let comments go the way of all comments; those seen before in other words of the same are left out."""
        ctx, account = self._ctx, self._account
        people = {one.comment.author: one.comment.handle for one in incoming if one.comment.author}
        erased = _erased(ctx, tx, account.id, people)
        same = _same_words(tx, account.id, received)
        tally = self._tally("received")
        fresh = []
        for one, row in zip(incoming, received, strict=True):
            if one.comment.author in erased:
                tally.withheld += 1
            elif not row.external_id and _is_same(row, same):
                tally.known += 1
            else:
                fresh.append(one)
                self.counts.without_id += not row.external_id
        names = [one.comment.external_id for one in fresh]
        before = tx.known_events(account.id, account.connector, names)
        authors = sorted({one.comment.author for one in fresh if one.comment.author})
        contacts_before = tx.contacts_by_external(account.id, authors)
        handle(ctx, tx, next(a for a in tx.accounts() if a.id == account.id), fresh)
        after = tx.known_events(account.id, account.connector, names)
        contacts = tx.contacts_by_external(account.id, authors)
        added = [event_id for key, event_id in after.items() if key not in before and key[1] == "insert"]
        tally.added += len(added)
        tally.known += len(fresh) - len(added)
        self._link(tx, "event", [event_id for key, event_id in after.items() if key[1] == "insert"])
        self._link(tx, "contact", [one.id for one in contacts.values()])
        self._link(tx, "new-contact", [one.id for n, one in contacts.items() if n not in contacts_before])

    def _take_refused(self, tx: Transaction, refused: Sequence[Refused]) -> None:
        self.counts.refused += len(refused)
        room = max(0, PROBLEMS_KEPT - self._problems)
        rows = [problem_row(number, one) for number, one in enumerate(refused[:room], self._problems + 1)]
        tx.add_import_problems(self._account.id, self._file.id, rows)

    def _tally(self, section: str) -> Tally:
        return self.counts.sections.setdefault(section, Tally())


_pack = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder(tuple[dict[str, str], str]).decode


def count_known(q: Queries, seen: Seen, batch: Sequence[Row], counts: Counts) -> None:
    """Count what of a batch would be new."""
    account = seen.account
    found = [(one, seen.digest(one)) for one in batch if isinstance(one, Found)]
    ids = q.imported_items(account.id, [digest for _, digest in found]) if found else {}
    for one, digest in found:
        tally = counts.sections.setdefault(one.section, Tally())
        tally.known += digest in ids
        tally.added += digest not in ids
        if one.section == "profile":
            counts.region = one.values.get("region", "")
    measures = [one for one in batch if isinstance(one, Measure)]
    if measures:
        there = q.studio_metrics(account.id, [metric_key(one) for one in measures])
        tally = counts.sections.setdefault("metric", Tally())
        new = {metric_key(one) for one in measures} - set(there)
        tally.added += len(new)
        tally.known += len(measures) - len(new)
    received = [one for one in batch if isinstance(one, Received)]
    if received:
        names = [seen.comment_id(one) for one in received]
        events = q.known_events(account.id, account.connector, names)
        same = _same_words(q, account.id, received)
        tally = counts.sections.setdefault("received", Tally())
        for name, row in zip(names, received, strict=True):
            known = (name, "insert") in events or (not row.external_id and _is_same(row, same))
            tally.known += known
            tally.added += not known
            counts.without_id += not known and not row.external_id


def _erased(ctx: Context, q: Queries, account_id: int, people: dict[str, str]) -> set[str]:
    """Return which of these people asked for erasure: what a file still holds of them does not come back in."""
    digests = {name: ctx.chance.keyed_digest("suppression", f"{account_id}:{name}") for name in people}
    gone = q.erased_digests(account_id, list(digests.values()))
    return {name for name, digest in digests.items() if digest in gone}


def sorted_out(batch: Sequence[Row], now: int) -> list[Row]:
    """Return the batch with comments from the future refused: a wrong date could make an old comment look fresh."""
    return [
        Refused(place=one.place, problem=Problem(code="FUTURE_DATE", fields={}))
        if isinstance(one, Received) and one.at > now + DAY
        else one
        for one in batch
    ]


Words = dict[tuple[str, str], list[tuple[str, int]]]
"""(video, text) -> who wrote it (as far as known) and when."""


def _same_words(q: Queries, account_id: int, received: Sequence[Received]) -> Words:
    """Return comments that came in by another way with the words of those that carry no id."""
    texts = sorted({one.text for one in received if not one.external_id})
    found: Words = {}
    for handle_, video, text, at, source in q.comments_with_text(account_id, texts) if texts else []:
        if source != SOURCE:
            found.setdefault((video, text), []).append((handle_.casefold(), at))
    return found


def _is_same(row: Received, words: Words) -> bool:
    """Tell whether a comment is there already: the same person near it in time, or somebody unknown at the same moment."""
    mine = row.handle.casefold()
    return any(
        abs(at - row.at) <= (NEAR if author and author == mine else MOMENT)
        for author, at in words.get((row.video_id, row.text), ())
        if not author or not mine or author == mine
    )


def _incoming(
    one: Received, external_id: str, account: Account, now: int, signals: Signals | None
) -> Incoming:
    own = bool(one.handle) and one.handle.casefold() == account.handle.casefold()
    comment = ParsedComment(
        external_id=external_id,
        video_id=one.video_id,
        parent_id=one.parent_id,
        action="insert",
        author=account.identifier if own else external_of(one.handle),
        handle=one.handle,
        text=one.text,
        at=min(one.at, now),
    )
    return Incoming(
        comment=comment,
        raw=msgspec.json.encode(comment),
        source=SOURCE,
        received_at=now,
        signals=signals,
    )


def problem_row(number: int, one: Refused) -> ProblemRow:
    """Return a problem as it is stored."""
    fields = dict(one.problem.fields)
    if one.problem.line is not None:
        fields.setdefault("line", one.problem.line)
    return ProblemRow(
        number=number,
        place=one.place[:400],
        code=one.problem.code,
        fields=msgspec.json.encode(fields).decode(),
    )


def _region(counts: Counts) -> dict[str, object]:
    """Return where the file says the account is registered, beside what was stated, as it is sealed."""
    return {"region": counts.region, "stated": counts.region_stated} if counts.region else {}


def _brief(counts: Counts) -> dict[str, object]:
    """Return the counts as they are sealed."""
    return {
        "added": counts.added,
        "known": counts.known,
        "refused": counts.refused,
        "withheld": counts.withheld,
    }
