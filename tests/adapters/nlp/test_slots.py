"""Extractors by rule. Every name, number and address is invented or a published example."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.nlp import slots


def seen(text):
    return [(slot.kind, slot.value) for slot in slots.found(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail me op Noor.B@Example.com!", [("email", "noor.b@example.com")]),
        ("app naar 06 12 34 56 78", [("phone", "0612345678")]),
        ("+31 (0)6 12345678 graag", [("phone", "+31612345678")]),
        ("0031612345678", [("phone", "+31612345678")]),
        ("NL91 ABNA 0417 1643 00", [("iban", "NL91ABNA0417164300")]),
        ("nl91abna0417164300 is van mij", [("iban", "NL91ABNA0417164300")]),
        ("BE68 5390 0754 7034 en dank", [("iban", "BE68539007547034")]),
        ("zie @lotte.maakt. en @x", [("handle", "@lotte.maakt")]),
        ("kijk op https://example.com/a?b=1.", [("url", "https://example.com/a?b=1")]),
        (
            "kost € 12,50 of 1.250,- of $3",
            [("price", "EUR 12.50"), ("price", "EUR 1250.00"), ("price", "USD 3.00")],
        ),
        ("12 euro, 5 pounds", [("price", "EUR 12.00"), ("price", "GBP 5.00")]),
        ("mijn naam is noor", [("name", "noor")]),
        ("Hoi, ik heet Noor van der Velde en ik", [("name", "Noor van der Velde")]),
        ("Hi, I’m Zoë from Leeds", [("name", "Zoë")]),
        ("my name is Jean-Luc", [("name", "Jean-Luc")]),
        ("Ik ben Daan.", [("name", "Daan")]),
        ("ik ben moe", []),
        ("I'm so happy", []),
        ("Ik ben Nederlandse", []),
        ("IK BEN BOOS", []),
        ("iPhone 15 kost niks, 10.000 views in 2026", []),
        ("AB12 is een code, BTW NL0012", []),
        ("", []),
    ],
)
def test_things_are_found_with_their_values(text, expected):
    assert seen(text) == expected


def test_an_account_number_with_a_wrong_digit_is_found_but_not_sure():
    (slot,) = slots.found("NL91 ABNA 0417 1643 01")
    assert (slot.kind, slot.sure) == ("iban", False)


@given(st.integers(0, 10**10 - 1), st.integers(0, 9), st.integers(1, 9))
def test_check_digits_notice_every_single_wrong_digit(account, at, more):
    body = f"TEST{account:010d}"
    check = 98 - int("".join(str(int(c, 36)) for c in body + "NL00")) % 97
    number = f"NL{check:02d}{body}"
    assert slots.account_number_holds(number)
    place = 8 + at
    wrong = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
    assert not slots.account_number_holds(wrong)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=8),
            st.sampled_from(
                [
                    "NL91",
                    "@",
                    "€",
                    "ik ben ",
                    "mijn naam is ",
                    "06",
                    "+31",
                    " ",
                    "http://",
                    ",-",
                    "a@b.nl",
                    "I\u2019m ",
                ]
            ),
        ),
        max_size=12,
    ).map("".join)
)
def test_any_text_has_things_in_order_that_do_not_overlap(text):
    found = slots.found(text)
    assert all(0 <= slot.start < slot.end <= len(text) and slot.value for slot in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
