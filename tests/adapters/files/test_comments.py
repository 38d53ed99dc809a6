"""Every format and encoding people have; broken rows are told and cost only themselves."""

import gzip
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.files.comments import BATCH, CommentsFile
from goodstanding.adapters.files.streams import ROW_BYTES_MAX
from goodstanding.kernel.problems import Invalid
from goodstanding.usecases.backtest import Comment

TEXTS = ["Wat kost dit?", "Mooi — écht waar 😀", 'Zij zei: "ja, graag"; toen niet']


def rows_of(data, *, name="", told=None):
    return [one for batch in CommentsFile(io.BytesIO(data), name=name, told=told).batches() for one in batch]


def texts_of(data, *, name="", told=None):
    return [one.text for one in rows_of(data, name=name, told=told) if isinstance(one, Comment)]


def broken_of(data, *, name="", told=None):
    return [
        (one.row, one.problem.line, one.problem.code)
        for one in rows_of(data, name=name, told=told)
        if not isinstance(one, Comment)
    ]


def quoted(cell, delimiter):
    return '"' + cell.replace('"', '""') + '"' if delimiter in cell or '"' in cell else cell


def csv_text(delimiter, head=("id", "Reactie"), end="\r\n"):
    lines = [delimiter.join(head)]
    lines += [delimiter.join([str(n), quoted(text, delimiter)]) for n, text in enumerate(TEXTS)]
    return end.join(lines) + end


FORMATS = {
    "jsonl": ("\n".join(json.dumps({"text": t, "video": "v1"}) for t in TEXTS), "json lines"),
    "jsonl_unicode": (
        "\n".join(json.dumps({"comment": t}, ensure_ascii=False) for t in TEXTS) + "\n",
        "json lines",
    ),
    "array": (json.dumps([{"text": t} for t in TEXTS]), "json array"),
    "array_spread": (
        json.dumps([{"id": 1, "Bericht": t} for t in TEXTS], indent=2, ensure_ascii=False),
        "json array",
    ),
    "array_of_texts": (json.dumps(TEXTS), "json array"),
    "wrapped": (json.dumps({"comments": [{"text": t} for t in TEXTS], "meta": {"text": "no"}}), "json array"),
    "wrapped_spread": (
        json.dumps({"comments": [{"text": t} for t in TEXTS], "total": 3}, indent=1),
        "json array",
    ),
    "objects_spread": ("\n".join(json.dumps({"text": t}, indent=1) for t in TEXTS), "json array"),
    "csv": (csv_text(","), "csv"),
    "semicolon": (csv_text(";"), "csv"),
    "excel_sep": ("sep=;\r\n" + csv_text(";"), "csv"),
    "tsv": (csv_text("\t", end="\n"), "csv"),
    "tsv_bare": ("id\ttekst\n" + "\n".join(f"{n}\t{t}" for n, t in enumerate(TEXTS)), "csv"),
    "pipe": (csv_text("|"), "csv"),
    "text": ("\n\n".join(TEXTS) + "\n", "text"),
}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("packed", [False, True])
def test_every_format_in_every_encoding_gives_the_same_texts(kind, encoding, packed):
    text, expected = FORMATS[kind]
    data = text.encode(encoding)
    file = CommentsFile(io.BytesIO(gzip.compress(data) if packed else data))
    found = [one for batch in file.batches() for one in batch]
    assert found == [Comment(row, text, None) for row, text in enumerate(TEXTS, 1)]
    assert file.format == expected
    assert file.source.packed is packed
    assert file.source.encoding == ("utf-16" if encoding.startswith("utf-16") else "utf-8")


def test_windows_text_is_read_with_a_note():
    file = CommentsFile(
        io.BytesIO(
            "id;tekst\n1;caf\xe9 \x80 5\n2;na\xefef\n".encode("cp1252", "replace").replace(b"?", b"\x80")
        )
    )
    assert [one.text for batch in file.batches() for one in batch] == ["café € 5", "naïef"]
    assert file.source.encoding == "cp1252"


