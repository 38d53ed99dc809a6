"""Canonical bytes: the one form in which values are hashed, sealed and compared.

Values are built of strings, integers within 2**53, booleans, `None`, lists and mappings with ASCII keys
(or `msgspec` structs of these). For such values the output equals RFC 8785 (JSON Canonicalization Scheme).
"""

from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(order="sorted")


def canonical(value: Any) -> bytes:
    """Return the canonical JSON of `value`; raises `TypeError` for a type that has no JSON form."""
    return _encoder.encode(value)
