"""One filled demo folder a session, made by the real command with the real sandbox process; a copy for each test."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from looking import seed_demo

from goodstanding.cli import main

ALONE = {"GOODSTANDING_DATA": None, "GOODSTANDING_DATABASE": None, "GOODSTANDING_MASTER_KEY": None}
"""Nothing of the machine's own settings reaches a test."""


@pytest.fixture(scope="session")
def seeded(tmp_path_factory):
    """The folder of a demo; look, do not touch."""
    folder = tmp_path_factory.mktemp("seeded") / "data"
    done = seed_demo(folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def copied(seeded, tmp_path):
    """A copy of it, to do anything with."""
    return Path(shutil.copytree(seeded, tmp_path / "copy"))


@pytest.fixture
def gs():
    """Call the command line: `gs("replay", "--json", lang="nl")`; the result also reads as JSON."""

    def call(*words, lang="en", env=None):
        return CliRunner().invoke(
            main, [str(w) for w in words], env={**ALONE, "GOODSTANDING_LANG": lang, **(env or {})}
        )

    return call
