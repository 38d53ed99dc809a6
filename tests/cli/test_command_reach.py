"""`serve --public-url` and what `doctor` says of public addresses."""

import pytest
from looking import rows, said


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://gs.example.org", "not encrypted"),
        ("gs.example.org", "no address"),
        ("https://gs.example.org/x", "behind the name"),
    ],
)
def test_an_address_that_cannot_be_public_is_refused_before_anything_starts(gs, copied, url, word):
    result = gs("serve", "--data", copied, "--public-url", url)
    assert (result.exit_code, word in result.stderr) == (2, True)
    assert rows(copied, "SELECT count(*) FROM setting WHERE name = 'public_url'") == [(0,)]


def test_the_refusal_is_told_in_dutch_too(gs, copied):
    assert (
        "niet versleuteld"
        in gs("serve", "--data", copied, "--public-url", "http://gs.example.org", lang="nl").output
    )


def test_the_doctor_says_what_is_off_without_an_address(gs, copied):
    found = next(f for f in said(gs("doctor", "--data", copied, "--json")) if f["what"] == "Public address")
    assert (found["state"], "--public-url" in found["fix"]) == ("warning", True)


def test_the_doctor_asks_for_each_address_and_says_what_to_mend(gs, copied):
    rows(
        copied,
        "INSERT INTO setting (workspace_id, account_id, name, value, at) VALUES (1, 0, 'public_url', 'https://nobody.invalid', 1)",
    )
    result = gs("doctor", "--data", copied, "--json")
    found = [f for f in said(result) if f["what"].startswith("Public address: ")]
    assert result.exit_code == 1
    assert [f["what"].removeprefix("Public address: ") for f in found] == [
        "pages",
        "TikTok's webhooks",
        "connecting an account",
    ]
    assert {f["state"] for f in found} == {"wrong"} and all("does not exist" in f["fix"] for f in found)
    rows(copied, "UPDATE setting SET value = 'https://10.0.0.1' WHERE name = 'public_url'")
    found = [
        f for f in said(gs("doctor", "--data", copied, "--json")) if f["what"].startswith("Public address: ")
    ]
    assert all("not public" in f["fix"] for f in found)
