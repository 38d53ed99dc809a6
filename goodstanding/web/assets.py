"""Fixed files, under names that carry their content's hash: they may be kept for ever."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

STATIC = Path(__file__).parent / "static"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Assets:
    """The files of `static/` by name."""

    files: dict[str, tuple[str, bytes]]
    """Name -> (short hash, content)."""

    def url(self, name: str) -> str:
        """Return where a file stands."""
        mark, _ = self.files[name]
        return f"/static/{mark}/{name}"


def load() -> Assets:
    """Read all fixed files."""
    found = {}
    for path in sorted(STATIC.iterdir()):
        if path.suffix in TYPES:
            content = path.read_bytes()
            found[path.name] = (hashlib.sha256(content).hexdigest()[:12], content)
    return Assets(found)


def handler(assets: Assets) -> HTTPRouteHandler:
    """Return the route that serves them."""

    @get("/static/{mark:str}/{name:str}", sync_to_thread=False, include_in_schema=False)
    def static(mark: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        known, content = assets.files.get(name, ("", b""))
        if not known or mark != known:
            raise NotFoundException
        return Response(
            content=content,
            media_type=TYPES[Path(name).suffix],
            headers={"Cache-Control": "public, max-age=31536000, immutable"},
        )

    return static
