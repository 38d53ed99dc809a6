"""The consent page in the browser: `/v2/auth/authorize/`."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit

from litestar import MediaType, Request, Response, get, post
from litestar.response import Redirect

from goodstanding.sandbox.pages import consent_page, refusal_page
from goodstanding.sandbox.state import SCOPES, ApiError
from goodstanding.sandbox.world import World

AUTHORIZE_PATH = "/v2/auth/authorize/"
_USER_COOKIE = "sandbox_user"
"""Who used the consent page last in this browser, as the platform's own session would say."""
_CARRIED = ("client_key", "response_type", "scope", "redirect_uri", "state")
_URI_LENGTHS = range(10, 513)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def redirect_problem(uri: str, *, local: bool) -> str | None:
    """Return why a redirect address is not allowed, or `None`; `local` allows loopback.

    Source: portal 1738083939371009.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "redirect_uri is not an address."
    if len(uri) not in _URI_LENGTHS:
        return "redirect_uri must have 10 to 512 characters."
    if parts.query or parts.fragment or not parts.path.endswith("/"):
        return "redirect_uri must end with / and have no query and no fragment."
    if local and parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK:
        return None
    if parts.scheme != "https" or not parts.hostname or parts.netloc != parts.hostname:
        return "redirect_uri must be https without a port; --local-redirects also allows loopback."
    return None


def _asked_scopes(asked: Mapping[str, str]) -> list[str]:
    return [scope for scope in asked.get("scope", "").split(",") if scope in SCOPES]


def _problem(world: World, asked: Mapping[str, str]) -> str | None:
    if asked.get("client_key") != world.settings.app_id:
        return "client_key is unknown."
    if asked.get("response_type") != "code":
        return "response_type must be code."
    if not _asked_scopes(asked):
        return "scope names nothing this platform knows."
    return redirect_problem(asked.get("redirect_uri", ""), local=world.settings.local_redirects)


def _refusal(reason: str) -> Response[str]:
    return Response(refusal_page(reason), status_code=400, media_type=MediaType.HTML)


def _bounces(world: World, asked: Mapping[str, str], *, user: str) -> bool:
    """Whether a returning user is sent straight back; `disable_auto_auth=1` always shows the page."""
    if asked.get("disable_auto_auth") == "1" or not world.options.bounce_returning:
        return False
    return world.state.granted(user).issuperset(_asked_scopes(asked))


@get(AUTHORIZE_PATH)
async def ask(request: Request[Any, Any, Any]) -> Response[str] | Redirect:
    """Show the consent form; the user may untick scopes. A returning one may be sent back without a code."""
    world: World = request.app.state.world
    asked = dict(parse_qsl(request.scope["query_string"].decode("latin-1")))
    wrong = _problem(world, asked)
    if wrong is not None:
        return _refusal(wrong)
    if _bounces(world, asked, user=unquote(request.cookies.get(_USER_COOKIE, ""))):
        back = urlencode({"state": asked.get("state", "")})
        return Redirect(f"{asked['redirect_uri']}?{back}", status_code=302)
    page = consent_page(
        accounts={one.open_id: one.display_name or one.username for one in world.state.accounts.values()},
        scopes=_asked_scopes(asked),
        hidden={name: asked.get(name, "") for name in _CARRIED},
        chosen=next(iter(world.state.accounts), ""),
    )
    return Response(page, media_type=MediaType.HTML)


@post(AUTHORIZE_PATH, status_code=200)
async def answer(request: Request[Any, Any, Any]) -> Response[str] | Redirect:
    """Send the user back with a code, or with a refusal."""
    world: World = request.app.state.world
    form = parse_qs((await request.body()).decode("latin-1"), keep_blank_values=True)
    asked = {name: values[0] for name, values in form.items()}
    wrong = _problem(world, asked)
    if wrong is not None:
        return _refusal(wrong)
    uri, back = asked["redirect_uri"], {"state": asked.get("state", "")}
    if asked.get("answer") != "allow":
        back |= {"error": "access_denied", "error_description": "The user refused."}
        return Redirect(f"{uri}?{urlencode(back)}", status_code=302)
    granted = [scope for scope in _asked_scopes(asked) if scope in form.get("granted", [])]
    try:
        code = world.state.new_code(open_id=asked.get("open_id", ""), scopes=granted, redirect_uri=uri)
    except ApiError as refusal:
        return _refusal(refusal.message)
    back |= {"code": code, "scopes": ",".join(granted)}
    sent = Redirect(f"{uri}?{urlencode(back)}", status_code=302)
    sent.set_cookie(_USER_COOKIE, quote(asked["open_id"]), path=AUTHORIZE_PATH, httponly=True, samesite="lax")
    return sent
