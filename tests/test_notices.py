"""THIRD_PARTY_NOTICES names every runtime package with its licence, and none that we could not ship with."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "THIRD_PARTY_NOTICES").read_text(encoding="utf-8")
notices = runpy.run_path(str(ROOT / "tools" / "notices.py"))


def test_it_is_what_the_generator_writes_for_the_lock():
    named = re.findall(r"^(\S+) (\S+)\n  licence: ", TEXT, flags=re.MULTILINE)
    assert named == notices["locked"]()
    assert len(named) > 30


def test_every_licence_is_known_and_allowed():
    licences = dict(re.findall(r"^(\S+) \S+\n  licence: (.+)$", TEXT, flags=re.MULTILINE))
    allowed = (
        r"(Apache-2\.0|BSD-[23]-Clause|BSD|ISC|MIT|MIT-0|MPL-2\.0|PSF-2\.0|0BSD|Unlicense|Zlib)( (AND|OR) |$)"
    )
    for name, licence in licences.items():
        assert not re.search(r"(?<!L)GPL", licence), name
        if "LGPL" in licence:
            assert name.startswith("psycopg"), name
        else:
            assert re.fullmatch(rf"(?:{allowed})+", licence), (name, licence)


def test_every_direct_dependency_is_among_them():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    direct = {re.match(r"[\w.-]+", one)[0] for one in project["dependencies"]}
    assert direct <= {name for name, _ in notices["locked"]()}


def test_every_vendored_file_is_named():
    vendor = ROOT / "goodstanding" / "web" / "static" / "vendor"
    files = [p for p in vendor.rglob("*") if p.is_file()] if vendor.exists() else []
    assert all(p.relative_to(ROOT).as_posix() in TEXT for p in files)
    assert "faker" in TEXT  # a dependency of a dependency counts too
