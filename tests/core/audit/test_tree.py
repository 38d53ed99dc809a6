import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core.audit import tree

# The leaves and answers that Certificate Transparency implementations share (google/certificate-transparency,
# transparency-dev/merkle).
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
CT_INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
CT_CONSISTENCY = {
    (1, 1): (),
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}


def naive_root(leaves):
    """The recursive definition of RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:half]) + naive_root(leaves[half:])).digest()


def naive_path(index, leaves):
    if len(leaves) == 1:
        return []
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if index < half:
        return [*naive_path(index, leaves[:half]), naive_root(leaves[half:])]
    return [*naive_path(index - half, leaves[half:]), naive_root(leaves[:half])]


def naive_subproof(old, leaves, is_known=True):
    if old == len(leaves):
        return [] if is_known else [naive_root(leaves)]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if old <= half:
        return [*naive_subproof(old, leaves[:half], is_known), naive_root(leaves[half:])]
    return [*naive_subproof(old - half, leaves[half:], is_known=False), naive_root(leaves[:half])]


class Stored:
    """A tree as a store keeps it; refuses to serve what would not be stored."""

    def __init__(self, leaves, cuts=()):
        self.leaves = leaves
        self.nodes = {}
        self.frontier = tree.Frontier()
        edges = [0, *sorted(min(cut, len(leaves)) for cut in cuts), len(leaves)]
        for start, stop in itertools.pairwise(edges):
            self.frontier, completed = self.frontier.append(leaves[start:stop])
            for level, index, node in completed:
                assert level >= tree.STORED_LEVEL_MIN
                assert (level, index) not in self.nodes
                self.nodes[level, index] = node

    def get_leaf_hashes(self, start, stop):
        assert 0 <= start < stop <= len(self.leaves)
        assert stop - start <= 16
        return self.leaves[start:stop]

    def get_node(self, level, index):
        return self.nodes[level, index]

    @property
    def read(self):
        return self.get_leaf_hashes, self.get_node


def leaves_of(count):
    return [tree.leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


ct_leaves = [tree.leaf_hash(leaf) for leaf in CT_LEAVES]


@pytest.mark.parametrize("size", range(9))
def test_roots_equal_the_shared_vectors(size):
    assert tree.root_of(ct_leaves[:size]).hex() == CT_ROOTS[size]


@pytest.mark.parametrize(("index", "size"), CT_INCLUSION)
def test_inclusion_paths_equal_the_shared_vectors(index, size):
    path = tree.inclusion_proof(size, index, *Stored(ct_leaves[:size]).read)
    assert tuple(step.hex() for step in path) == CT_INCLUSION[index, size]


@pytest.mark.parametrize(("old", "new"), CT_CONSISTENCY)
def test_consistency_paths_equal_the_shared_vectors(old, new):
    path = tree.consistency_proof(old, new, *Stored(ct_leaves[:new]).read)
    assert tuple(step.hex() for step in path) == CT_CONSISTENCY[old, new]


@given(st.integers(0, 200), st.lists(st.integers(0, 200), max_size=6))
def test_any_way_of_batching_gives_the_naive_root_and_the_same_nodes(size, cuts):
    leaves = leaves_of(size)
    stored = Stored(leaves, cuts)
    assert stored.frontier.root() == naive_root(leaves)
    assert stored.nodes == Stored(leaves).nodes
    wanted = {
        (level, index): naive_root(leaves[index << level : (index + 1) << level])
        for level in range(4, 9)
        for index in range(size >> level)
    }
    assert stored.nodes == wanted


@given(st.integers(0, 200), st.lists(st.integers(0, 200), max_size=6))
def test_nodes_come_in_the_order_of_completion_across_batches(size, cuts):
    stored = Stored(leaves_of(size), cuts)
    keys = [tree.completion((level, index, b"")) for level, index in stored.nodes]
    assert keys == sorted(keys)


@given(st.integers(0, 2**40))
def test_frontier_survives_its_bytes(size):
    peaks = tuple(tree.leaf_hash(bytes([number])) for number in range(size.bit_count()))
    frontier = tree.Frontier(size=size, peaks=peaks)
    raw = frontier.to_bytes()
    assert tree.Frontier.from_bytes(raw) == frontier
    with pytest.raises(ValueError, match="no frontier"):
        tree.Frontier.from_bytes(raw + b"\x00")


@given(st.data())
def test_inclusion_proof_equals_the_naive_one_and_verifies(data):
    size = data.draw(st.integers(1, 150))
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    path = tree.inclusion_proof(size, index, *Stored(leaves).read)
    assert path == naive_path(index, leaves)
    root = naive_root(leaves)
    assert tree.verify_inclusion(leaf=leaves[index], index=index, size=size, path=path, root=root)


@given(st.data())
def test_consistency_proof_equals_the_naive_one_and_verifies(data):
    new = data.draw(st.integers(1, 150))
    old = data.draw(st.integers(1, new))
    leaves = leaves_of(new)
    path = tree.consistency_proof(old, new, *Stored(leaves).read)
    assert path == naive_subproof(old, leaves)
    assert tree.verify_consistency(
        old=old, old_root=naive_root(leaves[:old]), new=new, new_root=naive_root(leaves), path=path
    )


def inclusion_cases(size, index):
    """The right question first, then every near miss."""
    leaves = leaves_of(size)
    root, other = naive_root(leaves), tree.leaf_hash(b"another")
    path = naive_path(index, leaves)
    right = {"leaf": leaves[index], "index": index, "size": size, "path": path, "root": root}
    yield right, True
    yield right | {"leaf": other}, False
    yield right | {"root": other}, False
    yield right | {"index": index ^ 1}, False
    yield right | {"index": -1}, False
    yield right | {"index": size}, False
    yield right | {"path": [*path, other]}, False
    yield right | {"path": [other, *path]}, False
    for step in range(len(path)):
        yield right | {"path": path[:step] + path[step + 1 :]}, False
        yield right | {"path": [*path[:step], other, *path[step + 1 :]]}, False


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 16, 33])
def test_near_misses_of_an_inclusion_proof_are_refused(size):
    for index in range(size):
        for question, answer in inclusion_cases(size, index):
            assert tree.verify_inclusion(**question) is answer, question


@pytest.mark.parametrize("new", [2, 3, 5, 8, 13, 16, 33])
def test_near_misses_of_a_consistency_proof_are_refused(new):
    leaves, other = leaves_of(new), tree.leaf_hash(b"another")
    for old in range(1, new):
        path = naive_subproof(old, leaves)
        right = {
            "old": old,
            "old_root": naive_root(leaves[:old]),
            "new": new,
            "new_root": naive_root(leaves),
            "path": path,
        }
        assert tree.verify_consistency(**right)
        wrong = [
            {"old_root": other},
            {"new_root": other},
            {"old": new, "new": old},
            {"path": [*path, other]},
            {"path": []},
        ]
        wrong += [{"path": path[:step] + path[step + 1 :]} for step in range(len(path))]
        wrong += [{"path": [*path[:step], other, *path[step + 1 :]]} for step in range(len(path))]
        for change in wrong:
            assert not tree.verify_consistency(**(right | change)), change


def test_a_tree_is_consistent_with_the_empty_tree_and_with_itself():
    root = naive_root(leaves_of(5))
    empty = tree.EMPTY_ROOT
    assert tree.verify_consistency(old=0, old_root=empty, new=5, new_root=root, path=[])
    assert tree.verify_consistency(old=5, old_root=root, new=5, new_root=root, path=[])
    assert not tree.verify_consistency(old=0, old_root=root, new=5, new_root=root, path=[])
    assert not tree.verify_consistency(old=5, old_root=root, new=5, new_root=empty, path=[])
    assert tree.consistency_proof(0, 5, *Stored(leaves_of(5)).read) == []


def test_proofs_of_what_is_not_in_the_tree_are_refused():
    read = Stored(leaves_of(3)).read
    with pytest.raises(ValueError, match="not in the tree"):
        tree.inclusion_proof(3, 3, *read)
    with pytest.raises(ValueError, match="larger"):
        tree.consistency_proof(4, 3, *read)
