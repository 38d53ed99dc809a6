"""The bio page: what the world sees of it, and where its operator writes it."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address, ip_address
from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import Scope

from goodstanding.core.bio import LINKS_MAX, PURPOSES, Document, Link, Tongue, Words
from goodstanding.kernel.problems import GoodstandingError, Invalid, Problem
from goodstanding.kernel.timing import DAY
from goodstanding.usecases import bio, playbooks
from goodstanding.usecases.bio import FormError, Given, Shown
from goodstanding.usecases.moderation import GoneError
from goodstanding.usecases.ports import Queries
from goodstanding.usecases.ports.bio import BioPage
from goodstanding.web.desk import Desk, Form, Web, actor, back, field, whole
from goodstanding.web.gate import Visit, host_of, is_local, visit_of
from goodstanding.web.login import FormBody

BODY_MAX = 64 << 10
"""Bytes of a form that a stranger posts."""
TONGUES: tuple[Tongue, ...] = ("nl", "en")
WEEKS = 28
NETWORK_BITS = 64
"""The last bits of an IPv6 address, which every device draws for itself (RFC 4291 2.5.1, RFC 8981)."""


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the operator's pages."""
    return _writing(desk)


def public_routes(desk: Desk) -> Router:
    """Return what anybody may see: no session, no cookie, and only under the public address or on this machine."""
    return Router("/b", route_handlers=[*_reading(desk), *_form(desk)], include_in_schema=False)


def is_reachable(desk: Desk, scope: Scope) -> bool:
    """Tell whether a public page may be shown to this request."""
    public = desk.parts.public_url
    return is_local(scope) or (bool(public) and host_of(scope) in desk.parts.hosts)


def _visited(desk: Desk, request: Web) -> Tongue:
    """Let a visitor in, in the language asked for or the browser's; raises `NotFoundException`."""
    if not is_reachable(desk, request.scope):
        raise NotFoundException
    asked = request.query_params.get("lang", "")
    tongue: Tongue = "nl" if (asked if asked in TONGUES else visit_of(request.scope).lang) == "nl" else "en"
    request.scope["state"]["visit"] = Visit(lang=tongue)
    return tongue


def _shown(desk: Desk, slug: str) -> Shown:
    found = desk.read(lambda q: bio.shown(q, slug))
    if found is None:
        raise NotFoundException
    return found


def _page(
    desk: Desk,
    request: Web,
    found: Shown,
    tongue: Tongue,
    *,
    error: str = "",
    given: Mapping[str, Any] | None = None,
    preview: bool = False,
) -> Response[bytes]:
    slug = found.page.slug
    document = found.document
    context = {
        "words_": document.words[tongue],
        "links": [(one.id, getattr(one, tongue)) for one in document.links if one.shown],
        "slug": slug,
        "account": found.page.account_id,
        "ref": str((given or {}).get("ref", "") or request.query_params.get("ref", ""))[:40],
        "form": document.form,
        "token": "" if preview else bio.form_token(desk.ctx, slug, found, tongue),
        "purposes": [(one, getattr(document.words[tongue], one)) for one in PURPOSES],
        "age_min": playbooks.form_book().numbers.age_min,
        "error": error,
        "given": {"name": "", "email": "", "handle": "", "purposes": (), "old_enough": "", **(given or {})},
        "preview": preview,
        "other": "en" if tongue == "nl" else "nl",
    }
    return desk.render(request, "bio-page.html", context, status=422 if error else 200)


