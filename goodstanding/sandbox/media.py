"""Files that were uploaded, and addresses of pictures that work only for a while."""

import hashlib
import hmac
from collections import OrderedDict
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from litestar import Request, Response, get

from goodstanding.sandbox.clock import MILLISECONDS, VirtualClock
from goodstanding.sandbox.images import Picture, plain_png
from goodstanding.sandbox.state import ApiError

PATH = "/media"
_UPLOADS_MAX = 64
_WORTH = 3600
"""Seconds that are left of an address when a new one is made in its place: within it, the address stays."""


class Upload(NamedTuple):
    """A file that was uploaded."""

    picture: Picture
    data: bytes
    open_id: str
    until_ms: int


class Shelf:
    """The uploads, the latest only, and the signature of addresses."""

    def __init__(self, *, clock: VirtualClock, secret: str) -> None:
        self._clock = clock
        self._secret = secret.encode()
        self.uploads: OrderedDict[str, Upload] = OrderedDict()

    def keep(self, name: str, *, picture: Picture, data: bytes, open_id: str, days: int) -> None:
        """Keep an upload under its id for a number of days."""
        until = self._clock.now_ms() + days * 86_400 * MILLISECONDS
        self.uploads[name] = Upload(picture, data, open_id, until)
        if len(self.uploads) > _UPLOADS_MAX:
            self.uploads.popitem(last=False)

    def upload(self, name: str, *, open_id: str) -> Upload:
        """Return an account's own upload while it lives; 40007 otherwise."""
        known = self.uploads.get(name)
        if known is None or known.open_id != open_id or known.until_ms <= self._clock.now_ms():
            raise ApiError(40007, "The media does not exist or has expired.")
        return known

    def address(self, base_url: str, name: str, *, hours: int) -> str:
        """Return a temporary address of a picture; it says itself until when (`x-expires`, seconds)."""
        now = self._clock.now_ms() // MILLISECONDS
        until = (now // _WORTH + 1) * _WORTH + hours * 3600
        query = urlencode({"x-expires": until, "x-signature": self._sign(name, until)})
        return f"{base_url}{PATH}/{quote(name)}?{query}"

    def problem(self, name: str, *, until: int, signature: str) -> str | None:
        """Return why an address does not work any more, or `None`."""
        if not hmac.compare_digest(signature.encode(), self._sign(name, until).encode()):
            return "The signature does not match."
        return "The address has expired." if until * MILLISECONDS <= self._clock.now_ms() else None

    def picture(self, name: str) -> bytes:
        """Return the bytes behind a name: what was uploaded, or a plain picture of its own colour."""
        known = self.uploads.get(name.rpartition("/")[2])
        if known is not None:
            return known.data
        digest = hashlib.sha256(name.encode()).digest()
        return plain_png(64, 64, (digest[0], digest[1], digest[2]))

    def _sign(self, name: str, until: int) -> str:
        return hmac.new(self._secret, f"{name} {until}".encode(), hashlib.sha256).hexdigest()[:24]


@get(PATH + "/{name:path}")
async def show_media(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Serve a temporary address; media of messages asks for the access token in `x-user`."""
    world = request.app.state.world
    shelf: Shelf = world.shelf
    plain = str(request.path_params["name"]).removeprefix("/")
    asked = request.query_params
    until, signature = asked.get("x-expires", ""), asked.get("x-signature", "")
    problem = shelf.problem(plain, until=int(until) if until.isdecimal() else 0, signature=signature)
    if problem is None and plain.startswith("message/"):
        try:
            world.state.grant_of(request.headers.get("x-user", ""))
        except ApiError as refusal:
            problem = refusal.message
    if problem is not None:
        return Response(problem.encode(), status_code=403, media_type="text/plain")
    data = shelf.picture(plain)
    kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
    return Response(data, media_type=kind)
