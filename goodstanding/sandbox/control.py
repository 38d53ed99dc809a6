"""The control calls under `/_sandbox/` as they are served, and the page that shows them."""

from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from goodstanding.sandbox.controls import CONTROLS, Control
from goodstanding.sandbox.pages import control_page
from goodstanding.sandbox.state import ApiError

if TYPE_CHECKING:
    from goodstanding.sandbox.world import World

_encode = msgspec.json.Encoder().encode
_Request = Request[Any, Any, Any]


async def read(request: _Request, kind: type[msgspec.Struct]) -> Any:
    """Return what a control call was sent, as `kind`; 400 when it is something else."""
    try:
        if request.method == "GET":
            return msgspec.convert(dict(request.query_params), kind, strict=False)
        return msgspec.json.decode(await request.body() or b"{}", type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as wrong:
        raise HTTPException(status_code=400, detail=str(wrong)) from None


def _json(value: Any, status: int = 200) -> Response[bytes]:
    return Response(_encode(value), status_code=status, media_type=MediaType.JSON)


def _asks_for_json(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A page of another site can post forms to a loopback address, but no JSON."""
    kind = connection.headers.get("content-type", "")
    if connection.scope.get("method") == "POST" and not kind.startswith("application/json"):
        raise HTTPException(status_code=415, detail="send application/json")


def _refused(_: _Request, refusal: ApiError) -> Response[bytes]:
    return _json({"code": refusal.code, "message": refusal.message}, status=400)


_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'"


@get("/", media_type=MediaType.HTML)
async def page(request: _Request) -> Response[str]:
    """Show the control page."""
    world: World = request.app.state.world
    world.agenda.run_due()
    return Response(
        control_page(world, CONTROLS),
        media_type=MediaType.HTML,
        headers={"Content-Security-Policy": _POLICY},
    )


@get("/control.js")
async def script() -> Response[str]:
    """Serve the script of the control page."""
    return _shipped("control.js", "text/javascript")


@get("/style.css")
async def style() -> Response[str]:
    """Serve the style of all pages."""
    return _shipped("control.css", "text/css")


def _shipped(name: str, kind: str) -> Response[str]:
    text = resources.files("goodstanding.sandbox").joinpath("data", name).read_text("utf-8")
    return Response(text, media_type=kind)


def _handler(control: Control) -> HTTPRouteHandler:
    async def handle(request: _Request) -> Response[bytes]:
        world: World = request.app.state.world
        world.agenda.run_due()
        return _json(await control.function(world, await read(request, control.takes)))

    decorate = get(control.path) if control.method == "GET" else post(control.path, status_code=200)
    return decorate(handle)


def control_routes(*more: HTTPRouteHandler) -> Router:
    """Return the router of the control calls; the application's state carries the `world`."""
    return Router(
        path="/_sandbox",
        route_handlers=[page, script, style, *more, *(_handler(control) for control in CONTROLS)],
        guards=[_asks_for_json],
        exception_handlers={ApiError: _refused},
    )
