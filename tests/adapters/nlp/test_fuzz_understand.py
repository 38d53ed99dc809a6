"""The short form of `python -m tests.fuzz_understand`, and that it can fail."""

import pytest

from goodstanding.adapters.nlp.classifier import Classifier
from tests import fuzz_understand


def test_hostile_strings_raise_nothing_and_cost_what_their_length_allows():
    assert fuzz_understand.fuzz(1_500, 5, counted=10) > 0


def test_strings_are_the_same_for_the_same_seed_and_some_are_long():
    found = list(fuzz_understand.strings(40, 3, long=1_000, share=20))
    assert found == list(fuzz_understand.strings(40, 3, long=1_000, share=20))
    assert [number for number, text in enumerate(found) if len(text) == 1_000] == [19, 39]


@pytest.mark.parametrize(
    "text", ["ﷺ" * 100_000, "ab " * 50_000, "k." * 50_000, "\u0301" * 100_000, "@" * 100_000]
)
def test_work_for_an_endless_text_is_bounded(text):
    classifier = Classifier()
    spent = fuzz_understand.calls(lambda: classifier.fresh(text))
    assert spent <= fuzz_understand.CALLS_AT_LEAST + fuzz_understand.CALLS_PER_CHARACTER * 8_000


def test_work_is_noticed():
    assert fuzz_understand.calls(lambda: [len(repr(at)) for at in range(100)]) >= 200


def test_a_bound_that_is_too_low_is_noticed(monkeypatch):
    monkeypatch.setattr(fuzz_understand, "CALLS_AT_LEAST", 0)
    monkeypatch.setattr(fuzz_understand, "CALLS_PER_CHARACTER", 1)
    with pytest.raises(AssertionError, match="calls for"):
        fuzz_understand.fuzz(20, 5, counted=1)
