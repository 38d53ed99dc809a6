"""Words of kin: groups of words that mean alike, across Dutch and English.

The groups are made once, offline, and are a part of the model: a word that no labelled text held still says what its
like say. Half of a text's meaning for the model hangs on them, so their digest is bound to the weights.
"""

import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec


class Kin(msgspec.Struct, frozen=True):
    """Groups by word."""

    groups: Mapping[str, tuple[int, int]]
    """Word -> (coarse group, fine group)."""
    digest: str


def read(body: bytes) -> Kin:
    """Return the groups in a file of lines `coarse fine word word ...`, compressed."""
    groups: dict[str, tuple[int, int]] = {}
    for line in gzip.decompress(body).decode().splitlines():
        coarse, fine, *words = line.split(" ")
        groups.update(dict.fromkeys(words, (int(coarse), int(fine))))
    return Kin(groups, hashlib.sha256(body).hexdigest())


@cache
def shipped() -> Kin:
    """Return the groups that ship with the product."""
    return read((files("goodstanding") / "adapters" / "nlp" / "weights" / "kin.gz").read_bytes())
