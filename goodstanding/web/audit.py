"""The log: a timeline, each entry as a story with its proof, and a verification anyone can start."""

from typing import Any, get_args

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from goodstanding.core.audit.entries import Kind
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import audit, evidence
from goodstanding.usecases.ports import AuditRow, Queries
from goodstanding.usecases.reads import PageReads
from goodstanding.web.desk import Desk, Web, actor, back, field, trouble, whole
from goodstanding.web.login import FormBody

PAGE = 60
WINDOW = 10_000
"""Entries looked through for one page of a kind."""
KINDS: tuple[str, ...] = get_args(Kind)
PATIENCE = 1.5
"""Seconds to wait for a result before a page with progress is shown."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the log with its body opened."""

    row: AuditRow
    who: str
    """`type:id`."""
    body: dict[str, Any]
    refs: dict[str, Any]


def opened(row: AuditRow) -> Entry:
    """Return a row with its body opened."""
    sealed = msgspec.json.decode(row.body)
    actor = sealed["actor"]
    return Entry(row=row, who=f"{actor['type']}:{actor['id']}", body=sealed["body"], refs=sealed["refs"])


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    return [*_pages(desk), *_checks(desk)]


def _pages(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    @get("/audit", sync_to_thread=True)
    def timeline(request: Web) -> Response[Any]:
        kind = request.query_params.get("kind", "")
        kind = kind if kind in KINDS else ""
        asked = whole(request.query_params.get("before", ""))

        def work(q: Queries) -> dict[str, Any]:
            size, _ = q.audit_head()
            high = asked or size
            rows, low = _rows(desk.parts.reads, q, kind, high)
            return {
                "entries": [opened(row) for row in rows[:PAGE]],
                "next": rows[PAGE - 1].seq if len(rows) > PAGE else low,
                "first_page": not asked,
                "size": size,
                "looked": high - low,
            }

        return desk.page(request, "audit.html", work, kind=kind, kinds=KINDS)

    @get("/audit/{seq:int}", sync_to_thread=True)
    def entry(request: Web, seq: FromPath[int]) -> Response[Any]:
        def work(q: Queries) -> dict[str, Any]:
            row = next(iter(q.audit_entries(seq, seq + 1)), None)
            if row is None:
                raise NotFoundException
            vault = q.vault_rows([seq])
            values = audit.disclose(ctx, vault, seq)
            shown = (
                {name: value.decode("utf-8", "replace") for name, (_, value) in values.values.items()}
                if values
                else {}
            )
            return {
                "entry": opened(row),
                "raw": row.body.decode(),
                "values": shown,
                "erased": bool(vault) and not values,
            }

        proof = audit.proof(ctx, seq)
        return desk.page(request, "entry.html", work, proof=proof.decode() if proof else "")

    return [timeline, entry]


def _checks(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    @post("/audit/verify", sync_to_thread=True)
    def verify() -> Response[Any]:
        job = desk.jobs.start("verify", lambda _job: audit.verify(ctx), about={})
        job.wait(PATIENCE)
        return Redirect(f"/job/{job.id}", status_code=303)

    @post("/audit/checkpoint", sync_to_thread=True)
    def checkpoint(data: FormBody) -> Response[Any]:
        audit.checkpoint(ctx, force=True)
        return back(data, "/audit", said="checkpoint")

    @post("/audit/export", sync_to_thread=True)
    def export(request: Web, data: FormBody) -> Response[Any]:
        if desk.parts.build_pack is None:
            return back(data, "/audit", said="error", code="NO_EXPORT")
        try:
            packed = evidence.export(
                ctx,
                desk.parts.build_pack,
                who=actor(request),
                events=numbers(field(data, "comment")),
                seqs=numbers(field(data, "entries")),
                reason=field(data, "reason", most=300),
                masked=field(data, "masked") == "yes",
            )
        except GoodstandingError as error:
            return back(data, "/audit", said="error", code=trouble(error))
        return Response(
            content=packed,
            media_type="application/zip",
            status_code=200,
            headers={"Content-Disposition": 'attachment; filename="goodstanding-evidence.zip"'},
        )

    @get("/job/{job_id:int}", sync_to_thread=True)
    def job_page(request: Web, job_id: FromPath[int]) -> Response[Any]:
        job = desk.jobs.get(job_id)
        if job is None:
            raise NotFoundException
        return desk.page(request, f"job-{job.kind}.html", job=job)

    @post("/job/{job_id:int}/stop", sync_to_thread=True)
    def stop(job_id: FromPath[int]) -> Response[Any]:
        job = desk.jobs.get(job_id)
        if job is None:
            raise NotFoundException
        job.stop()
        job.wait(PATIENCE)
        return Redirect(f"/job/{job_id}", status_code=303)

    return [verify, checkpoint, export, job_page, stop]


def numbers(text: str) -> list[int]:
    """Return the whole numbers in `text`, separated by commas."""
    return [int(one) for one in text.split(",") if one.isascii() and one.isdigit()]


def _rows(reads: PageReads, q: Queries, kind: str, high: int) -> tuple[list[AuditRow], int]:
    """Return one more row than a page below `high`, newest first, and where the looking ended (0: the start).

    A rare kind is looked for in a bounded stretch of the log.
    """
    if not kind:
        rows = q.audit_newest(before=high, limit=PAGE + 1)
        return rows, 0
    low = max(0, high - WINDOW)
    return reads.log_stretch(q, kind=kind, low=low, high=high, limit=PAGE + 1), low
