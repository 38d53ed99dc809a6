"""The wheel carries everything the running product reads, and works away from the checkout."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


def run(*command, cwd):
    env = {"PATH": os.environ["PATH"], "HOME": str(cwd), "GOODSTANDING_LANG": "en", "LANG": "C.UTF-8"}
    return subprocess.run(
        [str(c) for c in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        env=env,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", out, ROOT, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A fresh environment with the wheel; its libraries are those of this one, so nothing is downloaded."""
    folder = tmp_path_factory.mktemp("away")
    venv.create(folder / "env", with_pip=False, symlinks=True)
    python = folder / "env" / "bin" / "python"
    site = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).stdout.strip()
    )
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    done = run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        "-q",
        wheel,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder


def wanted():
    for folder, endings in {
        "goodstanding/locale": (".toml", ".po"),
        "goodstanding/playbooks": (".toml",),
        "goodstanding/sandbox/data": (".toml",),
        "goodstanding/adapters/storage/migrations": (".py",),
        "goodstanding/adapters/evidence": (".py", ".txt"),
        "goodstanding/web/templates": (".html",),
        "goodstanding/web/static": (".css", ".js", ".svg"),
    }.items():
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in endings and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix()


def test_what_the_product_reads_is_inside(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    needed = set(wanted())
    assert needed - names == set()
    assert len(needed) > 30
    assert {
        "goodstanding/adapters/evidence/verifier.py",
        "goodstanding/playbooks/policies/normal.toml",
    } <= names


def test_licence_and_notices_are_inside_and_nothing_of_the_workshop(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    kept = {Path(n).name for n in names if ".dist-info/licenses/" in n}
    assert kept == {"LICENSE", "THIRD_PARTY_NOTICES"}
    assert [n for n in names if not n.startswith(("goodstanding/", "goodstanding-"))] == []
    assert [n for n in names if n.endswith((".pyc", ".db", ".key"))] == []


def test_it_runs_away_from_the_checkout(installed):
    command = installed / "env" / "bin" / "goodstanding"
    shown = run(command, "--help", cwd=installed)
    assert shown.returncode == 0 and "backtest" in shown.stdout, shown.stderr
    where = run(
        installed / "env" / "bin" / "python",
        "-c",
        "import goodstanding; print(goodstanding.__file__)",
        cwd=installed,
    )
    assert str(installed) in where.stdout
    (installed / "comments.txt").write_text("what does it cost?\nso nice\nthanks!\n")
    done = run(command, "backtest", "comments.txt", "--json", cwd=installed)
    assert done.returncode == 0, done.stderr
    assert '"total": 3' in done.stdout


def test_it_makes_and_checks_an_installation(installed):
    code = (
        "from pathlib import Path; from goodstanding.bootstrap import open_app; from goodstanding.settings import Settings;"
        "open_app(Settings(data=Path('data'))).close()"
    )
    made = run(installed / "env" / "bin" / "python", "-c", code, cwd=installed)
    assert made.returncode == 0, made.stderr
    checked = run(
        installed / "env" / "bin" / "goodstanding", "audit", "verify", "--data", "data", cwd=installed
    )
    assert checked.returncode == 0, checked.stderr
