"""TikTok Studio's reports: columns in several languages, absent figures, questions, spreadsheets, hostile ones."""

import datetime as dt
import io
import zipfile
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from goodstanding.adapters.files import studio as module
from goodstanding.adapters.files.rules import limits
from goodstanding.adapters.files.studio import StudioReading
from goodstanding.kernel.problems import Invalid
from goodstanding.usecases.ports.imports import Answers, Measure, Refused, RefusedFileError
from tests import exports

OVERVIEW = "Date,Video Views,Profile Views,Likes,Comments,Shares\n"
CONTENT = (
    "Video title,Video link,Post time,Total likes,Total comments,Total shares,Total views,Total play time,Average watch time,"
    "Watched full video,Add to favorites\n"
)
LINK = f"https://www.tiktok.com/@lottekookt/video/{exports.VIDEO}"


def reading(content, *, name="Overview.csv", bounds=None, **answers):
    raw = content if isinstance(content, bytes) else content.encode("utf-8-sig")
    given = Answers(**({"confirmed": True} | answers))
    return StudioReading(io.BytesIO(raw), bounds or limits(), name=name, answers=given)


def measured(content, **more):
    one = reading(content, **more)
    assert one.questions() == []
    return [
        (m.scope, m.subject, m.day, m.metric, m.value, m.unit) for m in one.rows() if isinstance(m, Measure)
    ]


def bad(content, **more):
    return [row.problem.code for row in reading(content, **more).rows() if isinstance(row, Refused)]


def asked(content, **more):
    return {one.name: one for one in reading(content, **more).questions()}


def test_an_overview_gives_a_figure_a_day_and_metric():
    rows = measured(OVERVIEW + "2026-01-01,10,5,-2,undefined,0\n")
    assert rows == [
        ("account", "", "2026-01-01", "views", 10, "count"),
        ("account", "", "2026-01-01", "profile_views", 5, "count"),
        ("account", "", "2026-01-01", "likes", -2, "count"),
        ("account", "", "2026-01-01", "shares", 0, "count"),
    ], "undefined is absent, 0 is 0, a correction may be negative"


def test_the_mapping_is_confirmed_by_a_person():
    assert set(asked(OVERVIEW + "2026-01-01,1,2,3,4,5\n", confirmed=False)) == {"map"}
    uses = reading(OVERVIEW + "2026-01-01,1,2,3,4,5\n").columns()
    assert [(one.column, one.role, one.sure) for one in uses][:2] == [
        ("Date", "date", False),
        ("Video Views", "views", False),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "Date,Video Views,Likes",
        "Datum;Weergaven;Vind-ik-leuks",
        "Fecha\tVisualizaciones de vídeo\tMe gusta",
        "日付,動画視聴数,いいね",
        "DATE,VIDEO  VIEWS,likes",
    ],
)
def test_columns_are_known_in_several_languages(header):
    sign = next(one for one in ";\t," if one in header)
    assert [row[3] for row in measured(f"{header}\n2026-01-01{sign}1{sign}2\n")] == ["views", "likes"]


def test_an_unknown_column_is_told_and_can_be_assigned():
    content = "Dia raro,Cosas,Nada\n2026-01-01,7,x\n"
    assert set(asked(content)) == {"map"}
    maps = {"Dia raro": "date", "Cosas": "views", "Nada": "-"}
    assert measured(content, maps=maps) == [("account", "", "2026-01-01", "views", 7, "count")]
    with pytest.raises(Invalid):
        reading(content, maps={"Elsewhere": "views"})


def test_videos_audience_and_durations():
    rows = measured(CONTENT + f'"Soep, heet",{LINK},January 3,5,3,4,9,1:02:03,0:12,38%,1\n')
    assert {row[:3] for row in rows} == {("video", exports.VIDEO, "")}
    assert {row[3]: row[4:] for row in rows}["play_time"] == (3_723_000, "ms")
    assert {row[3]: row[4:] for row in rows}["watched_full"] == (380_000, "ppm")
    genders = measured("Gender,Distribution\nFemale,0.62\nMale,38%\n")
    assert genders == [
        ("audience", "gender:Female", "", "distribution", 620_000, "ppm"),
        ("audience", "gender:Male", "", "distribution", 380_000, "ppm"),
    ]


