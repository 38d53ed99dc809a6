import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core.audit.entries import (
    ENTRY_BYTES_MAX,
    INTEGER_MAX,
    Actor,
    Entry,
    EntryTooLargeError,
    NotCanonicalError,
    commitment,
    seal,
    unseal,
)


def entry(**change):
    whole = {
        "workspace": 1,
        "account": None,
        "seq": 0,
        "at": 1_790_000_000_000,
        "kind": "decision",
        "actor": Actor(type="rule", id="limits"),
        "refs": {"event": 7, "policy": "sha256:00"},
        "body": {"outcome": "reply", "reasons": ["A"]},
        "pii": {"text": "ab"},
    }
    return Entry(**(whole | change))


integers = st.integers(-INTEGER_MAX, INTEGER_MAX)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
keys = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | integers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def test_the_sealed_form_of_an_entry_does_not_drift():
    assert seal(entry()) == (
        b'{"account":null,"actor":{"id":"limits","type":"rule"},"at":1790000000000,'
        b'"body":{"outcome":"reply","reasons":["A"]},"kind":"decision","pii":{"text":"ab"},'
        b'"refs":{"event":7,"policy":"sha256:00"},"seq":0,"v":1,"workspace":1}'
    )


@given(st.dictionaries(keys, values, max_size=4))
def test_sealed_bytes_are_rfc_8785_and_read_back(body):
    sealed = seal(entry(body=body))
    assert sealed == rfc8785.dumps(json.loads(sealed))
    assert unseal(sealed) == entry(body=body)
    # The stand-alone verifier writes the form this way.
    again = json.dumps(json.loads(sealed), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert again.encode() == sealed


@pytest.mark.parametrize(
    "value",
    [0.5, 1e300, -2.0, INTEGER_MAX + 1, -INTEGER_MAX - 1, [1, [2, 0.5]], {"a": {"b": 2**60}}, {"é": 1}],
)
def test_a_value_without_one_form_is_refused(value):
    with pytest.raises(NotCanonicalError) as caught:
        seal(entry(body={"x": value}))
    assert str(caught.value.fields["where"]).startswith("entry.body.x")


def test_text_that_looks_like_a_fraction_is_only_text():
    for text in (":0.5", ",1e3", "[12345678901234567890", "é:1.5"):
        assert unseal(seal(entry(body={"x": text}))).body == {"x": text}
    assert seal(entry(body={"x": INTEGER_MAX, "y": -INTEGER_MAX}))


def test_an_entry_fills_the_limit_exactly_and_no_more():
    room = ENTRY_BYTES_MAX - len(seal(entry(body={"x": ""})))
    full = seal(entry(body={"x": "a" * room}))
    assert len(full) == ENTRY_BYTES_MAX
    assert unseal(full).body == {"x": "a" * room}
    with pytest.raises(EntryTooLargeError) as caught:
        seal(entry(body={"x": "a" * (room + 1)}))
    assert caught.value.fields == {"size": ENTRY_BYTES_MAX + 1, "limit": ENTRY_BYTES_MAX}
    with pytest.raises(EntryTooLargeError):
        unseal(full + b" ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"seq":0', b'"seq": 0'),
        (b'"v":1', b'"v":2'),
        (b'"kind":"decision"', b'"kind":"choice"'),
        (b',"v":1', b""),
        (b'"seq":0', b'"seq":0,"seq":0'),
        (b'"seq":0', b'"seq":0,"size":0'),
        (b'"type":"rule"', b'"type":"dog"'),
        (b'"A"', b'"\xff"'),
        (b"}", b""),
    ],
)
def test_bytes_in_another_form_are_not_an_entry(old, new):
    sealed = seal(entry())
    assert old in sealed
    with pytest.raises(NotCanonicalError):
        unseal(sealed.replace(old, new))


def test_commitment_is_hmac_sha256():
    # RFC 4231, test case 1, with its 20-byte key filled up with zeros as HMAC itself does.
    salt = b"\x0b" * 20 + bytes(12)
    assert commitment(salt, b"Hi There") == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(b"short", b"x")
