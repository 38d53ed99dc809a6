"""Bounds, layouts and column names are dated data, and the bounds hold in every door."""

import gzip
import io
import re
import tomllib
from importlib.resources import files

import pytest
from msgspec.structs import replace

from goodstanding.adapters.files import rules
from goodstanding.adapters.files.reading import open_reading, roles
from goodstanding.locale import keys
from goodstanding.usecases.ports.imports import Answers, Found, RefusedFileError
from tests import exports

FOLDER = files("goodstanding.playbooks").joinpath("imports")


def document(name):
    return tomllib.loads(FOLDER.joinpath(f"{name}-{rules.DATED}.toml").read_text(encoding="utf-8"))


def test_every_bound_has_a_source_and_a_date():
    found = document("limits")
    assert set(found["numbers"]) == set(found["sources"]) == set(rules.Limits.__struct_fields__)
    for one in found["sources"].values():
        assert one["source"].strip()
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", one["date"])


def test_layouts_and_columns_are_dated():
    for name in ("export", "studio"):
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", document(name)["date"])
        assert "tiktok-platform" in document(name)["source"]


def test_no_column_name_means_two_things():
    seen = {}
    for role, one in rules.studio().roles.items():
        for name, language in one.names.items():
            assert seen.setdefault((name, language), role) == role, (name, language)


def test_every_role_section_and_refusal_has_words():
    for kind in ("studio", "comments"):
        assert {f"import_role.{role}" for role in roles(kind)} <= keys()
    assert {f"import_section.{one.name}" for one in rules.layouts().sections} <= keys()
    folder = files("goodstanding.adapters.files")
    text = "".join(one.read_text(encoding="utf-8") for one in folder.iterdir() if one.name.endswith(".py"))
    reasons = set(re.findall(r'reason="([A-Z_]+)"', text))
    assert len(reasons) > 20
    assert {f"refused.{reason}" for reason in reasons} <= keys()
    codes = set(re.findall(r'(?:code="|_BadCell\(")([A-Z_]+)"', text))
    assert {f"problem.{code}" for code in codes} <= keys()


def read(kind, raw):
    one = open_reading(
        kind, io.BytesIO(raw), name="x", own="own", answers=Answers(confirmed=True, written="2026-01-01")
    )
    return list(one.rows())


@pytest.mark.parametrize("kind", ["tiktok-export", "studio", "comments"])
def test_a_packed_bomb_is_refused_in_every_reader(kind):
    start = b"Date,Likes\n" if kind == "studio" else b"text\n" if kind == "comments" else b'{"a": "'
    raw = gzip.compress(start + b"0" * 60_000_000)
    with pytest.raises(RefusedFileError) as caught:
        read(kind, raw)
    assert caught.value.fields["reason"] == "ZIP_RATIO"


def test_a_packed_file_within_bounds_is_read(monkeypatch):
    raw = exports.as_json(exports.layout(2026))
    assert [one for one in read("tiktok-export", gzip.compress(raw)) if isinstance(one, Found)]
    monkeypatch.setattr(rules, "limits", lambda: None)
    bounds = replace(rules.Limits(**document("limits")["numbers"]), unpacked_bytes_max=100)
    from goodstanding.adapters.files.tiktok_export import ExportReading

    with pytest.raises(RefusedFileError):
        list(ExportReading(io.BytesIO(raw), bounds, own="x").rows())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_an_export_in_another_encoding_is_read(encoding):
    raw = exports.as_json(exports.layout(2026)).decode().encode(encoding)
    plain = [
        one.key
        for one in read("tiktok-export", exports.as_json(exports.layout(2026)))
        if isinstance(one, Found)
    ]
    assert [one.key for one in read("tiktok-export", raw) if isinstance(one, Found)] == plain


def test_earnings_and_the_wallet_stay_as_they_are_written():
    found = {
        one.section: one
        for one in read("tiktok-export", exports.as_json(exports.layout(2026)))
        if isinstance(one, Found)
    }
    assert found["live"].values["earning"] == "1.234 diamonds"
    assert "€ 1.500" in found["transaction"].values["raw"]
