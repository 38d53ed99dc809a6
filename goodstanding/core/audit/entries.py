"""Entries of the audit log: what one is, and the bytes that are sealed."""

import hmac
from typing import Any, Literal, TypeAlias

import msgspec

from goodstanding.kernel.canonical import canonical
from goodstanding.kernel.problems import GoodstandingError

ENTRY_BYTES_MAX = 65_535
"""C2SP tlog-tiles stores an entry behind a 16-bit length."""
INTEGER_MAX = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (RFC 8785, section 3.2.2.3)."""
SALT_BYTES = 32

Kind: TypeAlias = Literal[
    "event",
    "decision",
    "attempt",
    "result",
    "review",
    "consent",
    "policy",
    "freeze",
    "label",
    "erasure",
    "export",
    "login",
    "key",
    "clock",
    "refusal",
    "account",
    "import",
    "model",
]
ActorType: TypeAlias = Literal["person", "token", "rule", "platform", "system"]


class EntryTooLargeError(GoodstandingError):
    """An entry's canonical bytes exceed `ENTRY_BYTES_MAX`; fields: `size`, `limit`."""

    code = "AUDIT_ENTRY_TOO_LARGE"


class NotCanonicalError(GoodstandingError):
    """A value has no single canonical form, or sealed bytes are not in it; field: `where`."""

    code = "AUDIT_NOT_CANONICAL"


class Actor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who acted: a person, an access token, a rule, the platform or the product itself."""

    id: str
    type: ActorType


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fact in the log. Free text and provider payloads never stand here: only commitments in `pii`."""

    account: int | None
    actor: Actor
    at: int
    """UTC milliseconds since 1970."""
    body: dict[str, Any] = {}
    kind: Kind
    pii: dict[str, str] = {}
    """Name of a disclosed-on-request value -> its commitment (see `commitment`)."""
    refs: dict[str, int | str] = {}
    seq: int
    """Position in the workspace's log, from 0: the index of the leaf."""
    v: Literal[1] = 1
    workspace: int


_in_order = msgspec.json.Encoder(order="deterministic").encode
"""Sorts mappings only: enough, since the fields of an entry stand in the order of the alphabet."""
_decoder = msgspec.json.Decoder(Entry)


def seal(entry: Entry) -> bytes:
    """Return the canonical bytes of `entry`; raises `EntryTooLargeError` or `NotCanonicalError`."""
    sealed = _in_order(entry)
    if len(sealed) > ENTRY_BYTES_MAX:
        raise EntryTooLargeError(size=len(sealed), limit=ENTRY_BYTES_MAX)
    largest = max(entry.at, entry.seq, entry.workspace, entry.account or 0)
    if not (sealed.isascii() and largest <= INTEGER_MAX and _is_plain(entry.body) and _is_plain(entry.refs)):
        _refuse_ambiguous(msgspec.to_builtins(entry), "entry")
    return sealed


def unseal(sealed: bytes) -> Entry:
    """Return the entry in `sealed`; raises `NotCanonicalError` unless these are its canonical bytes."""
    if len(sealed) > ENTRY_BYTES_MAX:
        raise EntryTooLargeError(size=len(sealed), limit=ENTRY_BYTES_MAX)
    try:
        entry = _decoder.decode(sealed)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotCanonicalError(where=str(error)) from error
    if canonical(entry) != sealed:
        raise NotCanonicalError(where="entry")
    return entry


def commitment(salt: bytes, value: bytes) -> str:
    """Return the hex HMAC-SHA256 of `value` under the random 32-byte `salt`.

    Without the salt it says nothing about the value; destroying both erases, and the log still holds.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return hmac.digest(salt, value, "sha256").hex()


def _is_plain(values: dict[str, Any]) -> bool:
    """Tell at a glance whether all values surely have one canonical form; anything unusual is looked at closely."""
    for value in values.values():
        if isinstance(value, str) or value is None:
            continue
        if isinstance(value, int) and -INTEGER_MAX <= value <= INTEGER_MAX:
            continue
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            continue
        return False
    return True


def _refuse_ambiguous(value: object, where: str) -> None:
    """Raise `NotCanonicalError` for fractions, integers beyond `INTEGER_MAX` and keys outside ASCII."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not key.isascii():
                raise NotCanonicalError(where=f"{where}.{key}")
            _refuse_ambiguous(item, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            _refuse_ambiguous(item, f"{where}[{number}]")
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) > INTEGER_MAX):
        raise NotCanonicalError(where=where)
