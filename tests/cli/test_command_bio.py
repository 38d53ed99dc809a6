"""`goodstanding bio`: the page, its clicks and what was agreed to."""

import pytest
from looking import rows, said

BODY = (
    b'{"words":{"nl":{"title":"T","intro":"","answer":"a","marketing":"b"},"en":{"title":"T","intro":"","answer":"a","marketing":"b"}},'
    b'"links":[{"id":1,"nl":"Pan","en":"Pan","url":"https://shop.example.org/","shown":true}],"form":true}'
)


@pytest.fixture
def paged(copied):
    rows(
        copied,
        "INSERT INTO bio_page (workspace_id, account_id, slug, body, live, updated_at) VALUES (1, 1, 'lotte', ?, 1, 1)",
        BODY,
    )
    rows(
        copied,
        "INSERT INTO bio_click (workspace_id, account_id, link_id, day, ref, clicks) VALUES (1, 1, 1, 99999, 'zomer', 3)",
    )
    return copied


def test_show_in_words_and_as_json(gs, paged):
    told = said(gs("bio", "show", "--data", paged, "--json"))
    assert told == {
        "slug": "lotte", "url": "", "live": True, "agreed": {"answer": 0, "marketing": 0},
        "links": [{"id": 1, "url": "https://shop.example.org/", "shown": True, "clicks": {"zomer": 3}}],
    }  # fmt: skip
    words = gs("bio", "show", "--data", paged).output
    assert "/b/lotte: shown to visitors" in words and "3 clicks" in words and "this computer only" in words
    assert "3 kliks" in gs("bio", "show", "--data", paged, lang="nl").output


def test_off_and_on_are_sealed(gs, paged):
    assert gs("bio", "off", "--data", paged).exit_code == 0
    assert rows(paged, "SELECT live FROM bio_page") == [(0,)]
    assert gs("bio", "on", "--data", paged).exit_code == 0
    assert rows(paged, "SELECT live FROM bio_page") == [(1,)]
    assert said(gs("audit", "verify", "--data", paged, "--json"))["ok"]


def test_no_page_and_no_account(gs, copied):
    assert gs("bio", "show", "--data", copied).exit_code == 1
    assert gs("bio", "off", "--data", copied).exit_code == 1
    assert gs("bio", "show", "--account", 9, "--data", copied).exit_code == 2
