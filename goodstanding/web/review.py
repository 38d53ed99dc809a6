"""Moderation and review: what waits for a person, what was decided, and taking any of it back."""

from collections.abc import Callable
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from goodstanding.core.policy.rules import unread
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import moderation, readers
from goodstanding.usecases.ports import Case, Queries
from goodstanding.usecases.reads import PageReads
from goodstanding.web import conversation, drafts, items, models
from goodstanding.web.desk import OPEN_MOST, Desk, Form, Web, back, field, lang_of, trouble, who, whole
from goodstanding.web.login import FormBody

PAGE = 60
ACTS_SHOWN = 100
OUTCOMES = ("reply", "message", "hide", "review", "label", "none")
REASONS = ("wrong", "tone", "brand", "private", "other")
"""Why a proposed reply was rejected; words in the template."""
NEWEST = 2**53


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    return [*_waiting(desk), *_done(desk), *_on_cases(desk), *_on_comments(desk)]


def _waiting(desk: Desk) -> list[HTTPRouteHandler]:
    reads = desk.parts.reads

    @get("/review", sync_to_thread=True)
    def queue_page(request: Web) -> Response[Any]:
        asked = request.query_params
        queue, code = asked.get("queue", ""), asked.get("reason", "")
        language, tag = asked.get("language", ""), asked.get("tag", "")
        due, _, number = asked.get("after", "").partition("-")
        me = who(request).id

        def work(q: Queries) -> dict[str, Any]:
            after = (whole(due), whole(number))
            cases = reads.open_cases(
                q, queue=queue, code=code, after=after, limit=PAGE + 1, language=language, tag=tag
            )
            last = cases[PAGE - 1] if len(cases) > PAGE else None
            read_by_me = readers.languages_of(q, me)
            shown = items.of_cases(reads, q, cases[:PAGE])
            if read_by_me and not language and after == (0, 0):
                mine = _mine(reads, q, read_by_me, queue=queue, code=code, tag=tag)
                known = {one.id for one in mine}
                rest = [one for one in cases[:PAGE] if one.id not in known]
                shown = items.of_cases(reads, q, [*mine, *rest])
            return {
                "items": shown,
                "languages": reads.open_languages(q, OPEN_MOST) if queue in ("", unread.QUEUE) else {},
                "i_read": sorted({one for _, one in read_by_me}),
                "readers": _readers(q, language) if language else [],
                "tags": reads.open_tags(q, OPEN_MOST),
                "tagged": q.tags_of([one.event.id for one in shown]),
                "next": f"{last.due_at}-{last.id}" if last else "",
                "first_page": after == (0, 0),
                "newest_case": reads.newest_case(q),
                "handled": desk.last_day(q),
            }

        return desk.page(
            request, "review.html", work, queue=queue, code=code, language=language, tag=tag, reasons=REASONS
        )

    @post("/review/languages", sync_to_thread=True)
    def reads_it(request: Web, data: FormBody) -> Response[Any]:
        """Note that whoever asks reads a language here, or not any more."""
        language, does = field(data, "language", most=20), field(data, "reads") == "yes"
        try:
            readers.mark(desk.ctx, language, who(request).id, reads=does)
        except GoodstandingError as error:
            return back(data, "/review", said="error", code=trouble(error))
        return back(data, f"/review?queue={unread.QUEUE}", said="reads_language" if does else "reads_no_more")

    @get("/review/{case_id:int}", sync_to_thread=True)
    def case_page(request: Web, case_id: FromPath[int]) -> Response[Any]:
        taken = 0
        try:
            moderation.claim(desk.ctx, case_id, who(request).id)
        except moderation.MovedOnError as error:
            taken = int(error.fields["by"])
        except moderation.GoneError as error:
            raise NotFoundException from error

        def work(q: Queries) -> dict[str, Any]:
            case = q.case(case_id)
            found = items.of_cases(reads, q, [case] if case else [])
            if not found:
                raise NotFoundException
            event = found[0].event
            return {
                "item": found[0],
                "talk": conversation.of_event(desk, q, event),
                "wrong": models.wrong(desk, q, event),
                "offer": drafts.of_event(desk, q, event, lang_of(request)),
            }

        return desk.page(request, "case.html", work, taken=taken, reasons=REASONS)

    return [queue_page, case_page, reads_it]


def _mine(
    reads: PageReads, q: Queries, read_by_me: frozenset[tuple[int, str]], *, queue: str, code: str, tag: str
) -> list[Case]:
    """Return open cases of texts that whoever looks reads and nothing else here does, the most pressing first."""
    found = [
        case
        for language in sorted({one for _, one in read_by_me})
        for case in reads.open_cases(
            q, queue=queue, code=code, after=(0, 0), limit=PAGE, language=language, tag=tag
        )
        if (case.account_id, language) in read_by_me
    ]
    return sorted(found, key=lambda one: (one.due_at, one.id))[:PAGE]


def _readers(q: Queries, language: str) -> list[str]:
    """Return the names of those who read a language for any account."""
    known = {one.id: one.name for one in q.persons()}
    ids = {one for account in q.accounts() for one in readers.readers(q, account.id).get(language, ())}
    return sorted(known[one] for one in ids if one in known)


