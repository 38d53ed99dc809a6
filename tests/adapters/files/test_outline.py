"""A JSON document as a stream: every value, whatever breaks off or is broken inside."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.files.outline import Broken, Outline, Value
from goodstanding.adapters.files.rules import limits

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


def walked(raw, *, size=7, bounds=None):
    outline = Outline((raw[i : i + size] for i in range(0, len(raw), size)), bounds or limits())
    return list(outline.walk()), outline


def expected(value, path=()):
    """What a plain reader finds: elements of lists whole, and everything that is no object."""
    if isinstance(value, dict):
        return [found for name, inner in value.items() for found in expected(inner, (*path, name))]
    if isinstance(value, list):
        return [Value(path, n, one) for n, one in enumerate(value)]
    return [Value(path, -1, value)]


@given(JSON, st.integers(1, 40), st.booleans())
@settings(max_examples=150, deadline=None)
def test_it_finds_what_a_whole_reader_finds(value, size, spread):
    raw = json.dumps(value, ensure_ascii=False, indent=1 if spread else None).encode("utf-8", "surrogatepass")
    found, outline = walked(raw, size=size)
    assert found == expected(value)
    assert not outline.cut


@given(st.integers(0, 400), st.integers(1, 64))
@settings(max_examples=120, deadline=None)
def test_a_document_cut_anywhere_gives_what_came_before_and_one_reason(place, size):
    document = {"A": {"List": [{"n": n, "text": f"één {{,}} {n}"} for n in range(12)]}, "B": [1, "x"]}
    whole = json.dumps(document, ensure_ascii=False).encode()
    raw = whole[: min(place, len(whole) - 1)]
    found, outline = walked(raw, size=size)
    values = [one for one in found if isinstance(one, Value)]
    everything = expected(document)
    assert values == everything[: len(values)], "nothing invented, nothing out of order"
    assert raw.count(b'"text"') - 1 <= sum(one.path == ("A", "List") for one in values), (
        "only the last may be lost"
    )
    assert [one.problem.code for one in found if isinstance(one, Broken)] in (["CUT"], ["EMPTY_FILE"])
    assert outline.cut or not raw


def test_a_broken_element_costs_itself_and_no_other_list():
    raw = b'{"a": [{"x": 1}, {"x": oops}, {"x": 3}, {"x" 4}], "b": [{"y": 5}]}'
    found, _ = walked(raw, size=1000)
    assert [(one.path, one.index) for one in found if isinstance(one, Value)] == [
        (("a",), 0),
        (("a",), 2),
        (("b",), 0),
    ]
    assert [one.problem.code for one in found if isinstance(one, Broken)] == ["BAD_JSON", "BAD_JSON"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"   \n ", "EMPTY_FILE"),
        (b'{"a" 1}', "REST_UNREADABLE"),
        (b'{"a": 1} tail', "AFTER_THE_END"),
        (b"{" * 100, "REST_UNREADABLE"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "TOO_DEEP"),
        (b'{"a": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", "TOO_DEEP"),
        (b'{"a": ' + b"9" * 5000 + b"}", "REST_UNREADABLE"),
        (b'{"a": [' + b"9" * 5000 + b', {"b": 1}]}', "BAD_JSON"),
        (b'{"a": ["' + b"x" * 2_000_000 + b'", "y"]}', "VALUE_TOO_LARGE"),
        (b'{"a": "' + b"x" * 2_000_000 + b'"}', "VALUE_TOO_LARGE"),
        (b'{"a": ["\xff\xfe", "y"]}', "UNDECODABLE"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(raw, code):
    found, _ = walked(raw, size=65_536)
    assert code in [one.problem.code for one in found if isinstance(one, Broken)]


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_end_in_values_and_reasons(raw):
    walked(raw)
    walked(b'{"a": [' + raw)
    walked(b'{"Comment": {"CommentsList": [{"date": "' + raw + b'"}]}}')
