"""The judge's short cuts give what the plain formula of a calibration gives."""

from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.nlp import judging, linear
from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.adapters.nlp.lists import shipped
from goodstanding.adapters.nlp.reading import Reader
from goodstanding.adapters.nlp.rules import Rules

HEADER = linear.shipped().header
READ = Reader(shipped(), lambda _found: 0, {}).read("dit is een gewone zin")
RULED = Rules(shipped(), home=None).found(READ)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-60, 60), min_size=len(HEADER.heads), max_size=len(HEADER.heads)))
def test_harm_is_the_calibrated_score(scores):
    judged = judging.Judge(HEADER, home=None).judged(scores, ruled=RULED, script="")
    told = judged.language if judged.language != judging.UNTOLD else RULED.language
    for head, milli in judged.harm.items():
        by_tongue = HEADER.calibration[head]
        calibration = by_tongue.get(told) or (by_tongue[judging.UNTOLD] if RULED.listed else None)
        plain = calibration.milli(scores[HEADER.heads.index(head)]) if calibration and judged.known else None
        assert milli == plain


def test_a_full_memory_changes_no_signal(monkeypatch):
    texts = ["wat kost die jas?", "jij bent een idioot", "check my page", "so funny 😂"] * 3
    expected = Classifier().signals(texts)
    monkeypatch.setattr("goodstanding.adapters.nlp.classifier._PAIRS_MAX", 2)
    monkeypatch.setattr("goodstanding.adapters.nlp.classifier._TEXTS_MAX", 1)
    assert Classifier().signals(texts) == expected
