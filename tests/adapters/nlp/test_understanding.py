"""What the classifier promises of any text, and that plain sentences fall on the right side. Handles are invented."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.adapters.nlp.lists import shipped

CLASSIFIER = Classifier()
LEXICON = shipped()
SURE, HALF = 850, 500


def seen(text):
    return CLASSIFIER.signals([text])[0]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("wat kost die jas?", "price"),
        ("hoe duur is die tas", "price"),
        ("how much is this?", "price"),
        ("price please", "price"),
        ("heb je een link voor die lamp?", "link"),
        ("where can i buy this", "link"),
        ("INFO", "info"),
        ("is dit ook in maat 42?", "product_question"),
        ("would love to collab with you", "collab"),
        ("mijn pakket is kapot aangekomen", "complaint"),
        ("dankjewel voor de tip", "thanks"),
        ("ik ben 13 jaar", "minor"),
        ("ik wil niet meer leven", "crisis"),
    ],
)
def test_a_plain_wish_is_sure(text, intent):
    assert dict(seen(text).intents).get(intent, 0) >= SURE - 150, seen(text).intents


@pytest.mark.parametrize(
    "text", ["je bent een sukkel", "you are an idiot", "rot op jij lelijke heks", "kill yourself"]
)
def test_a_plain_insult_is_abuse(text):
    assert seen(text).abuse_milli >= HALF


@pytest.mark.parametrize(
    "text",
    [
        *(
            "wat een mooie jas!",
            "love this so much",
            "dank je wel lieverd",
            "haha geweldig",
            "so pretty 😍",
            "🔥🔥🔥",
            "link?",
        ),
        *(
            "hoe heb je dit gemaakt?",
            "first!",
            "goedemorgen allemaal",
            "this made my day",
            "waar is dit?",
            "",
        ),
    ],
)
def test_a_friendly_or_plain_text_is_no_harm(text):
    found = seen(text)
    assert max(found.abuse_milli, found.hate_milli, found.threat_milli, found.sexual_milli) < HALF


def test_a_risk_is_at_least_what_the_rules_are_sure_of_unless_the_model_denies_it():
    found = seen("alle joden moeten dood")
    assert found.hate_milli >= HALF
    assert found.abuse_milli >= HALF


@pytest.mark.parametrize(
    ("text", "language"),
    [("ik vind dit echt heel mooi", "nl"), ("i really like this one", "en"), ("ich finde das wirklich sehr schön", "de"),
     ("c'est vraiment très beau", "fr"), ("me encanta tu vestido", "es"), ("это очень красиво", "ru"), ("🔥🔥", "und")],
)  # fmt: skip
def test_the_language_is_named(text, language):
    assert seen(text).language == language


@pytest.mark.parametrize(
    "text", ["c'est vraiment très beau", "me encanta tu vestido", "هذا الفيديو جميل جدا"]
)
def test_in_a_language_no_head_was_taught_all_abstain(text):
    found = seen(text)
    assert (found.abuse_milli, found.hate_milli, found.spam_milli, found.sentiment_milli) == (None,) * 4


def test_the_model_is_named_with_a_digest_of_weights_and_lists():
    assert CLASSIFIER.weights.digest[:16] in CLASSIFIER.model
    assert LEXICON.digest[:8] in CLASSIFIER.model
    assert Classifier(home="nl").model != CLASSIFIER.model


odd = st.text(st.characters(), max_size=60) | st.text(
    st.sampled_from("aeikntуо @.*!?<>/\u200b\ud800😀1€'\"_-:"), max_size=40
)


@settings(max_examples=300, deadline=None)
@given(odd)
def test_any_text_is_answered_within_bounds_and_always_alike(text):
    first = CLASSIFIER.fresh(text)
    assert Classifier(LEXICON).signals([text, text]) == [first, first]
    for score in (
        first.abuse_milli,
        first.hate_milli,
        first.threat_milli,
        first.sexual_milli,
        first.spam_milli,
    ):
        assert score is None or 0 <= score <= 1000
    assert first.sentiment_milli is None or -1000 <= first.sentiment_milli <= 1000
    assert 0 <= first.language_milli <= 1000
    assert list(first.intents) == sorted(first.intents)
    assert list(first.contains) == sorted(first.contains)


@pytest.mark.parametrize(
    "text", ["\ud800", "\udfff kut", "a\ud800b", "\x00", "̈" * 500, "a" * 100_000, "a " * 50_000, "? " * 9_000]
)
def test_hostile_text_is_answered(text):
    assert seen(text).model == CLASSIFIER.model


def test_time_grows_with_the_length_and_no_faster():
    for piece in ("a.b", "a@", "a.", "1.1,", "nl12", "? what is ", "my check ", "f u ", "e\u0301"):
        start = process_time()
        CLASSIFIER.fresh(piece * 8_000)
        assert process_time() - start < 0.25, piece


def test_memory_of_texts_is_bounded_and_changes_no_result(monkeypatch):
    monkeypatch.setattr("goodstanding.adapters.nlp.classifier._TEXTS_MAX", 3)
    monkeypatch.setattr("goodstanding.adapters.nlp.reading._CHUNKS_MAX", 3)
    monkeypatch.setattr("goodstanding.adapters.nlp.classifier._PAIRS_MAX", 3)
    small = Classifier(LEXICON)
    texts = [f"wat kost nummer {n} op plek {n}" for n in range(20)] + ["link?", "link?"]
    assert small.signals(texts) == [Classifier(LEXICON).fresh(text) for text in texts]
    assert len(small._texts) <= 3
    assert len(small._reader._chunks) <= 3
    assert len(small._adder._pairs) <= 3
