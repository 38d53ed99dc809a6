"""The convention of campaign ids: what follows it stays, what does not gets a proposal that does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core.registry import CampaignNameError, check_id, proposed

MONTH = "2026-11"


@pytest.mark.parametrize(
    "given_id", ["2026-11-soup-week", "2027-01-x", "2026-12-3-tips", "2026-11-" + "a" * 32]
)
def test_an_id_that_follows_the_convention(given_id):
    assert check_id(given_id, month=MONTH) == given_id


@pytest.mark.parametrize(
    ("given_id", "meant"),
    [
        ("Soup week", "2026-11-soup-week"), ("2026-11 Soep & Brood!", "2026-11-soep-brood"), ("2026-13-x", "2026-11-2026-13-x"),
        ("2026-11", ""), ("", ""), ("!!", ""), ("Café Crème", "2026-11-cafe-creme"), ("2026-11-" + "a" * 60, "2026-11-" + "a" * 32),
        ("2026_10_launch", "2026-10-launch"), ("2026-11-Soup", "2026-11-soup"), ("2026-11-soup-", "2026-11-soup"),
    ],
)  # fmt: skip
def test_an_id_that_does_not_says_what_would(given_id, meant):
    with pytest.raises(CampaignNameError) as error:
        check_id(given_id, month=MONTH)
    assert error.value.fields["meant"] == meant


@given(st.text(max_size=80))
def test_a_proposal_follows_the_convention(name):
    found = proposed(name, month=MONTH)
    assert found == "" or check_id(found, month=MONTH) == found


@given(st.text(alphabet="abc-2026 1", max_size=60))
def test_what_follows_the_convention_is_proposed_unchanged(name):
    try:
        check_id(name, month=MONTH)
    except CampaignNameError:
        return
    assert proposed(name, month=MONTH) == name
