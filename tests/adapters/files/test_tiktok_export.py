"""TikTok's export in its three layouts, and the portability zip: the same things are found in each."""

import io
import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.files.rules import limits
from goodstanding.adapters.files.tiktok_export import ExportReading
from goodstanding.usecases.ports.imports import Found, Refused, RefusedFileError
from tests import exports


def reading(raw):
    return ExportReading(io.BytesIO(raw), limits(), own=exports.OWN)


def rows(raw):
    return list(reading(raw).rows())


def found(raw):
    return [one for one in rows(raw) if isinstance(one, Found)]


@pytest.mark.parametrize("generation", [2026, 2025, "older"])
@pytest.mark.parametrize("packed", [True, False])
def test_every_layout_gives_the_same_comments_messages_and_posts(generation, packed):
    raw = exports.export_zip(generation) if packed else exports.as_json(exports.layout(generation))
    known = {one.key for one in found(exports.export_zip(2026))}
    mine = found(raw)
    assert {one.key for one in mine if one.section not in ("transaction",)} <= known
    counted = Counter(one.section for one in mine)
    assert (counted["comment"], counted["message"], counted["post"], counted["follower"]) == (5, 5, 1, 2)
    assert counted["profile"] == 1
    assert [one for one in rows(raw) if isinstance(one, Refused)] == []


def test_the_newest_layout_gives_purchases_gifts_coins_lives_and_the_wallet():
    counted = Counter(one.section for one in found(exports.export_zip(2026)))
    for section in ("live", "gift_sent", "gift_bought", "coins_bought", "transaction"):
        assert counted[section] == 1, section


def test_the_portability_zip_gives_the_same():
    assert {one.key for one in found(exports.portability_zip())} == {
        one.key for one in found(exports.export_zip(2026))
    }


def test_names_in_any_case_and_both_forms_of_dates_are_one_thing():
    plain = {one.key for one in found(exports.as_json(exports.layout(2026)))}
    shouted = (
        exports.as_json(exports.layout(2026))
        .replace(b'"CommentsList"', b'"COMMENTSLIST"')
        .replace(b'"comment":', b'"Comment":')
    )
    shouted = shouted.replace(b" UTC", b"")
    assert {one.key for one in found(shouted)} == plain


@pytest.mark.parametrize("nothing", [None, [], {}, "N/A", "None", ""])
def test_every_kind_of_nothing_is_nothing(nothing):
    document = exports.layout(2026)
    document["Comment"]["Comments"]["CommentsList"] = nothing
    document["Post"]["Posts"]["VideoList"][0]["ContentDisclosure"] = nothing
    kept = found(exports.as_json(document))
    assert [one for one in kept if one.section == "comment"] == []
    assert "content_disclosure" not in next(one for one in kept if one.section == "post").values


def test_a_disclosure_is_kept_and_a_changed_one_is_another_thing():
    before, after = (
        next(one for one in found(exports.export_zip(2026, disclosure=word)) if one.section == "post")
        for word in ("Paid partnership", "No")
    )
    assert before.values["content_disclosure"] == "Paid partnership"
    assert before.values["ai_generated"] == "No"
    assert before.video_id == exports.VIDEO
    assert before.key != after.key
    more = next(one for one in found(exports.export_zip(2026, likes="900")) if one.section == "post")
    assert more.key == before.key, "likes grow; the post is the same"


def test_who_said_what_in_a_chat():
    said = [one for one in found(exports.export_zip(2026)) if one.section == "message"]
    assert [(one.person, one.values["from"]) for one in said][:2] == [
        ("sanne.test", "them"),
        ("sanne.test", "us"),
    ]
    assert said[2].key == said[3].key, "two equal messages; the importer counts them"


def test_no_name_of_anybody_else_stands_outside_person():
    for one in found(exports.export_zip(2026)):
        if one.section in ("transaction", "profile"):
            continue
        shown = json.dumps([one.place, one.values])
        for name in ("sanne", "bram", "volger", "iemand.test"):
            assert name not in shown, one
    profile = next(one for one in found(exports.export_zip(2026)) if one.section == "profile")
    assert profile.values == {"region": "NL", "username": exports.OWN}, "no address, no birthday"


def test_what_is_not_kept_is_counted():
    one = reading(exports.export_zip(2026))
    list(one.rows())
    assert dict(one.left_out) == {"Your Activity.Watch History": 1}


def test_bad_rows_are_told_with_their_place():
    document = exports.layout(2026)
    document["Comment"]["Comments"]["CommentsList"][1]["date"] = "yesterday"
    document["Comment"]["Comments"]["CommentsList"][2] = "text"
    document["Direct Message"]["Direct Messages"]["ChatHistory"]["Chat History with sanne.test:"][0][
        "Date"
    ] = "2026-02-31 10:00:00"
    bad = [one for one in rows(exports.as_json(document)) if isinstance(one, Refused)]
    assert [(one.place, one.problem.code) for one in bad] == [
        ("Comment.Comments.CommentsList[1]", "BAD_DATE"),
        ("Comment.Comments.CommentsList[2]", "NOT_AN_OBJECT"),
        ("Direct Message.Direct Messages.ChatHistory.#1[0]", "BAD_DATE"),
    ]


@pytest.mark.parametrize(
    "raw", [b"{}", b"[]", b'{"a": [1, 2]}', b"hello", b"", exports.zipped(readme__txt=b"x")]
)
def test_something_else_is_refused(raw):
    with pytest.raises(RefusedFileError) as caught:
        rows(raw)
    assert caught.value.fields["reason"] == "NOT_AN_EXPORT"


@given(st.floats(0.01, 0.999))
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("packed", [True, False])
def test_a_cut_export_gives_what_came_before_and_says_so(packed, part):
    raw = exports.export_zip(2026, count=200) if packed else exports.as_json(exports.layout(2026, count=200))
    whole = [one.key for one in found(raw)]
    one = reading(raw[: int(len(raw) * part)])
    try:
        mine, reason = list(one.rows()), ""
    except RefusedFileError as refusal:
        mine, reason = [], refusal.fields["reason"]
    assert reason in ("", "NOT_AN_EXPORT", "ZIP_UNREADABLE")
    if reason:
        return
    kept = [row.key for row in mine if isinstance(row, Found) and row.section != "profile"]
    assert kept == whole[: len(kept)]
    if not packed:
        assert one.cut
        assert any(isinstance(row, Refused) and row.problem.code == "CUT" for row in mine)


@given(st.binary(max_size=200), st.integers(0, 3000))
@settings(max_examples=150, deadline=None)
def test_any_damage_ends_in_rows_and_reasons(noise, place):
    for raw in (exports.as_json(exports.layout(2026)), exports.export_zip(2025)):
        broken = raw[:place] + noise + raw[place + len(noise) :]
        one = reading(broken)
        try:
            for row in one.rows():
                assert isinstance(row, Found | Refused)
        except RefusedFileError:
            pass
