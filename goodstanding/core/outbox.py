"""What is sent: likeness of texts, what an approval binds to, and when an unknown outcome is given to a person."""

import hashlib
import unicodedata
from functools import lru_cache

MILLI = 1000
SHINGLE = 3


@lru_cache(maxsize=4096)
def _shingles(text: str) -> frozenset[str]:
    plain = " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())
    padded = f" {plain} "
    return frozenset(padded[i : i + SHINGLE] for i in range(max(1, len(padded) - SHINGLE + 1)))


@lru_cache(maxsize=65_536)
def likeness(one: str, other: str) -> int:
    """Return how alike two texts are, 0 to 1000: the share of letter triples they share, case and signs aside."""
    left, right = _shingles(one), _shingles(other)
    return MILLI * len(left & right) // len(left | right)


def is_same_text(one: str, other: str) -> bool:
    """Tell whether a text that came back is one we sent: a platform may trim it, join blanks or compose letters anew."""
    return one == other or _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def approval_hash(*, event_id: int, act: str, target_id: str, text: str) -> bytes:
    """Return what a person's approval binds to: this text, to this comment, and nothing else."""
    parts = (str(event_id), act, target_id, text)
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return digest.digest()
