"""Texts as rows of a sparse matrix over the buckets, read exactly as the product reads them."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from goodstanding.adapters.nlp import features, kin, reading
from goodstanding.adapters.nlp.classifier import Adder, Rules
from goodstanding.adapters.nlp.lists import Lexicon, shipped


class Bag:
    """Features with their weights; what a vector is to the product. Adds like one."""

    __slots__ = ("rows", "weights")

    def __init__(self, rows: list[int], weights: list[int]) -> None:
        self.rows, self.weights = rows, weights

    def __add__(self, other: "Bag | int") -> "Bag":
        if isinstance(other, int):
            return self
        return Bag(self.rows + other.rows, self.weights + other.weights)

    __radd__ = __add__


def bag(found: Sequence[features.Feature]) -> Bag:
    return Bag([row for row, _ in found], [weight for _, weight in found])


class Extractor:
    def __init__(self, lexicon: Lexicon | None = None) -> None:
        lexicon = lexicon or shipped()
        self._reader = reading.Reader(lexicon, bag, kin.shipped().groups)
        self._rules = Rules(lexicon, home=None)
        self._adder = Adder(bag)

    def rows(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Return one row a text, float32: what the product sums, in the same proportions."""
        indptr, indices, data = [0], [], []
        for text in texts:
            read = self._reader.read(text)
            sums = self._adder.sums(text, tokens=read.tokens, ruled=self._rules.found(read))
            share = 1 / (features.UNIT * max(1, sums.length) ** 0.5)
            parts = [(sums.words, share), (sums.whole, 1 / features.UNIT)]
            rows = np.concatenate(
                [np.asarray(b.rows, dtype=np.int32) for b, _ in parts if b] or [np.zeros(0, np.int32)]
            )
            weights = np.concatenate(
                [np.asarray(b.weights, dtype=np.float32) * scale for b, scale in parts if b]
                or [np.zeros(0, np.float32)]
            )
            indices.append(rows)
            data.append(weights)
            indptr.append(indptr[-1] + len(rows))
        matrix = sparse.csr_matrix(
            (np.concatenate(data), np.concatenate(indices), np.asarray(indptr)),
            shape=(len(texts), features.BUCKETS),
        )
        matrix.sum_duplicates()
        return matrix.astype(np.float32)
