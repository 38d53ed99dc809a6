"""The Merkle tree of RFC 6962 over the entries: append, prove, verify.

A node at level L and index I covers the leaves `I * 2**L` up to `(I + 1) * 2**L`. Leaf hashes are stored with
the entries; interior nodes are stored only from `STORED_LEVEL_MIN` up, and only once complete, so an append
stores one node per eight entries or fewer. What lies below is computed again from at most 16 leaf hashes.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TypeAlias

import msgspec

STORED_LEVEL_MIN = 4
"""Lowest level whose nodes are stored; one such node covers 16 leaves."""
HASH_BYTES = 32
_BLOCK = 1 << STORED_LEVEL_MIN

Hash: TypeAlias = bytes
Node: TypeAlias = tuple[int, int, Hash]
"""Level, index, hash."""
GetLeafHashes: TypeAlias = Callable[[int, int], Sequence[Hash]]
"""(start, stop) -> the leaf hashes from `start` up to, not including, `stop`."""
GetNode: TypeAlias = Callable[[int, int], Hash]
"""(level, index) -> the stored hash of a complete node."""

_sha256 = hashlib.sha256
EMPTY_ROOT = _sha256(b"").digest()


def leaf_hash(sealed: bytes) -> Hash:
    """Return the leaf hash of a sealed entry."""
    return _sha256(b"\x00" + sealed).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """Return the hash of the node above `left` and `right`."""
    return _sha256(b"\x01" + left + right).digest()


class Frontier(msgspec.Struct, frozen=True, kw_only=True):
    """The tree's right edge: all that is needed to append and to know the root."""

    size: int = 0
    peaks: tuple[Hash, ...] = ()
    """Hashes of the complete subtrees that make up the tree, largest (oldest) first."""

    def append(self, leaf_hashes: Sequence[Hash]) -> "tuple[Frontier, list[Node]]":
        """Return the frontier with `leaf_hashes` added, and the nodes this completed that are to be stored.

        The nodes come in the order in which their last leaf arrives, lower levels first (`completion`).
        """
        completed: list[Node] = []
        peaks = dict(zip(_levels(self.size), self.peaks, strict=True))
        fresh, position, level = list(leaf_hashes), self.size, 0
        while fresh:
            if level in peaks:
                fresh.insert(0, peaks.pop(level))
                position -= 1
            if len(fresh) % 2:
                peaks[level] = fresh.pop()
            pairs = iter(fresh)
            fresh = [
                _sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)
            ]
            level, position = level + 1, position // 2
            if level >= STORED_LEVEL_MIN:
                completed += [(level, position + offset, node) for offset, node in enumerate(fresh)]
        completed.sort(key=completion)
        ordered = tuple(peaks[level] for level in sorted(peaks, reverse=True))
        return Frontier(size=self.size + len(leaf_hashes), peaks=ordered), completed

    def root(self) -> Hash:
        """Return the root hash; of an empty tree the hash of nothing."""
        return _fold(self.peaks)

    def to_bytes(self) -> bytes:
        """Return the size in eight bytes, then the peaks."""
        return self.size.to_bytes(8, "big") + b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Frontier":
        """Return the frontier that `to_bytes` wrote; raises `ValueError` when size and length disagree."""
        size, hashes = int.from_bytes(raw[:8], "big"), raw[8:]
        if len(raw) != 8 + HASH_BYTES * size.bit_count():
            raise ValueError("these bytes are no frontier")
        peaks = tuple(hashes[start : start + HASH_BYTES] for start in range(0, len(hashes), HASH_BYTES))
        return cls(size=size, peaks=peaks)


def completion(node: Node) -> tuple[int, int]:
    """Sort key of a node: the number of leaves at which it is complete, then its level."""
    return (node[1] + 1) << node[0], node[0]


def root_of(leaf_hashes: Iterable[Hash]) -> Hash:
    """Return the root over all `leaf_hashes`."""
    return Frontier().append(list(leaf_hashes))[0].root()


def inclusion_proof(size: int, index: int, get_leaf_hashes: GetLeafHashes, get_node: GetNode) -> list[Hash]:
    """Return the path from leaf `index` to the root of the tree of `size` leaves (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    source = _Source(size, get_leaf_hashes, get_node)
    start, stop, path = 0, size, []
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(source.range_root(middle, stop))
            stop = middle
        else:
            path.append(source.range_root(start, middle))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, get_leaf_hashes: GetLeafHashes, get_node: GetNode) -> list[Hash]:
    """Return the proof that the tree of `new` leaves begins with the tree of `old` leaves (RFC 6962, 2.1.2).

    Empty for `old` 0 or equal to `new`.
    """
    if not 0 <= old <= new:
        raise ValueError("the old tree is larger than the new one")
    if old in (0, new):
        return []
    source = _Source(new, get_leaf_hashes, get_node)
    start, stop, path, is_known = 0, new, [], True
    while old != stop:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(source.range_root(middle, stop))
            stop = middle
        else:
            path.append(source.range_root(start, middle))
            start, is_known = middle, False
    if not is_known:
        path.append(source.range_root(start, stop))
    return path[::-1]


def verify_inclusion(*, leaf: Hash, index: int, size: int, path: Sequence[Hash], root: Hash) -> bool:
    """Tell whether `path` proves that `leaf` is entry `index` of the tree with `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, current = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            current = node_hash(sibling, current)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and current == root


def verify_consistency(*, old: int, old_root: Hash, new: int, new_root: Hash, path: Sequence[Hash]) -> bool:
    """Tell whether `path` proves that the new tree begins with the old one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not steps:
        return False
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    seen_old = seen_new = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            seen_old, seen_new = node_hash(sibling, seen_old), node_hash(sibling, seen_new)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            seen_new = node_hash(seen_new, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and seen_old == old_root and seen_new == new_root


class _Source:
    """Subtree hashes of a stored tree; each block of 16 leaf hashes is read once."""

    def __init__(self, size: int, get_leaf_hashes: GetLeafHashes, get_node: GetNode) -> None:
        self._size = size
        self._get_leaf_hashes = get_leaf_hashes
        self._get_node = get_node
        self._blocks: dict[int, Sequence[Hash]] = {}

    def range_root(self, start: int, stop: int) -> Hash:
        """Return the root over the leaves from `start` to `stop`; `start` fits the largest subtree in it."""
        hashes: list[Hash] = []
        for level in _levels(stop - start):
            hashes.append(self._subtree(level, start >> level))
            start += 1 << level
        return _fold(hashes)

    def _subtree(self, level: int, index: int) -> Hash:
        if level >= STORED_LEVEL_MIN:
            return self._get_node(level, index)
        start = index << level
        first = start - start % _BLOCK
        if first not in self._blocks:
            self._blocks[first] = self._get_leaf_hashes(first, min(first + _BLOCK, self._size))
        offset = start - first
        return root_of(islice(self._blocks[first], offset, offset + (1 << level)))


def _levels(size: int) -> list[int]:
    """Return the levels of the complete subtrees that make up a tree of `size` leaves, largest first."""
    return [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _fold(hashes: Sequence[Hash]) -> Hash:
    """Return the root over complete subtrees, largest first."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root
