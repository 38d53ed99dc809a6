"""Who may see a page: the right host, an owner, a session. And the headers every answer carries."""

import asyncio
import hashlib
import secrets

import msgspec
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.exceptions import NotFoundException
from litestar.middleware.csrf import CSRF_SECRET_LENGTH, generate_csrf_hash
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from goodstanding.kernel.timing import DAY, SECOND
from goodstanding.locale import LANGUAGES, Lang
from goodstanding.usecases.context import Context
from goodstanding.usecases.pairing import SESSIONS
from goodstanding.usecases.ports import Person, Queries
from goodstanding.web import i18n
from goodstanding.web.parts import LOOPBACK_HOSTS, DemoControls, WebParts

SESSION_LIFE = 30 * DAY
CSRF_COOKIE = "gs_csrf"
NUMBER_MAX = 2**63 - 1
"""The largest number that a database keeps: nothing has a larger one."""
LOOPBACK = frozenset({"127.0.0.1", "::1"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_NAMESPACE = SESSIONS
PHONE = "phone"
"""Stands beside the person in a session that began by pairing."""
NOT_ON_A_PHONE = ("/audit/", "/imports/", "/phone/", "/accounts/app/", "/drafts/")
"""Pages with everything in them, and the keys: files, evidence, pairing further phones, the app's credentials."""
NOT_CHANGED_ON_A_PHONE = ("/accounts/", "/bio/", "/by-hand/", "/model/", "/policy/", "/registry/")
"""What is arranged at the desk may be looked at; so is the platform's consent, which is asked for by a link."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and in which language to answer."""

    lang: Lang
    person: Person | None = None
    local: bool = False
    """Comes from this machine under a loopback name."""
    phone: bool = False
    """Signed in by pairing, without a password."""


class GuardError(Exception):
    """A page is not shown; `code` names the words that say why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SignInNeededError(Exception):
    """There is a page, for whoever signs in."""


def visit_of(scope: Scope) -> Visit:
    """Return who asks; before the gate only the language is known."""
    found = scope.get("state", {}).get("visit")
    return found if isinstance(found, Visit) else Visit(lang=_language(scope, None))


class Gate:
    """ASGI middleware of every page."""

    scopes = frozenset({ScopeType.HTTP})

    def __init__(self, app: ASGIApp, parts: WebParts, demo: DemoControls | None) -> None:
        self.app, self._parts, self._demo = app, parts, demo
        self._owned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or raise `GuardError` or `SignInNeededError`."""
        host = host_of(scope)
        if host not in self._parts.hosts:
            raise GuardError("host")
        numbers: list[object] = list(scope["path_params"].values())
        if any(isinstance(one, int) and abs(one) > NUMBER_MAX for one in numbers):
            raise NotFoundException
        local = is_local(scope)
        name = cookies(scope).get(cookie_name(self._parts), "")
        person, phone = await asyncio.to_thread(self._person, name)
        if not self._owned and not local:
            raise GuardError("owner")
        scope["state"]["visit"] = Visit(
            lang=_language(scope, person), person=person, local=local, phone=phone
        )
        if scope["route_handler"].opt.get("public"):
            pass
        elif person is None:
            raise SignInNeededError
        elif phone and is_for_the_desk(str(scope.get("method", "")), scope["path"]):
            raise GuardError("phone")
        await self.app(scope, receive, send)

    def _person(self, session: str) -> tuple[Person | None, bool]:
        """Return who is signed in and whether by a paired phone; note for good that there is an owner once there is."""
        ctx = self._parts.ctx
        name = _digest(session)
        now = ctx.clock.now()

        def work(q: Queries) -> tuple[list[Person], tuple[bytes, int | None] | None]:
            return q.persons(), q.stored_value(_NAMESPACE, name) if session else None

        persons, kept = ctx.store.read(work)
        self._owned = bool(persons)
        if kept is None or (kept[1] is not None and kept[1] <= now):
            return None, False
        number, _, phone = kept[0].decode().partition(" ")
        return next((one for one in persons if one.id == int(number)), None), phone == PHONE


def is_for_the_desk(method: str, path: str) -> bool:
    """Tell whether a paired phone is refused here: a link that was seen, or a phone left lying, gives nothing of this."""
    place = path.rstrip("/") + "/"
    changes = method not in ("GET", "HEAD")
    return place.startswith(NOT_ON_A_PHONE) or (
        (changes or place.endswith("/connect/")) and place.startswith(NOT_CHANGED_ON_A_PHONE)
    )


def is_local(scope: Scope) -> bool:
    """Tell whether a request comes from this machine, asking for it by a loopback name."""
    client = scope.get("client")
    return client is not None and client[0] in LOOPBACK and host_of(scope) in LOOPBACK_HOSTS


def host_of(scope: Scope) -> str:
    """Return the asked host in lower case without its port; empty unless exactly one is named."""
    found = [value for name, value in scope["headers"] if name == b"host"]
    if len(found) != 1:
        return ""
    host = found[0].decode("latin-1").lower()
    if host.startswith("["):
        return host[: host.find("]") + 1]
    return host.partition(":")[0]


def cookies(scope: Scope) -> dict[str, str]:
    """Return the cookies of a request."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, _, given = part.strip().partition("=")
                found.setdefault(key, given)
    return found


def _language(scope: Scope, person: Person | None) -> Lang:
    for lang in LANGUAGES:
        if person is not None and person.language == lang:
            return lang
    accepted = next((v.decode("latin-1") for n, v in scope["headers"] if n == b"accept-language"), "")
    return i18n.chosen(cookies(scope).get("gs_lang", ""), accepted)


def cookie_name(parts: WebParts) -> str:
    """Return the session cookie's name; over https the browser itself ties it to this host."""
    return "__Host-gs_session" if parts.secure else "gs_session"


def open_session(
    parts: WebParts, demo: DemoControls | None, person: Person, *, phone: bool = False
) -> Cookie:
    """Start a session under a fresh random name; only its hash is stored. The demo's never ends."""
    session = secrets.token_urlsafe(32)
    until = None if demo else parts.ctx.clock.now() + SESSION_LIFE
    value = (f"{person.id} {PHONE}" if phone else str(person.id)).encode()
    parts.ctx.store.write(lambda tx: tx.put_stored_value(_NAMESPACE, _digest(session), value, until))
    return _cookie(parts, session, SESSION_LIFE // SECOND)


def session_name(cookie: Cookie) -> str:
    """Return the name under which the session of a fresh cookie is kept."""
    return _digest(str(cookie.value))


def close_session(parts: WebParts, scope: Scope) -> Cookie:
    """End the session of a request and return the cookie that clears it."""
    session = cookies(scope).get(cookie_name(parts), "")
    parts.ctx.store.write(lambda tx: tx.drop_stored_value(_NAMESPACE, _digest(session)))
    return _cookie(parts, "", 0)


def csrf_secret(ctx: Context) -> str:
    """Return the key of the form tokens: the same in every process of an installation."""
    return ctx.chance.keyed_digest("csrf", "forms").hex()


def form_token_holds(ctx: Context, scope: Scope, token: str) -> bool:
    """Tell whether a form's token is the browser's own: what the middleware checks, for a form too large to wait for."""
    cookie = cookies(scope).get(CSRF_COOKIE, "")
    if not token or not secrets.compare_digest(token.encode(), cookie.encode()) or not token.isascii():
        return False
    plain, mark = token[:CSRF_SECRET_LENGTH], token[CSRF_SECRET_LENGTH:]
    return secrets.compare_digest(generate_csrf_hash(token=plain, secret=csrf_secret(ctx)), mark)


def _cookie(parts: WebParts, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=cookie_name(parts),
        value=value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=parts.secure,
    )


def _digest(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


_RAW = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_NO_STORE = (b"cache-control", b"no-store")


async def put_headers(message: Message, scope: Scope) -> None:
    """Add the security headers to an answer of the desk; pages are never stored, fixed files always."""
    if message["type"] != "http.response.start" or scope["path"].startswith("/hook/"):
        return
    given = list(message["headers"])
    cached = any(name.lower() == b"cache-control" for name, _ in given)
    message["headers"] = [*given, *_RAW] if cached else [*given, *_RAW, _NO_STORE]
