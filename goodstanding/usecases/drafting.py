"""Asking a language model for words: a suggestion for a person, or the wording of a template that a policy lets it word.

It decides nothing: what is answered, to whom and when was decided before, and every gate is asked again at sending. The
request holds the comment, or the last lines of a conversation, without names and addresses. That it is sent is sealed
before it leaves, what came of it after. A draft that fails a check is never sent: a person sees why, a template speaks
for itself.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Literal

import msgspec

from goodstanding.core.drafts import READ_MAX, Fault, Line, Tongue, Wanted, faults, told, without_names
from goodstanding.core.outbox import likeness
from goodstanding.core.policy.compile import CompiledPolicy
from goodstanding.kernel.canonical import canonical
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.texts import length
from goodstanding.kernel.timing import DAY, MINUTE
from goodstanding.usecases import connections, drafts, playbooks, policies
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.moderation import GoneError
from goodstanding.usecases.namesakes import Kin
from goodstanding.usecases.ports import Account, Contact, Event, Outgoing, Queries, Transaction
from goodstanding.usecases.ports.drafts import Drafted, DraftRow, DraftState, Service

LEAD = MINUTE
"""A planned act is worded at the latest so long before it may leave: what is being sent is not changed any more."""
AT_ONCE = 4
"""Planned acts that are worded at the same time."""


class NotForThemError(GoodstandingError):
    """This person does not want to be written to, so their words go nowhere."""

    code = "DRAFT_NOT_FOR_THEM"


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as a person sees it."""

    state: DraftState
    text: str
    codes: tuple[str, ...]
    model: str
    host: str
    at: int
    language: str


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial with an invented comment gave."""

    text: str
    codes: tuple[str, ...]
    model: str
    host: str


class _Question(msgspec.Struct, frozen=True, kw_only=True):
    """All that one request needs."""

    service: Service
    account: Account
    policy: CompiledPolicy
    wanted: Wanted
    request: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.request).hexdigest()


def suggestion(ctx: Context, q: Queries, event: Event) -> Suggestion | None:
    """Return the last suggestion for an event, None when there is none or it cannot be read any more."""
    row = q.draft(event.account_id, event.id)
    if row is None:
        return None
    plain = b"" if row.body is None else ctx.vault.unlock(row.contact_id, row.body)
    if plain is None:
        return None
    return Suggestion(
        state=row.state, text=plain.decode(), codes=tuple(row.codes.split()), model=row.model, host=row.host, at=row.at,
        language=row.language,
    )  # fmt: skip


async def suggest(ctx: Context, event_id: int, *, who: Who) -> Suggestion:
    """Ask for a reply to an event that a person is about to answer; nothing is sent by it.

    Raises `DraftsOffError`, `GoneError`, `NotForThemError`.
    """

    def begin(tx: Transaction) -> tuple[_Question, DraftRow]:
        event = _event(tx, event_id)
        question = _question(ctx, tx, event)
        row = _row(ctx, question, event)
        tx.put_draft(row)
        _log(ctx, tx, row, who, {"act": "draft-asked"})
        return question, row

    question, row = await asyncio.to_thread(ctx.store.write, begin)
    found = await drafts.drafter(ctx).draft(question.service, question.request)
    codes = found.failure.split() or await asyncio.to_thread(_faults, ctx, question, found.text)

    def finish(tx: Transaction) -> Suggestion:
        done = _settled(ctx, tx, row, found, codes, who)
        if done is None:
            raise GoneError(id=event_id)
        return Suggestion(
            state=done.state, text=found.text, codes=tuple(codes), model=row.model, host=row.host, at=row.at,
            language=row.language,
        )  # fmt: skip

    return await asyncio.to_thread(ctx.store.write, finish)


async def try_out(ctx: Context, tongue: Tongue, comment: str, *, who: Who) -> Tried:
    """Ask for a reply to an invented comment; sealed like every other request. Raises `DraftsOffError`, `GoneError`."""

    def begin(tx: Transaction) -> _Question:
        account = next(iter(tx.accounts()), None)
        if account is None:
            raise GoneError(id=0)
        policy = policies.compiled(ctx, tx, account.policy_hash)
        line = Line(by="viewer", text=without_names(comment, (), playbooks.draft_book().numbers.line_chars))
        most = policy.platform.numbers.reply_chars_max
        wanted = Wanted(tongue=tongue, channel="reply", most=most)
        question = _asked(ctx, tx, account, policy, wanted, [line], _wordings(policy, wanted))
        connections.log(ctx, tx, 0, who, {"act": "draft-tried", **_where(question)})
        return question

    question = await asyncio.to_thread(ctx.store.write, begin)
    found = await drafts.drafter(ctx).draft(question.service, question.request)
    codes = found.failure.split() or await asyncio.to_thread(_faults, ctx, question, found.text)
    return Tried(
        text=found.text,
        codes=tuple(codes),
        model=question.service.model,
        host=drafts.host(question.service.address),
    )


async def word_planned(ctx: Context) -> int:
    """Word planned acts whose template the policy lets a model word; returns how many were asked for.

    Each is asked for once. What fails, comes too late or is not allowed any more leaves the template as it was.
    """
    if ctx.drafter is None or ctx.clock.doubt():
        return 0
    due = await asyncio.to_thread(ctx.store.read, lambda q: _to_word(ctx, q))
    done = await asyncio.gather(*(_word(ctx, one) for one in due))
    return sum(done)


def forget_old(ctx: Context) -> int:
    """Forget drafts that nobody needs any more; returns how many."""
    before = ctx.clock.now() - playbooks.draft_book().numbers.keep_days * DAY
    return ctx.store.write(lambda tx: tx.drop_drafts(before))


def _to_word(ctx: Context, q: Queries) -> list[Outgoing]:
    if drafts.known(q) is None:
        return []
    frozen = {one.account_id for one in q.freezes(active_only=True)}
    due: list[Outgoing] = []
    for account in q.accounts():
        if account.killed or 0 in frozen or account.id in frozen:
            continue
        allowed = _slots(policies.compiled(ctx, q, account.policy_hash))
        after = ctx.clock.now() + LEAD
        due += q.acts_to_draft(account.id, allowed, after=after, limit=AT_ONCE) if allowed else []
    return due[:AT_ONCE]


def _slots(policy: CompiledPolicy) -> list[str]:
    return [one.id for one in policy.policy.templates if one.drafts]


async def _word(ctx: Context, act: Outgoing) -> bool:
    """Ask for the wording of one planned act; False when somebody else did, or nothing may be asked."""
    who: Who = ("rule", act.rule or "policy")

    def begin(tx: Transaction) -> tuple[_Question, DraftRow] | None:
        one = tx.outgoing(act.id)
        event = tx.event(act.event_id)
        if one is None or event is None or one.state != "planned" or one.text != act.text:
            return None
        try:
            question = _question(ctx, tx, event, one)
        except (GoneError, NotForThemError, drafts.DraftsOffError):
            return None
        row = _row(ctx, question, event, one.id)
        if not tx.claim_draft(row):
            return None
        _log(ctx, tx, row, who, {"act": "draft-asked", "template": one.template})
        return question, row

    begun = await asyncio.to_thread(ctx.store.write, begin)
    if begun is None:
        return False
    question, row = begun
    found = await drafts.drafter(ctx).draft(question.service, question.request)
    codes = found.failure.split() or await asyncio.to_thread(_faults, ctx, question, found.text)

    def finish(tx: Transaction) -> None:
        said = codes or _too_alike(tx, question.policy, act, found.text)
        said = said or _overtaken(ctx, tx, question, act)
        _settled(ctx, tx, row, found, said, who, act)

    await asyncio.to_thread(ctx.store.write, finish)
    return True


def _overtaken(ctx: Context, tx: Transaction, question: _Question, act: Outgoing) -> list[str]:
    """Return why a draft comes too late for its act."""
    account = connections.account_of(tx, act.account_id)
    one = tx.outgoing(act.id)
    if account.policy_hash != question.policy.hash or drafts.known(tx) is None:
        return ["NOT_ALLOWED"]
    if one is None or one.state != "planned" or one.text != act.text or one.approved_by is not None:
        return ["TOO_LATE"]
    return [] if one.not_before > ctx.clock.now() + LEAD // 2 else ["TOO_LATE"]


def _too_alike(q: Queries, policy: CompiledPolicy, act: Outgoing, text: str) -> list[str]:
    rule = policy.policy.similar
    recent = q.recent_texts(rule.recent, planned=True)
    if act.text in recent:
        recent.remove(act.text)
    alike = any(likeness(text, other) >= rule.threshold_milli for other in recent)
    return [Fault.SIMILAR] if alike else []


def _question(ctx: Context, q: Queries, event: Event, act: Outgoing | None = None) -> _Question:
    """Return what to ask about an event; raises `GoneError`, `NotForThemError`, `DraftsOffError`."""
    account = connections.account_of(q, event.account_id)
    policy = policies.compiled(ctx, q, account.policy_hash)
    contact = q.contact(event.contact_id) if event.contact_id else None
    if event.kind == "message" and contact is None:
        raise GoneError(id=event.id)
    seen = None if contact is None else Kin(q, contact.account_id, [contact.id]).as_one(contact)
    if seen is not None and (seen.suppressed or seen.answer != "given"):
        raise NotForThemError
    channel: Literal["reply", "message"] = (
        "message" if event.kind == "message" or (act is not None and act.act == "message") else "reply"
    )
    numbers = policy.platform.numbers
    tongue = _tongue(act.language if act is not None else event.language, account)
    most = numbers.message_chars_max if channel == "message" else numbers.reply_chars_max
    if act is not None and channel == "message":
        most -= length(policies.disclosed(policy, tongue, ""))
    wanted = Wanted(
        tongue=tongue, channel=channel, most=most, may_ask=seen is not None and seen.marketing == "given"
    )
    template = None if act is None else act.template
    return _asked(
        ctx, q, account, policy, wanted, _talk(q, event, contact), _wordings(policy, wanted, template)
    )  # fmt: skip


def _tongue(language: str, account: Account) -> Tongue:
    if language in ("nl", "en"):
        return "nl" if language == "nl" else "en"
    return "nl" if account.language == "nl" else "en"


def _wordings(policy: CompiledPolicy, wanted: Wanted, template: str | None = None) -> list[str]:
    """Return how this account writes: a template's wordings, or those of all that are sent in this way."""
    found = [
        list(one.variants(wanted.tongue))
        for one in policy.policy.templates
        if one.channel == wanted.channel and one.card is None and not one.promotional
        and (template is None or one.id == template)
    ]  # fmt: skip
    return [one for wordings in found for one in (wordings if template else wordings[:1])]


