"""Today: what needs a person, how automation stands, what happened, what leaves next."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from goodstanding.core.policy.document import Limit
from goodstanding.kernel.timing import DAY, HOUR
from goodstanding.usecases import policies
from goodstanding.usecases.ports import Account, Queries
from goodstanding.web.accounts import notices
from goodstanding.web.desk import OPEN_MOST, Desk, Web, back, field, lang_of, whole
from goodstanding.web.items import sends
from goodstanding.web.login import FormBody

SHOWN = 10
"""Sends listed on this page."""
SPEEDS = (1, 60, 600)
JUMPS = {"hour": HOUR, "day": DAY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much of one limit is used."""

    account: Account
    limit: Limit
    used: int
    free_at: int | None
    """When the oldest act leaves the window; None while there is room."""


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    reads = desk.parts.reads

    @get("/", sync_to_thread=True)
    def today(request: Web) -> Response[Any]:
        def work(q: Queries) -> dict[str, Any]:
            first = reads.open_cases(q, queue="", code="", after=(0, 0), limit=1)
            return {
                "first_case": first[0] if first else None,
                "day_counts": desk.last_day(q),
                "sends": sends(reads, q, reads.planned(q, SHOWN)),
                "planned_count": reads.planned_count(q, OPEN_MOST + 1),
                "uses": _uses(desk, q),
                "waiting": reads.waiting(q, OPEN_MOST + 1),
                "newest_case": reads.newest_case(q),
                "speeds": SPEEDS,
                "notices": notices(desk, q, lang_of(request)),
                "second_opinion": desk.parts.second_opinion(),
            }

        return desk.page(request, "today.html", work)

    @get("/more", sync_to_thread=True)
    def more(request: Web) -> Response[Any]:
        return desk.page(request, "more.html")

    @get("/live", sync_to_thread=True)
    def live(request: Web) -> dict[str, Any]:
        """Counts only, never words or personal data."""
        after = whole(request.query_params.get("after", ""))
        return desk.read(
            lambda q: {
                "review": sum(reads.open_counts(q, OPEN_MOST + 1).values()),
                "fresh": reads.cases_after(q, after, OPEN_MOST),
                "planned": reads.planned_count(q, OPEN_MOST + 1),
                "tasks": sum(q.open_task_count(one.id, OPEN_MOST + 1) for one in q.accounts()),
                "frozen": len(q.freezes(active_only=True)),
                **desk.last_day(q),
            }
        )

    @post("/clock/confirm", sync_to_thread=True)
    def confirm_clock(data: FormBody) -> Response[Any]:
        if desk.parts.confirm_clock is not None:
            desk.parts.confirm_clock()
        return back(data, "/", said="clock")

    return [today, more, live, confirm_clock, *_demo_routes(desk)]


def _demo_routes(desk: Desk) -> list[HTTPRouteHandler]:
    demo = desk.demo
    if demo is None:
        return []

    @post("/demo/clock", sync_to_thread=True)
    def clock(data: FormBody) -> Response[Any]:
        speed, jump = whole(field(data, "speed")), field(data, "jump")
        if speed in SPEEDS:
            demo.set_speed(float(speed))
        if jump in JUMPS:
            demo.advance(JUMPS[jump])
        desk.wake()
        return back(data, "/", said="demo_clock")

    @post("/demo/spike", sync_to_thread=True)
    def spike(data: FormBody) -> Response[Any]:
        demo.spike()
        desk.wake()
        return back(data, "/", said="demo_spike")

    return [clock, spike]


def _uses(desk: Desk, q: Queries) -> list[Use]:
    """Return the use of every account-wide limit, counted like the dispatcher counts: attempts and what is unknown."""
    now = desk.ctx.clock.now()
    found = []
    for account in q.accounts():
        policy = policies.compiled(desk.ctx, q, account.policy_hash).policy
        for limit in policy.limits:
            if limit.scope != "account" or limit.channel == "message":
                continue
            acts = ("reply", "message") if limit.channel == "any" else (limit.channel,)
            window = limit.window_hours * HOUR
            times = desk.parts.reads.attempted(
                q, account_id=account.id, acts=acts, since=now - window, most=limit.max + 1
            )
            full = len(times) >= limit.max
            found.append(
                Use(
                    account=account,
                    limit=limit,
                    used=len(times),
                    free_at=times[0] + window if full and times else None,
                )
            )
    return found
