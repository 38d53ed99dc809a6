"""What people decide: approve, edit, reject, hide, keep, answer, cancel; and taking any of it back.

Undo is honest about its kind: *cancelled* (it had not left), *reversed* (the opposite was planned),
or refused because it cannot be undone.
"""

from typing import Literal

from goodstanding.core.outbox import approval_hash
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.texts import length
from goodstanding.kernel.timing import DAY, SECOND
from goodstanding.usecases import corrections, playbooks, settling, withdrawing
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.comments import target_of
from goodstanding.usecases.context import Context, person
from goodstanding.usecases.ports import Act, Case, Event, Outgoing, SendAct, Transaction
from goodstanding.usecases.ports.messages import ContentKind, MessageContent

GRACE = 8 * SECOND
"""A person's act leaves after this long, so that it can be taken back (ui-design, 7)."""
APPROVAL = DAY
"""An approval holds this long; then the text must be approved again."""
LEASE = 60 * SECOND
"""A case is kept for the person who has it open."""
UNDO_MAX = 50

Undone = Literal["cancelled", "reversed", "nothing"]


class GoneError(GoodstandingError):
    """The case or act is not there (any more); field: id."""

    code = "GONE"


class MovedOnError(GoodstandingError):
    """Someone else decided first; field: by."""

    code = "MOVED_ON"


class TextError(GoodstandingError):
    """The text is longer than the platform takes; field: most."""

    code = "TEXT"


class CannotUndoError(GoodstandingError):
    """It has left and has no opposite; field: kind."""

    code = "CANNOT_UNDO"


def claim(ctx: Context, case_id: int, person_id: int) -> Case:
    """Lease a case to a person for a minute; raises `MovedOnError` when someone else has it."""

    def work(tx: Transaction) -> Case:
        now = ctx.clock.now()
        case = _open(tx, case_id)
        if case.claimed_by not in (None, person_id) and (case.claim_until or 0) > now:
            raise MovedOnError(by=case.claimed_by or 0)
        if not tx.change_case(case.id, case.version, {"claimed_by": person_id, "claim_until": now + LEASE}):
            raise MovedOnError(by=case.claimed_by or 0)
        found = tx.case(case.id)
        assert found is not None
        return found

    return ctx.store.write(work)


def approve(ctx: Context, case_id: int, person_id: int, *, text: str | None = None) -> int:
    """Send the proposed reply (or `text`, edited or written by the person); returns the act's id.

    The approval binds to this text and this comment for 24 hours. Raises `GoneError`, `MovedOnError`, `TextError`.
    """

    def work(tx: Transaction) -> int:
        case = _open(tx, case_id)
        event = _event(tx, case.event_id)
        held = tx.outgoing(case.outgoing_id) if case.outgoing_id is not None else None
        proposed = held.text if held is not None and held.state == "held" else ""
        final = (text if text is not None else proposed).strip()
        if not final:
            raise GoneError(id=case_id)
        act: SendAct = "message" if event.kind == "message" else "reply"
        _check_length(act, final)
        now = ctx.clock.now()
        edited = final != proposed
        if held is not None and held.state == "held":
            changes = {
                **_approval(
                    held.event_id, held.act, held.target_id, final, person_id, max(now, held.not_before)
                ),
                "text": final,
            }
            leaves = max(now + GRACE, held.not_before)
            tx.change_outgoing(held.id, {**changes, "state": "planned", "not_before": leaves})
            outgoing_id = held.id
        else:
            outgoing_id = _plan(tx, event, act, final, person_id, now)
        kind = "edit" if edited and proposed else "approve"
        _resolve(ctx, tx, case, kind, person_id, outgoing_id=outgoing_id, before=proposed, after=final)
        return outgoing_id

    return ctx.store.write(work)


