"""What every platform call has in common: its parameters, its grant, its route and its answer."""

import re
from collections.abc import Callable, Container, Mapping
from functools import cache, partial
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from msgspec import inspect as kinds
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import create_form_parser

from goodstanding.sandbox.images import Picture, read_picture
from goodstanding.sandbox.journal import Entry
from goodstanding.sandbox.personas import messages_closed
from goodstanding.sandbox.state import Account, ApiError, Comment, Grant
from goodstanding.sandbox.world import World

Text = Annotated[str, msgspec.Meta(min_length=1)]
"""A string that must not be empty."""
_STRUCTURED = (
    kinds.ListType, kinds.SetType, kinds.FrozenSetType, kinds.VarTupleType, kinds.DictType, kinds.StructType,
)  # fmt: skip
_IN_MEMORY = 16 << 20
_NAMED = re.compile(r"`\$\.(\w+)|`(\w+)`$")


class Params(msgspec.Struct, kw_only=True):
    """Parameters of a call; what is not named here is ignored, as the platform ignores it."""


class OfAccount(Params, kw_only=True):
    """Parameters of a call for one account."""

    business_id: Text


class Nothing(msgspec.Struct, kw_only=True):
    """An empty answer."""


class Page(msgspec.Struct, kw_only=True):
    """A part of a list, which may be short although there is more."""

    cursor: int
    has_more: bool


class Answer(NamedTuple):
    """What goes back. `manner` is how: at once, after `seconds`, never, or with the line cut."""

    status: int
    content_type: bytes
    body: bytes
    request_id: str
    manner: str = "now"
    seconds: float = 0.0


class Received(NamedTuple):
    """A call as it came in."""

    method: str
    path: str
    query: bytes
    access_token: str
    body: bytes
    content_type: str = "application/json"
    base_url: str = "http://sandbox.invalid"
    """How the caller reaches the sandbox: what temporary addresses in answers begin with."""


class Call:
    """One call as its function sees it: the world, the grant, and the log entry it fills in."""

    __slots__ = ("_account", "entry", "files", "grant", "late_seconds", "received", "world")

    def __init__(self, world: World, received: Received, entry: Entry) -> None:
        self.world = world
        self.received = received
        self.entry = entry
        self.files: dict[str, bytes] = {}
        self.late_seconds = 0.0
        """How long the answer is held back although the act has happened."""
        self.grant: Grant | None = None
        self._account: Account | None = None

    def admit(self, params: Mapping[str, Any], route: "Route") -> None:
        """Check token, account, scope and capability; raises `ApiError`."""
        self.grant = self.world.state.grant_of(self.received.access_token)
        business_id = params.get("business_id")
        if not isinstance(business_id, str) or not business_id:
            raise ApiError(40002, "Param business_id is missing or invalid.")
        if business_id != self.grant.open_id:
            raise ApiError(40001, "No permission to operate this business_id.")
        self._account = self.world.state.accounts[business_id]
        if route.scope is not None:
            self.need_scope(route.scope)
        if route.product == "messages":
            closed = messages_closed(self._account, self.world.numbers.regions)
            if closed is not None:
                raise ApiError(*closed)
        if route.product == "mentions" and not self._account.is_business:
            raise ApiError(40001, "Mentions are for Business Accounts only.")

    def need_scope(self, scope: str) -> None:
        """Refuse with 40001 when the user did not grant `scope`."""
        assert self.grant is not None
        if scope not in self.grant.scopes:
            raise ApiError(40001, f"The user did not grant the scope {scope}.")

    def need_app(self, app_id: str, secret: str | None) -> None:
        """Refuse another app with 40113 and a wrong secret with 40110."""
        if app_id != self.world.settings.app_id:
            raise ApiError(40113, "The app does not exist.")
        if secret is not None and secret != self.world.settings.app_secret:
            raise ApiError(40110, "The secret does not match.")

    def address(self, name: str) -> str:
        """Return a temporary address of a picture, as the caller reaches the sandbox."""
        return self.world.shelf.address(
            self.received.base_url, name, hours=self.world.numbers.addresses.hours
        )

    def picture(self, field: str, *, bytes_max: int, kinds: Container[str]) -> tuple[Picture, bytes]:
        """Return an uploaded picture; 40002 without one, 40907 when it is too large, 40908 for another format."""
        data = self.files.get(field)
        if data is None:
            raise ApiError(40002, f"Param {field} is missing or invalid.")
        if len(data) > bytes_max:
            raise ApiError(40907, f"The file is larger than {bytes_max} bytes.")
        picture = read_picture(data)
        if picture is None or picture.kind not in kinds:
            raise ApiError(40908, "The file type is not supported.")
        return picture, data

    @property
    def account(self) -> Account:
        """The account the call is made for."""
        assert self._account is not None
        return self._account

    def target(self, comment_id: str) -> Comment:
        """Return a comment under one of the account's own videos; 40007 otherwise."""
        state = self.world.state
        comment = state.comment(comment_id)
        if state.videos[comment.video_id].open_id != self.account.open_id:
            raise ApiError(40007, "The comment does not exist.")
        self.entry.cause = comment.comment_id
        self.entry.video_id = comment.video_id
        return comment


