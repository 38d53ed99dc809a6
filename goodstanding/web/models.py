"""The model that reads: which is in use, what was measured, what people corrected, and choosing another."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from goodstanding.core import labels
from goodstanding.core.signals import Signals
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import corrections, models
from goodstanding.usecases.ports import Event, Queries
from goodstanding.usecases.ports.models import Correction
from goodstanding.web.audit import PATIENCE
from goodstanding.web.desk import Desk, Web, actor, back, field, trouble, whole
from goodstanding.web.jobs import Job
from goodstanding.web.login import FormBody

PAGE = 60
NEWEST = 2**53
USES_SHOWN = 20
SEED_MAX = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What can be said against the model about one comment or message, and what was."""

    groups: list[tuple[str, list[tuple[str, str]]]]
    """(name of the group, (head, answer) that the model did not give)."""
    said: list[Correction]


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    return [*_models(desk), *_corrections(desk)]


def wrong(desk: Desk, q: Queries, event: Event) -> Wrong | None:
    """Return what can be said against the model about an event; None where there is nothing it read."""
    if event.own or event.action != "insert" or not event.text:
        return None
    signals = corrections.signals_of(desk.ctx, q, event.id)
    groups = [
        ("harm", _other_answers(signals, labels.HARMS)),
        ("intent", _other_answers(signals, labels.INTENTS)),
        ("sentiment", _other_answers(signals, ("sentiment",))),
        ("lang", _other_answers(signals, ("lang",))),
    ]
    held = [one for one in q.corrections_of_event(event.id) if one.undone_at is None]
    return Wrong(groups=groups, said=held)


def _other_answers(signals: Signals | None, heads: tuple[str, ...]) -> list[tuple[str, str]]:
    return [
        (head, answer)
        for head in heads
        for answer in labels.answers(head)
        if answer != labels.found(signals, head)
    ]


def _models(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    @get("/model", sync_to_thread=True)
    def model_page(request: Web) -> Response[Any]:
        shelf = models.shelf_of(ctx)
        shipped, kept = shelf.shipped(), shelf.kept()

        def work(q: Queries) -> dict[str, Any]:
            in_use = models.active(q)
            active = shelf.look(in_use)
            return {
                "active": active,
                "shipped": shipped,
                "kept": [active, *kept]
                if active.trouble and all(k.digest != in_use for k in kept)
                else list(kept),
                "uses": q.model_uses(USES_SHOWN),
                "lost": models.trouble(q),
                "corrected": q.correction_count(),
            }

        return desk.page(request, "model.html", work)

    @post("/model/use", sync_to_thread=True)
    def use(request: Web, data: FormBody) -> Response[Any]:
        try:
            models.use(ctx, field(data, "digest") or models.SHIPPED, who=actor(request))
        except GoodstandingError as error:
            return back({}, "/model", said="error", code=trouble(error))
        return back({}, "/model", said="model_used")

    @post("/model/train", sync_to_thread=True)
    def train(request: Web, data: FormBody) -> Response[Any]:
        seed, who = max(1, min(SEED_MAX, whole(field(data, "seed"), 1))), actor(request)

        def work(job: Job) -> models.Trained:
            def tell(done: int, total: int) -> None:
                job.total = total
                job.step(done - job.done)

            return models.train(ctx, models.ACTIVE, seed=seed, who=who, progress=tell)

        job = desk.jobs.start("train", work, about={})
        job.wait(PATIENCE)
        return Redirect(f"/job/{job.id}", status_code=303)

    return [model_page, use, train]


def _corrections(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    @get("/model/corrections", sync_to_thread=True)
    def corrections_page(request: Web) -> Response[Any]:
        before = whole(request.query_params.get("before", ""), NEWEST)

        def work(q: Queries) -> dict[str, Any]:
            found = q.corrections(before=before, limit=PAGE + 1)
            return {
                "rows": found[:PAGE],
                "events": q.events([one.event_id for one in found[:PAGE]]),
                "next": found[PAGE - 1].id if len(found) > PAGE else 0,
                "corrected": q.correction_count(),
            }

        return desk.page(request, "corrections.html", work, first_page=before == NEWEST)

    @post("/model/export", sync_to_thread=True)
    def export(request: Web) -> Response[Any]:
        return Response(
            content=corrections.export(ctx, who=actor(request)),
            media_type="application/jsonl",
            status_code=200,
            headers={"Content-Disposition": 'attachment; filename="corrections.jsonl"'},
        )

    @post("/correction/{correction_id:int}/undo", sync_to_thread=True)
    def undo(request: Web, correction_id: FromPath[int], data: FormBody) -> Response[Any]:
        try:
            corrections.undo(ctx, correction_id, who=actor(request))
        except GoodstandingError as error:
            return back(data, "/model/corrections", said="error", code=trouble(error))
        return back(data, "/model/corrections", said="correction_undone")

    @post("/comment/{event_id:int}/wrong", sync_to_thread=True)
    def say(request: Web, event_id: FromPath[int], data: FormBody) -> Response[Any]:
        head, _, answer = field(data, "right").partition(":")
        here = f"/comment/{event_id}"
        try:
            corrections.say(ctx, event_id, head, answer, who=actor(request))
        except GoodstandingError as error:
            return back(data, here, said="error", code=trouble(error))
        return back(data, here, said="corrected")

    return [corrections_page, export, undo, say]