def answer(
    ctx: Context, event_id: int, person_id: int, *, text: str, content: ContentKind | None = None
) -> int:
    """Send a person's own message in a conversation; returns the act's id.

    With `content`, `text` names a post of our own to share, or a picture that was uploaded. It goes through the same gate
    as everything else: window, quota, consent. An open case of the message is closed by it. Raises `GoneError`, `TextError`.
    """

    def work(tx: Transaction) -> int:
        event = _event(tx, event_id)
        final = text.strip()
        if event.kind != "message" or event.contact_id is None or not final:
            raise GoneError(id=event_id)
        _check_length("message", final)
        outgoing_id = _plan(tx, event, "message", final, person_id, ctx.clock.now())
        if content is not None:
            row = MessageContent(account_id=event.account_id, outgoing_id=outgoing_id, kind=content)
            tx.add_message_contents([row])
        case = next((c for c in tx.cases_of_event(event.id) if c.state == "open"), None)
        if case is None:
            _note(ctx, tx, "approve", event, person_id, outgoing_id=outgoing_id, after=final)
        else:
            _drop_held(ctx, tx, case)
            _resolve(ctx, tx, case, "approve", person_id, outgoing_id=outgoing_id, after=final)
        return outgoing_id

    return ctx.store.write(work)


def reject(ctx: Context, case_id: int, person_id: int, *, reason: str = "") -> None:
    """Send nothing for this case."""

    def work(tx: Transaction) -> None:
        case = _open(tx, case_id)
        _drop_held(ctx, tx, case)
        _resolve(ctx, tx, case, "reject", person_id, outgoing_id=case.outgoing_id, after=reason)

    ctx.store.write(work)


def keep(ctx: Context, event_id: int, person_id: int) -> None:
    """Leave a comment standing: a planned hide is cancelled, a hidden comment is shown again, its case closed."""

    def work(tx: Transaction) -> None:
        event = _event(tx, event_id)
        outgoing_id = _reverse_hide(ctx, tx, event, person_id)
        _close(ctx, tx, event, "keep", person_id, outgoing_id)

    ctx.store.write(work)


def hide(ctx: Context, event_id: int, person_id: int) -> None:
    """Hide a comment after the grace of 8 seconds; what else was planned for it is cancelled, its case closed."""

    def work(tx: Transaction) -> None:
        event = _event(tx, event_id)
        if event.kind != "comment":
            raise GoneError(id=event_id)
        now = ctx.clock.now()
        for one in tx.outgoing_of_event(event_id):
            withdrawing.withdraw(ctx, tx, one, Code.BY_PERSON)
        outgoing_id = _plan(tx, event, "hide", "", person_id, now)
        _close(ctx, tx, event, "hide", person_id, outgoing_id)

    ctx.store.write(work)


def cancel(ctx: Context, outgoing_id: int, person_id: int) -> None:
    """Take back something planned before it leaves; raises `CannotUndoError` once it has."""

    def work(tx: Transaction) -> None:
        one = tx.outgoing(outgoing_id)
        if one is None:
            raise GoneError(id=outgoing_id)
        if not withdrawing.withdraw(ctx, tx, one, Code.BY_PERSON):
            raise CannotUndoError(kind=one.state)
        _note(ctx, tx, "cancel", _event(tx, one.event_id), person_id, outgoing_id=one.id)

    ctx.store.write(work)


def settle_by_person(ctx: Context, case_id: int, person_id: int, *, happened: bool) -> None:
    """A person looked in the app whether an act of unknown outcome happened."""

    def work(tx: Transaction) -> None:
        case = _open(tx, case_id)
        one = tx.outgoing(case.outgoing_id or 0)
        if one is None or one.state != "unknown":
            raise GoneError(id=case_id)
        state = "sent" if happened else "failed"
        tx.change_outgoing(one.id, {"state": state, "code": "BY_PERSON", "settled_at": ctx.clock.now()})
        if happened:
            settling.apply(tx, [one])
        _resolve(ctx, tx, case, f"outcome-{state}", person_id, outgoing_id=one.id)

    ctx.store.write(work)


