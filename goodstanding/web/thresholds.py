"""Thresholds: the two lines of every risk, how the model is calibrated, and what both mean in work a day."""

from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from goodstanding.locale import understanding as words
from goodstanding.usecases import policies, thresholds
from goodstanding.usecases.ports import Account, Queries
from goodstanding.web.desk import Desk, Web, lang_of, whole
from goodstanding.web.policy import short_of

FALSE_ALARMS_PER_THOUSAND = 5
"""Of friendly texts, the share that the model's upper lines were chosen to let through (model/calibrate.py)."""


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    reads, ctx = desk.parts.reads, desk.ctx

    @get("/policy/thresholds", sync_to_thread=True)
    def page(request: Web) -> Response[Any]:
        asked, lang = whole(request.query_params.get("account", "")), lang_of(request)
        account = desk.read(lambda q: _account(q, asked))
        kept = desk.read(lambda q: thresholds.texts(reads, q, account, ctx.clock.now())) if account else []

        def work(q: Queries) -> dict[str, Any]:
            if account is None:
                return {"account": None}
            active = policies.compiled(ctx, q, account.policy_hash)
            return {
                "account": account,
                "short": short_of(active.hash),
                "title": active.policy.title.nl if lang == "nl" else active.policy.title.en,
                "expected": thresholds.expected(ctx, q, account, active.policy, kept),
            }

        limits = desk.parts.explains.limits() if desk.parts.explains else []
        return desk.page(
            request, "thresholds.html", work, limits=limits, budget=FALSE_ALARMS_PER_THOUSAND,
            weights=desk.parts.explains.weights if desk.parts.explains else "",
            head_name=lambda name: words.head(lang, name), percent=lambda milli: words.percent(lang, milli),
            tongue=lambda code: words.language(lang, code),
        )  # fmt: skip

    return [page]


def _account(q: Queries, asked: int) -> Account | None:
    accounts = q.accounts()
    return next((one for one in accounts if one.id == asked), accounts[0] if accounts else None)
