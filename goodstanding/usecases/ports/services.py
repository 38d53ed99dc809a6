"""Ports of what a process stands on: time, chance, understanding, and keys."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from goodstanding.core.signals import Signals


class Clock(Protocol):
    """Trusted time."""

    def now(self) -> int:
        """Return UTC milliseconds, never less than what was returned or persisted before."""
        ...

    def doubt(self) -> str:
        """Return why time cannot be trusted (a code), or an empty string."""
        ...

    def hear(self, reference: int) -> None:
        """Take note of the platform's own time (its `Date` header, a webhook's time)."""
        ...

    def real_seconds(self, span: int) -> float:
        """Return how many real seconds a span of this clock's milliseconds takes."""
        ...


class Chance(Protocol):
    """Randomness and keyed hashes."""

    def draw(self, count: int) -> bytes: ...
    def keyed(self, purpose: str, value: int) -> int:
        """Return 0 to 2**32-1, always the same for the same value under this installation's key."""
        ...

    def keyed_digest(self, purpose: str, value: str) -> bytes: ...


class Classifier(Protocol):
    """Understanding."""

    @property
    def model(self) -> str: ...
    def signals(self, texts: Sequence[str]) -> list[Signals]: ...


class Vault(Protocol):
    """Encryption under keys that can be destroyed one person at a time."""

    def ensure(self, contact_ids: Iterable[int]) -> None:
        """Make a key for each contact that has none; durable before it returns."""
        ...

    def lock(self, contact_id: int, value: bytes) -> bytes:
        """Encrypt under the contact's key; contact 0 is the intake key."""
        ...

    def unlock(self, contact_id: int, cipher: bytes) -> bytes | None:
        """Return the value, or None when the key was destroyed."""
        ...

    def destroy(self, contact_id: int, at: int) -> None: ...


class Signer(Protocol):
    """The installation's signing key."""

    @property
    def public(self) -> bytes:
        """The raw 32-byte Ed25519 public key."""
        ...

    def sign(self, value: bytes) -> bytes: ...
    def verify(self, public: bytes, value: bytes, signature: bytes) -> bool: ...