def _reading(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/{slug:str}", sync_to_thread=True)
    def page(request: Web, slug: FromPath[str]) -> Response[Any]:
        tongue = _visited(desk, request)
        return _page(desk, request, _shown(desk, slug), tongue)

    @get("/{slug:str}/l/{link_id:int}", sync_to_thread=True)
    def follow(request: Web, slug: FromPath[str], link_id: FromPath[int]) -> Response[Any]:
        _visited(desk, request)
        early = "prefetch" in request.headers.get("sec-purpose", request.headers.get("purpose", ""))
        url = bio.follow(desk.ctx, slug, link_id, request.query_params.get("ref", ""), is_person=not early)
        if url is None:
            raise NotFoundException
        return Redirect(url, status_code=302)

    return [page, follow]


def _form(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    @post("/{slug:str}", sync_to_thread=True, request_max_body_size=BODY_MAX)
    def fill_in(request: Web, slug: FromPath[str], data: FormBody) -> Response[Any]:
        tongue = _visited(desk, request)
        found = _shown(desk, slug)
        given = Given(
            token=field(data, "ticket"), name=field(data, "name"), email=field(data, "email"), handle=field(data, "handle"),
            purposes=tuple(_all(data, "purpose")), old_enough=field(data, "old_enough"), trap=field(data, "website"),
            ref=field(data, "ref"),
        )  # fmt: skip
        try:
            name = bio.fill_in(ctx, slug, given, visitor=_visitor(request.scope))
        except FormError as error:
            why = str(error.fields["why"])
            kept = {} if why == "young" else msgspec.structs.asdict(given)
            return _page(desk, request, found, tongue, error=why, given=kept)
        return Redirect(f"/b/{slug}/r/{name}?lang={tongue}", status_code=303)

    @get("/{slug:str}/r/{name:str}", sync_to_thread=True)
    def receipt(request: Web, slug: FromPath[str], name: FromPath[str]) -> Response[Any]:
        tongue = _visited(desk, request)
        try:
            found, kept, shown = bio.receipt(ctx, slug, name)
        except GoneError as error:
            raise NotFoundException from error
        words = msgspec.json.decode(shown)
        context = {
            "slug": slug, "name": name, "receipt": kept, "account_words": found.document.words[tongue],
            "agreed": [words["purposes"][one] for one in kept.purposes.split()], "shown_in": words["language"],
            "other": "en" if tongue == "nl" else "nl", "zone": _zone(desk, kept.account_id),
        }  # fmt: skip
        return desk.render(request, "bio-receipt.html", context)

    @post("/{slug:str}/r/{name:str}", sync_to_thread=True, request_max_body_size=BODY_MAX)
    def withdraw(request: Web, slug: FromPath[str], name: FromPath[str]) -> Response[Any]:
        tongue = _visited(desk, request)
        try:
            bio.withdraw(ctx, slug, name)
        except GoneError as error:
            raise NotFoundException from error
        return Redirect(f"/b/{slug}/r/{name}?lang={tongue}", status_code=303)

    return [fill_in, receipt, withdraw]


def _visitor(scope: Scope) -> str:
    """Return what tells visitors apart: the address, of IPv6 the network, which one visitor has all of."""
    client = scope.get("client")
    try:
        address = ip_address(client[0] if client else "")
    except ValueError:
        return client[0] if client else ""
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address) >> NETWORK_BITS << NETWORK_BITS)
    return str(address)


def _zone(desk: Desk, account_id: int) -> str:
    return desk.read(lambda q: next((one.zone for one in q.accounts() if one.id == account_id), "UTC"))