def test_windows_text_that_begins_after_the_sample_is_read_too():
    data = b"hallo daar\n" * 10_000 + "één\n".encode("cp1252") + b"tot ziens\n"
    file = CommentsFile(io.BytesIO(data))
    texts = [one.text for batch in file.batches() for one in batch]
    assert texts[-2:] == ["één", "tot ziens"]
    assert file.source.encoding == "cp1252"


def test_a_damaged_line_in_utf8_is_told_and_does_not_change_the_encoding():
    data = "één\n".encode() + b"sn\xe9llh\xffeid\n" + "café\n".encode()
    file = CommentsFile(io.BytesIO(data))
    found = [one for batch in file.batches() for one in batch]
    assert [one.text for one in found if isinstance(one, Comment)] == ["één", "café"]
    assert [
        (one.row, one.problem.line, one.problem.code) for one in found if not isinstance(one, Comment)
    ] == [(2, 2, "UNDECODABLE")]
    assert file.source.encoding == "utf-8"


def test_half_a_pair_in_utf16_costs_its_line_only():
    data = "een\n".encode("utf-16") + b"\x00\xd8\n\x00" + "drie\n".encode("utf-16-le")
    assert texts_of(data) == ["een", "drie"]
    assert broken_of(data) == [(2, 2, "UNDECODABLE")]


def test_old_line_ends_are_understood():
    assert texts_of(b"een\rtwee\rdrie") == ["een", "twee", "drie"]


def test_broken_json_lines_are_listed_with_line_and_reason():
    data = b'{"text": "een"}\n{"text": "twee"\n\n{"text": ""}\n{"text": null}\n{"tekst": "a"}\n[1]\n{"text": 5}\n{"text": true}\n{"text": "half \\ud83d"}\n'
    assert [(one.row, one.text) for one in rows_of(data) if isinstance(one, Comment)] == [
        (1, "een"),
        (7, "5"),
        (9, "half \ufffd"),
    ]
    assert broken_of(data) == [
        (2, 2, "BAD_JSON"),
        (3, 4, "EMPTY_TEXT"),
        (4, 5, "NO_TEXT"),
        (5, 6, "NO_TEXT"),
        (6, 7, "NOT_AN_OBJECT"),
        (8, 9, "NOT_TEXT"),
    ]


def test_broken_elements_of_an_array_cost_only_themselves():
    data = (
        b'[{"text": "een"},\n {"text": "twee" "x"},\n {"text": "drie"}, {"text": nope}, {"text": "vier"}\n]'
    )
    assert texts_of(data) == ["een", "drie", "vier"]
    assert broken_of(data) == [(2, 2, "BAD_JSON"), (4, 3, "BAD_JSON")]
    assert [dict(one.problem.fields) for one in rows_of(data) if not isinstance(one, Comment)] == [
        {"column": 17},
        {"column": 10},
    ]
    assert texts_of(b'["een", twee, "drie"]') == ["een", "drie"]


def test_an_array_that_ends_too_early_keeps_its_beginning():
    assert texts_of(b'[{"text": "een"}, {"text": "tw') == ["een"]
    assert broken_of(b'[{"text": "een"}, {"text": "tw') == [(2, 1, "BAD_JSON")]


def test_array_elements_across_pieces_of_the_file_are_whole():
    texts = [f"{n} " + "x" * (n % 700) for n in range(3_000)]
    assert texts_of(json.dumps([{"text": t} for t in texts], indent=1).encode()) == [t.strip() for t in texts]


def test_broken_csv_rows_are_listed_and_the_rest_goes_through():
    data = b'id,text\n1,een\n2\n3,drie,x\n4,\n\n5,"vijf\nregel"\n6,"nooit dicht\n7,zeven\n8,"a"b,c\n9,negen\n'
    assert texts_of(data) == ["een", "vijf\nregel", "zeven", "negen"]
    assert broken_of(data) == [
        (2, 3, "COLUMN_COUNT"),
        (3, 4, "COLUMN_COUNT"),
        (4, 5, "EMPTY_TEXT"),
        (6, 9, "BAD_QUOTES"),
        (8, 11, "BAD_QUOTES"),
    ]


