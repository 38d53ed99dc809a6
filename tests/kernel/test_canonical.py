import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.kernel.canonical import canonical

keys = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_the_bytes_are_those_of_rfc_8785(value):
    assert canonical(value) == rfc8785.dumps(value)


def test_fields_of_a_struct_stand_in_the_order_of_the_alphabet():
    class Pair(msgspec.Struct):
        b: int
        a: str

    assert canonical(Pair(b=1, a="é\n")) == '{"a":"é\\n","b":1}'.encode()


def test_what_has_no_json_form_is_refused():
    with pytest.raises(TypeError):
        canonical(object())
