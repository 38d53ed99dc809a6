"""Contributions add up to the score, exactly, and every word is found back in the original text."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.adapters.nlp.explaining import Explainer
from goodstanding.core.understood import pieces

CLASSIFIER, EXPLAINER = Classifier(), Explainer()

words = st.sampled_from(
    ["wat", "kost", "die", "jas", "je", "bent", "een", "SUKKEL", "suk.kel", "s t o m", "i d i o t", "1d10t", "gek", "🔥🔥🔥",
     "❤️", "€ 12,50", "06 12345678", "www.x.nl", "@anna", "<b>", "thanks", "İstanbul", "ﬁets", "niet", "?!", "“mooi”", "аnd", "k*t"]
)  # fmt: skip
texts = st.one_of(st.text(max_size=80), st.lists(words, max_size=12).map(" ".join))


@settings(max_examples=150, deadline=None)
@given(texts)
def test_what_the_parts_bring_adds_up_to_the_score(text):
    found = EXPLAINER.contributions(text)
    for head in range(len(found.heads)):
        brought = [found.start[head]]
        for part in found.parts:
            brought += [part.own[head], part.shared[head]]
        brought += [whole.brings[head] for whole in found.wholes]
        assert math.fsum(brought) == pytest.approx(found.scores[head], abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_the_explanation_is_of_what_the_classifier_says(text):
    said, found = CLASSIFIER.fresh(text), EXPLAINER.understood(text)
    milli = {head.name: head.milli for head in found.heads}
    assert (found.language, found.language_milli) == (said.language, said.language_milli)
    assert found.sentiment_milli == said.sentiment_milli
    assert [milli[head] for head in ("abuse", "hate", "threat", "sexual", "spam")] == [
        said.abuse_milli, said.hate_milli, said.threat_milli, said.sexual_milli, said.spam_milli
    ]  # fmt: skip
    assert {name: milli[name] for name, _ in said.intents} == dict(said.intents)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_what_is_shown_of_a_head_adds_up_to_its_score(text):
    found = EXPLAINER.understood(text)
    for head in found.heads:
        brought = math.fsum([head.start, head.whole, *(word.brings[head.name] for word in found.words)])
        assert brought == pytest.approx(head.score, abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_marks_lie_in_the_text_in_order_and_apart(text):
    found = EXPLAINER.understood(text)
    at = 0
    for word in found.words:
        assert at <= word.start < word.end <= len(text)
        at = word.end
    marks = {(one.start, one.end): 1.0 for one in found.words}
    assert "".join(piece for piece, _ in pieces(text, marks)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wat kost die jas?", ["wat", "kost", "die", "jas", "?"]),
        ("wat een s u k k e l zeg", ["wat", "een", "s u k k e l", "zeg"]),
        ("bel 06 12345678 nu", ["bel", "06 12345678", "nu"]),
        ("<b>mooi</b> hoor", ["mooi", "hoor"]),
        ("İyi hoor", ["İyi", "hoor"]),
        ("je bent een sukk\u200bel", ["je", "bent", "een", "sukk\u200bel"]),
        ("dom 🔥🔥", ["dom", "🔥", "🔥"]),
    ],
)
def test_words_are_marked_where_they_stand(text, expected):
    assert [text[one.start : one.end] for one in EXPLAINER.understood(text).words] == expected


def test_the_strongest_reason_comes_first_and_speaks_for_its_head():
    found = EXPLAINER.understood("wat een sukkel ben jij, ga weg")
    assert any(head.reasons for head in found.heads)
    for head in found.heads:
        values = [reason.value for reason in head.reasons]
        assert values == sorted(values, reverse=True)
        assert all(value > 0 for value in values)


def test_abstaining_is_said_with_its_reason():
    found = EXPLAINER.understood("c'est magnifique, où l'as-tu acheté ?")
    assert "sentiment" in found.abstaining
    assert found.why_silent == "unsupported_language"
    assert EXPLAINER.understood("🔥🔥").abstaining == ()
