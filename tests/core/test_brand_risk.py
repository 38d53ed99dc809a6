"""Brand risk: a text that names a brand and does harm, complains or is angry; nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_values import signals

from goodstanding.core.brand_risk import TERMS_MAX, Brands, cleaned

OURS = Brands(["Pannenpret", "Fien & Co"])
SILENT = {"abuse_milli": None, "hate_milli": None, "threat_milli": None, "sexual_milli": None, "spam_milli": None, "sentiment_milli": None}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        ("die PANNENPRET is bagger", {"sentiment_milli": -800}, ("Pannenpret", "sentiment")),
        ("fien & co: oplichters", {"abuse_milli": 500}, ("Fien & Co", "abuse")),
        ("fien en co: oplichters", {"abuse_milli": 900}, None),
        ("pannenpretpark is dicht", {"sentiment_milli": -800}, None),
        ("pannenpret pannenpret", {"intents": (("complaint", 500),)}, ("Pannenpret", "complaint")),
        (
            "pannenpret, ik weet je te vinden",
            {"threat_milli": 900, "abuse_milli": 990},
            ("Pannenpret", "threat"),
        ),
        ("pannenpret is top", {"sentiment_milli": 900}, None),
        ("pannenpret is niks", {"sentiment_milli": -499, "abuse_milli": 499, "intents": ()}, None),
        ("c'est pannenpret", SILENT, None),
    ],
)
def test_a_named_brand_with_trouble_is_a_risk(text, found, expected):
    assert OURS.risk(text, signals(**{"intents": (), **found})) == expected


def test_without_terms_text_or_understanding_nothing_is_a_risk():
    angry = signals(sentiment_milli=-900)
    assert Brands([]).risk("pannenpret", angry) is None
    assert OURS.risk(None, angry) is None
    assert OURS.risk("pannenpret", None) is None


@given(st.lists(st.text(max_size=90), max_size=150))
def test_terms_are_kept_in_order_without_doubles_and_cleaning_again_changes_nothing(given_terms):
    kept = cleaned(given_terms)
    assert len(kept) <= TERMS_MAX
    assert cleaned(kept) == kept
    assert all(Brands(kept).named(f"x {one} x") for one in kept)
