"""What a model's findings amount to, and what a person's act says against them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core import labels, measures
from goodstanding.core.labels import HARMS, HEADS, NO, YES, Labelled
from goodstanding.core.signals import Signals


def signals(**changes):
    values = {
        "abuse_milli": 0, "answer": None, "contains": (), "hate_milli": 0, "hits": (), "intents": (), "language": "nl",
        "language_milli": 1000, "model": "m", "profanity": 0, "sentiment_milli": 0, "sexual_milli": 0, "spam_milli": 0,
        "threat_milli": 0,
    }  # fmt: skip
    return Signals(**values | changes)


def test_every_head_has_answers_and_finds_one_of_them():
    one = signals(intents=(("price", 800),))
    for head in HEADS:
        assert labels.found(one, head) in labels.answers(head)
    assert labels.answers("nonsense") == ()
    assert (labels.found(one, "price"), labels.found(one, "link")) == (YES, NO)


@pytest.mark.parametrize(
    ("milli", "mood"),
    [(-1000, "negative"), (-200, "negative"), (-199, "neutral"), (199, "neutral"), (200, "positive")],
)
def test_moods(milli, mood):
    assert labels.found(signals(sentiment_milli=milli), "sentiment") == mood


def test_an_abstaining_head_says_nothing():
    one = signals(abuse_milli=None, sentiment_milli=None, language="und")
    assert [labels.found(one, head) for head in ("abuse", "sentiment", "lang")] == ["", "", ""]
    assert labels.found(None, "abuse") == ""


def test_keeping_says_no_to_what_the_model_was_sure_of():
    one = signals(abuse_milli=500, hate_milli=499, spam_milli=980)
    assert labels.contradicted(one, hidden=False) == (("abuse", NO), ("spam", NO))
    assert labels.contradicted(signals(), hidden=False) == ()


def test_hiding_says_yes_to_what_the_model_suspected_most():
    assert labels.contradicted(signals(spam_milli=300, abuse_milli=120), hidden=True) == (("spam", YES),)
    assert labels.contradicted(signals(spam_milli=99), hidden=True) == (("abuse", YES),)
    assert labels.contradicted(signals(abuse_milli=None), hidden=True) == (("abuse", YES),)
    assert labels.contradicted(signals(threat_milli=700), hidden=True) == (), "the model was right"


@given(
    st.dictionaries(st.sampled_from([f"{head}_milli" for head in HARMS]), st.none() | st.integers(0, 1000)),
    st.booleans(),
)
def test_whatever_is_said_by_an_act_contradicts_the_model(scores, hidden):
    one = signals(**scores)
    for head, answer in labels.contradicted(one, hidden=hidden):
        assert answer in labels.answers(head)
        assert labels.found(one, head) != answer


def row(said, **more):
    return Labelled(text="x", labels={"abuse": said}, lang="nl", **more)


def test_figures_count_by_head_and_language():
    rows = [row(YES), row(YES), row(NO), row(NO), row(YES)]
    told = [signals(abuse_milli=milli) for milli in (900, 100, 800, 0, None)]
    (found,) = measures.figures(rows, told)
    assert (found.head, found.language, found.rows, found.right, found.yes) == ("abuse", "nl", 5, 2, 3)
    assert (found.precision, found.recall, found.alarms, found.abstained) == (0.5, 0.3333, 1, 1)
    assert found.f1 == 0.4
    assert found.calibration == pytest.approx((0.1 + 0.9 + 0.8 + 0) / 4)


def test_a_head_of_several_answers_has_no_rates():
    rows = [Labelled(text="x", labels={"sentiment": "positive", "lang": "en"}, lang="nl")]
    lang, mood = measures.figures(rows, [signals(sentiment_milli=900)])
    assert (lang.head, lang.right, mood.head, mood.right, mood.precision) == ("lang", 0, "sentiment", 1, None)


def test_nothing_gives_nothing():
    assert measures.figures([], []) == []