def _asked(
    ctx: Context,
    q: Queries,
    account: Account,
    policy: CompiledPolicy,
    wanted: Wanted,
    talk: Sequence[Line],
    wordings: Sequence[str],
) -> _Question:
    service = drafts.service(ctx, q)
    secret, shown = told(playbooks.draft_book(), wanted, drafts.tones(q)[wanted.tongue], wordings)
    kind = "private conversation" if wanted.channel == "message" and len(talk) > 1 else "comment"
    asked = canonical({"kind": kind, "said": [{"by": one.by, "text": one.text} for one in talk]}).decode()
    request = drafts.drafter(ctx).request(service.model, f"{secret}\n\n{shown}".strip(), asked)
    wanted = msgspec.structs.replace(wanted, told=secret)
    return _Question(service=service, account=account, policy=policy, wanted=wanted, request=request)


def _talk(q: Queries, event: Event, contact: Contact | None) -> list[Line]:
    """Return what a request shows: the comment, or the last lines of a conversation up to the message. No names."""
    numbers = playbooks.draft_book().numbers
    names = () if contact is None else (contact.handle,)
    said: list[tuple[int, int, Literal["viewer", "us"], str]] = [
        (event.at, event.id, "viewer", event.text or "")
    ]
    if event.kind == "message" and contact is not None:
        before = q.messages_of(contact.id, limit=numbers.talk_lines + 1)
        said += [
            (one.at, one.id, "us" if one.own else "viewer", one.text)
            for one in before
            if one.id != event.id and one.text and one.at <= event.at
        ]
        acts = [one for one in q.message_acts([contact.id])[contact.id] if one.state == "sent"]
        content = q.message_contents([one.id for one in acts]) if acts else {}
        for act in acts:
            at = act.attempt_at or act.not_before
            if act.id not in content and at <= event.at:
                said.append((at, act.id, "us", act.text))
    last = sorted(said)[-numbers.talk_lines :]
    return [Line(by=by, text=without_names(text, names, numbers.line_chars)) for _, _, by, text in last]


