"""Freezes: what they stop, for whom, and the epoch."""

from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core.incidents import Freeze, Frozen, frozen


def freeze(stops="everything", *, account=None, at=10, lifted_at=None):
    return Freeze(account=account, stops=stops, at=at, lifted_at=lifted_at)


def test_what_each_scope_stops():
    assert frozen([], account=1, now=20) == Frozen(sends=False, promotion=False, epoch=0)
    assert frozen([freeze()], account=1, now=20) == Frozen(sends=True, promotion=True, epoch=1)
    assert frozen([freeze("messages")], account=1, now=20) == Frozen(sends=True, promotion=True, epoch=1)
    assert frozen([freeze("promotion")], account=1, now=20) == Frozen(sends=False, promotion=True, epoch=1)


def test_an_account_freeze_leaves_others_alone_and_a_workspace_freeze_does_not():
    assert not frozen([freeze(account=2)], account=1, now=20).sends
    assert frozen([freeze(account=1)], account=1, now=20).sends
    assert frozen([freeze(account=None)], account=1, now=20).sends


def test_a_lift_ends_one_freeze_and_raises_the_epoch():
    assert frozen([freeze(lifted_at=15)], account=1, now=14) == Frozen(sends=True, promotion=True, epoch=1)
    assert frozen([freeze(lifted_at=15)], account=1, now=15) == Frozen(sends=False, promotion=False, epoch=2)
    assert frozen([freeze(lifted_at=15), freeze("promotion")], account=1, now=20) == Frozen(
        sends=False, promotion=True, epoch=3
    )


@given(
    st.lists(
        st.builds(
            Freeze,
            account=st.sampled_from([None, 1, 2]),
            stops=st.sampled_from(["everything", "promotion", "messages"]),
            at=st.integers(0, 20),
            lifted_at=st.none() | st.integers(20, 40),
        ),
        max_size=6,
    ),
    st.integers(0, 40),
)
def test_the_epoch_only_grows_and_changes_whenever_the_answer_does(freezes, now):
    before, after = frozen(freezes, account=1, now=now), frozen(freezes, account=1, now=now + 1)
    assert after.epoch >= before.epoch
    if (before.sends, before.promotion) != (after.sends, after.promotion):
        assert after.epoch > before.epoch
