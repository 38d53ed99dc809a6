"""`goodstanding drafts`: set, shown without the key, tried with a real server, switched off."""

import json

import pytest
from click.testing import CliRunner

from goodstanding.cli import main
from tests.model_server import FRIENDLY, OBEYED, ModelServer

KEY = "sk-secret-0123456789"
ENV = {"GOODSTANDING_PRIVATE_HOSTS": "127.0.0.1"}


@pytest.fixture(scope="module")
def model():
    server = ModelServer()
    yield server
    server.close()


def call(*words, lang="en", env=ENV, given=""):
    alone = {"GOODSTANDING_DATA": None, "GOODSTANDING_DATABASE": None, "GOODSTANDING_MASTER_KEY": None}
    return CliRunner().invoke(
        main, ["drafts", *map(str, words)], input=given, env={**alone, "GOODSTANDING_LANG": lang, **env}
    )


def test_a_model_is_set_tried_and_switched_off(copied, model):
    here = ("--data", copied)
    assert "No language model is set" in call("show", *here).output
    done = call("set", *here, "--address", model.address, "--model", "small", "--key-stdin", given=f"{KEY}\n")
    assert done.exit_code == 0, done.output
    assert KEY not in done.output
    shown = call("show", *here, "--json")
    assert KEY not in shown.output
    found = json.loads(shown.stdout)
    assert found["service"] == {"address": model.address, "model": "small", "key": True}
    assert set(found["tone"]) == {"nl", "en"}

    model.says = FRIENDLY["nl"]
    done = call("test", *here, "Wat een mooie pan!")
    assert (done.exit_code, FRIENDLY["nl"] in done.output) == (0, True)
    assert model.keys[-1] == f"Bearer {KEY}"
    model.says = OBEYED
    done = call("test", *here, "Wat een mooie pan!", lang="nl")
    assert done.exit_code == 1
    assert "Zou niet voorgesteld worden" in done.output
    assert "Er staat een link of webadres in." in done.output
    model.says = "status 429"
    done = call("test", *here, "Hoi", "--json")
    assert (done.exit_code, json.loads(done.stdout)["codes"]) == (1, ["HTTP_429"])

    assert "The key is gone" in call("off", *here).output
    assert "No language model is set" in call("off", *here).output
    assert call("test", *here, "Hoi").exit_code == 2


def test_a_private_host_is_refused_unless_it_is_listed(copied, model):
    done = call("set", "--data", copied, "--address", model.address, "--model", "m", "--key-stdin", env={})
    assert done.exit_code == 2
    assert "GOODSTANDING_PRIVATE_HOSTS" in done.output


def test_a_tone_guide_comes_from_a_file(copied, tmp_path):
    guide = tmp_path / "toon.txt"
    guide.write_text("Praat als een kok.", encoding="utf-8")
    assert call("tone", "--data", copied, "--language", "nl", guide).exit_code == 0
    assert json.loads(call("show", "--data", copied, "--json").stdout)["tone"]["nl"] == "Praat als een kok."
    guide.write_bytes(b"\xff\xfe\x00")
    assert call("tone", "--data", copied, "--language", "nl", guide).exit_code == 2
    guide.write_text("x" * 5000, encoding="utf-8")
    assert call("tone", "--data", copied, "--language", "nl", guide).exit_code == 2