def test_one_unclosed_quote_does_not_swallow_the_file():
    lines = "".join(f"{n},tekst {n}\n" for n in range(2_000))
    data = f'id,text\n0,"open\n{lines}'.encode()
    assert len(texts_of(data)) == 2_000
    assert broken_of(data) == [(1, 2, "BAD_QUOTES")]


def test_a_quote_inside_a_bare_field_is_a_sign_like_any_other():
    assert texts_of(b'text,id\nhet is 5" breed,1\nja,2\n', name="x.csv") == ['het is 5" breed', "ja"]
    assert texts_of(b'id\ttext\n1\t"Mooi" zei ze\n2\t"half\n3\tdrie\n') == ['"Mooi" zei ze', '"half', "drie"]


def test_a_single_column_may_hold_commas():
    assert texts_of(b"text\nja, graag; nu\nnee\n", name="x.csv") == ["ja, graag; nu", "nee"]


def test_a_row_over_the_size_is_told_and_skipped():
    long = b"x" * (ROW_BYTES_MAX + 1)
    assert broken_of(b"een\n" + long + b"\ndrie\n") == [(2, 2, "ROW_TOO_LARGE")]
    assert texts_of(b"een\n" + long * 9 + b"\ndrie\n") == ["een", "drie"]
    assert broken_of(b"een\n" + long * 9) == [(2, 2, "ROW_TOO_LARGE")]
    big = b'[{"text": "een"}, {"text": "' + long + b'"}, {"text": "drie"}]'
    assert texts_of(big) == ["een", "drie"]


def test_zeros_are_not_text():
    assert broken_of(b"een\nt\x00ee\n") == [(2, 2, "NOT_TEXT")]