class Route(NamedTuple):
    """One call of the platform: the row from which the server and the OpenAPI file are made."""

    function: Callable[[Call, Any], Any]
    takes: type[msgspec.Struct]
    gives: type[msgspec.Struct]
    act: str = "read"
    token: bool = True
    scope: str | None = None
    product: Literal["accounts", "messages", "mentions", "app"] = "accounts"
    upload: str = ""
    """The name of the file field of a multipart call."""
    portal: str = ""
    """The platform's page on it, as a number of its documentation."""


Routes = Mapping[str, Mapping[str, Route]]
app_route = partial(Route, token=False, product="app")
"""A call of the app itself, without a user's token."""


# --- reading parameters ---


def parameters(call: Call, route: Route) -> dict[str, Any]:
    """Return the parameters as sent, not checked yet; 40000 when the body cannot be read."""
    received = call.received
    if received.method == "GET":
        query = received.query.decode("utf-8", "replace")
        try:
            return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=200))
        except ValueError:
            raise ApiError(40000, "Too many parameters.") from None
    if route.upload:
        return _form(call)
    try:
        params = msgspec.json.decode(received.body)
    except (msgspec.DecodeError, RecursionError):
        raise ApiError(40000, "The body is not JSON.") from None
    if not isinstance(params, dict):
        raise ApiError(40000, "The body is not a JSON object.")
    return params


def checked(params: Mapping[str, Any], route: Route, *, method: str) -> Any:
    """Return the parameters as the route takes them; 40002 for what is missing or has another type."""
    as_text = method == "GET" or bool(route.upload)
    try:
        if as_text:
            params = _decoded(params, structured_fields(route.takes))
        return msgspec.convert(params, route.takes, strict=not as_text)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as wrong:
        found = _NAMED.search(str(wrong))
        name = next((one for one in found.groups() if one), "") if found else ""
        raise ApiError(40002, f"Param {name or 'value'} is missing or invalid.") from None


@cache
def structured_fields(takes: type[msgspec.Struct]) -> frozenset[str]:
    """Return the names of the parameters that a GET carries as JSON text."""
    info = kinds.type_info(takes)
    assert isinstance(info, kinds.StructType)
    return frozenset(field.encode_name for field in info.fields if _is_structured(field.type))


def _is_structured(kind: kinds.Type) -> bool:
    if isinstance(kind, kinds.UnionType):
        return any(_is_structured(one) for one in kind.types)
    return isinstance(kind, _STRUCTURED)


def _decoded(params: Mapping[str, Any], structured: frozenset[str]) -> dict[str, Any]:
    found = dict(params)
    for name in structured & found.keys():
        try:
            found[name] = msgspec.json.decode(found[name])
        except (msgspec.DecodeError, RecursionError):
            raise ApiError(40002, f"Param {name} is missing or invalid.") from None
    return found


def _form(call: Call) -> dict[str, Any]:
    """Read a multipart body: texts are parameters, files go to `call.files`."""
    fields: dict[str, Any] = {}

    def on_field(field: Any) -> None:
        name = (field.field_name or b"").decode("utf-8", "replace")
        fields[name] = (field.value or b"").decode("utf-8", "replace")

    def on_file(file: Any) -> None:
        file.file_object.seek(0)
        call.files[(file.field_name or b"").decode("utf-8", "replace")] = file.file_object.read()
        file.close()

    headers = {"Content-Type": call.received.content_type.encode("latin-1", "replace")}
    try:
        parser = create_form_parser(headers, on_field, on_file, config={"MAX_MEMORY_FILE_SIZE": _IN_MEMORY})
        parser.write(call.received.body)
        parser.finalize()
    except (FormParserError, ValueError):
        raise ApiError(40000, "The body is not multipart/form-data.") from None
    return fields
