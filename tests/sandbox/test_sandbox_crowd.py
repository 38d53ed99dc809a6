"""The crowd without a server."""

import re
import time
from collections import Counter
from itertools import islice

import pytest

from goodstanding.sandbox.crowd import make_comments, viewer_name
from goodstanding.sandbox.numbers import read_data


def test_the_same_seed_gives_the_same_comments_and_another_seed_others():
    assert list(make_comments(300, 7)) == list(make_comments(300, 7))
    assert [c["text"] for c in make_comments(300, 7)] != [c["text"] for c in make_comments(300, 8)]


def test_ten_thousand_comments_look_alive():
    comments = list(make_comments(10_000, 1))
    texts = Counter(c["text"] for c in comments)
    assert len(texts) > 4_000
    assert not [text for text in texts if "{" in text or "}" in text or not text.strip()]
    assert len({c["comment_id"] for c in comments}) == 10_000
    assert {c["language"] for c in comments} == {"nl", "be", "en", "mix"}
    kinds = Counter(c["kind"] for c in comments)
    data = read_data("crowd.toml")
    assert set(kinds) == set(data["weights"]) | {"mild", "strong", "threat"}
    assert 0.04 < sum(c["harmful"] for c in comments) / 10_000 < 0.06
    assert 0.69 < sum(c["language"] in ("nl", "be") for c in comments) / 10_000 < 0.79


def test_there_are_at_least_150_templates():
    data = read_data("crowd.toml")
    assert sum(len(kind) for language in ("nl", "be", "en", "mix") for kind in data[language].values()) >= 150


def test_ids_have_19_digits_and_tell_the_time():
    for comment in make_comments(500, 2):
        assert re.fullmatch(r"\d{19}", comment["comment_id"])
        assert int(comment["comment_id"]) >> 32 == comment["timestamp"] // 1000


def test_comments_come_in_order_of_time_within_the_span():
    times = [c["timestamp"] for c in make_comments(1000, 2, start_ms=5_000_000, spread_ms=60_000)]
    assert times == sorted(times)
    assert 5_000_000 <= times[0] < times[-1] <= 5_060_000


def test_a_spike_puts_four_fifths_into_the_last_fifth():
    times = [c["timestamp"] for c in make_comments(1000, 2, start_ms=0, spread_ms=100_000, spike=True)]
    assert times == sorted(times)
    assert 790 <= sum(time >= 80_000 for time in times) <= 810


def test_crowds_with_numbers_apart_share_no_id():
    ids = [c["comment_id"] for first in (0, 5000) for c in make_comments(5000, 1, spread_ms=0, first=first)]
    assert len(set(ids)) == 10_000


def test_harm_and_languages_can_be_chosen():
    assert all(
        c["harmful"] and c["language"] == "en"
        for c in make_comments(50, 1, harmful_share=1, languages={"en": 1})
    )
    assert not any(c["harmful"] for c in make_comments(500, 1, harmful_share=0))
    with pytest.raises(ValueError, match="unknown language fr"):
        next(make_comments(1, 1, languages={"fr": 1}))
    with pytest.raises(ValueError, match="weight"):
        next(make_comments(1, 1, languages={"nl": 0}))


def test_viewers_have_names_of_their_own():
    assert len({viewer_name(number) for number in range(20_000)}) == 20_000


def test_fifty_thousand_comments_take_less_than_a_second_of_work():
    began = time.process_time()
    assert sum(1 for _ in islice(make_comments(50_000, 1), 50_000)) == 50_000
    assert time.process_time() - began < 1.0