def _event(q: Queries, event_id: int) -> Event:
    """Return an event that somebody could answer; raises `GoneError`."""
    event = q.event(event_id)
    asks = event is not None and event.kind in ("comment", "message") and event.action == "insert"
    if event is None or not asks or event.own or not event.text or event.state in ("erased", "deleted"):
        raise GoneError(id=event_id)
    return event


def _row(ctx: Context, question: _Question, event: Event, outgoing_id: int = 0) -> DraftRow:
    return DraftRow(
        account_id=event.account_id, event_id=event.id, outgoing_id=outgoing_id, contact_id=event.contact_id or 0,
        at=ctx.clock.now(), state="asked", codes="", model=question.service.model,
        host=drafts.host(question.service.address), digest=question.digest, language=question.wanted.tongue,
    )  # fmt: skip


def _faults(ctx: Context, question: _Question, text: str) -> list[str]:
    """Return everything that keeps a draft from being sent."""
    tongue = question.wanted.tongue
    reader = ctx.homes.get(tongue, ctx.classifier)
    signals = reader.signals([text[:READ_MAX]])[0]
    found = faults(
        text, question.wanted, signals=signals, gates=question.policy.policy.gates, platform=question.policy.platform,
        book=playbooks.draft_book(),
    )  # fmt: skip
    return [str(one) for one in found]


