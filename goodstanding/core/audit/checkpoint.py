"""Checkpoints as signed notes, and self-contained inclusion proofs.

The formats are those of C2SP: signed-note, tlog-checkpoint and tlog-proof (c2sp.org, read October 2025), so
other tools can read them. Signing and signature checking are callables; no key is seen here.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from goodstanding.core.audit.tree import HASH_BYTES, Hash, verify_inclusion
from goodstanding.kernel.problems import GoodstandingError

NOTE_BYTES_MAX = 1_000_000
SIGNATURES_MAX = 100
PUBLIC_KEY_BYTES = 32
KEY_ID_BYTES = 4
_ED25519 = b"\x01"
_DASH = "\N{EM DASH} "
_PROOF_HEAD = "c2sp.org/tlog-proof@v1"

Sign: TypeAlias = Callable[[bytes], bytes]
"""message -> 64-byte Ed25519 signature."""
VerifySignature: TypeAlias = Callable[[bytes, bytes, bytes], bool]
"""(public key, message, signature) -> whether the signature is right; never raises."""


class NoteError(GoodstandingError):
    """A note, checkpoint or proof is malformed or not signed by a known key; field: `why`, a short code."""

    code = "AUDIT_BAD_NOTE"


class NoteKey(msgspec.Struct, frozen=True, kw_only=True):
    """An Ed25519 public key with the name it signs under."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that point to this key in a signature line."""
        return key_id(self.name, self.public_key)

    @property
    def fingerprint(self) -> str:
        """The hex SHA-256 of the public key, to be compared by eye over another channel."""
        return hashlib.sha256(self.public_key).hexdigest()

    def text(self) -> str:
        """Return the key as `name+id+base64`, the way other tools for signed notes take it."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(_ED25519 + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> "NoteKey":
        """Return the key written by `text`; raises `NoteError` unless name, id and key agree."""
        name, _, rest = text.partition("+")
        identity, _, encoded = rest.partition("+")
        raw = _unbase64(encoded)
        if raw[:1] != _ED25519 or len(raw) != 1 + PUBLIC_KEY_BYTES or not _is_name(name):
            raise NoteError(why="key")
        key = cls(name=name, public_key=raw[1:])
        if key.key_id.hex() != identity:
            raise NoteError(why="key_id")
        return key


class NoteSignature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature line."""

    name: str
    key_id: bytes
    signature: bytes


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A signed text; to be ignored until `open_note` has found a signature by a known key."""

    text: str
    signatures: tuple[NoteSignature, ...]


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a log says of itself at one moment: so many entries, under this root."""

    origin: str
    size: int
    root: Hash


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """An inclusion proof that carries its checkpoint."""

    index: int
    path: tuple[Hash, ...]
    note: bytes
    """The checkpoint as signed note, byte for byte."""


def key_id(name: str, public_key: bytes) -> bytes:
    """Return the first four bytes of SHA-256(name, newline, type Ed25519, public key)."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:KEY_ID_BYTES]


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """Return the text that is signed: origin, size, base64 root, one a line."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{_base64(checkpoint.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint in a note's text; raises `NoteError`. Lines after the third are refused."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not _is_name(lines[0]):  # noqa: PLR2004  # three lines, each ended
        raise NoteError(why="checkpoint")
    root = _unbase64(lines[2])
    if len(root) != HASH_BYTES:
        raise NoteError(why="root")
    return Checkpoint(origin=lines[0], size=_decimal(lines[1]), root=root)


def sign_note(text: str, *, key: NoteKey, sign: Sign) -> bytes:
    """Return `text` as a note signed under `key`; raises `NoteError` when the text cannot be a note."""
    _check_text(text)
    if not _is_name(key.name):
        raise NoteError(why="name")
    signature = sign(text.encode())
    return f"{text}\n{_DASH}{key.name} {_base64(key.key_id + signature)}\n".encode()


def sign_checkpoint(checkpoint: Checkpoint, *, key: NoteKey, sign: Sign) -> bytes:
    """Return the signed note of `checkpoint`."""
    return sign_note(format_checkpoint(checkpoint), key=key, sign=sign)


