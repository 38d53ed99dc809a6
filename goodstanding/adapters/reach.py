"""Whether the world reaches us: each public address is asked for from here, by the rules of every outgoing call.

What comes back must be our own: the door repeats a challenge, the pages answer as ours do. A proxy that answers for us,
another server under the name or a wrong certificate is told apart.
"""

import secrets
import socket
from collections.abc import Sequence
from typing import Literal

import msgspec

from goodstanding.adapters.http import (
    AddressRefusedError,
    Answer,
    CertificateRefusedError,
    Http,
    NameUnknownError,
)

Feature = Literal["pages", "webhook", "connect", "bio"]
Code = Literal["ok", "private", "name", "closed", "tls", "slow", "other", "missing", "broken"]
"""What was found: ours; an address that is not public; no such name; nobody listens; no valid certificate; no answer in
time; somebody else's answer; not there; our server or its proxy fails."""
SECONDS = 10.0
_LAN_PROBE = ("192.0.2.1", 9)
"""An address of documentation (RFC 5737): asking the system for the way there sends nothing."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What was found at one public address."""

    feature: Feature
    url: str
    code: Code


async def look(
    public_url: str, slugs: Sequence[str], *, allowed: frozenset[str] = frozenset()
) -> list[Check]:
    """Ask for every public address of an installation. Never raises for what the network does."""
    http = Http(allowed=allowed, seconds=SECONDS)
    base = public_url.rstrip("/")
    challenge = secrets.token_hex(8)
    asked: list[tuple[Feature, str]] = [
        ("pages", f"{base}/healthz"),
        ("webhook", f"{base}/hook/tiktok?challenge={challenge}"),
        ("connect", f"{base}/oauth/tiktok/"),
        *(("bio", f"{base}/b/{slug}") for slug in slugs),
    ]  # fmt: skip
    try:
        return [
            Check(feature=feature, url=url.partition("?")[0], code=await _ask(http, feature, url, challenge))
            for feature, url in asked
        ]
    finally:
        await http.close()


async def _ask(http: Http, feature: Feature, url: str, challenge: str) -> Code:
    try:
        answer = await http.get(url)
    except TimeoutError:
        return "slow"
    except OSError as error:
        return _kind(error)
    return _judge(feature, answer, challenge)


def _kind(error: BaseException) -> Code:
    """Return what a failed connection was about, also where it was the cause of another error."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, AddressRefusedError):
            return "private"
        if isinstance(seen, NameUnknownError):
            return "name"
        if isinstance(seen, CertificateRefusedError):
            return "tls"
        seen = seen.__cause__
    return "closed"


def _judge(feature: Feature, answer: Answer, challenge: str) -> Code:
    ours = {
        "pages": b'"lag_seconds"' in answer.body,
        "webhook": answer.body == challenge.encode(),
        "connect": answer.status not in (404, 405),
        "bio": b"/static/" in answer.body and answer.status == 200,  # noqa: PLR2004 - an HTTP status
    }[feature]
    if ours and not (feature == "connect" and answer.status >= 500):  # noqa: PLR2004 - HTTP classes
        return "ok"
    if answer.status == 404:  # noqa: PLR2004 - an HTTP status
        return "missing"
    return "broken" if answer.status >= 500 else "other"  # noqa: PLR2004 - HTTP classes


def own_address() -> str:
    """Return this machine's address on its network, or an empty string when it is on none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_LAN_PROBE)
        except OSError:
            return ""
        found = str(probe.getsockname()[0])
    return "" if found.startswith("127.") else found
