"""The application: routes, the gate before them, and words for everything that can go wrong."""

import traceback
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from litestar import Litestar, Request, Response, Router, get
from litestar.config.csrf import CSRFConfig
from litestar.exceptions import HTTPException
from litestar.middleware.csrf import CSRFMiddleware
from litestar.response import Redirect
from litestar.types import ASGIApp

from goodstanding.usecases.ports import StoreUnavailableError
from goodstanding.web import (
    accounts,
    assets,
    audit,
    bio,
    brand,
    clicks,
    comment,
    contacts,
    conversation,
    drafts,
    feed,
    freeze,
    health,
    imports,
    login,
    models,
    openapi,
    pairing,
    paste,
    policy,
    posts,
    problems,
    registry,
    review,
    tasks,
    thresholds,
    today,
    waiting,
)
from goodstanding.web.desk import Desk, Web
from goodstanding.web.door import Door
from goodstanding.web.gate import (
    CSRF_COOKIE,
    Gate,
    GuardError,
    SignInNeededError,
    csrf_secret,
    is_local,
    open_session,
    put_headers,
    visit_of,
)
from goodstanding.web.jobs import Jobs
from goodstanding.web.parts import DemoControls, WebParts

log = structlog.get_logger("web")
FEATURES = (
    login, today, tasks, paste, bio, pairing, review, comment, conversation, drafts, policy, audit, freeze, problems, accounts,
    posts, brand, thresholds, feed, registry, clicks, imports, contacts, waiting, models,
)  # fmt: skip
FORM_BYTES_MAX = 2 << 20
"""A policy file is at most 1 MB; nothing larger is ever posted."""


class Site(Litestar):
    """The pages, with the doors before them: a webhook passes by all routing, which would cost it a quarter more."""

    doors: Mapping[str, Door]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let a webhook in by its door, and everything else through the routes."""
        door = self.doors.get(scope["path"]) if scope["type"] == "http" else None
        await (door(scope, receive, send) if door else super().__call__(scope, receive, send))


def create_app(parts: WebParts, *, wake: Callable[[], None], demo: DemoControls | None = None) -> Litestar:
    """Return the web edge of one installation. `wake` is called whenever there is something for the worker."""
    desk = Desk(parts=parts, demo=demo, assets=assets.load(), jobs=Jobs(), wake=wake)
    figures = health.Figures()
    door = Door(parts.ctx, "tiktok", wake=wake, refused=figures.refused)
    healthz, metrics = health.routes(desk, figures)

    csrf = CSRFConfig(
        secret=csrf_secret(parts.ctx),
        cookie_name=CSRF_COOKIE,
        header_name="x-csrftoken",
        cookie_secure=parts.secure,
        cookie_httponly=True,
        cookie_samesite="strict",
    )

    def gate(app: ASGIApp) -> ASGIApp:
        return Gate(app, parts, demo)

    def form_token(app: ASGIApp) -> ASGIApp:
        return _FormToken(app, csrf)

    pages = Router(
        "/",
        route_handlers=[
            metrics,
            *[route for feature in FEATURES for route in feature.routes(desk)],
            *_demo_door(desk),
        ],
        middleware=[gate, form_token],
        include_in_schema=False,
    )
    site = Site(
        route_handlers=[
            healthz,
            openapi.handler(),
            assets.handler(desk.assets),
            bio.public_routes(desk),
            pages,
        ],
        before_send=[put_headers],
        exception_handlers={
            GuardError: _refused(desk),
            SignInNeededError: _sign_in_first(desk),
            StoreUnavailableError: _unavailable(desk),
            HTTPException: _http_error(desk),
            Exception: _failed(desk),
        },
        openapi_config=None,
        request_max_body_size=FORM_BYTES_MAX,
        logging_config=None,
    )
    site.doors = {"/hook/tiktok": door}
    return site


class _FormToken(CSRFMiddleware):
    """The check of form tokens, for which a token of odd signs is a wrong one and not a failure."""

    def _decode_csrf_token(self, token: str) -> str | None:
        return super()._decode_csrf_token(token) if token.isascii() else None


Handler = Callable[[Request[Any, Any, Any], Any], Response[Any]]


def _demo_door(desk: Desk) -> list[Any]:
    """Let whoever sits at this machine into a demo without a password; the page exists in a demo only."""
    demo = desk.demo
    if demo is None:
        return []

    @get("/demo-enter", sync_to_thread=True, public=True)
    def enter(request: Web) -> Response[Any]:
        owner = demo.enter() if visit_of(request.scope).local else None
        if owner is None:
            return Redirect("/sign-in", status_code=303)
        return Redirect("/", status_code=303, cookies=[open_session(desk.parts, demo, owner)])

    return [enter]


def _refused(desk: Desk) -> Handler:
    def answer(request: Web, error: GuardError) -> Response[Any]:
        return desk.render(request, "message.html", {"code": error.code}, status=403)

    return answer


def _sign_in_first(desk: Desk) -> Handler:
    def answer(request: Web, _error: SignInNeededError) -> Response[Any]:
        if request.url.path == "/live":
            return Response(content={"signed_in": False}, status_code=401)
        enter = desk.demo is not None and is_local(request.scope) and request.method == "GET"
        return Redirect("/demo-enter" if enter else "/sign-in", status_code=303)

    return answer


def _unavailable(desk: Desk) -> Handler:
    def answer(request: Web, _error: StoreUnavailableError) -> Response[Any]:
        return desk.render(request, "message.html", {"code": "store"}, status=503)

    return answer


def _failed(desk: Desk) -> Handler:
    def answer(request: Web, error: Exception) -> Response[Any]:
        where = [
            f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-4:]
        ]
        log.error("page_failed", kind=type(error).__name__, where=where)  # no values: they may be personal
        return desk.render(request, "message.html", {"code": "failed"}, status=500)

    return answer


def _http_error(desk: Desk) -> Handler:
    known = {400: "bad", 403: "form", 404: "missing", 405: "missing", 413: "large"}

    def answer(request: Web, error: HTTPException) -> Response[Any]:
        code = known.get(error.status_code, "failed")
        return desk.render(request, "message.html", {"code": code}, status=error.status_code)

    return answer