def test_an_open_number_is_asked_about_and_then_read_as_told():
    content = OVERVIEW + "2026-01-01,1.500,5,2,1,0\n"
    question = asked(content)["numbers"]
    assert question.examples == ("1.500",)
    assert [(one.value, one.shown) for one in question.choices] == [
        ("1,500.00", ("1.5",)),
        ("1.500,00", ("1500",)),
    ]
    assert measured(content, numbers="1.500,00")[0][4] == 1500
    assert bad(content, numbers="1,500.00") == ["BAD_NUMBER"], "one and a half views are no views"


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        (("1,500", "1,234,567"), 1500),  # thousands parted twice: the whole file is written so
        (("1.500", "1.234.567"), 1500),
        (("1.500", "1,2K"), 1500),
        (("1,500", "1.2K"), 1500),
    ],
)
def test_what_the_file_itself_proves_is_not_asked(cells, value):
    content = OVERVIEW + "".join(f'2026-01-0{n},"{cell}",1,1,1,1\n' for n, cell in enumerate(cells, 1))
    assert measured(content)[0][4] == value


def test_one_decimal_elsewhere_proves_nothing():
    content = "Date,Estimated amount,Video Views\n2026-01-01,$0.40,10.000\n2026-01-02,$1.500,3\n"
    assert asked(content)["numbers"].examples == ("$1.500", "10.000")
    rows = {(row[2], row[3]): row[4] for row in measured(content, numbers="1.500,00")}
    assert rows[("2026-01-01", "views")] == 10_000
    assert rows[("2026-01-02", "estimate")] == 1_500_000_000
    assert rows[("2026-01-01", "estimate")] == 400_000, "this one can be read in one way only"


def test_days_without_a_year_are_asked_about():
    content = OVERVIEW + "December 31,1,1,1,1,1\nJanuary 1,2,2,2,2,2\n"
    assert asked(content)["year"].examples == ("December 31", "January 1")
    days = [row[2] for row in measured(content, first="2025-12-20", last="2026-01-10") if row[3] == "views"]
    assert days == ["2025-12-31", "2026-01-01"]
    straight = OVERVIEW + "January 1,1,1,1,1,1\nJanuary 2,2,2,2,2,2\n"
    assert [row[2] for row in measured(straight, year=2026) if row[3] == "views"] == [
        "2026-01-01",
        "2026-01-02",
    ]
    turned = OVERVIEW + "December 30,1,1,1,1,1\nDecember 31,1,1,1,1,1\nJanuary 1,2,2,2,2,2\n"
    assert bad(turned, year=2026) == ["YEAR_TURNS"]
    assert bad(content, first="2026-03-01", last="2026-03-31") == ["YEAR_OPEN"] * 2
    assert bad(OVERVIEW + "February 29,1,1,1,1,1\n", year=2026) == ["BAD_DATE"]


def test_an_open_date_is_asked_about_unless_another_row_proves_it():
    content = "Date,Video Views\n03/04/2026,1\n"
    question = asked(content)["dates"]
    assert [(one.value, one.shown) for one in question.choices] == [
        ("dmy", ("2026-04-03",)),
        ("mdy", ("2026-03-04",)),
    ]
    assert measured(content, dates="mdy")[0][2] == "2026-03-04"
    assert measured(content + "13/04/2026,2\n")[0][2] == "2026-04-03"
    assert set(asked(content + "13/04/2026,2\n04/13/2026,3\n")) == {"dates"}, (
        "proofs that contradict each other"
    )


def test_bad_rows_are_told_and_the_others_taken():
    content = (
        OVERVIEW
        + "yesterday,1,1,1,1,1\n2026-01-01,x,2,2,2,2\n2026-01-02,3\n2026-01-03,4,4,4,4,4\n,5,5,5,5,5\n"
    )
    assert bad(content) == ["BAD_DATE", "BAD_NUMBER", "COLUMN_COUNT", "BAD_DATE"]
    assert [row[4] for row in measured(content) if row[2] == "2026-01-03"] == [4] * 5
    assert bad(CONTENT + "a,no link,x,1,1,1,1,0:01,0:01,1%,1\n") == ["NO_VIDEO_ID"]


def test_a_title_above_the_table_and_a_separator_line_are_passed_by():
    assert measured("Overview report\n\nDate,Video Views,Likes\n2026-01-01,1,2\n")[0][4] == 1
    assert measured("sep=;\nDate;Video Views\n2026-01-01;1\n")[0][4] == 1


def test_a_zip_of_reports_is_read_report_by_report():
    raw = exports.zipped(
        Overview__csv=OVERVIEW + "2026-01-01,1,1,1,1,1\n", Viewers__csv="Date,Total Viewers\n2026-01-01,9\n"
    )
    assert ("account", "", "2026-01-01", "viewers", 9, "count") in measured(raw, name="reports.zip")


