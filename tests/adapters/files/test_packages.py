"""Zips from outside: what is hostile is refused with its reason, what is cut is read as far as it goes."""

import io
import stat
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from goodstanding.adapters.files.packages import Package
from goodstanding.adapters.files.rules import limits
from goodstanding.usecases.ports.imports import RefusedFileError

TEXT = "\n".join(f"line {n} with some words" for n in range(3000)).encode()


def made(*members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        for name, content in members:
            package.writestr(name, content)
    return out.getvalue()


def read(raw, bounds=None):
    package = Package(io.BytesIO(raw), bounds or limits())
    return {one.name: b"".join(package.chunks(one)) for one in package.members}, package


def refused(raw, bounds=None):
    with pytest.raises(RefusedFileError) as caught:
        read(raw, bounds)
    return caught.value.fields["reason"]


def tried(raw):
    """Return why it was refused (or nothing), what was read, and the package."""
    try:
        return "", *read(raw)
    except RefusedFileError as refusal:
        return refusal.fields["reason"], {}, None


def streamed(*members):
    """A zip as a stream writes it: sizes stand behind the data."""

    class Pipe(io.RawIOBase):
        def __init__(self):
            self.got = b""

        def writable(self):
            return True

        def write(self, data):
            self.got += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members:
            package.writestr(name, content)
    return pipe.got


def test_a_plain_zip_is_read_whole():
    found, package = read(made(("a.json", TEXT), ("folder/b.json", b"{}"), ("folder/", b"")))
    assert found == {"a.json": TEXT, "folder/b.json": b"{}"}
    assert not package.cut


@pytest.mark.parametrize(
    "name", ["../a.json", "/etc/passwd", "a/../../b", "C:\\x.json", "..\\x", "x\\y.json", "a\x01b"]
)
def test_a_path_that_leaves_its_folder_is_refused(name):
    raw = made(("PLACEHOLDER" + "x" * (len(name) - 11) if len(name) > 11 else "p" * len(name), b"{}"))
    plain = ("PLACEHOLDER" + "x" * (len(name) - 11) if len(name) > 11 else "p" * len(name)).encode()
    assert refused(raw.replace(plain, name.encode())) == "ZIP_PATH"


def test_a_link_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        info = zipfile.ZipInfo("link.json")
        info.create_system = 3
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        package.writestr(info, "/etc/passwd")
    assert refused(out.getvalue()) == "ZIP_LINK"


def test_an_encrypted_member_is_refused():
    raw = bytearray(made(("a.json", b"{}")))
    raw[6] |= 1
    at = raw.index(b"PK\x01\x02")
    raw[at + 8] |= 1
    assert refused(bytes(raw)) == "ZIP_ENCRYPTED"


@pytest.mark.parametrize("inner", ["inner.zip", "x.tar.gz", "book.xlsx"])
def test_a_package_in_a_package_is_refused(inner):
    assert refused(made((inner, made(("a.json", b"{}"))))) == "ZIP_NESTED"


def test_another_packing_is_refused():
    assert refused(made(("a.json", TEXT), method=zipfile.ZIP_BZIP2)) == "ZIP_METHOD"


def test_a_bomb_is_refused_by_its_ratio_its_size_and_its_count():
    assert refused(made(("a.json", b"0" * 30_000_000))) == "ZIP_RATIO"
    assert refused(made(("a.json", TEXT)), replace(limits(), unpacked_bytes_max=1000)) == "ZIP_TOO_LARGE"
    assert (
        refused(made(*((f"{n}.json", b"") for n in range(12))), replace(limits(), members_max=10))
        == "ZIP_MEMBERS"
    )


def test_a_bomb_that_lies_about_its_size_is_cut_short():
    raw = bytearray(made(("a.json", b"0" * 30_000_000)))
    at = raw.index(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<I", 1000)
    found, package = read(bytes(raw))
    assert len(found["a.json"]) <= 1000
    assert package.cut


def test_a_bomb_without_a_table_is_refused_while_it_unpacks():
    raw = made(("a.json", b"0" * 30_000_000))
    assert refused(raw[: raw.index(b"PK\x01\x02")]) == "ZIP_RATIO"
    raw = streamed(("a.json", b"0" * 30_000_000))
    assert refused(raw[: raw.index(b"PK\x01\x02")]) == "ZIP_RATIO"


def test_members_that_share_their_bytes_are_refused():
    raw = bytearray(made(("aaaa.json", TEXT), ("bbbb.json", TEXT)))
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 42 : second + 46] = struct.pack("<I", 10)
    assert refused(bytes(raw)) == "ZIP_OVERLAP"


def test_a_name_that_stands_twice_is_refused():
    raw = made(("aaaa.json", b"1"), ("bbbb.json", b"2")).replace(b"bbbb", b"aaaa")
    assert refused(raw) == "ZIP_TWICE"


@pytest.mark.parametrize("make", [made, streamed])
@given(part=st.floats(0.05, 0.999))
@settings(max_examples=40, deadline=None)
def test_a_cut_zip_gives_what_is_there(make, part):
    whole = {"a.json": TEXT, "b.json": TEXT[::-1]}
    raw = make(*whole.items())
    cut = raw[: int(len(raw) * part)]
    reason, found, package = tried(cut)
    if reason:
        assert reason == "ZIP_UNREADABLE"
        return
    assert all(whole[name].startswith(content) for name, content in found.items() if name in whole)
    assert package.cut
    if len(cut) > raw.index(b"PK\x03\x04", 4) + 40:
        assert found["a.json"] == TEXT


@given(st.binary(max_size=400), st.integers(0, 200))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(noise, place):
    raw = bytearray(made(("a.json", TEXT[:200]), ("b.json", b"{}")))
    raw[place : place + len(noise)] = noise
    for one in (bytes(raw), b"PK\x03\x04" + noise, b"PK\x05\x06" + noise):
        assert tried(one)[0][:4] in ("", "ZIP_")
