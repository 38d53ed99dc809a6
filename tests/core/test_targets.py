"""Whose an id is, and what follows: an act about an id of ours is a person's, in every mode, and never a call."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core import targets
from goodstanding.core.policy.model import Act, Mode
from goodstanding.core.policy.rules.capability import by_hand

MODES, ACTS = st.sampled_from(get_args(Mode)), st.sampled_from(get_args(Act))
DIGEST = st.text(alphabet="0123456789abcdef", min_size=1, max_size=32)
OURS = st.builds(targets.made, st.sampled_from([targets.PASTED, targets.IMPORTED]), DIGEST)
THEIRS = st.one_of(
    st.integers(10**15, 10**19).map(str),
    st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGH0123456789_-+/=", max_size=80),
)


@given(OURS, MODES, ACTS, st.booleans())
def test_what_is_about_an_id_of_ours_is_done_by_hand(target, mode, act, can_message):
    assert targets.is_ours(target)
    assert by_hand(mode=mode, act=act, can_message=can_message, target_id=target)


@given(THEIRS, MODES, ACTS, st.booleans())
def test_an_id_of_the_platform_changes_nothing(target, mode, act, can_message):
    assert not targets.is_ours(target)
    plain = by_hand(mode=mode, act=act, can_message=can_message)
    assert by_hand(mode=mode, act=act, can_message=can_message, target_id=target) is plain
