"""The how-to speaks of calls, options and personas that exist, and forgets none of the personas."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from goodstanding.cli.sandbox import sandbox
from goodstanding.sandbox.controls import CONTROLS
from goodstanding.sandbox.options import Options
from goodstanding.sandbox.personas import personas

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


def test_help_teaches_with_an_example():
    text = CliRunner().invoke(sandbox, ["--help"]).output
    assert "curl" in text and "/_sandbox/accounts" in text and "Exit codes" in text