def _done(desk: Desk) -> list[HTTPRouteHandler]:
    reads = desk.parts.reads

    @get("/comments", sync_to_thread=True)
    def comments(request: Web) -> Response[Any]:
        outcome = request.query_params.get("outcome", "hide")
        outcome = outcome if outcome in OUTCOMES else ""
        before = whole(request.query_params.get("before", ""), NEWEST)

        def work(q: Queries) -> dict[str, Any]:
            found = reads.decided(q, outcome=outcome, before=before, limit=PAGE + 1)
            return {
                "items": items.of_decisions(reads, q, found[:PAGE]),
                "next": found[PAGE - 1].event_id if len(found) > PAGE else 0,
                "day_counts": desk.last_day(q),
            }

        return desk.page(
            request, "comments.html", work, outcome=outcome, outcomes=OUTCOMES, first_page=before == NEWEST
        )

    @get("/acts", sync_to_thread=True)
    def acts_page(request: Web) -> Response[Any]:
        def work(q: Queries) -> dict[str, Any]:
            acts = q.acts(person_id=None, limit=ACTS_SHOWN)
            return {"acts": acts, "events": reads.events(q, [one.event_id for one in acts])}

        return desk.page(request, "acts.html", work)

    return [comments, acts_page]


def _carry_out(
    desk: Desk, request: Web, form: Form, said: str, work: Callable[[int], object], default: str
) -> Response[Any]:
    """Carry out a person's act and go back, saying what happened and offering to take it back."""
    person_id = who(request).id
    try:
        work(person_id)
    except GoodstandingError as error:
        return back(form, default, said="error", code=trouble(error))
    desk.wake()
    newest = desk.read(lambda q: q.acts(person_id=person_id, limit=1))
    return back(form, default, said=said, act=newest[0].id if newest else 0)


def _on_cases(desk: Desk) -> list[HTTPRouteHandler]:
    ctx, do = desk.ctx, partial(_carry_out, desk)

    @post("/review/{case_id:int}/approve", sync_to_thread=True)
    def approve(request: Web, case_id: FromPath[int], data: FormBody) -> Response[Any]:
        text = field(data, "text") if "text" in data else None
        later = desk.read(lambda q: _leaves_later(q, case_id, ctx.clock.now()))
        said = "approved_later" if later else "approved"
        return do(request, data, said, lambda me: moderation.approve(ctx, case_id, me, text=text), "/review")

    @post("/review/{case_id:int}/reject", sync_to_thread=True)
    def reject(request: Web, case_id: FromPath[int], data: FormBody) -> Response[Any]:
        reason = next((one for one in REASONS if one == field(data, "reason")), "other")
        return do(
            request,
            data,
            "rejected",
            lambda me: moderation.reject(ctx, case_id, me, reason=reason),
            "/review",
        )

    @post("/review/{case_id:int}/outcome", sync_to_thread=True)
    def outcome(request: Web, case_id: FromPath[int], data: FormBody) -> Response[Any]:
        happened = field(data, "happened") == "yes"
        return do(
            request, data, "settled",
            lambda me: moderation.settle_by_person(ctx, case_id, me, happened=happened), "/review",
        )  # fmt: skip

    return [approve, reject, outcome]


def _leaves_later(q: Queries, case_id: int, now: int) -> bool:
    """Tell whether what a case proposes is meant for a later time, which an approval keeps."""
    case = q.case(case_id)
    held = q.outgoing(case.outgoing_id) if case and case.outgoing_id is not None else None
    return held is not None and held.state == "held" and held.not_before > now + moderation.GRACE


def _on_comments(desk: Desk) -> list[HTTPRouteHandler]:
    ctx, do = desk.ctx, partial(_carry_out, desk)

    @post("/comment/{event_id:int}/hide", sync_to_thread=True)
    def hide(request: Web, event_id: FromPath[int], data: FormBody) -> Response[Any]:
        return do(
            request, data, "hidden", lambda me: moderation.hide(ctx, event_id, me), f"/comment/{event_id}"
        )

    @post("/comment/{event_id:int}/keep", sync_to_thread=True)
    def keep(request: Web, event_id: FromPath[int], data: FormBody) -> Response[Any]:
        return do(
            request, data, "kept", lambda me: moderation.keep(ctx, event_id, me), f"/comment/{event_id}"
        )

    @post("/outgoing/{outgoing_id:int}/cancel", sync_to_thread=True)
    def cancel(request: Web, outgoing_id: FromPath[int], data: FormBody) -> Response[Any]:
        return do(request, data, "cancelled", lambda me: moderation.cancel(ctx, outgoing_id, me), "/")

    @post("/act/{act_id:int}/undo", sync_to_thread=True)
    def undo(request: Web, act_id: FromPath[int], data: FormBody) -> Response[Any]:
        try:
            kind = moderation.undo(ctx, act_id, who(request).id)
        except GoodstandingError as error:
            return back(data, "/acts", said="error", code=trouble(error))
        desk.wake()
        return back(data, "/acts", said=f"undone_{kind}")

    return [hide, keep, cancel, undo]
