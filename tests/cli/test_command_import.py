"""`goodstanding import` through the real command: three layouts, questions, problems, taking back, both languages."""

import csv
import hashlib
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from world import World

from tests import exports


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    World(folder).close()
    return folder


@pytest.fixture
def put(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def run(gs, data):
    def call(*words, **more):
        return gs("import", *words, "--data", data, **more)

    return call


@pytest.mark.parametrize("generation", [2026, 2025, "older"])
def test_each_layout_comes_in_and_the_second_time_adds_nothing(run, put, generation):
    path = put("TikTok_Data.zip", exports.export_zip(generation))
    first, again = (run("tiktok-export", path, "--json") for _ in range(2))
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    counts, known = json.loads(first.output)["counts"], json.loads(again.output)["counts"]
    assert counts["added"] > 10
    assert (known["added"], known["known"], known["refused"]) == (0, counts["added"], 0)


def test_the_words_name_what_came_in(run, put):
    path = put("TikTok_Data.zip", exports.export_zip(2026))
    english, dutch = run("tiktok-export", path), run("tiktok-export", path, lang="nl")
    assert "own comments: 5 added, 0 already there" in english.output
    assert "registered in NL" in english.output
    assert hashlib.sha256(path.read_bytes()).hexdigest() in english.output
    assert "eigen reacties: 0 nieuw, 5 al aanwezig" in dutch.output
    assert "sanne" not in english.output + dutch.output


def test_a_cut_file_is_in_as_far_as_it_goes_and_ends_with_1(run, put):
    raw = exports.export_zip(2026, count=2000)
    done = run("tiktok-export", put("cut.zip", raw[: len(raw) // 2]))
    assert done.exit_code == 1
    assert "what was readable is in" in done.output
    assert "The file ends here." in done.output
    assert " added, 0 already there" in done.output


def test_a_dry_run_stores_nothing(run, put, data):
    path = put("TikTok_Data.zip", exports.export_zip(2026))
    done = run("tiktok-export", path, "--dry-run", "--json")
    assert done.exit_code == 0
    assert json.loads(done.output)["counts"]["added"] == 19
    assert json.loads(run("list", "--json").output) == []
    assert not [p for p in (data / "originals").rglob("*") if p.is_file()]


def test_studio_asks_what_the_file_leaves_open_and_then_takes_it(run, put):
    path = put("Overview.csv", "Date,Video Views,Likes\nJanuary 1,1.500,undefined\nJanuary 2,2,-3\n")
    asked = run("studio", path)
    assert asked.exit_code == 2
    for words in (
        "--yes",
        "--numbers 1.500,00   reads: 1500",
        "--numbers 1,500.00   reads: 1.5",
        "--year",
        "Video Views → views",
    ):
        assert words in asked.output, words
    assert [one["name"] for one in json.loads(run("studio", path, "--json").output)["questions"]] == [
        "map",
        "numbers",
        "year",
    ]
    assert "--numbers 1.500,00   reads: 1500" in run("show", "1").output
    done = run("studio", path, "--yes", "--numbers", "1.500,00", "--year", "2026", "--json")
    assert done.exit_code == 0, done.output
    counts = json.loads(done.output)["counts"]
    assert (counts["added"], counts["left_out"]["absent"]) == (3, 1)
    assert len(json.loads(run("list", "--json").output)) == 1, "asked and answered is one import"


def test_a_mapping_can_be_told(run, put):
    path = put("x.csv", "Dia,Cosas raras\n2026-01-01,5\n")
    assert run("studio", path, "--yes").exit_code == 2
    done = run("studio", path, "--yes", "--map", "Dia=date,Cosas raras=views", "--json")
    assert json.loads(done.output)["counts"]["added"] == 1
    wrong = run("studio", path, "--yes", "--map", "Dia=dinsdag")
    assert (wrong.exit_code, "dinsdag" in wrong.output) == (2, True)
    absent = run("studio", path, "--yes", "--map", "Nergens=views")
    assert (absent.exit_code, "Nergens" in absent.output) == (2, True)
    assert run("studio", path, "--from", "2026-01-01").exit_code == 2


def test_comments_are_decided_and_bad_rows_written_as_csv(run, put, tmp_path):
    path = put(
        "c.csv",
        "Naam;Reactie;Datum\nsanne.test;Wat kost die?;2026-03-04\nbram.test;;2026-03-04\nbram.test;hoi;=1+1\n",
    )
    done = run("comments", path, "--json")
    assert done.exit_code == 1
    found = json.loads(done.output)
    assert (found["counts"]["added"], found["counts"]["refused"], found["counts"]["without_id"]) == (1, 2, 1)
    problems = tmp_path / "problems.csv"
    shown = run("show", found["import"], "--problems", problems, lang="nl")
    assert "De tekst is leeg." in shown.output
    rows = list(csv.reader(problems.read_text(encoding="utf-8-sig").splitlines()))
    assert [row[1:3] for row in rows[1:]] == [["line 3", "EMPTY_TEXT"], ["row 3", "BAD_DATE"]]
    undated = run("comments", put("u.txt", "hoi\n"))
    assert (undated.exit_code, "--written" in undated.output) == (2, True)
    assert run("comments", put("u.txt", "hoi\n"), "--written", "2026-01-01").exit_code == 0


def test_undo_and_the_original(run, put, tmp_path):
    raw = exports.export_zip(2026)
    number = json.loads(run("tiktok-export", put("TikTok_Data.zip", raw), "--json").output)["import"]
    back = tmp_path / "again.zip"
    assert run("original", number, "--to", back).exit_code == 0
    assert back.read_bytes() == raw
    assert run("original", number, "--to", back).exit_code == 2, "never over an existing file"
    undone = run("undo", number)
    assert (undone.exit_code, "21 things" in undone.output) == (0, True), undone.output
    assert run("undo", number).exit_code == 1
    assert run("undo", number, "--original").exit_code == 0
    gone = run("original", number, "--to", tmp_path / "third.zip")
    assert (gone.exit_code, (tmp_path / "third.zip").exists()) == (1, False)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (exports.zipped(a__json=b"0" * 30_000_000), "zip bomb"),
        (exports.zipped(a__zip=b"PK"), "another package inside"),
        (b"hello", "JSON format, not text"),
    ],
)
def test_a_hostile_file_is_refused_with_its_reason_and_kept(run, put, content, words):
    done = run("tiktok-export", put("x.zip", content))
    assert done.exit_code == 1
    assert words in done.output
    assert [one["state"] for one in json.loads(run("list", "--json").output)] == ["refused"]


def test_wrong_use_is_told(run, put, gs, tmp_path):
    path = put("x.zip", exports.export_zip(2026))
    assert run("tiktok-export", tmp_path / "nowhere.zip").exit_code == 3
    assert run("tiktok-export", path, "--account", "9").exit_code == 2
    assert run("show", "99").exit_code == 2
    assert "no import 99" in run("undo", "99").output
    assert gs("import", "tiktok-export", path, "--data", tmp_path / "none").exit_code == 3
    assert "Nothing has been imported" in run("list").output


def test_help_teaches_with_an_example(gs):
    for command in ("tiktok-export", "studio", "comments", "list", "show", "undo", "original"):
        assert f"goodstanding import {command}" in gs("import", command, "--help").output
