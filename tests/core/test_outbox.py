import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core.outbox import approval_hash, is_same_text, likeness

words = st.text(max_size=40)


@given(words, words)
def test_likeness_is_even_handed_and_bounded(one, other):
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1000


@given(words)
def test_a_text_is_fully_like_itself_whatever_its_case_and_signs(text):
    assert likeness(text, text) == 1000
    assert likeness("Stuur ons INFO!", "stuur ons info") == 1000


def test_other_words_are_not_alike():
    assert likeness("Bedankt voor je vraag, stuur ons INFO", "What a lovely garden you have") < 200


def test_a_changed_word_still_counts_as_the_same_text():
    first = "Bedankt voor je vraag! Stuur ons INFO in een privébericht."
    assert likeness(first, "Bedankt voor je reactie! Stuur ons INFO in een privébericht.") >= 700


@given(st.tuples(words, words), st.tuples(words, words))
def test_an_approval_binds_to_every_part(one, other):
    bound = [approval_hash(event_id=1, act="reply", target_id=t, text=x) for t, x in (one, other)]
    assert (bound[0] == bound[1]) == (one == other)
    assert bound[0] != approval_hash(event_id=2, act="reply", target_id=one[0], text=one[1])
    assert bound[0] != approval_hash(event_id=1, act="hide", target_id=one[0], text=one[1])


@pytest.mark.parametrize(
    ("came_back", "same"),
    [
        ("Kijk in onze bio.", True), ("  Kijk in  onze bio.\n", True), ("Kijk in onze bio", False), ("kijk in onze bio.", False),
        ("", False),
    ],
)  # fmt: skip
def test_a_text_that_comes_back_is_ours_whatever_its_blanks(came_back, same):
    assert is_same_text("Kijk in onze bio.", came_back) is same


@given(words)
def test_a_text_is_the_same_in_every_composition(text):
    assert is_same_text(unicodedata.normalize("NFD", text), unicodedata.normalize("NFC", text))
