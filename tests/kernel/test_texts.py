from hypothesis import given
from hypothesis import strategies as st

from goodstanding.kernel.texts import length


@given(st.text(max_size=60))
def test_no_other_counting_gives_more(text):
    assert length(text) >= len(text)
    assert length(text) == len(text) + sum(ord(letter) > 0xFFFF for letter in text)


def test_an_emoji_counts_as_browsers_count_it():
    assert length("ok \U0001f44d") == 5