def _settled(
    ctx: Context,
    tx: Transaction,
    row: DraftRow,
    found: Drafted,
    codes: Sequence[str],
    who: Who,
    act: Outgoing | None = None,
) -> DraftRow | None:
    """Keep what came back and seal it; into the act it goes only when nothing speaks against it.

    None when the person was erased, or somebody asked anew, while the model wrote: then nothing is kept.
    """
    if row.contact_id:
        tx.lock_contacts([row.contact_id])
    before = tx.draft(row.account_id, row.event_id, row.outgoing_id)
    event = tx.event(row.event_id)
    state: DraftState = "failed" if found.failure else "unfit" if codes else "fit"
    body: dict[str, object] = {"act": "draft", "state": state, "codes": list(codes)}
    if before is None or event is None or event.text is None or event.state == "erased":
        _log(ctx, tx, row, who, {"act": "draft", "state": "failed", "codes": ["GONE"]})
        return None
    if before.at != row.at or before.digest != row.digest:
        _log(ctx, tx, row, who, {"act": "draft", "state": "failed", "codes": ["ASKED_ANEW"]})
        return None
    if act is not None:
        body["template"] = act.template
        if state == "fit" and not tx.settle_from(act.id, ("planned",), {"text": found.text}):
            state, codes = "unfit", ["TOO_LATE"]
            body |= {"state": state, "codes": codes}
    locked = ctx.vault.lock(row.contact_id, found.text.encode()) if found.text else None
    done = msgspec.structs.replace(row, state=state, codes=" ".join(codes), body=locked)
    tx.put_draft(done)
    _log(ctx, tx, done, who, body, found.text)
    return done


def _where(question: _Question) -> dict[str, object]:
    return {
        "model": question.service.model,
        "host": drafts.host(question.service.address),
        "digest": question.digest,
    }


def _log(
    ctx: Context, tx: Transaction, row: DraftRow, who: Who, body: dict[str, object], text: str = ""
) -> None:
    refs: dict[str, int | str] = {"event": row.event_id}
    if row.outgoing_id:
        refs["outgoing"] = row.outgoing_id
    draft = Draft(
        account_id=row.account_id, kind="review", at=ctx.clock.now(), actor=who, event_id=row.event_id, refs=refs,
        body={**body, "model": row.model, "host": row.host, "digest": row.digest}, contact_id=row.contact_id,
        values={"draft": text.encode()} if text else {},
    )  # fmt: skip
    append(ctx, tx, [draft])
