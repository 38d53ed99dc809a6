"""Consent and stop, by exact list: what may count as a yes, and that a stop is always heard."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.nlp import extract
from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.adapters.nlp.lists import shipped
from goodstanding.core.consent import answer_to_pending

CLASSIFIER = Classifier()
EXACT = shipped().answers
YES = sorted(text for text, answer in EXACT.items() if answer == "yes")
STOP = sorted(text for text, answer in EXACT.items() if answer == "stop")
HEDGES = (
    "{} maar", "{}?", "{} misschien", "niet {}", "nee {}", "{} but", "maybe {}", "{} 🙄", "{} 😂", "{} not", "{} hoor 🙄", "als het kan {}",
)  # fmt: skip


def said(text):
    return CLASSIFIER.fresh(text).answer


@pytest.mark.parametrize("text", [
    "Stop 🛑", "🛑", "STOP?", "(stop)", "ja stop", "Ja, stop ermee!", "S T O P", "ＳＴＯＰ", "st0p", "s.t.o.p", "uitschrjven", "Uitshcrijven",
    "unsubscibe", "afmeldne", "niet meer sturen aub", "STOP 🙏",
])  # fmt: skip
def test_a_stop_is_heard_in_any_dress(text):
    assert said(text) == "stop"


@pytest.mark.parametrize(
    "text",
    [
        "stop 😂",
        "stopcontact",
        "can't stop",
        "bus stop",
        "inschrijven",
        "the end",
        "opzegging",
        "subscribe",
        "afbeelden",
    ],
)
def test_a_word_that_is_no_request_to_stop_is_none(text):
    assert said(text) is None


@pytest.mark.parametrize("hedge", HEDGES)
@settings(max_examples=30, deadline=None)
@given(text=st.sampled_from(YES))
def test_a_yes_with_a_hedge_is_no_consent(hedge, text):
    hedged = hedge.format(text)
    listed = EXACT.get(hedged) == "no"  # as `niet akkoord`
    assert answer_to_pending(said(hedged), pending=True) == ("refused" if listed else "person")


@given(text=st.sampled_from(YES), data=st.data())
def test_a_yes_with_a_slip_is_no_yes(text, data):
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("qx7"))
    assert said(text[:at] + letter + text[at + 1 :]) is None


@given(text=st.sampled_from(YES))
def test_a_yes_nobody_asked_for_is_nothing(text):
    assert answer_to_pending(said(text), pending=False) == "nothing"


@settings(max_examples=60, deadline=None)
@given(
    text=st.sampled_from(STOP),
    end=st.sampled_from(["", "!", "...", "?", " 🛑", "\u200b", " \n"]),
    loud=st.booleans(),
)
@pytest.mark.parametrize("pending", [True, False])
def test_a_stop_holds_whether_we_asked_or_not(pending, text, end, loud):
    answer = said((text.upper() if loud else text) + end)
    assert answer_to_pending(answer, pending=pending) == "withdrawn"


@given(st.sampled_from([word for word in STOP if len(word) >= 8 and word.isalpha()]), st.data())
def test_a_long_stop_word_with_one_slip_is_heard(word, data):
    at = data.draw(st.integers(1, len(word) - 2))
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + "q" + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    assert extract.answer(data.draw(st.sampled_from(slips)), exact=EXACT, scores={}) == "stop"
