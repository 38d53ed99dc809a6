"""`goodstanding sandbox` as a process of its own."""

import subprocess
import sys

import pytest
import requests
from click.testing import CliRunner

from goodstanding.cli.sandbox import sandbox


def test_it_prints_its_address_when_it_accepts_connections_and_listens_to_this_machine():
    start = "from goodstanding.cli.sandbox import sandbox; sandbox()"
    process = subprocess.Popen(
        [sys.executable, "-c", start, "--port", "0", "--start-at", "2026-11-01T12:00:00", "--speed", "0.001"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/")
        with requests.Session() as session:
            session.trust_env = False
            assert (
                session.get(f"{url}_sandbox/clock", timeout=5).json()["iso"].startswith("2026-11-01T12:00:00")
            )
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--start-at", "soon"],
        ["--speed", "0"],
        ["--webhook", "https://elsewhere.example/"],
        ["--port", "70000"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_exit_code_2(arguments):
    result = CliRunner().invoke(sandbox, arguments)
    assert result.exit_code == 2, result.output


def test_the_command_loads_nothing_of_the_server_before_it_runs():
    check = (
        "import sys, goodstanding.cli.sandbox\n"
        "assert not [name for name in sys.modules if name.startswith(('litestar', 'uvicorn', 'goodstanding.sandbox'))]"
    )
    subprocess.run([sys.executable, "-c", check], check=True)
