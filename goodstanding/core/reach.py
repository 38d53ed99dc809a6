"""Public addresses: what counts as one."""

from typing import Literal
from urllib.parse import urlsplit

Trouble = Literal["", "form", "https", "path"]


def trouble_with(url: str) -> Trouble:
    """Return why a public address cannot be used; nothing when it can.

    It is `https://name` with nothing behind it; plain http only under a loopback name, for trying things out.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "form"
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.password or " " in url:
        return "form"
    if parts.scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
        return "https"
    return "path" if parts.path not in ("", "/") or parts.query or parts.fragment else ""
