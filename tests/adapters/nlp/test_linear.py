"""The additive model: exact sums, files that tell when they are damaged, heads that are silent where untaught."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.adapters.nlp import features, linear

HEADS = ("abuse", "hate", "thanks")
SMALL = st.integers(-127, 127)


def made(
    rows: dict[int, tuple[int, ...]], *, scale=(0.5, 0.25, 1.0), bias=(0.0, 1.0, -1.0)
) -> linear.Weights:
    body = bytearray(b"\x80" * features.BUCKETS * len(HEADS))
    for place, steps in rows.items():
        body[place * 3 : place * 3 + 3] = bytes(step + 128 for step in steps)
    header = linear.Header(
        name="t", version=1, made_for="x", heads=HEADS, scale=scale, bias=bias, calibration={}, thresholds={}
    )
    return linear.read(linear.packed(header, bytes(body)))


@given(
    st.dictionaries(st.integers(0, features.BUCKETS - 1), st.tuples(SMALL, SMALL, SMALL), max_size=6),
    st.data(),
)
def test_a_vector_is_the_exact_weighted_sum_of_its_rows(rows, data):
    weights = made(rows)
    places = st.sampled_from(sorted(rows)) if rows else st.integers(0, features.BUCKETS - 1)
    found = data.draw(st.lists(st.tuples(places, st.integers(1, 512)), max_size=12))
    wanted = [sum(rows.get(place, (0, 0, 0))[k] * weight for place, weight in found) for k in range(3)]
    got = [field - (1 << 31) for field in weights.fields(weights.vector(found))]
    assert got == wanted


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 512)), min_size=2, max_size=12), st.randoms())
def test_the_order_of_words_in_a_sum_does_not_matter(found, chance):
    weights = made({place: ((place * 7) % 255 - 127, place - 20, 127 - place) for place in range(41)})
    mixed = list(found)
    chance.shuffle(mixed)
    assert weights.vector(mixed) == weights.vector(found)
    half = len(found) // 2
    assert weights.vector(found[:half]) + weights.vector(found[half:]) == weights.vector(found)


def test_scores_count_words_by_the_root_of_their_number_and_the_text_in_full():
    weights = made({1: (100, -100, 0), 2: (10, 0, 5)})
    words, whole = weights.vector([(1, 256)]), weights.vector([(2, 256)])
    assert weights.scores(words, whole, 4) == pytest.approx([0.5 * (100 / 2 + 10), 0.25 * -50 + 1, 5 - 1])
    assert weights.values(words) == pytest.approx([50.0, -25.0, 0.0])


@given(st.integers(0, 10_000))
def test_a_file_changed_in_any_byte_is_refused(place):
    header = linear.Header(
        name="t",
        version=1,
        made_for="x",
        heads=HEADS,
        scale=(1, 1, 1),
        bias=(0, 0, 0),
        calibration={},
        thresholds={},
    )
    body = bytearray(linear.packed(header, b"\x80" * features.BUCKETS * 3))
    body[place % len(body)] ^= 1
    with pytest.raises(linear.ModelBrokenError):
        linear.read(bytes(body))


def test_a_file_of_another_size_is_refused():
    header = linear.Header(
        name="t",
        version=1,
        made_for="x",
        heads=HEADS,
        scale=(1, 1, 1),
        bias=(0, 0, 0),
        calibration={},
        thresholds={},
    )
    with pytest.raises(linear.ModelBrokenError):
        linear.read(linear.packed(header, b"\x80" * 30))


@given(st.floats(0.05, 5), st.floats(-3, 3), st.floats(-60, 60), st.floats(0, 5))
def test_a_calibration_rises_with_the_score_and_stays_a_probability(slope, offset, score, more):
    calibration = linear.Calibration(slope, offset)
    assert 0 <= calibration.milli(score) <= calibration.milli(score + more) <= 1000


def test_the_shipped_weights_are_bound_to_what_they_were_fitted_on():
    from model.train import made_for

    weights = linear.shipped()
    assert weights.header.made_for == made_for()
    assert weights.width * features.BUCKETS < 16_000_000
    assert all(math.isfinite(scale) and scale > 0 for scale in weights.header.scale)
    assert {"nl", "en"} <= weights.header.calibration["abuse"].keys()


def test_training_reads_texts_as_the_product_does():
    from goodstanding.adapters.nlp.classifier import Classifier
    from model.matrix import Extractor
    from model.train import dense

    classifier = Classifier()
    texts = [
        "Wat kost die jas?",
        "je bent een s u k k e l",
        "mail me@x.example 🔥🔥",
        "",
        "GEWELDIG!!",
        "𝗹𝗶𝗻𝗸 please",
    ]
    wanted = Extractor().rows(texts).astype("float64") @ dense(classifier.weights)
    for text, row in zip(texts, wanted, strict=True):
        scores = classifier.scores(text)
        assert scores == pytest.approx((row + classifier.weights.header.bias).tolist(), abs=1e-3)
