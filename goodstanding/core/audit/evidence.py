"""What goes into an evidence pack: plain values that a use case fills and an adapter packs."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from goodstanding.core.audit.checkpoint import NoteKey, Sign
from goodstanding.core.audit.tree import Hash

Text: TypeAlias = Mapping[str, str]
"""The same sentence by language, such as `{"nl": ..., "en": ...}`."""


class DisclosedValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value behind a commitment, shown to the reader of the pack."""

    name: str
    """The commitment's name in the entry's `pii`."""
    salt: bytes
    value: bytes
    """Exactly the bytes that were committed; UTF-8 text."""


class DisclosedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the log with its proof, its shown values and its story in plain sentences."""

    sealed: bytes
    path: tuple[Hash, ...]
    """Inclusion proof in the tree of the last checkpoint."""
    values: tuple[DisclosedValue, ...] = ()
    who: Text
    what: Text
    why: tuple[Text, ...] = ()
    """One sentence per reason code."""


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A chapter of the report: a title, an introduction, and the entries it is about."""

    title: Text
    introduction: tuple[Text, ...] = ()
    entries: tuple[int, ...]
    """The `seq` of each, in the order of telling."""


class EarlierCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint the reader may already hold, with the proof that the log only grew since."""

    note: bytes
    path: tuple[Hash, ...]


class PackContents(msgspec.Struct, frozen=True, kw_only=True):
    """All that an evidence pack is made of; equal contents give equal bytes."""

    entries: tuple[DisclosedEntry, ...]
    checkpoint: bytes
    """The signed note all proofs lead to, signed by `key`."""
    earlier: EarlierCheckpoint | None = None
    """Signed by the same `key`."""
    key: NoteKey
    policies: tuple[bytes, ...] = ()
    """Canonical bytes of each policy version that the entries name."""
    stories: tuple[Story, ...] = ()
    made_at: int
    """UTC milliseconds since 1970."""
    reason: Text
    languages: tuple[str, ...] = ("nl", "en")
    """Languages of the report, in this order; every `Text` has each of them."""


BuildPack: TypeAlias = Callable[[PackContents, Sign], bytes]
"""Makes the zip and signs its manifest with the log's key; raises for contents that do not verify."""
