"""The vault: AES-256-GCM under a key a person, wrapped by the master key; the signing key; keyed chance.

Destroying a person's key makes every ciphertext of that person unreadable, in backups too
(once the key file's own short-lived backups are gone).
"""

import hashlib
import hmac
import os
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from goodstanding.adapters.keys.boxes import KeyBox
from goodstanding.kernel.problems import GoodstandingError

NONCE = 12
KEY = 32
CACHE_MAX = 50_000
INTAKE = "intake"


class MasterKeyError(GoodstandingError):
    """The master key is missing, malformed or not the one that wrapped the keys; field: why."""

    code = "MASTER_KEY"


def master_key(path: Path, environment: str | None, *, known: bool = False) -> bytes:
    """Return the master key: from the environment (64 hex digits), else from `path`, which is made if missing.

    With `known` keys to open, a missing file is never replaced by a new one. Raises `MasterKeyError`.
    """
    if environment:
        return _from_hex(environment)
    try:
        return _from_hex(path.read_text())
    except FileNotFoundError:
        if known:
            raise MasterKeyError(why="missing") from None
        path.parent.mkdir(parents=True, exist_ok=True)
        key = os.urandom(KEY)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(key.hex() + "\n")
            out.flush()
            os.fsync(out.fileno())
        return key


def _from_hex(text: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY:
        raise MasterKeyError(why="malformed")
    return key


class KeyVault:
    """Encrypts per contact. Contact 0 is the intake key: deliveries whose author is not known yet."""

    def __init__(self, master: bytes, box: KeyBox) -> None:
        self._wrap = AESGCM(master)
        self._box = box
        self._ciphers: dict[int, AESGCM] = {0: AESGCM(self.named(INTAKE))}

    def named(self, name: str) -> bytes:
        """Return a key of the installation by name; made on first use."""
        wrapped = self._box.named(name)
        if wrapped is None:
            self._box.add_named(name, self._seal(os.urandom(KEY)))
            wrapped = self._box.named(name)
            assert wrapped is not None
        return self._open(wrapped)

    def ensure(self, contact_ids: Iterable[int]) -> None:
        wanted = [i for i in contact_ids if i not in self._ciphers]
        if not wanted:
            return
        known = self._box.known(wanted)
        fresh = {i: os.urandom(KEY) for i in wanted if i not in known}
        if fresh:
            self._box.add([(i, self._seal(key)) for i, key in fresh.items()])

    def lock(self, contact_id: int, value: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        cipher = self._cipher(contact_id)
        if cipher is None:
            raise KeyError(f"contact {contact_id} has no key")
        return nonce + cipher.encrypt(nonce, value, None)

    def unlock(self, contact_id: int, cipher: bytes) -> bytes | None:
        key = self._cipher(contact_id)
        if key is None:
            return None
        try:
            return key.decrypt(cipher[:NONCE], cipher[NONCE:], None)
        except InvalidTag:
            return None

    def destroy(self, contact_id: int, at: int) -> None:
        self._ciphers.pop(contact_id, None)
        self._box.destroy(contact_id, at)

    def close(self) -> None:
        self._box.close()

    def _cipher(self, contact_id: int) -> AESGCM | None:
        found = self._ciphers.get(contact_id)
        if found is not None:
            return found
        wrapped = self._box.get(contact_id)
        if wrapped is None:
            return None
        if len(self._ciphers) >= CACHE_MAX:
            self._ciphers = {0: self._ciphers[0]}
        return self._ciphers.setdefault(contact_id, AESGCM(self._open(wrapped)))

    def _seal(self, key: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._wrap.encrypt(nonce, key, None)

    def _open(self, wrapped: bytes) -> bytes:
        try:
            return self._wrap.decrypt(wrapped[:NONCE], wrapped[NONCE:], None)
        except InvalidTag:
            raise MasterKeyError(why="does not fit") from None


class Ed25519Signer:
    """The installation's signing key."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._key.public_key().public_bytes_raw()

    @property
    def public(self) -> bytes:
        return self._public

    def sign(self, value: bytes) -> bytes:
        return self._key.sign(value)

    def verify(self, public: bytes, value: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, value)
        except (InvalidSignature, ValueError):
            return False
        return True


class KeyedChance:
    """Randomness of the system, and hashes under the installation's own key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def draw(self, count: int) -> bytes:
        return os.urandom(count)

    def keyed(self, purpose: str, value: int) -> int:
        digest = hashlib.blake2b(b"%s:%d" % (purpose.encode(), value), key=self._key, digest_size=4)
        return int.from_bytes(digest.digest(), "big")

    def keyed_digest(self, purpose: str, value: str) -> bytes:
        return hmac.digest(self._key, f"{purpose}:{value}".encode(), "sha256")
