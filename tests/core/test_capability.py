"""Capabilities: what is on, what is off and why, and what does not go together."""

import re
from importlib.resources import files

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core import capability
from goodstanding.core.capability import Profile, assess, conflicts, is_on, read_table
from goodstanding.kernel.problems import Invalid

TEXT = (files("goodstanding.playbooks") / "platform" / "tiktok-capabilities-2026-11.toml").read_text("utf-8")
TABLE = read_table(TEXT)
SCOPES = sorted({scope for feature in TABLE.features for scope in feature.scopes})
ALL = frozenset(SCOPES)
FULL = Profile(connected=True, scopes=ALL, verified=True, followers=1_000)
COUNTRIES = ["", "NL", "GB", "CH", "US", "ID", "VN", "TH", "BR", "JP", "AU"]
profiles = st.builds(
    Profile,
    account_type=st.sampled_from(["unknown", "personal", "business"]),
    country=st.sampled_from(COUNTRIES),
    connected=st.booleans(),
    scopes=st.frozensets(st.sampled_from(SCOPES)),
    verified=st.sampled_from([None, True, False]),
    followers=st.sampled_from([None, 0, 99, 100, 5_000]),
    approved=st.booleans(),
    answered=st.dictionaries(st.sampled_from([f.id for f in TABLE.features]), st.just(40118), max_size=3),
    programmes=st.frozensets(st.sampled_from(capability.PROGRAMMES)),
)


def profile(**changes):
    return msgspec.structs.replace(FULL, **changes)


def on(one):
    return {found.feature for found in assess(TABLE, one) if found.on}


def why(one, feature):
    return [(w.code, w.rule) for w in next(f for f in assess(TABLE, one) if f.feature == feature).why]


@given(profiles, st.frozensets(st.sampled_from(SCOPES)))
def test_fewer_scopes_never_turn_a_feature_on(one, fewer):
    less = msgspec.structs.replace(one, scopes=one.scopes & fewer)
    assert on(less) <= on(one)


@given(profiles)
def test_every_off_has_a_reason_with_a_rule_a_source_and_a_date_and_every_on_has_none(one):
    found = assess(TABLE, one)
    assert [f.feature for f in found] == [f.id for f in TABLE.features]
    for finding in found:
        assert finding.on == (not finding.why)
        for reason in finding.why:
            rule = TABLE.rule(reason.rule)
            assert rule.source and re.fullmatch(r"20\d\d-\d\d-\d\d", rule.date) and rule.nl and rule.en


@given(profiles)
def test_what_is_not_known_never_turns_a_feature_on(one):
    blank = msgspec.structs.replace(one, account_type="unknown", country="", verified=None, followers=None)
    assert on(blank) <= on(one)


@given(profiles)
def test_nothing_but_the_separate_app_is_on_without_a_connection(one):
    assert on(msgspec.structs.replace(one, connected=False)) <= {"data.portability"}


@given(profiles)
def test_messages_never_open_in_the_closed_region_or_for_a_personal_account(one):
    if one.country in TABLE.regions["eea_uk_ch"] or one.account_type != "business":
        assert on(one) & {"messages.read", "messages.send", "messages.automatic"} == set()


def test_the_matrix():
    """Rows of the reference: which accounts get which messages."""
    wanted = {
        ("personal", "NL"): set(), ("personal", "ID"): set(), ("business", "NL"): set(), ("business", "GB"): set(),
        ("business", "CH"): set(), ("business", "US"): set(), ("business", "BR"): {"messages.send"},
        ("business", "ID"): {"messages.send", "messages.from_comment"},
        ("business", "VN"): {"messages.send", "messages.from_comment"},
        ("business", "TH"): {"messages.send", "messages.from_comment"},
    }  # fmt: skip
    for (kind, country), features in wanted.items():
        found = on(profile(account_type=kind, country=country))
        assert found & {"messages.send", "messages.from_comment"} == features, (kind, country)
        assert {
            "comments.read",
            "comments.reply",
            "comments.hide",
            "insights.basic",
            "publish.video",
        } <= found
        assert ("data.portability" in found) == (country in ("NL", "GB")), country
    assert "messages.send" in on(profile(account_type="business", country="US", approved=True))


