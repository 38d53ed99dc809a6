"""A language model behind an OpenAI-compatible address: one question, one answer, within bounds.

Of the interface only what every server of its kind has is used: `POST …/chat/completions` with a model and two messages,
and the first choice of the answer. Redirects are not followed, private addresses are refused unless the operator lists the
host, and whatever else may come back than a text is a code.
"""

import re
from urllib.parse import urlsplit

import msgspec

from goodstanding.adapters.http import AddressRefusedError, CertificateRefusedError, Http, NameUnknownError
from goodstanding.usecases.ports.drafts import Drafted, Service, Trouble

_ADDRESS = re.compile(r"https?://[!-~]{1,400}")
_OK = 200
_MOVED = range(300, 400)


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Answer(msgspec.Struct):
    choices: list[_Choice]


_read = msgspec.json.Decoder(_Answer).decode


class LanguageModel:
    """The way to a model. `private` names hosts of the operator's own, which may be asked without encryption too."""

    def __init__(self, http: Http, *, private: frozenset[str], most: int) -> None:
        self._http, self._private, self._most = http, private, most

    def trouble(self, address: str) -> Trouble:
        """Return what keeps an address from being asked."""
        try:
            parts = urlsplit(address)
            host, _ = parts.hostname, parts.port
        except ValueError:
            return "address"
        odd = parts.username is not None or parts.query or parts.fragment or "?" in address or "#" in address
        if not _ADDRESS.fullmatch(address) or not host or odd:
            return "address"
        return "plain" if parts.scheme == "http" and host not in self._private else ""

    def request(self, model: str, told: str, shown: str) -> bytes:
        """Return the bytes of a question."""
        messages = [{"role": "system", "content": told}, {"role": "user", "content": shown}]
        return msgspec.json.encode({"model": model, "messages": messages, "stream": False})

    async def draft(self, service: Service, request: bytes) -> Drafted:
        """Ask, once."""
        if self.trouble(service.address):
            return Drafted(failure="REFUSED_ADDRESS")
        headers = {"Authorization": f"Bearer {service.key}"} if service.key else {}
        url = f"{service.address.rstrip('/')}/chat/completions"
        try:
            answer = await self._http.post(url, request, headers=headers)
        except AddressRefusedError:
            return Drafted(failure="REFUSED_ADDRESS")
        except (NameUnknownError, CertificateRefusedError):
            return Drafted(failure="NOT_REACHED")
        except TimeoutError:
            return Drafted(failure="TIMEOUT")
        except OSError:
            return Drafted(failure="NOT_REACHED")
        finally:
            await self._http.close()  # drafts are rare: nothing is kept open between them
        if answer.status in _MOVED:
            return Drafted(failure="REDIRECT")
        if answer.status != _OK:
            return Drafted(failure=f"HTTP_{answer.status}")
        return self._told(answer.body)

    def _told(self, body: bytes) -> Drafted:
        if len(body) > self._most:
            return Drafted(failure="TOO_LARGE")
        try:
            choices = _read(body).choices
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Drafted(failure="UNREADABLE")
        if not choices:
            return Drafted(failure="EMPTY")
        first = choices[0]
        if first.message.refusal or first.finish_reason == "content_filter":
            return Drafted(failure="REFUSED")
        if first.finish_reason == "length":
            return Drafted(failure="CUT_OFF")
        text = _bare(first.message.content or "")
        return Drafted(text=text) if text else Drafted(failure="EMPTY")


_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "\u201e": "\u201d"}


def _bare(text: str) -> str:
    """Return an answer without what surrounds it: blanks, and quotation marks around the whole."""
    text = text.replace("\r\n", "\n").strip()
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and text[-1] not in text[1:-1]:
        text = text[1:-1].strip()
    return text