def test_a_packed_file_that_ends_too_early_keeps_what_it_had():
    lines = [f"regel {n} {n * 7919 % 104729}" for n in range(20_000)]
    data = gzip.compress("\n".join(lines).encode())
    found = rows_of(data[: len(data) // 2])
    assert [one.text for one in found[:1_000]] == lines[:1_000]
    assert found[-1].problem.code == "FILE_DAMAGED"
    assert rows_of(data)[-1].text == lines[-1]


def test_packed_parts_one_after_another_are_one_file():
    assert texts_of(gzip.compress(b"een\n") + gzip.compress(b"twee\n") + b"\x00" * 8) == ["een", "twee"]


def test_columns_are_found_by_name_and_told_by_map():
    data = b"Gebruiker;Datum;Bericht;Eigen tekst\nx;2026-11-21;een;twee\n"
    file = CommentsFile(io.BytesIO(data))
    assert file.columns == {"text": "Bericht", "time": "Datum", "author": "Gebruiker"}
    assert texts_of(data, told={"text": "Eigen tekst"}) == ["twee"]
    assert texts_of(data, told={"text": "eigen_tekst"}) == ["twee"]


def test_an_unknown_column_names_those_there_are_and_the_nearest():
    with pytest.raises(Invalid) as refusal:
        CommentsFile(io.BytesIO(b"id,bericht\n1,x\n"), told={"text": "berichtt"})
    (problem,) = refusal.value.problems
    assert problem.code == "UNKNOWN_COLUMN"
    assert problem.fields == {
        "role": "text",
        "column": "berichtt",
        "meant": "bericht",
        "columns": "id, bericht",
    }


@pytest.mark.parametrize("data", [b'{"a": 1, "b": "x"}\n', b'[{"a": 1, "b": "x"}]'])
def test_without_a_text_column_the_columns_are_named(data):
    with pytest.raises(Invalid) as refusal:
        CommentsFile(io.BytesIO(data))
    assert [(p.code, dict(p.fields)) for p in refusal.value.problems] == [
        ("NO_TEXT_COLUMN", {"columns": "a, b"})
    ]


def test_dates_that_could_mean_two_things_are_not_used():
    data = b"text,datum\na,2026-11-21\nb,13-02-2026\nc,03-04-2026\nd,\ne,1790000000\nf,gisteren\n"
    file = CommentsFile(io.BytesIO(data))
    assert [one.at for batch in file.batches() for one in batch] == [
        1795219200000,
        1770940800000,
        None,
        None,
        1790000000000,
        None,
    ]
    assert file.undated == 2


def test_an_empty_file_has_no_rows():
    for name in ("", "x.csv", "x.jsonl"):
        for data in (b"", b"\n\n", gzip.compress(b""), "\ufeff".encode()):
            assert rows_of(data, name=name) == []


def test_batches_are_bounded():
    file = CommentsFile(io.BytesIO(b"x\n" * (BATCH * 2 + 1)))
    assert [len(batch) for batch in file.batches()] == [BATCH, BATCH, 1]


anything = st.one_of(
    st.binary(max_size=400),
    st.lists(
        st.sampled_from(
            [
                b'{"text": "a"}',
                b'[{"text": "b"},',
                b"{",
                b"[",
                b"]",
                b'"',
                b",",
                b"\n",
                b";",
                b"\t",
                b"text",
                b"\xff",
                b"\xe9",
                "é".encode(),
                b"\x00",
                b"\r",
                b'""',
                b"\xff\xfe",
                b"\\ud83d",
                b"null",
                b"sep=;",
                b"1e999",
                b"\x1f\x8b",
                b"id,text\n",
            ]
        ),
        max_size=30,
    ).map(b"".join),
)


@settings(max_examples=250, deadline=None)
@given(anything, st.sampled_from(["", "a.csv", "a.tsv", "a.json", "a.jsonl", "a.txt"]), st.booleans())
def test_any_bytes_are_read_without_an_accident(data, name, packed):
    try:
        found = rows_of(gzip.compress(data, 1) if packed else data, name=name)
    except Invalid as refusal:
        codes = {problem.code for problem in refusal.problems}
        found = None
    if found is None:
        assert codes == {"NO_TEXT_COLUMN"}
        return
    assert [one.row for one in found] == list(range(1, len(found) + 1))
    for one in found:
        if isinstance(one, Comment):
            assert one.text.strip() == one.text != ""
            one.text.encode()


comment_texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\x85"),
    min_size=1,
    max_size=40,
).filter(lambda text: text.strip() == text)
junk = st.sampled_from(['{"text": "x"', "{}", "[]", '{"text": ""}', "nope", '{"text": [1]}'])


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.one_of(comment_texts.map(lambda t: (True, t)), junk.map(lambda j: (False, j))), max_size=30)
)
def test_good_rows_survive_broken_neighbours(rows):
    lines = ['{"text": "first"}'] + [
        json.dumps({"text": text}, ensure_ascii=False) if good else text for good, text in rows
    ]
    found = rows_of("\n".join(lines).encode(), name="x.jsonl")
    assert [one.text for one in found if isinstance(one, Comment)] == ["first"] + [
        t for good, t in rows if good
    ]
    assert [one.row for one in found if not isinstance(one, Comment)] == [
        n for n, (good, _) in enumerate(rows, 2) if not good
    ]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30), max_size=20),
    st.sampled_from(",;\t|"),
)
def test_what_a_csv_writer_wrote_is_read_back(texts, delimiter):
    import csv

    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["id", "text"])
    writer.writerows([n, text] for n, text in enumerate(texts))
    found = rows_of(out.getvalue().encode(), name="x.csv" if delimiter != "\t" else "x.tsv")
    assert [one.text for one in found if isinstance(one, Comment)] == [t.strip() for t in texts if t.strip()]
    assert len(found) == len(texts)
