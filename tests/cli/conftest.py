"""One filled demo folder a session, made by the real command with the real sandbox process; a copy for each test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from goodstanding.cli import main

ROOT = Path(__file__).parents[2]
ALONE = {"GOODSTANDING_DATA": None, "GOODSTANDING_DATABASE": None, "GOODSTANDING_MASTER_KEY": None}
"""Nothing of the machine's own settings reaches a test."""


def seed_demo(folder, *, comments=300, seed=7):
    """Run `goodstanding demo --seed-only` in a process of its own."""
    command = [sys.executable, "-m", "goodstanding", "demo", "--seed-only", "--data", str(folder)]
    command += ["--comments", str(comments), "--seed", str(seed), "--port", "0"]
    env = {**os.environ, "GOODSTANDING_LANG": "en", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=env, check=False)


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