def parse_note(note: bytes) -> Note:
    """Return text and signature lines of `note`, unchecked; raises `NoteError` when the form is wrong."""
    if len(note) > NOTE_BYTES_MAX:
        raise NoteError(why="size")
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise NoteError(why="utf8") from error
    text, separator, lines = whole.rpartition("\n\n")
    text += "\n"
    if not separator or not lines.endswith("\n"):
        raise NoteError(why="form")
    _check_text(text)
    signatures = tuple(_parse_signature(line) for line in lines[:-1].split("\n"))
    if len(signatures) > SIGNATURES_MAX:
        raise NoteError(why="signatures")
    return Note(text=text, signatures=signatures)


def open_note(note: bytes, *, keys: Sequence[NoteKey], verify: VerifySignature) -> str:
    """Return the text of `note` once a known key's signature is found right; raises `NoteError` otherwise.

    Signatures by unknown keys are skipped; one wrong signature by a known key refuses the whole note.
    """
    parsed = parse_note(note)
    known = {(key.name, key.key_id): key for key in keys}
    is_signed = False
    for line in parsed.signatures:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        if not verify(key.public_key, parsed.text.encode(), line.signature):
            raise NoteError(why="signature")
        is_signed = True
    if not is_signed:
        raise NoteError(why="unknown_key")
    return parsed.text


def open_checkpoint(note: bytes, *, keys: Sequence[NoteKey], verify: VerifySignature) -> Checkpoint:
    """Return the checkpoint in a note signed by one of `keys`; raises `NoteError`."""
    return parse_checkpoint(open_note(note, keys=keys, verify=verify))


def format_proof(proof: Proof) -> bytes:
    """Return `proof` as tlog-proof text."""
    head = [_PROOF_HEAD, f"index {proof.index}", *(_base64(step) for step in proof.path), "", ""]
    return "\n".join(head).encode() + proof.note


def parse_proof(raw: bytes) -> Proof:
    """Return the proof in `raw`, unchecked; raises `NoteError`. An unsigned `extra` line is refused."""
    head, separator, note = raw.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise NoteError(why="proof") from error
    if not separator or lines[0] != _PROOF_HEAD or len(lines) < 2 or not lines[1].startswith("index "):  # noqa: PLR2004  # head and index
        raise NoteError(why="proof")
    path = tuple(_unbase64(line) for line in lines[2:])
    if any(len(step) != HASH_BYTES for step in path):
        raise NoteError(why="proof_path")
    return Proof(index=_decimal(lines[1].removeprefix("index ")), path=path, note=note)


def verify_proof(raw: bytes, *, leaf: Hash, keys: Sequence[NoteKey], verify: VerifySignature) -> Checkpoint:
    """Return the signed checkpoint under which `raw` proves `leaf`; raises `NoteError` when it does not."""
    proof = parse_proof(raw)
    checkpoint = open_checkpoint(proof.note, keys=keys, verify=verify)
    if not verify_inclusion(
        leaf=leaf, index=proof.index, size=checkpoint.size, path=proof.path, root=checkpoint.root
    ):
        raise NoteError(why="inclusion")
    return checkpoint


def _parse_signature(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not _is_name(name):
        raise NoteError(why="signature_line")
    raw = _unbase64(encoded)
    if len(raw) <= KEY_ID_BYTES:
        raise NoteError(why="signature_line")
    return NoteSignature(name=name, key_id=raw[:KEY_ID_BYTES], signature=raw[KEY_ID_BYTES:])


def _check_text(text: str) -> None:
    if len(text) < 2 or not text.endswith("\n") or any(char < " " and char != "\n" for char in text):  # noqa: PLR2004  # a character and its line end
        raise NoteError(why="text")


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(char.isspace() or char < " " for char in name)


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or (text[0] == "0" and text != "0") or len(text) > 19:  # noqa: PLR2004  # below 2**63
        raise NoteError(why="number")
    return int(text)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _unbase64(text: str) -> bytes:
    """Return the bytes of `text`, which has to be their one standard encoding."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(why="base64") from error
    if _base64(raw) != text:
        raise NoteError(why="base64")
    return raw