def undo(ctx: Context, act_id: int, person_id: int) -> Undone:
    """Take back a person's act; the undo is an act of its own. Raises `GoneError`, `CannotUndoError`."""

    def work(tx: Transaction) -> Undone:
        act = tx.act(act_id)
        if act is None or act.undone_at is not None or act.kind.startswith("undo"):
            raise GoneError(id=act_id)
        done = _take_back(ctx, tx, act, person_id)
        tx.undo_act(act.id, ctx.clock.now())
        if withdrawn := corrections.taken_back(ctx, tx, act):
            append(ctx, tx, withdrawn)
        if act.case_id is not None:
            case = tx.case(act.case_id)
            if case is not None and case.state == "resolved":
                tx.change_case(
                    case.id,
                    case.version,
                    {"state": "open", "resolution": "", "resolved_by": None, "resolved_at": None},
                )
        _note(ctx, tx, f"undo-{act.kind}", _event(tx, act.event_id), person_id, outgoing_id=act.outgoing_id)
        return done

    return ctx.store.write(work)


def _take_back(ctx: Context, tx: Transaction, act: Act, person_id: int) -> Undone:
    now = ctx.clock.now()
    one = tx.outgoing(act.outgoing_id) if act.outgoing_id is not None else None
    if act.kind in ("approve", "edit"):
        if one is None or one.state != "planned":
            raise CannotUndoError(kind=act.kind)
        if act.case_id is None:
            tx.change_outgoing(one.id, {"state": "cancelled", "code": "BY_PERSON", "settled_at": now})
        else:
            tx.change_outgoing(
                one.id, {"state": "held", "approved_by": None, "approved_hash": None, "approved_until": None}
            )
        return "cancelled"
    if act.kind in ("reject", "cancel"):
        if one is not None and one.state == "cancelled":
            again = max(one.not_before, now + GRACE)
            tx.change_outgoing(
                one.id, {"state": "planned", "code": "", "settled_at": None, "not_before": again}
            )
            if act.kind == "reject":
                tx.change_outgoing(one.id, {"state": "held"})
        return "cancelled"
    event = _event(tx, act.event_id)
    if act.kind == "hide":
        return "cancelled" if _undo_hide(ctx, tx, event, person_id, now) else "reversed"
    if act.kind == "keep":
        return _undo_keep(tx, one, event, person_id, now)
    raise CannotUndoError(kind=act.kind)


def _undo_hide(ctx: Context, tx: Transaction, event: Event, person_id: int, now: int) -> bool:
    hides = [o for o in tx.outgoing_of_event(event.id) if o.act == "hide" and o.state in ("planned", "task")]
    if [one for one in hides if withdrawing.withdraw(ctx, tx, one, Code.BY_PERSON)]:
        return True
    _plan(tx, event, "unhide", "", person_id, now)
    return False


def _undo_keep(tx: Transaction, one: Outgoing | None, event: Event, person_id: int, now: int) -> Undone:
    if one is None:
        return "nothing"
    if one.act == "hide" and one.state == "cancelled":
        tx.change_outgoing(
            one.id, {"state": "planned", "code": "", "settled_at": None, "not_before": now + GRACE}
        )
        return "cancelled"
    if one.act == "unhide" and one.state == "planned":
        tx.change_outgoing(one.id, {"state": "cancelled", "code": "BY_PERSON", "settled_at": now})
        return "cancelled"
    _plan(tx, event, "hide", "", person_id, now)
    return "reversed"


def _reverse_hide(ctx: Context, tx: Transaction, event: Event, person_id: int) -> int | None:
    now = ctx.clock.now()
    hides = [o for o in tx.outgoing_of_event(event.id) if o.act == "hide"]
    stopped = [one for one in hides if withdrawing.withdraw(ctx, tx, one, Code.BY_PERSON)]
    if stopped:
        return stopped[-1].id
    if event.state == "hidden":
        return _plan(tx, event, "unhide", "", person_id, now)
    return None


def _check_length(act: SendAct, text: str) -> None:
    numbers = playbooks.platform_rules().numbers
    most = numbers.message_chars_max if act == "message" else numbers.reply_chars_max
    if length(text) > most:
        raise TextError(most=most)


