"""Every outgoing call goes through here: time-outs, size limits, and an address check.

A name is resolved once and the connection goes to what was resolved; loopback, link-local and private
addresses are refused unless the operator lists them.
"""

import ipaddress
import socket
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

BODY_MAX = 4 * 1024 * 1024
"""Bytes of an answer that are read."""
SECONDS = 25.0


class AddressRefusedError(OSError):
    """The address is private and not on the operator's list."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP answer, read whole."""

    status: int
    body: bytes
    date: int | None
    """The sender's `Date` header, UTC milliseconds."""


class _CheckedResolver(AbstractResolver):
    def __init__(self, allowed: frozenset[str]) -> None:
        self._resolver = ThreadedResolver()
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            check_address(host, one["host"], self._allowed)
        return found

    async def close(self) -> None:
        await self._resolver.close()


def check_address(host: str, address: str, allowed: frozenset[str]) -> None:
    """Raise `AddressRefusedError` for an address that is not public, unless `host` is listed."""
    if host not in allowed and not _is_public(ipaddress.ip_address(address)):
        raise AddressRefusedError(f"{host} resolves to {address}, which is not a public address")


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether an address, and the one that a translator would make of it, is one host of the open internet."""
    inner = _translated(address) if isinstance(address, ipaddress.IPv6Address) else None
    return address.is_global and not address.is_multicast and (inner is None or _is_public(inner))


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052; 64:ff9b:1::/48 is for one's own network (RFC 8215) and never public."""
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.ip_network("::/96")
"""RFC 4291 2.5.5.1: given up, still understood by some."""
_NOWHERE = ipaddress.IPv4Address(0)


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for, or None."""
    if address in _LOCAL_NAT64:
        return _NOWHERE
    if address in _NAT64 or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


class Http:
    """A client with bounds. `allowed` names hosts that may be private (the sandbox, a host of the operator's)."""

    def __init__(self, *, allowed: frozenset[str] = frozenset(), seconds: float = SECONDS) -> None:
        self._allowed = allowed
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None
    ) -> Answer:
        """Return the answer to a GET; raises `aiohttp.ClientError`, `OSError` or `TimeoutError`."""
        return await self._ask("GET", url, headers=headers, query=query, body=None)

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a POST of JSON; raises like `get`."""
        return await self._ask("POST", url, headers=headers, query=None, body=body)

    async def post_file(
        self,
        url: str,
        fields: Mapping[str, str],
        file: tuple[str, str, bytes],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer to a POST of a form with one file (field, media type, bytes); raises like `get`."""
        name, media_type, content = file
        form = aiohttp.FormData(dict(fields))
        form.add_field(name, content, filename=name, content_type=media_type)
        return await self._ask("POST", url, headers=headers, query=None, body=form)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None,
        query: Mapping[str, str] | None,
        body: bytes | aiohttp.FormData | None,
    ) -> Answer:
        sent = {"Content-Type": "application/json", **(headers or {})} if isinstance(body, bytes) else headers
        session = self._open()
        parsed = _parsed(url)
        self._check_literal(parsed)
        async with session.request(
            method, parsed, data=body, headers=sent, params=query, allow_redirects=False
        ) as response:
            return Answer(
                status=response.status, body=await _read(response), date=_date(response.headers.get("Date"))
            )

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=_CheckedResolver(self._allowed), limit=64, ttl_dns_cache=60
            )
            timeout = aiohttp.ClientTimeout(total=self._seconds, connect=10)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    def _check_literal(self, url: URL) -> None:
        """Check an address written as such, which never reaches the resolver.

        The host is read as the connection will read it: another reading of the same text can be led astray
        (`http://127.0.0.1?@example.org/`). What only looks like an address (`127.1`, `2130706433`) the system would
        complete in its own way, past the resolver, and is refused.
        """
        host = url.raw_host or ""
        if ":" not in host and not host.replace(".", "").isdigit():
            return  # a name: the resolver checks what it stands for
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise AddressRefusedError(f"{host} is no whole address") from None
        check_address(host, host, self._allowed)


@lru_cache(maxsize=256)
def _parsed(url: str) -> URL:
    """Return an address of ours, parsed once."""
    return URL(url)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    length = response.content_length
    if length is not None and length <= BODY_MAX and "Content-Encoding" not in response.headers:
        return await response.read()
    body = await response.content.read(BODY_MAX + 1)
    while len(body) <= BODY_MAX and (more := await response.content.read(BODY_MAX + 1 - len(body))):
        body += more
    if len(body) > BODY_MAX:
        raise aiohttp.ClientPayloadError(f"the answer is larger than {BODY_MAX} bytes")
    return body


@lru_cache(maxsize=16)
def _date(header: str | None) -> int | None:
    if not header:
        return None
    try:
        moment = parsedate_to_datetime(header)
        if moment.tzinfo is None:  # "-0000" and the like: UTC, never this machine's zone
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
