"""The how-to speaks of calls, options and personas that exist, and forgets none of the personas."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from sandbox_client import SECRET, verified

from goodstanding.cli.sandbox import sandbox
from goodstanding.sandbox.controls import CONTROLS
from goodstanding.sandbox.options import Options
from goodstanding.sandbox.personas import personas
from goodstanding.sandbox.world import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/how-to/use-the-sandbox.md").read_text(encoding="utf-8")


def test_every_call_in_the_how_to_is_served():
    known = {one.path for one in CONTROLS} | {"/", "/openapi.json"}
    named = {one.rstrip("`") for one in re.findall(r"/_sandbox(/[\w./-]*)", TEXT)}
    assert len(named) > 15 and named - known == set()


@pytest.mark.parametrize("source", ["docs/how-to/use-the-sandbox.md", "README.md"])
def test_every_option_that_is_named_exists(source):
    said = set(
        re.findall(r"goodstanding sandbox[^\n`]*?(--[\w-]+)", (ROOT / source).read_text(encoding="utf-8"))
    )
    assert said and said <= {option for one in sandbox.params for option in one.opts}


def test_every_persona_stands_in_the_table():
    rows = set(re.findall(r"^\| `([\w-]+)` \|", TEXT, re.MULTILINE))
    assert rows == set(personas())


def test_fields_that_are_named_are_taken():
    for method, path, fields in re.findall(r"`(POST) /_sandbox(/[\w/-]+)` `\{([a-z_, ]+)\}`", TEXT):
        (control,) = [one for one in CONTROLS if (one.method, one.path) == (method, path)]
        assert set(fields.split(", ")) <= set(control.takes.__struct_fields__), path
    assert "block_links" in Options.__struct_fields__


def test_the_description_can_be_printed():
    printed = CliRunner().invoke(sandbox, ["--openapi"])
    assert printed.exit_code == 0 and '"openapi": "3.1.0"' in printed.output


def test_the_curl_calls_of_the_how_to_lead_from_consent_to_a_webhook(start):
    heard, hook = [], TEXT.partition("```python\n")[2].partition("```")[0]
    calls = TEXT.partition("```sh\n")[2].partition("```")[0]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    listener = subprocess.Popen(
        [sys.executable, "-c", hook.replace("8000", str(port))], stdout=subprocess.PIPE, text=True
    )
    try:
        _wait_for(port)
        client = start(webhook=f"http://127.0.0.1:{port}/hook")
        script = calls.replace("http://127.0.0.1:8430", client.url)
        done = subprocess.run(
            ["sh", "-eu"], input=script, capture_output=True, text=True, timeout=60, check=True,
            env={"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1"},
        )  # fmt: skip
        heard = [listener.stdout.readline() for _ in range(3)]
    finally:
        listener.kill()
        listener.wait(10)
        listener.stdout.close()
    assert "Waar is de link?" in done.stdout and '"code":0' in done.stdout
    (reply,) = [one for one in client.get("calls", act="reply")["calls"] if one["accepted"]]
    assert reply["text"] == "In onze bio!"
    for line in heard:
        header, _, body = line.rstrip("\n").partition(" ")
        assert verified(header, body.encode(), SECRET)
    actions = sorted(
        json.loads(json.loads(line.partition(" ")[2])["content"])["comment_action"] for line in heard
    )
    assert actions == ["insert", "insert", "set_to_public"]


def _wait_for(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nobody listens")


def test_help_teaches_with_an_example():
    text = CliRunner().invoke(sandbox, ["--help"]).output
    assert Settings().app_id in text and Settings().app_secret in text
    assert "curl" in text and "/_sandbox/accounts" in text and "Exit codes" in text
