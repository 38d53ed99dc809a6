"""Problems: deliveries that could not be read or are not known, each with its reason."""

from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from goodstanding.usecases.ports import Queries
from goodstanding.web.desk import Desk, Web, whole

PAGE = 60
WINDOW = 20_000
"""Deliveries looked through for one page."""
SHOWN = 600
"""Characters of a body that are shown."""


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    reads = desk.parts.reads

    @get("/problems", sync_to_thread=True)
    def problems(request: Web) -> Response[Any]:
        asked = whole(request.query_params.get("before", ""))

        def work(q: Queries) -> dict[str, Any]:
            high = asked or reads.newest_delivery(q) + 1
            low = max(0, high - 1 - WINDOW)
            rows = reads.problems(q, low=low, high=high, limit=PAGE + 1)
            further = rows[PAGE - 1].id if len(rows) > PAGE else low + 1 if low else 0
            return {
                "rows": [(row, _shown(desk, row.body)) for row in rows[:PAGE]],
                "next": further,
                "first_page": not asked,
                "looked": high - 1 - low,
            }

        return desk.page(request, "problems.html", work)

    return [problems]


def _shown(desk: Desk, body: bytes | None) -> str:
    plain = None if body is None else desk.ctx.vault.unlock(0, body)
    return "" if plain is None else plain[:SHOWN].decode("utf-8", "replace")
