"""Being reached: what is on and off without a public address, and pairing a phone by QR code."""

from typing import Any

import segno
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import bio, pairing
from goodstanding.usecases.ports import Queries
from goodstanding.web.desk import Desk, Web, back, field, trouble, who
from goodstanding.web.gate import open_session, session_name
from goodstanding.web.login import FormBody

MODULE = 5
"""Pixels of one square of a QR code: read from an arm's length away."""


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    return [*_reach(desk), *_phones(desk), *_on_the_phone(desk)]


def _reach(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/reach", sync_to_thread=True)
    def reach_page(request: Web) -> Response[Any]:
        base = desk.parts.public_url.rstrip("/")

        def work(q: Queries) -> dict[str, Any]:
            pages = [bio.page_for(q, one.id) for one in q.accounts()]
            return {"slugs": [one.page.slug for one in pages if one is not None and one.page.live]}

        return desk.page(request, "reach.html", work, base=base)

    return [reach_page]


def _phones(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    def phone_page(request: Web, *, link: str = "") -> Response[Any]:
        me = who(request).id
        return desk.page(
            request, "phone.html", lambda q: {"phones": pairing.phones(q, me)}, link=link, code=_picture(link) if link else "",
            base=_base(desk, request), minutes=pairing.LINK_LIFE // 60_000, secure=desk.parts.secure,
        )  # fmt: skip

    @get("/phone", sync_to_thread=True)
    def show(request: Web) -> Response[Any]:
        return phone_page(request)

    @post("/phone/link", sync_to_thread=True)
    def make(request: Web, data: FormBody) -> Response[Any]:
        base = _base(desk, request)
        if not base:
            return back(data, "/phone")
        return phone_page(request, link=f"{base}/pair/{pairing.new_link(ctx, who(request).id)}")

    @post("/phone/revoke", sync_to_thread=True)
    def revoke(request: Web, data: FormBody) -> Response[Any]:
        pairing.revoke_link(ctx, who(request).id)
        return back(data, "/phone", said="link_revoked")

    @post("/phone/{phone_id:int}/sign-out", sync_to_thread=True)
    def sign_out(request: Web, phone_id: FromPath[int], data: FormBody) -> Response[Any]:
        try:
            pairing.sign_out(ctx, phone_id, who(request).id)
        except GoodstandingError as error:
            return back(data, "/phone", said="error", code=trouble(error))
        return back(data, "/phone", said="phone_out")

    return [show, make, revoke, sign_out]


def _on_the_phone(desk: Desk) -> list[HTTPRouteHandler]:
    """The link shows a page first and signs in at a press: whatever looks at a link beforehand does not use it up."""
    ctx = desk.ctx

    @get("/pair/{token:str}", sync_to_thread=True, public=True)
    def ask(request: Web, token: FromPath[str]) -> Response[Any]:
        try:
            owner = pairing.owner_of(ctx, token)
        except pairing.PairingLinkError:
            return desk.render(request, "message.html", {"code": "pairing"}, status=410)
        return desk.render(request, "pair.html", {"token": token, "owner": owner})

    @post("/pair/{token:str}", sync_to_thread=True, public=True)
    def pair(request: Web, token: FromPath[str], data: FormBody) -> Response[Any]:
        try:
            owner = pairing.use_link(ctx, token)
        except pairing.PairingLinkError:
            return desk.render(request, "message.html", {"code": "pairing"}, status=410)
        cookie = open_session(desk.parts, desk.demo, owner, phone=True)
        label = field(data, "label") or request.headers.get("user-agent", "").split(")")[0][:40]
        pairing.note_phone(ctx, owner.id, label=label, session=session_name(cookie))
        return Redirect("/tasks", status_code=303, cookies=[cookie])

    return [ask, pair]


def _base(desk: Desk, request: Web) -> str:
    """Return the address under which a phone reaches us: the public one, else this machine's on its network."""
    if desk.parts.public_url.startswith("https://"):
        return desk.parts.public_url.rstrip("/")
    if not desk.parts.lan:
        return ""
    port = request.url.port
    return f"http://{desk.parts.lan}{f':{port}' if port else ''}"


def _picture(link: str) -> str:
    """Return a QR code as an image that stands in the page itself."""
    code = segno.make(link, error="m", micro=False)
    return str(code.svg_data_uri(scale=MODULE, border=4, dark="#000", light="#fff"))
