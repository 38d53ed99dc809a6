"""The first owner, signing in and out, the language of a person."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, FromPath
from litestar.response import Redirect

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import DAY, SECOND
from goodstanding.locale import LANGUAGES
from goodstanding.usecases import people
from goodstanding.web.desk import Desk, Form, Web, back, field, lang_of
from goodstanding.web.gate import close_session, open_session, visit_of

FormBody = Annotated[Form, Body(media_type=RequestEncodingType.URL_ENCODED)]
_YEAR = 365 * DAY // SECOND


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    return [*_first_owner(desk), *_coming_and_going(desk)]


def _first_owner(desk: Desk) -> list[HTTPRouteHandler]:
    parts, ctx = desk.parts, desk.ctx

    @get("/setup/{token:str}", sync_to_thread=True, public=True)
    def setup_form(request: Web, token: FromPath[str]) -> Response[Any]:
        if people.has_owner(ctx):
            return desk.render(request, "message.html", {"code": "setup_done"}, status=410)
        return desk.render(
            request, "setup.html", {"token": token, "form": {"name": "", "email": ""}, "error": None}
        )

    @post("/setup/{token:str}", sync_to_thread=True, public=True)
    def setup(request: Web, token: FromPath[str], data: FormBody) -> Response[Any]:
        form = {name: field(data, name) for name in ("name", "email")}
        password = str(data.get("password", ""))
        error = _setup_problem(form, password, str(data.get("again", "")))
        if error is None:
            try:
                owner = people.create_owner(
                    ctx, parts.passwords, token=token, password=password, language=lang_of(request), **form
                )
            except (people.WeakPasswordError, people.NotAllowedError) as refused:
                error = refused
            else:
                return Redirect("/", status_code=303, cookies=[open_session(parts, desk.demo, owner)])
        return desk.render(request, "setup.html", {"token": token, "form": form, "error": error}, status=422)

    return [setup_form, setup]


def _coming_and_going(desk: Desk) -> list[HTTPRouteHandler]:
    parts, ctx = desk.parts, desk.ctx

    @get("/sign-in", sync_to_thread=True, public=True)
    def sign_in_form(request: Web) -> Response[Any]:
        if visit_of(request.scope).person is not None:
            return Redirect("/", status_code=303)
        values = {"owner": people.has_owner(ctx), "email": "", "error": None}
        return desk.render(request, "sign-in.html", values)

    @post("/sign-in", sync_to_thread=True, public=True)
    def sign_in(request: Web, data: FormBody) -> Response[Any]:
        email, password = field(data, "email"), str(data.get("password", ""))[:1000]
        try:
            found = people.sign_in(ctx, parts.passwords, email=email, password=password)
        except (people.WrongLoginError, people.TooManyTriesError) as error:
            status = 429 if isinstance(error, people.TooManyTriesError) else 401
            values = {"owner": people.has_owner(ctx), "email": email, "error": error}
            return desk.render(request, "sign-in.html", values, status=status)
        return Redirect("/", status_code=303, cookies=[open_session(parts, desk.demo, found)])

    @post("/sign-out", sync_to_thread=True)
    def sign_out(request: Web) -> Response[Any]:
        return Redirect("/sign-in", status_code=303, cookies=[close_session(parts, request.scope)])

    @post("/language", sync_to_thread=True, public=True)
    def language(request: Web, data: FormBody) -> Response[Any]:
        chosen = next((one for one in LANGUAGES if one == field(data, "lang")), "en")
        person = visit_of(request.scope).person
        if person is not None:
            ctx.store.write(lambda tx: tx.change_person(person.id, {"language": chosen}))
        answer = back(data, "/")
        answer.set_cookie(
            Cookie(
                key="gs_lang", value=chosen, max_age=_YEAR, samesite="lax", secure=parts.secure, httponly=True
            )
        )
        return answer

    return [sign_in_form, sign_in, sign_out, language]


class FormError(GoodstandingError):
    """A field of the form is not filled in as it should be; field: which."""

    code = "FORM"


def _setup_problem(form: dict[str, str], password: str, again: str) -> GoodstandingError | None:
    if not form["name"]:
        return FormError(which="name")
    if "@" not in form["email"]:
        return FormError(which="email")
    return FormError(which="again") if password != again else None