def _plan(tx: Transaction, event: Event, act: SendAct, text: str, person_id: int, now: int) -> int:
    """Plan a person's act and return its id."""
    before = [o for o in tx.outgoing_of_event(event.id) if o.act == act]
    outgoing_id = tx.ids("outgoing")
    target = target_of(event)
    bound = approval_hash(event_id=event.id, act=act, target_id=target, text=text)
    tx.add_outgoing(
        [
            Outgoing(
                id=outgoing_id, account_id=event.account_id, event_id=event.id, act=act,
                ordinal=max((o.ordinal for o in before), default=-1) + 1, contact_id=event.contact_id or 0,
                video_id=event.video_id, target_id=target, rule="", template="", variant=0,
                language=event.language, text=text, state="planned", code="", not_before=now + GRACE, attempt_at=None,
                settled_at=None, fence=0, provider_ref="", approved_by=person_id, approved_hash=bound,
                approved_until=now + APPROVAL, created_at=now,
            )
        ]
    )  # fmt: skip
    return outgoing_id


def _approval(
    event_id: int, act: str, target_id: str, text: str, person_id: int, now: int
) -> dict[str, object]:
    bound = approval_hash(event_id=event_id, act=act, target_id=target_id, text=text)
    return {"approved_by": person_id, "approved_hash": bound, "approved_until": now + APPROVAL, "code": ""}


def _close(
    ctx: Context, tx: Transaction, event: Event, kind: str, person_id: int, outgoing_id: int | None
) -> None:
    """Note an act on a comment and resolve its open case, if it has one."""
    case = next((c for c in tx.cases_of_event(event.id) if c.state == "open"), None)
    if case is None:
        _note(ctx, tx, kind, event, person_id, outgoing_id=outgoing_id)
        return
    _drop_held(ctx, tx, case)
    _resolve(ctx, tx, case, kind, person_id, outgoing_id=outgoing_id)


def _drop_held(ctx: Context, tx: Transaction, case: Case) -> None:
    held = tx.outgoing(case.outgoing_id) if case.outgoing_id is not None else None
    if held is not None and held.state == "held":
        tx.change_outgoing(
            held.id, {"state": "cancelled", "code": "BY_PERSON", "settled_at": ctx.clock.now()}
        )


def _resolve(
    ctx: Context,
    tx: Transaction,
    case: Case,
    kind: str,
    person_id: int,
    *,
    outgoing_id: int | None,
    before: str = "",
    after: str = "",
) -> None:
    now = ctx.clock.now()
    changes = {"state": "resolved", "resolution": kind, "resolved_by": person_id, "resolved_at": now}
    if not tx.change_case(case.id, case.version, changes):
        raise MovedOnError(by=case.claimed_by or 0)
    event = _event(tx, case.event_id)
    _note(
        ctx, tx, kind, event, person_id, outgoing_id=outgoing_id, case_id=case.id, before=before, after=after
    )


def _note(
    ctx: Context,
    tx: Transaction,
    kind: str,
    event: Event,
    person_id: int,
    *,
    outgoing_id: int | None = None,
    case_id: int | None = None,
    before: str = "",
    after: str = "",
) -> None:
    """Keep a person's act for the list and seal it in the log."""
    now = ctx.clock.now()
    act_id = tx.ids("act")
    act = Act(
        id=act_id, account_id=event.account_id, person_id=person_id, kind=kind, event_id=event.id, case_id=case_id,
        outgoing_id=outgoing_id, data="", at=now, undone_at=None,
    )  # fmt: skip
    tx.add_act(act)
    refs: dict[str, int | str] = {"event": event.id, "act": act_id}
    if case_id is not None:
        refs["case"] = case_id
    if outgoing_id is not None:
        refs["outgoing"] = outgoing_id
    values = {name: text.encode() for name, text in (("before", before), ("after", after)) if text}
    draft = Draft(
        account_id=event.account_id,
        kind="review",
        at=now,
        actor=person(person_id),
        event_id=event.id,
        refs=refs,
        body={"act": kind},
        contact_id=event.contact_id or 0,
        values=values,
    )
    append(ctx, tx, [draft, *corrections.by_act(ctx, tx, event, act)])


def _open(tx: Transaction, case_id: int) -> Case:
    case = tx.case(case_id)
    if case is None:
        raise GoneError(id=case_id)
    if case.state != "open":
        raise MovedOnError(by=case.resolved_by or 0)
    return case


def _event(tx: Transaction, event_id: int) -> Event:
    event = tx.event(event_id)
    if event is None:
        raise GoneError(id=event_id)
    return event