def _all(data: Form, name: str) -> list[str]:
    value = data.get(name, [])
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _writing(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    def edit_page(
        request: Web,
        account_id: int,
        draft: Shown | None,
        *,
        problems: Sequence[Problem] = (),
        status: int = 200,
    ) -> Response[Any]:
        since = ctx.clock.now() // DAY - WEEKS + 1

        def work(q: Queries) -> dict[str, Any]:
            found = draft or bio.page_for(q, account_id) or _fresh(q, account_id)
            return {
                "page": found.page,
                "document": found.document,
                "rows": _rows(found.document),
                "clicks": _clicks(q.bio_clicks(account_id, since)),
                "account_id": account_id,
            }

        people = bio.people(ctx, account_id) if account_id else []
        address = f"{desk.parts.public_url.rstrip('/')}/b/" if desk.parts.public_url else ""
        return desk.page(
            request, "bio-edit.html", work, problems=problems, status=status, people=people, address=address, tongues=TONGUES,
            weeks=WEEKS // 7,
        )  # fmt: skip

    @get("/bio", sync_to_thread=True)
    def edit(request: Web) -> Response[Any]:
        return edit_page(request, _chosen(desk, request.query_params.get("account", "")), None)

    @post("/bio", sync_to_thread=True)
    def save(request: Web, data: FormBody) -> Response[Any]:
        account_id = _chosen(desk, field(data, "account"))
        slug, document = field(data, "slug").lower(), _document(data)
        live = field(data, "live") == "yes"
        try:
            bio.save(ctx, account_id, slug, document, live=live, who=actor(request))
        except Invalid as error:
            return edit_page(
                request,
                account_id,
                _draft(account_id, slug, document, live),
                problems=error.problems,
                status=422,
            )
        except bio.SlugTakenError as error:
            taken = (Problem(code=error.code),)
            return edit_page(
                request, account_id, _draft(account_id, slug, document, live), problems=taken, status=422
            )
        except GoodstandingError as error:
            return back(data, "/bio", said="error", code=error.code)
        return back({}, f"/bio?account={account_id}", said="bio_saved")

    @get("/bio/preview", sync_to_thread=True)
    def preview(request: Web) -> Response[Any]:
        account_id = _chosen(desk, request.query_params.get("account", ""))
        tongue: Tongue = "nl" if request.query_params.get("lang", "nl") == "nl" else "en"
        found = desk.read(lambda q: bio.page_for(q, account_id))
        if found is None:
            raise NotFoundException
        request.scope["state"]["visit"] = Visit(lang=tongue)
        return _page(desk, request, found, tongue, preview=True)

    return [edit, save, preview]


def _chosen(desk: Desk, text: str) -> int:
    known = [one.id for one in desk.read(lambda q: q.accounts())]
    asked = whole(text)
    return asked if asked in known else (known[0] if known else 0)


def _fresh(q: Queries, account_id: int) -> Shown:
    handle = next((one.handle for one in q.accounts() if one.id == account_id), "")
    slug = "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in handle.lower()).strip("-")[
        :40
    ]
    return _draft(account_id, slug, bio.empty_document(), live=False)


def _draft(account_id: int, slug: str, document: Document, live: bool) -> Shown:  # noqa: FBT001 - three private callers
    page = BioPage(account_id=account_id, slug=slug, body=b"", live=live, updated_at=0)
    return Shown(page=page, document=document)


def _rows(document: Document) -> list[Link]:
    """Return the links with three empty places for more."""
    links = list(document.links)
    following = max((one.id for one in links), default=0) + 1
    empty = [
        Link(id=following + n, nl="", en="", url="") for n in range(min(3, max(0, LINKS_MAX - len(links))))
    ]
    return links + empty


def _document(data: Form) -> Document:
    words: dict[Tongue, Words] = {
        tongue: Words(
            title=field(data, f"title-{tongue}", most=80), intro=field(data, f"intro-{tongue}", most=400),
            answer=field(data, f"answer-{tongue}", most=400), marketing=field(data, f"marketing-{tongue}", most=400),
        )
        for tongue in TONGUES
    }  # fmt: skip
    links = []
    for place in range(LINKS_MAX + 3):
        nl, en, url = (field(data, f"{name}-{place}", most=500) for name in ("nl", "en", "url"))
        if nl or en or url:
            number = whole(field(data, f"id-{place}"), place + 1)
            shown = field(data, f"shown-{place}") == "yes"
            links.append(Link(id=number, nl=nl[:60] or en[:60], en=en[:60] or nl[:60], url=url, shown=shown))
    return Document(words=words, links=tuple(links), form=field(data, "form") == "yes")


def _clicks(rows: Sequence[tuple[int, int, str, int]]) -> dict[int, dict[str, int]]:
    """Return clicks by link and campaign."""
    found: dict[int, dict[str, int]] = {}
    for link, _, ref, count in rows:
        mine = found.setdefault(link, {})
        mine[ref] = mine.get(ref, 0) + count
    return found
