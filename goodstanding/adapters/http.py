"""Every outgoing call goes through here: time-outs, size limits, and an address check.

A name is resolved once and the connection goes to what was resolved; loopback, link-local and private
addresses are refused unless the operator lists them. No redirects, no proxies of the environment, no cookies.
"""

import asyncio
import ipaddress
import re
import secrets
import socket
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import msgspec
from aiohappyeyeballs import AddrInfoType, start_connection
from yarl import URL

from goodstanding.adapters.connection import (
    Connection,
    NeverLeftError,
    NoAnswerError,
    Received,
    SlowConnectionError,
)

SECONDS = 25.0
CONNECT_SECONDS = 10.0
CONNECTIONS_MAX = 64
RESOLVED_SECONDS = 60.0
"""How long a resolved and checked name holds."""
_STAGGER_SECONDS = 0.25
"""Start of the next address while the first is still being tried (RFC 8305)."""
_TARGET = re.compile(r"[\x21-\x7e]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")

Place = tuple[str, str, int]
"""Scheme, host and port."""


class AddressRefusedError(NeverLeftError):
    """The address is private and not on the operator's list, or no address at all."""


class NameUnknownError(NeverLeftError):
    """The name stands for no address."""


class CertificateRefusedError(NeverLeftError):
    """The server has no certificate for its name that holds, or speaks no TLS that we do."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP answer, read whole."""

    status: int
    body: bytes
    date: int | None
    """The sender's `Date` header, UTC milliseconds."""


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
    """A client with bounds. `allowed` names hosts that may be private (the sandbox, a host of the operator's).

    Every call raises `NeverLeftError` when no byte of it was sent, else `NoAnswerError`; both are `OSError`s.
    """

    def __init__(self, *, allowed: frozenset[str] = frozenset(), seconds: float = SECONDS) -> None:
        self._allowed = allowed
        self._seconds = seconds
        self._kept: dict[Place, list[Connection]] = {}
        self._room = asyncio.Semaphore(CONNECTIONS_MAX)
        self._resolved: dict[Place, tuple[float, Sequence[AddrInfoType]]] = {}
        self._tls: ssl.SSLContext | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None
    ) -> Answer:
        """Return the answer to a GET."""
        where, place = _parsed(url)
        whole = where.extend_query(query) if query else where
        return await self._ask(_request("GET", whole, headers or {}), place)

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a POST of JSON."""
        where, place = _parsed(url)
        whole = {"Content-Type": "application/json", **(headers or {})}
        return await self._ask(_request("POST", where, whole, body), place)

    async def post_file(
        self,
        url: str,
        fields: Mapping[str, str],
        file: tuple[str, str, bytes],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer to a POST of a form with one file (field, media type, bytes)."""
        where, place = _parsed(url)
        boundary = secrets.token_hex(16)
        whole = {"Content-Type": f"multipart/form-data; boundary={boundary}", **(headers or {})}
        return await self._ask(_request("POST", where, whole, _form(fields, file, boundary)), place)

    async def close(self) -> None:
        """Close all connections that are kept."""
        for kept in self._kept.values():
            for one in kept:
                one.close()
        self._kept.clear()
        await asyncio.sleep(0)  # what the loop has to do for it

    async def _ask(self, request: bytes, place: Place) -> Answer:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # a command may run one loop after another; connections live in one
            self._loop, self._room = loop, asyncio.Semaphore(CONNECTIONS_MAX)
            self._kept.clear()
        until = loop.time() + self._seconds
        await self._wait_for_room(until)
        try:
            found = await self._exchange(place, request, until)
        finally:
            self._room.release()
        return Answer(status=found.status, body=found.body, date=_date(found.date.decode("latin-1")))

    async def _wait_for_room(self, until: float) -> None:
        if not self._room.locked():
            await self._room.acquire()  # at once
            return
        try:
            async with asyncio.timeout_at(until):
                await self._room.acquire()
        except TimeoutError:
            raise SlowConnectionError("no connection was free in time") from None

    async def _exchange(self, place: Place, request: bytes, until: float) -> Received:
        """Ask over a connection that is kept, or else a new one.

        A kept one may have been closed by the server just now. Only what changes nothing is then asked again.
        """
        connection = self._take(place)
        if connection is not None:
            try:
                return await self._over(connection, place, request, until)
            except NoAnswerError as error:
                if not (error.is_silent and request.startswith(b"GET ")):
                    raise
                return await self._once_more(place, request, until, error)
        return await self._over(await self._connect(place, until), place, request, until)

    async def _once_more(self, place: Place, request: bytes, until: float, first: NoAnswerError) -> Received:
        try:
            return await self._over(await self._connect(place, until), place, request, until)
        except NeverLeftError as error:
            raise first from error  # the first one did leave

    async def _over(self, connection: Connection, place: Place, request: bytes, until: float) -> Received:
        found = await connection.ask(request, until)
        if connection.may_be_kept:
            connection.keep()
            self._kept.setdefault(place, []).append(connection)
        else:
            connection.close()
        return found

    def _take(self, place: Place) -> Connection | None:
        """Return a kept connection that is still open; the youngest, so that the others may go."""
        kept = self._kept.get(place)
        while kept:
            if (one := kept.pop()).is_open:
                return one
        return None

    async def _connect(self, place: Place, until: float) -> Connection:
        """Return a new connection; whatever fails here, nothing has been sent."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(min(until, loop.time() + CONNECT_SECONDS)):
                addresses = await self._addresses(place)
                stream = await start_connection(
                    addresses, happy_eyeballs_delay=_STAGGER_SECONDS, interleave=1
                )
                try:
                    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    _, connection = await loop.create_connection(
                        lambda: Connection(loop), sock=stream, **self._security(place)
                    )
                except BaseException:
                    stream.close()
                    raise
        except NeverLeftError:
            raise
        except TimeoutError:
            raise SlowConnectionError("no connection in time") from None
        except ssl.SSLError as error:
            raise CertificateRefusedError(str(error)) from error
        except OSError as error:
            raise NeverLeftError(str(error)) from error
        return connection

    async def _addresses(self, place: Place) -> Sequence[AddrInfoType]:
        """Return what a name stands for, each address checked."""
        loop = asyncio.get_running_loop()
        known = self._resolved.get(place)
        if known is not None and loop.time() < known[0]:
            return known[1]
        _, host, port = place
        _check_spelling(place)
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        except (socket.gaierror, UnicodeError) as error:
            raise NameUnknownError(f"{host} is not known") from error
        for one in found:
            check_address(host, str(one[4][0]).partition("%")[0], self._allowed)
        self._resolved[place] = (loop.time() + RESOLVED_SECONDS, found)
        return found

    def _security(self, place: Place) -> dict[str, Any]:
        scheme, host, _ = place
        if scheme != "https":
            return {}
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return {"ssl": self._tls, "server_hostname": host}


def _check_spelling(place: Place) -> None:
    """Refuse what only looks like an address (`127.1`, `2130706433`): systems complete it in ways of their own."""
    scheme, host, _ = place
    if scheme not in ("http", "https") or not host:
        raise AddressRefusedError("neither http nor https, or no host")
    if ":" not in host and not host.replace(".", "").isdigit():
        return  # a name
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise AddressRefusedError(f"{host} is no whole address") from None


@lru_cache(maxsize=256)
def _parsed(url: str) -> tuple[URL, Place]:
    """Return an address of ours, parsed once, and where its connections go.

    There is one reading of it: another of the same text could be led astray (`http://127.0.0.1?@example.org/`).
    """
    try:
        parsed = URL(url)
        place = (parsed.scheme, parsed.raw_host or "", parsed.port or 0)
    except ValueError as error:
        raise AddressRefusedError("no address that can be read") from error
    return parsed, place


@lru_cache(maxsize=256)
def _line(method: str, url: URL) -> str:
    """Return the first lines of a request, which are the same for every call of a kind."""
    target = url.raw_path_qs
    if not _TARGET.fullmatch(target):
        raise NeverLeftError("the address holds what no address may hold")
    return (
        f"{method} {target} HTTP/1.1\r\nHost: {url.host_port_subcomponent}\r\n"
        "User-Agent: goodstanding\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n"
    )


def _request(method: str, url: URL, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return a request as bytes; a header that would be two is refused."""
    for name, value in headers.items():
        if not _TARGET.fullmatch(name) or not _VALUE.fullmatch(value):
            raise NeverLeftError(f"the header {name!r} holds what no header may hold")
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    length = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
    return f"{_line(method, url)}{lines}{length}\r\n".encode("latin-1") + body


def _form(fields: Mapping[str, str], file: tuple[str, str, bytes], boundary: str) -> bytes:
    """Return a form as multipart/form-data (RFC 7578)."""
    name, media_type, content = file
    texts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(key)}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    )
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"; filename="{_quoted(name)}"\r\n'
        f"Content-Type: {_quoted(media_type)}\r\n\r\n"
    )
    return f"{texts}{head}".encode() + content + f"\r\n--{boundary}--\r\n".encode()


def _quoted(text: str) -> str:
    """Return a text as it may stand between quotation marks in the head of a part (HTML, multipart form data)."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


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
