"""The command as people and scripts use it: words, JSON, lines, exit codes."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from goodstanding.cli import main, words
from goodstanding.kernel.reasons import Code
from goodstanding.locale import LANGUAGES, keys, sentence
from goodstanding.usecases.playbooks import policy_text

COMMENTS = [
    "Wat kost dit?",
    "mooi filmpje",
    "Ik maak je dood",
    "dankjewel!",
    "ik ben 12 jaar",
    "What is the price?",
]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOODSTANDING_LANG", "en")

    def call(*arguments, stdin=None):
        return CliRunner().invoke(main, ["backtest", *map(str, arguments)], input=stdin)

    return call


@pytest.fixture
def comments(tmp_path):
    path = tmp_path / "comments.jsonl"
    path.write_text(
        "".join(json.dumps({"text": text, "video": "v"}) + "\n" for text in COMMENTS), encoding="utf-8"
    )
    return path


def test_json_has_the_figures_scripts_rely_on(run, comments):
    done = run(comments, "--policy", "careful", "--json", "--out", "out.jsonl")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert {name: found[name] for name in ("total", "replied", "hidden", "reviewed", "left", "labels", "messages", "broken")} == {
        "total": 6, "replied": 2, "hidden": 1, "reviewed": 1, "left": 2, "labels": 1, "messages": 0, "broken": 0,
    }  # fmt: skip
    assert found["replied"] + found["hidden"] + found["reviewed"] + found["left"] == found["total"]
    assert found["judged"] == "one_by_one"
    assert found["not_applied"] == ["limits", "pace", "quiet_hours", "peaks", "repeats"]
    assert found["reasons"]["RULE"] == 5
    assert found["reasons"]["NO_TRIGGER"] == 1
    assert found["policy"]["id"] == "careful"
    assert found["file"]["columns"] == {"text": "text", "video": "video"}
    assert found["examples"]["reply"]["RULE:reply-price"][0] == {"row": 1, "text": "Wat kost dit?"}
    lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [one["row"] for one in lines] == [1, 2, 3, 4, 5, 6]
    assert [one["outcome"] for one in lines] == ["reply", "none", "hide", "label", "review", "reply"]
    assert [one["reasons"] for one in lines][:2] == [["RULE"], ["NO_TRIGGER"]]
    assert all(isinstance(one["reasons"], list) for one in lines)


def test_two_runs_give_the_same_bytes(run, comments):
    def once(name):
        arguments = (comments, "--against", "normal", "--out", name)
        words_of_it, document = run(*arguments), run(*arguments, "--json")
        return words_of_it.stdout_bytes, document.stdout_bytes, Path(name).read_bytes()

    assert once("a") == once("b")


def test_two_processes_give_the_same_bytes(comments, tmp_path):
    def once(seed):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])}
        command = [
            sys.executable,
            "-m",
            "goodstanding",
            "backtest",
            str(comments),
            "--json",
            "--out",
            str(tmp_path / seed),
        ]
        done = subprocess.run(command, capture_output=True, env=environment, check=True)
        return done.stdout, (tmp_path / seed).read_bytes()

    assert once("1") == once("2")


@pytest.mark.parametrize(
    ("lang", "said"),
    [("nl", ["6 reacties", "Eén voor één beoordeeld", "antwoorden", "33,3 %", "Regel ‘Vraag naar de prijs’", "rij 1: Wat kost dit?"]),
     ("en", ["6 comments", "Judged one by one", "reply", "33.3 %", "Rule “Asks for the price”", "row 1: Wat kost dit?"])],
)  # fmt: skip
def test_the_report_is_plain_when_piped_and_in_both_languages(run, comments, lang, said):
    done = run(comments, "--lang", lang)
    assert done.exit_code == 0
    for one in said:
        assert one in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_against_shows_what_moves(run, comments, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(
        policy_text("careful")
        .replace("milli = 850", "milli = 1000")
        .replace("intent_milli_min = 850", "intent_milli_min = 1000"),
        encoding="utf-8",
    )
    done = run(comments, "--against", other, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["replied"] > found["against"]["replied"]
    assert found["difference"]["changed"] == sum(found["difference"]["moves"].values()) > 0
    assert "get another outcome" in run(comments, "--against", other).stdout
    same = json.loads(run(comments, "--against", "careful", "--json").stdout)
    assert same["difference"] == {"changed": 0, "moves": {}, "examples": {}, "changes": []}
    paths = {one["path"]: (one["before"], one["after"]) for one in found["difference"]["changes"]}
    assert paths["gates.intent_milli_min"] == (850, 1000)
    assert "gates.intent_milli_min: from 850 to 1000" in run(comments, "--against", other).stdout


def test_broken_rows_go_with_exit_code_1_and_the_rest_goes_through(run, tmp_path):
    (tmp_path / "c.csv").write_text("id,reactie\n1,Wat kost dit?\n2\n3,\n4,mooi\n", encoding="utf-8")
    done = run("c.csv", "--json", "--problems", "p.jsonl", "--out", "o.jsonl")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["total"], found["broken"], found["broken_reasons"]) == (
        2,
        2,
        {"COLUMN_COUNT": 1, "EMPTY_TEXT": 1},
    )
    expected = [
        {"row": 2, "line": 3, "code": "COLUMN_COUNT", "reason": "1 columns instead of 2."},
        {"row": 3, "line": 4, "code": "EMPTY_TEXT", "reason": "The text is empty."},
    ]
    assert found["problems"] == expected
    assert [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()] == expected
    assert [json.loads(line)["row"] for line in (tmp_path / "o.jsonl").read_text().splitlines()] == [1, 4]
    spoken = run("c.csv", "--lang", "nl")
    assert spoken.exit_code == 1
    assert "regel 3: 1 kolommen in plaats van 2. (COLUMN_COUNT)" in spoken.stdout
    assert "2 rijen konden niet gelezen worden" in spoken.stdout


def test_pasted_text_comes_from_standard_input(run):
    done = run("-", "--json", stdin="Wat kost dit?\nmooi\n")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["total"] == 2


def test_packed_files_are_read(run, comments, tmp_path):
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(comments.read_bytes()))
    assert json.loads(run("c.jsonl.gz", "--json").stdout)["total"] == 6


def test_map_names_the_column(run, tmp_path):
    (tmp_path / "c.csv").write_text(
        "bericht;eigen, tekst;dag\nx;Wat kost dit?;2026-11-21\n", encoding="utf-8"
    )
    found = json.loads(run("c.csv", "--json", "--map", "text=eigen, tekst,time=dag").stdout)
    assert (found["replied"], found["written"]["from"]) == (1, "2026-11-21")
    assert found["file"]["columns"] == {"text": "eigen, tekst", "time": "dag"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["c.csv", "--map", "text=reacti"], 2, "Did you mean “reactie”? Found: id, reactie."),
        (["c.csv", "--map", "text=zzz"], 2, "There is no column “zzz” (for text). Found: id, reactie."),
        (["c.csv", "--map", "tekst"], 2, "--map wants ROLE=COLUMN"),
        (["c.csv", "--map", "words=id"], 2, "--map does not know the role “words”"),
        (["bare.csv"], 2, "No column seems to hold the text"),
        (["c.csv", "--policy", "carefull"], 2, "Did you mean “careful”?"),
        (["c.csv", "--policy", "zzz"], 2, "the shipped ones are careful, normal"),
        (["c.csv", "--policy", "bad.toml"], 2, "bad.toml, line 2"),
        (["c.csv", "--out", "c.csv"], 2, "not written over"),
        (["c.csv", "--out", "x", "--problems", "x"], 2, "the same file"),
        (["c.csv", "--examples", "-1"], 2, "--examples"),
        ([], 2, "FILE"),
        (["none.csv"], 3, "Cannot read none.csv: it does not exist."),
        (["."], 3, "Cannot read .: it is a folder."),
        (["c.csv", "--policy", "none.toml"], 3, "Cannot read none.toml"),
        (["c.csv", "--out", "none/x"], 3, "Cannot write none/x"),
    ],
)
def test_wrong_use_is_2_and_what_cannot_be_reached_is_3(run, tmp_path, arguments, code, said):
    (tmp_path / "c.csv").write_text("id,reactie\n1,mooi\n", encoding="utf-8")
    (tmp_path / "bare.csv").write_text("id,dag\n1,mooi\n", encoding="utf-8")
    (tmp_path / "bad.toml").write_text("schema = 1\nidd = 'x'\n", encoding="utf-8")
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
    assert (tmp_path / "c.csv").read_text(encoding="utf-8") == "id,reactie\n1,mooi\n"


def test_nothing_is_left_behind_when_it_fails(run, tmp_path):
    (tmp_path / "bare.csv").write_text("id,dag\n1,mooi\n", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    assert run("bare.csv", "--out", "out.jsonl").exit_code == 2
    assert sorted(tmp_path.iterdir()) == before


def test_foreign_text_cannot_steer_the_terminal(run, tmp_path):
    nasty = "\x1b[31mrood\x1b[0m \u202eevil\u202c \x07 a\nb \u200d👩\u200d🔧"
    (tmp_path / "c.jsonl").write_text(json.dumps({"text": nasty}) + "\n", encoding="utf-8")
    out = run("c.jsonl").stdout
    assert "·[31mrood·[0m ·evil· · a b" in out
    assert "👩\u200d🔧" in out
    assert not set(out) & set("\x1b\x07\u202e\u202c")


def test_an_empty_file_is_said_to_be_empty(run, tmp_path):
    (tmp_path / "c.csv").write_text("")
    done = run("c.csv")
    assert (done.exit_code, done.stdout) == (0, "There are no comments in this file.\n")
    assert json.loads(run("c.csv", "--json").stdout)["total"] == 0


def test_every_reason_has_words_in_both_languages():
    for code in Code:
        for lang in LANGUAGES:
            assert sentence(lang, f"backtest.reason.{code}")


def test_no_sentence_lacks_a_language():
    for key in keys():
        if key.startswith(("backtest.", "cli.")):
            for lang in LANGUAGES:
                assert sentence(lang, key, _Anything(some="x"))


class _Anything(dict):
    def __missing__(self, key):
        return "x"


@pytest.mark.parametrize(
    ("environment", "told", "expected"),
    [({}, None, "en"), ({"LANG": "nl_NL.UTF-8"}, None, "nl"), ({"LANG": "de_DE"}, None, "en"), ({"LANG": "nl_BE"}, "en", "en"),
     ({"LANG": "en_GB", "GOODSTANDING_LANG": "nl"}, None, "nl"), ({"LC_ALL": "en_US", "LANG": "nl_NL"}, None, "en")],
)  # fmt: skip
def test_the_language_is_the_one_told_or_the_systems(monkeypatch, environment, told, expected):
    for name in ("GOODSTANDING_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert words.language(told) == expected


def test_progress_is_told_after_a_second_on_a_terminal_only(monkeypatch, capsys):
    now = iter([0.0, 0.5, 1.5, 1.6, 2.0])
    monkeypatch.setattr(words.time, "monotonic", lambda: next(now))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    bar = words.Progress()
    for part in (0.1, 0.5, 0.6, 1.0):
        bar.tell(part, "x")
    bar.done()
    told = capsys.readouterr().err
    assert told.count("%") == 2
    assert " 50%" in told
    assert "100%" in told
    monkeypatch.setattr(words.time, "monotonic", lambda: 99.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    words.Progress().tell(0.5, "x")
    assert capsys.readouterr().err == ""


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "x"
    target.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), words.written(target) as file:
        print(file.write(b"half") // 0)
    assert [one.name for one in tmp_path.iterdir()] == ["x"]
    assert target.read_bytes() == b"old"
    with words.written(target) as file:
        file.write(b"new")
    assert target.read_bytes() == b"new"