def sheet(rows, *, extra="", head="", cell=None):
    """A small spreadsheet by hand: text inline, numbers plain."""

    def one(row, place, value):
        at = f"{chr(65 + place)}{row}"
        if isinstance(value, int | float):
            return f'<c r="{at}"><v>{value}</v></c>'
        return f'<c r="{at}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'

    body = "".join(
        f'<row r="{n}">{"".join(one(n, place, value) for place, value in enumerate(row))}</row>'
        for n, row in enumerate(rows, 1)
    )
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    files = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{name}" xmlns:r="{relations}"><sheets><sheet name="Overview" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<?xml version="1.0"?>{head}<worksheet xmlns="{name}"><sheetData>{body}{extra}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for path, content in files.items():
            package.writestr(path, content)
    return out.getvalue()


def test_a_spreadsheet_is_read_with_its_own_numbers():
    raw = sheet(
        [
            ["Date", "Video Views", "Watched full video", "Average watch time"],
            ["2026-01-01", 1500, 0.38, 12.5],
            ["2026-01-02", "1.2K", "", "0:12"],
        ]
    )
    rows = measured(raw, name="Overview.xlsx")
    assert ("account", "", "2026-01-01", "views", 1500, "count") in rows
    assert ("account", "", "2026-01-01", "watched_full", 380_000, "ppm") in rows
    assert ("account", "", "2026-01-01", "watch_time_average", 12_500, "ms") in rows
    assert ("account", "", "2026-01-02", "views", 1200, "count") in rows
    assert not any(row[2:4] == ("2026-01-02", "watched_full") for row in rows)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (sheet([["Date", "Likes"]], head=BOMB), "XML_DECLARES"),
        (
            sheet([["Date", "Likes"]], extra='<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
            "TOO_MANY_CELLS",
        ),
        (
            sheet([["Date", "Likes"]], extra='<row r="900000"><c r="Z900000"><v>1</v></c></row>'),
            "TOO_MANY_CELLS",
        ),
        (sheet([["Date", "Likes"]], extra="<a>" * 80 + "</a>" * 80), "XML_TOO_DEEP"),
        (sheet([["Date", "Likes"], ["2026-01-01", "x" * 200_000]]), "CELL_TOO_LARGE"),
        (sheet([["Date", "Likes"]])[:400], "ZIP_UNREADABLE|SPREADSHEET_CUT|NO_TABLE"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 100, "OLD_SPREADSHEET"),
        (b"", "NO_TABLE"),
        (b"\x00\x01\x02", "NO_TABLE"),
        (exports.zipped(a__json="{}"), "NO_TABLE"),
    ],
)
def test_hostile_and_useless_files_are_refused(raw, reason):
    with pytest.raises(RefusedFileError) as caught:
        reading(raw, name="x.xlsx")
    assert caught.value.fields["reason"] in reason.split("|")


def test_bounds_of_tables_hold():
    with pytest.raises(RefusedFileError):
        reading(",".join(f"c{n}" for n in range(400)) + "\n")
    many = exports.zipped(**{f"t{n}__csv": "Date,Likes\n" for n in range(5)})
    with pytest.raises(RefusedFileError):
        reading(many, bounds=replace(limits(), tables_max=3))


@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=6), max_size=6), st.sampled_from(",;\t"))
@settings(max_examples=150, deadline=None)
def test_any_table_ends_in_figures_and_reasons(cells, sign):
    content = "Date,Video Views,Likes\n".replace(",", sign) + "\n".join(sign.join(row) for row in cells)
    for answers in ({}, {"numbers": "1.500,00", "dates": "dmy", "year": 2026}):
        try:
            one = reading(content.encode("utf-8", "surrogatepass"), **answers)
        except RefusedFileError:
            continue
        if not one.questions():
            assert all(isinstance(row, Measure | Refused) for row in one.rows())


@given(st.binary(max_size=300), st.integers(0, 1500))
@settings(max_examples=100, deadline=None)
def test_any_damage_to_a_spreadsheet_is_a_refusal_or_rows(noise, place):
    whole = sheet([["Date", "Video Views"], ["2026-01-01", 5]])
    raw = whole[:place] + noise + whole[place + len(noise) :]
    try:
        one = reading(raw, name="x.xlsx")
        if not one.questions():
            list(one.rows())
    except RefusedFileError:
        pass


def test_dates_of_a_spreadsheet_are_days():
    one = reading(OVERVIEW + "2026-01-01,1,1,1,1,1\n")
    years = module._Years(Answers())
    assert one._day(dt.datetime(2026, 1, 2, 3), years) == "2026-01-02"
    assert one._day(dt.date(2026, 1, 2), years) == "2026-01-02"


def test_a_table_of_too_many_cells_is_refused():
    with pytest.raises(RefusedFileError) as caught:
        reading(OVERVIEW + "2026-01-01,1,1,1,1,1\n" * 5, bounds=replace(limits(), cells_max=20))
    assert caught.value.fields["reason"] == "TOO_MANY_CELLS"
