"""What machines ask: is it well, and the figures. No personal data."""

import secrets
import threading
import time
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import reconcile
from goodstanding.usecases.ports import Queries
from goodstanding.usecases.ports.feed import GapFigures
from goodstanding.web.desk import OPEN_MOST, Desk
from goodstanding.web.gate import is_local

LAG_MAX = 120_000
"""The oldest unread delivery may be so old (milliseconds) before the worker counts as ill."""
KEPT_SECONDS = 30.0
"""Totals are counted again after so long at the earliest: they read whole tables."""
_PASSED_ON = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})
"""What a proxy adds: then the request comes from elsewhere, whatever address it has here."""
_CLOSED = b"only from this machine, or with GOODSTANDING_METRICS_TOKEN as bearer token\n"
TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Figures:
    """The metrics of this process and of the database."""

    def __init__(self, desk: Desk | None = None) -> None:
        self.registry = CollectorRegistry()
        self.refused = Counter(
            "goodstanding_rejected_signatures",
            "Webhook calls refused at the door.",
            ["reason"],
            registry=self.registry,
        )
        self._lock = threading.Lock()
        self._totals: tuple[float, dict[str, dict[str, int]]] | None = None
        self.desk = desk

    def text(self) -> bytes:
        """Return all figures in the text format of Prometheus."""
        assert self.desk is not None
        desk, reads = self.desk, self.desk.parts.reads
        lag, queues, frozen = desk.read(
            lambda q: (_lag(desk, q), reads.open_counts(q, OPEN_MOST + 1), len(q.freezes(active_only=True)))
        )
        rows = {
            ("deliveries", "Deliveries by state.", "state"): self._counted()["deliveries"],
            ("decisions", "Decisions by outcome.", "outcome"): self._counted()["decisions"],
            ("sends", "Acts on the platform by state.", "state"): self._counted()["acts"],
            ("review_open", "Cases waiting for a person, by queue.", "queue"): queues,
        }
        families = []
        for (name, words, label), values in rows.items():
            family = GaugeMetricFamily(f"goodstanding_{name}", words, labels=[label])
            for key, value in sorted(values.items()):
                family.add_metric([key], value)
            families.append(family)
        families.append(
            GaugeMetricFamily("goodstanding_lag_seconds", "Age of the oldest unread delivery.", lag / 1000)
        )
        families.append(GaugeMetricFamily("goodstanding_freezes", "Freezes in force.", frozen))
        families.append(
            GaugeMetricFamily(
                "goodstanding_clock_unsure", "1 while time is in doubt.", int(bool(desk.ctx.clock.doubt()))
            )
        )
        families += self._feed()
        return generate_latest(self.registry) + generate_latest(_Once(families))

    def _feed(self) -> list[GaugeMetricFamily]:
        """Return the gap meters of all accounts."""
        assert self.desk is not None
        desk, now = self.desk, self.desk.ctx.clock.now()
        counts = GaugeMetricFamily(
            "goodstanding_feed", "The gap meter, by account and figure.", labels=["account", "figure"]
        )
        ages = GaugeMetricFamily(
            "goodstanding_feed_sure_age_seconds", "Age of the last certainty, by account.", labels=["account"]
        )
        talks = GaugeMetricFamily(
            "goodstanding_feed_messages_sure_age_seconds",
            "Age of the last certainty about messages, by account.",
            labels=["account"],
        )
        for account_id, found, talk, hidden in desk.read(lambda q: _meters(desk, q)):
            figures = _counts(found, "") | {"hidden_replies": hidden}
            if talk is not None:
                figures |= _counts(talk, "messages_")
            for name, count in figures.items():
                counts.add_metric([str(account_id), name], count)
            for family, sure in ((ages, found.sure_until), (talks, talk.sure_until if talk else None)):
                if sure is not None:
                    family.add_metric([str(account_id)], max(0, now - sure) / 1000)
        return [counts, ages, talks]

    def _counted(self) -> dict[str, dict[str, int]]:
        assert self.desk is not None
        with self._lock:
            now = time.monotonic()
            if self._totals is None or now - self._totals[0] > KEPT_SECONDS:
                self._totals = (now, self.desk.read(self.desk.parts.reads.totals))
            return self._totals[1]


class _Once:
    """Families ready to be written."""

    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self._families = families

    def collect(self) -> list[GaugeMetricFamily]:
        return self._families


def routes(desk: Desk, figures: Figures) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    """Return `/healthz` (for anyone) and `/metrics` (behind the gate)."""
    figures.desk = desk

    @get("/healthz", sync_to_thread=True, summary="Whether this installation is well: 200 or 503.")
    def healthz() -> Response[dict[str, Any]]:
        clock = desk.ctx.clock.doubt() or "ok"
        try:
            lag = desk.read(lambda q: _lag(desk, q))
            database = "ok"
        except (GoodstandingError, OSError):
            lag, database = 0, "unavailable"
        well = database == "ok" and clock in ("ok", "CLOCK_UNHEARD") and lag <= LAG_MAX
        found = {"ok": well, "database": database, "clock": clock, "lag_seconds": lag // 1000}
        return Response(content=found, status_code=200 if well else 503)

    @get("/metrics", sync_to_thread=True, public=True, summary="Figures for Prometheus.", media_type=TEXT)
    def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Answer this machine, and elsewhere whoever bears the token; figures are nobody else's business."""
        if not may_read(request.scope, desk.parts.metrics_token):
            wanted = {"WWW-Authenticate": "Bearer"} if desk.parts.metrics_token else None
            status = 401 if wanted else 403
            return Response(content=_CLOSED, media_type=TEXT, status_code=status, headers=wanted)
        return Response(content=figures.text(), media_type=TEXT)

    return healthz, metrics


def may_read(scope: Scope, token: str) -> bool:
    """Tell whether a request may have the figures: from this machine and not passed on by a proxy, or with the token."""
    given = {name.lower(): value for name, value in scope["headers"]}
    said = given.get(b"authorization", b"").partition(b" ")
    if token and said[0].lower() == b"bearer" and secrets.compare_digest(said[2].strip(), token.encode()):
        return True
    return is_local(scope) and not _PASSED_ON & given.keys()


def _meters(desk: Desk, q: Queries) -> list[tuple[int, GapFigures, GapFigures | None, int]]:
    ctx = desk.ctx
    return [
        (
            one.id,
            reconcile.figures(ctx, q, one.id),
            reconcile.talk_figures(ctx, q, one.id),
            q.spam_flags(one.id, 0),
        )
        for one in q.accounts()
    ]


def _counts(found: GapFigures, prefix: str) -> dict[str, int]:
    return {
        f"{prefix}open_gaps": found.open,
        f"{prefix}found_late": found.found_late,
        f"{prefix}came_after": found.came_after,
        f"{prefix}waiting": found.waiting,
        f"{prefix}never_came": found.never_came,
        f"{prefix}duplicates": found.duplicates,
    }


def _lag(desk: Desk, q: Queries) -> int:
    _, oldest = desk.parts.reads.waiting(q, 1)
    return 0 if oldest is None else max(0, desk.ctx.clock.now() - oldest)
