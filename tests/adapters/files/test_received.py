"""Received comments from any file: author, time, video and id; undated and open dates are asked about."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.files.received import ReceivedReading
from goodstanding.adapters.files.rules import limits
from goodstanding.kernel.problems import Invalid
from goodstanding.usecases.ports.imports import Answers, Received, Refused, RefusedFileError
from tests import exports

NOON = 1_772_622_000_000  # 2026-03-04 11:00 UTC


def reading(content, *, name="comments.csv", **answers):
    raw = content if isinstance(content, bytes) else content.encode()
    return ReceivedReading(io.BytesIO(raw), limits(), name=name, answers=Answers(**answers))


def rows(content, **more):
    one = reading(content, **more)
    assert one.questions() == []
    return list(one.rows())


def test_a_csv_gives_everything_a_comment_has():
    content = (
        "comment_id;Naam;Reactie;Datum;Video;parent_id\n"
        f"7300000000000000001;@sanne.test;Wat kost die?;2026-03-04 11:00:00;https://www.tiktok.com/@x/video/{exports.VIDEO}?lang=nl;7300000000000000009\n"
    )
    assert rows(content) == [
        Received(
            place="row 1", text="Wat kost die?", at=NOON, handle="sanne.test", video_id=exports.VIDEO,
            external_id="7300000000000000001", parent_id="7300000000000000009",
        )
    ]  # fmt: skip


def test_json_lines_give_the_same_and_keys_may_come_late():
    lines = [
        {"text": "een", "createTime": NOON // 1000},
        {
            "text": "twee",
            "createTime": NOON // 1000,
            "author": "bram.test",
            "cid": "7300000000000000002",
            "video": exports.VIDEO,
        },
    ]
    found = rows("\n".join(json.dumps(one) for one in lines), name="c.jsonl")
    assert [(one.text, one.at, one.external_id) for one in found] == [
        ("een", NOON, ""),
        ("twee", NOON, "7300000000000000002"),
    ]


def test_an_id_that_is_none_is_not_believed():
    found = rows("id,text,date,video\nabc,hoi,2026-03-04,elsewhere\n")
    assert (found[0].external_id, found[0].video_id) == ("", "")


def test_comments_without_a_date_are_asked_about():
    one = reading("text\nhoi\ndag\n")
    assert [(q.name, q.examples) for q in one.questions()] == [("written", ("2",))]
    assert {row.at for row in rows("text\nhoi\ndag\n", written="2026-03-04")} == {NOON - 11 * 3_600_000}


def test_open_dates_are_asked_about_unless_one_proves_them():
    content = "text,date\nhoi,03/04/2026 11:00\n"
    question = reading(content).questions()[0]
    assert [(one.value, one.shown) for one in question.choices] == [
        ("dmy", ("2026-04-03",)),
        ("mdy", ("2026-03-04",)),
    ]
    assert rows(content, dates="mdy")[0].at == NOON
    assert rows(content + "dag,03/13/2026\n")[0].at == NOON
    assert [one.name for one in reading("text,date\nhoi,3 maart\n").questions()] == ["year"]
    assert rows("text,date\nhoi,4 maart 11:00\n", year=2026)[0].at == NOON


def test_bad_rows_have_their_line_and_reason():
    found = rows("text,date\n,2026-03-04\nhoi,whenever\nok,2026-03-04\n")
    assert [(one.place, one.problem.code) for one in found if isinstance(one, Refused)] == [
        ("line 2", "EMPTY_TEXT"),
        ("row 2", "BAD_DATE"),
    ]
    assert sum(isinstance(one, Received) for one in found) == 1


def test_columns_are_shown_told_or_asked_for():
    assert [(u.column, u.role) for u in reading("Reactie,Datum\nhoi,2026-03-04\n").columns()] == [
        ("Reactie", "text"),
        ("Datum", "time"),
    ]
    unknown = reading("een,twee\nhoi,2026-03-04\n")
    assert [one.name for one in unknown.questions()] == ["map"]
    assert [u.column for u in unknown.columns()] == ["een", "twee"]
    told = {"een": "text", "twee": "time"}
    assert rows("een,twee\nhoi,2026-03-04 11:00:00\n", maps=told)[0].at == NOON
    with pytest.raises(Invalid):
        reading("een,twee\nhoi,x\n", maps={"drie": "text"})


def test_packages_and_nothing_are_refused():
    for raw, reason in ((exports.zipped(a__csv="text\nhoi\n"), "PACKED_COMMENTS"), (b"", "EMPTY_FILE")):
        with pytest.raises(RefusedFileError) as caught:
            reading(raw)
        assert caught.value.fields["reason"] == reason


@given(st.binary(max_size=400), st.sampled_from(["c.csv", "c.jsonl", "c.json", "c.txt", "c"]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_end_in_comments_and_reasons(raw, name):
    for content in (raw, b"text,date,id\n" + raw, b'{"text": "a", "date": "' + raw):
        try:
            one = reading(content, name=name, written="2026-03-04", dates="dmy", year=2026)
            if not one.questions():
                assert all(isinstance(row, Received | Refused) for row in one.rows())
        except (RefusedFileError, Invalid):
            pass