@pytest.mark.parametrize(
    ("changes", "feature", "reasons"),
    [
        (
            {"account_type": "personal", "country": "NL"},
            "messages.send",
            [("TYPE", "TT-DM-6"), ("COUNTRY", "TT-DM-3")],
        ),
        (
            {"account_type": "business"},
            "messages.send",
            [("COUNTRY_UNKNOWN", "TT-DM-3"), ("COUNTRY_UNKNOWN", "TT-DM-7")],
        ),
        ({"account_type": "business", "country": "US"}, "messages.send", [("APPROVAL", "TT-DM-7")]),
        ({"country": "ID"}, "messages.read", [("TYPE_UNKNOWN", "TT-DM-6")]),
        ({"connected": False}, "comments.reply", [("NOT_CONNECTED", "TT-CONNECT-1")]),
        ({"scopes": ALL - {"comment.list.manage"}}, "comments.hide", [("SCOPE_MISSING", "TT-SCOPE-1")]),
        ({"followers": 99}, "insights.audience", [("FOLLOWERS", "TT-INSIGHT-3")]),
        ({"followers": None}, "insights.audience", [("FOLLOWERS_UNKNOWN", "TT-INSIGHT-3")]),
        (
            {"account_type": "business", "verified": False},
            "insights.verified",
            [("NOT_VERIFIED", "TT-INSIGHT-2")],
        ),
        ({"answered": {"comments.reply": 40001}}, "comments.reply", [("ANSWERED", "TT-ANSWER-1")]),
        ({"country": "US"}, "data.portability", [("COUNTRY", "TT-PORT-1")]),
    ],
)
def test_why_a_feature_is_off(changes, feature, reasons):
    assert why(profile(**changes), feature) == reasons


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        (
            {"account_type": "personal", "country": "NL"},
            ["MESSAGES-REGION", "MESSAGES-TYPE", "COMMENT-WINDOW"],
        ),
        (
            {"account_type": "business", "country": "DE", "programmes": frozenset({"creator-rewards"})},
            ["REWARDS-TYPE", "REWARDS-MESSAGES", "MESSAGES-REGION", "COMMENT-WINDOW"],
        ),
        (
            {"account_type": "personal", "country": "NL", "programmes": frozenset({"creator-rewards"})},
            ["REWARDS-MESSAGES", "REWARDS-COUNTRY", "MESSAGES-REGION", "COMMENT-WINDOW"],
        ),
        ({"account_type": "business", "country": "US"}, ["MESSAGES-US", "COMMENT-WINDOW"]),
        ({"account_type": "business", "country": "ID"}, []),
    ],
)
def test_what_does_not_go_together(changes, names):
    assert [c.id for c in conflicts(TABLE, profile(**changes))] == names


def test_a_feature_the_table_does_not_hold_is_off():
    assert not is_on(assess(TABLE, FULL), "teleport")


@pytest.mark.parametrize(
    "damage",
    [
        lambda t: t.replace('needs = ["TT-PORT-1"]', 'needs = ["TT-GONE-1"]'),
        lambda t: t.replace('region = "us"', 'region = "atlantis"'),
        lambda t: t.replace('kind = "approval"', 'kind = "whim"'),
        lambda t: t + "\n[",
    ],
)
def test_a_damaged_table_is_refused(damage):
    assert damage(TEXT) != TEXT
    with pytest.raises(Invalid):
        read_table(damage(TEXT))


def test_every_line_of_the_table_has_words_a_source_and_a_date():
    rows = [*TABLE.rules, *TABLE.features, *TABLE.conflicts]
    assert len({row.id for row in rows}) == len(rows) > 25
    for row in rows:
        assert row.nl.strip() and row.en.strip() and row.source.strip(), row.id
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", row.date), row.id
