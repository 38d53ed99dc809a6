import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from goodstanding.adapters.evidence import verifier
from goodstanding.adapters.evidence.pack import PackError, build_pack
from goodstanding.core.audit.checkpoint import Checkpoint, NoteKey, sign_checkpoint
from goodstanding.core.audit.entries import Actor, Entry, commitment, seal
from goodstanding.core.audit.evidence import (
    DisclosedEntry,
    DisclosedValue,
    EarlierCheckpoint,
    PackContents,
    Story,
)
from goodstanding.core.audit.tree import Frontier, consistency_proof, inclusion_proof, leaf_hash
from goodstanding.kernel.canonical import canonical

SIZE, OLD = 37, 21
DISCLOSED = (0, 20, 36)
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = NoteKey(name="goodstanding.example/w1", public_key=PRIVATE.public_key().public_bytes_raw())
POLICY = canonical({"name": "careful", "delay_seconds": [600, 3600]})
POLICY_HASH = "sha256:" + hashlib.sha256(POLICY).hexdigest()
TEXT = canonical("Hoe duur is <b>die tas</b>? é \u0007")


def fast_verify(public_key, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except Exception:
        return False
    return True


def salt(seq, name):
    return hashlib.sha256(f"{seq}{name}".encode()).digest()


def entry(seq):
    pii = {name: commitment(salt(seq, name), TEXT) for name in ("comment", "handle")}
    return Entry(
        workspace=1,
        account=2,
        seq=seq,
        at=1_795_000_000_000 + seq,
        kind="decision",
        actor=Actor(type="rule", id="price"),
        refs={"event": seq, "policy": POLICY_HASH},
        body={"outcome": "reply", "reasons": ["INTENT_PRICE"]},
        pii=pii,
    )


def said(nl, en):
    return {"nl": nl, "en": en}


def the_log():
    bodies = [seal(entry(seq)) for seq in range(SIZE)]
    leaves = [leaf_hash(body) for body in bodies]
    frontier, nodes = Frontier().append(leaves)
    stored = {(level, index): node for level, index, node in nodes}
    read = (lambda start, stop: leaves[start:stop], lambda level, index: stored[level, index])
    return bodies, leaves, frontier, read


def signed(size, root):
    return sign_checkpoint(Checkpoint(origin=KEY.name, size=size, root=root), key=KEY, sign=PRIVATE.sign)


def contents(**change):
    bodies, leaves, frontier, read = the_log()
    entries = tuple(
        DisclosedEntry(
            sealed=bodies[seq],
            path=tuple(inclusion_proof(SIZE, seq, *read)),
            values=(DisclosedValue(name="comment", salt=salt(seq, "comment"), value=TEXT),) if seq else (),
            who=said("De regel *prijs*", "The rule *price*"),
            what=said("Een antwoord gepland", "Planned a reply"),
            why=(said("Iemand vroeg naar de prijs", "Someone asked for the price"),),
        )
        for seq in DISCLOSED
    )
    old_root = Frontier().append(leaves[:OLD])[0].root()
    whole = {
        "entries": entries,
        "checkpoint": signed(SIZE, frontier.root()),
        "earlier": EarlierCheckpoint(
            note=signed(OLD, old_root), path=tuple(consistency_proof(OLD, SIZE, *read))
        ),
        "key": KEY,
        "policies": (POLICY,),
        "stories": (Story(title=said("Een vraag", "A question"), entries=(20, 36)),),
        "made_at": 1_795_000_100_000,
        "reason": said("Bezwaar", "Appeal"),
    }
    return PackContents(**(whole | change))


@pytest.fixture(scope="module")
def packed():
    return build_pack(contents(), PRIVATE.sign)


@pytest.fixture(scope="module")
def files(packed):
    return verifier.read_zip(packed)


def check(files, pinned=None):
    return verifier.check_pack(files, pinned, fast_verify)


def verdict(files):
    """The places that are found wrong, however the verifier says it."""
    try:
        return [where for _, where in check(files).problems]
    except verifier.Refused as error:
        return [error.where]


def resealed(files):
    """The pack as a dishonest holder of the key would seal it: manifest and its signature made anew."""
    files = dict(files)
    manifest = json.loads(files["manifest.json"])
    names = set(files) - {"manifest.json", "manifest.note"}
    manifest["files"] = {name: hashlib.sha256(files[name]).hexdigest() for name in names}
    files["manifest.json"] = canonical(manifest)
    text = f"{verifier.SEAL_TITLE}\nsha256:{hashlib.sha256(files['manifest.json']).hexdigest()}\n"
    line = verifier.base64.b64encode(KEY.key_id + PRIVATE.sign(text.encode())).decode()
    files["manifest.note"] = f"{text}\n\u2014 {KEY.name} {line}\n".encode()
    return files


def flips(raw, step=1):
    for place in range(0, len(raw), step):
        yield place, raw[:place] + bytes([raw[place] ^ 1 << place % 8]) + raw[place + 1 :]


def test_the_same_contents_give_the_same_bytes(packed):
    assert build_pack(contents(), PRIVATE.sign) == packed


def test_a_pack_is_accepted_and_says_what_it_holds(files):
    assert verifier.check_pack(files, KEY.fingerprint) == verifier.Result(
        problems=[],
        fingerprint=KEY.fingerprint,
        is_pinned=True,
        origin=KEY.name,
        size=SIZE,
        entries=list(DISCLOSED),
        values=2,
        policies=[POLICY_HASH[7:]],
        missing_policies=[],
        first_size=OLD,
    )


def test_the_python_library_for_zips_reads_it_too(packed, files):
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}


def test_every_flipped_byte_of_the_zip_is_refused_and_named(packed, files):
    text_only = {"verify.py", "README.txt", "report.html"}
    start = 0
    for name in sorted(files):
        begin = packed.index(files[name], start)
        step = 3 if name in text_only else 1
        for place in [*range(start, begin), *range(begin, begin + len(files[name]), step)]:
            changed = bytearray(packed)
            changed[place] ^= 1 << place % 8
            with pytest.raises(verifier.Refused) as caught:
                verifier.read_zip(bytes(changed))
            if place >= begin:
                assert (caught.value.code, caught.value.where) == ("changed", name)
        start = begin + len(files[name])
    for place in range(start, len(packed)):
        changed = bytearray(packed)
        changed[place] ^= 1 << place % 8
        with pytest.raises(verifier.Refused):
            verifier.read_zip(bytes(changed))


def test_every_flipped_byte_of_a_file_is_refused_even_in_a_well_made_zip(files):
    for name, raw in files.items():
        step = 97 if name in {"verify.py", "README.txt", "report.html"} else 1
        for place, changed in flips(raw, step):
            found = verdict(files | {name: changed})
            assert found, (name, place)
            if name not in {"manifest.note", "manifest.json", "key.txt"}:
                assert any(where.startswith(name) for where in found), (name, place, found)


def test_not_even_the_holder_of_the_key_can_change_an_entry_value_proof_policy_or_checkpoint(files):
    guarded = ("entries/", "disclosed/", "proofs/", "policy/", "checkpoints/", "key.txt")
    for name in files:
        if not name.startswith(guarded):
            continue
        for place, changed in flips(files[name], 3):
            found = verdict(resealed(files | {name: changed}))
            assert found, (name, place)
            if name.startswith(("entries/", "disclosed/", "policy/")):
                number = name.split("/")[1].split(".")[0]
                assert any(number in where for where in found), (name, found)


def test_what_is_added_renamed_or_left_out_is_refused(files):
    for name in files:
        less = {other: raw for other, raw in files.items() if other != name}
        assert verdict(less), name
    one = files["entries/000000000020.json"]
    assert verdict(files | {"entries/000000000021.json": one})
    assert verdict(resealed(files | {"entries/000000000021.json": one})) == ["entries/000000000021.json"]
    orphan = files | {"disclosed/000000000001.json": files["disclosed/000000000020.json"]}
    assert verdict(resealed(orphan)) == ["disclosed/000000000001.json"]


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/etc/passwd", "entries/../../x.json", "extra.txt", "C:\\x", "entries/1.json", ""]
)
def test_a_name_that_does_not_belong_is_refused_before_anything_is_read(files, name):
    with pytest.raises(verifier.Refused) as caught:
        verifier.read_zip(verifier.build_zip(files | {name: b"x"}))
    assert caught.value.code == "name"


def test_a_zip_of_another_make_is_refused_even_with_the_right_contents(packed, files):
    def rezipped(compression, comment=b"", twice=None):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", compression) as archive:
            for name in sorted(files):
                archive.writestr(zipfile.ZipInfo(name), files[name], compression)
            archive.comment = comment
        return out.getvalue()

    wrong = [
        rezipped(zipfile.ZIP_STORED),
        rezipped(zipfile.ZIP_DEFLATED),
        rezipped(zipfile.ZIP_STORED, b"hello"),
        packed + b"\x00",
        b"\x00" + packed,
        packed[:-1],
        packed[:100],
        packed + packed,
        b"",
        b"PK",
    ]
    for raw in wrong:
        with pytest.raises(verifier.Refused):
            verifier.read_zip(raw)


def test_a_name_that_stands_twice_is_refused(files):
    single = verifier.build_zip({"key.txt": files["key.txt"]})
    local = single[: single.index(verifier.CENTRAL)]
    with pytest.raises(verifier.Refused) as caught:
        verifier.read_zip(local + single)
    assert (caught.value.code, caught.value.where) == ("duplicate", "key.txt")


def test_another_key_than_the_pinned_one_is_refused(files):
    with pytest.raises(verifier.Refused) as caught:
        check(files, "0" * 64)
    assert caught.value.code == "pinned"


def test_erased_values_leave_proofs_and_other_disclosures_valid(files):
    """Salt and value of entry 20 are destroyed: it can still be proved, only no longer shown."""
    erased = tuple(
        DisclosedEntry(
            sealed=item.sealed,
            path=item.path,
            values=() if number == 1 else item.values,
            who=item.who,
            what=item.what,
        )
        for number, item in enumerate(contents().entries)
    )
    packed = build_pack(contents(entries=erased), PRIVATE.sign)
    left = verifier.read_zip(packed)
    result = check(left)
    assert (result.problems, result.entries, result.values) == ([], list(DISCLOSED), 1)
    assert left["checkpoints/last.note"] == files["checkpoints/last.note"]
    assert left["proofs/000000000020.tlog-proof"] == files["proofs/000000000020.tlog-proof"]
    assert salt(20, "comment").hex().encode() in b"".join(files.values())
    assert salt(20, "comment").hex().encode() not in packed


def test_a_policy_that_an_entry_names_but_that_is_not_enclosed_is_told():
    packed = build_pack(contents(policies=()), PRIVATE.sign)
    result = check(verifier.read_zip(packed))
    assert (result.problems, result.missing_policies) == ([], [POLICY_HASH[7:]])
    assert any(POLICY_HASH in line for line in verifier.sentences(result, "nl"))


def broken(number, **change):
    whole = contents()
    entries = list(whole.entries)
    fields = {name: getattr(entries[number], name) for name in entries[number].__struct_fields__}
    entries[number] = DisclosedEntry(**(fields | change))
    return contents(entries=tuple(entries))


def test_contents_that_would_not_verify_are_never_packed():
    wrong_value = DisclosedValue(name="comment", salt=salt(20, "comment"), value=b'"iets anders"')
    cases = [
        (broken(1, path=contents().entries[0].path), "inclusion"),
        (broken(1, values=(wrong_value,)), "commitment"),
        (contents(entries=contents().entries * 2), "duplicate"),
        (contents(checkpoint=signed(SIZE, b"\x07" * 32)), "inclusion"),
        (contents(earlier=EarlierCheckpoint(note=contents().earlier.note, path=())), "consistency"),
    ]
    for wrong, why in cases:
        with pytest.raises(PackError) as caught:
            build_pack(wrong, PRIVATE.sign)
        assert caught.value.fields["why"] == why
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(PackError) as caught:
        build_pack(contents(), stranger.sign)
    assert caught.value.fields == {"why": "signature", "where": "manifest.note"}


def test_a_report_that_cannot_be_told_is_refused():
    untold = Story(title=said("x", "x"), entries=(5,))
    half = {"nl": "alleen Nederlands"}
    cases = [
        (contents(stories=(untold,)), {"why": "no_entry", "where": "stories: 5"}),
        (contents(reason=half), {"why": "language", "where": "en"}),
        (contents(languages=("nl", "fr")), {"why": "language", "where": "fr"}),
        (contents(languages=()), {"why": "language", "where": "languages"}),
        (
            broken(1, values=(DisclosedValue(name="comment", salt=bytes(32), value=b"\xff"),)),
            {"why": "form", "where": "disclosed/000000000020.json"},
        ),
    ]
    for wrong, fields in cases:
        with pytest.raises(PackError) as caught:
            build_pack(wrong, PRIVATE.sign)
        assert caught.value.fields == fields


def test_a_report_in_one_language_needs_no_other():
    packed = build_pack(contents(languages=("en",), stories=(), earlier=None), PRIVATE.sign)
    files = verifier.read_zip(packed)
    page = files["report.html"].decode()
    assert '<html lang="en">' in page
    assert "Evidence pack" in page
    assert "Bewijsbundel" not in page
    assert "Other entries" not in page
    assert check(files).first_size is None


def test_the_command_answers_with_its_exit_code(packed, tmp_path, capsys):
    pack, folder = tmp_path / "pack.zip", tmp_path / "unpacked"
    pack.write_bytes(packed)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(folder)
    assert verifier.main([str(folder), "--key", KEY.fingerprint]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == verifier.WORDS["en"]["ok"]
    assert told[-1] == verifier.WORDS["en"]["pinned_ok"]
    assert verifier.main([str(pack), "--key", "00" * 32, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["problems"][0]["code"]) == (False, "pinned")
    (folder / "policy" / f"{POLICY_HASH[7:]}.json").write_bytes(POLICY + b" ")
    assert verifier.main([str(folder), "--lang", "nl"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0] == verifier.WORDS["nl"]["refused"]
    assert told[1:3] == [
        f"policy/{POLICY_HASH[7:]}.json: de inhoud is veranderd.",
        f"policy/{POLICY_HASH[7:]}.json: de beleidsversie heeft niet de vingerafdruk die haar noemt.",
    ]
    (folder / "extra.txt").write_text("x")
    assert verifier.main([str(folder)]) == 1
    assert capsys.readouterr().out.splitlines()[1] == "extra.txt: this file does not belong in the pack."
    assert verifier.main([str(tmp_path / "absent.zip")]) == 2
    assert verifier.main([str(pack), "--key", "abc"]) == 2
    assert capsys.readouterr().out == ""
    with pytest.raises(SystemExit) as caught:
        verifier.main([])
    assert caught.value.code == 2


def test_a_pack_beyond_the_bounds_is_refused_unread(packed, tmp_path, monkeypatch):
    pack = tmp_path / "pack.zip"
    pack.write_bytes(packed)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path / "unpacked")
    for bound, value in (("PACK_BYTES_MAX", len(packed) - 5_000), ("FILES_MAX", 5)):
        with monkeypatch.context() as patch:
            patch.setattr(verifier, bound, value)
            for path in (pack, tmp_path / "unpacked"):
                with pytest.raises(verifier.Refused):
                    verifier.read_pack(str(path))
    assert verifier.read_pack(str(pack)) == verifier.read_pack(str(tmp_path / "unpacked"))


def test_every_refusal_has_a_sentence():
    source = Path(verifier.__file__).read_text()
    codes = set(re.findall(r'(?:Refused|append)\(\(?"(\w+)"', source)) | set(
        re.findall(r'\(\("(\w+)", ', source)
    )
    codes |= set(re.findall(r'\[\("(\w+)", ', source))
    assert len(codes) > 15
    assert codes <= set(verifier.WORDS["en"])


def run(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-S", *arguments], cwd=folder, capture_output=True, check=False, env={}, text=True
    )
    assert done.stderr == "" or done.returncode == 2
    return done.returncode, done.stdout


def test_the_enclosed_verifier_runs_alone_in_an_empty_folder(packed, files, tmp_path):
    (tmp_path / "verify.py").write_bytes(files["verify.py"])
    (tmp_path / "pack.zip").write_bytes(packed)
    code, told = run(tmp_path, "verify.py", "pack.zip", "--lang", "nl")
    assert code == 0
    assert told.startswith("ONGESCHONDEN.")
    assert KEY.fingerprint in told
    code, told = run(tmp_path, "verify.py", "pack.zip", "--json", "--key", KEY.fingerprint.upper())
    assert (code, json.loads(told)["ok"], json.loads(told)["is_pinned"]) == (0, True, True)
    changed = packed.replace(b'"outcome":"reply"', b'"outcome":"wrote"', 1)
    (tmp_path / "pack.zip").write_bytes(changed)
    code, told = run(tmp_path, "verify.py", "pack.zip")
    assert code == 1
    assert told.splitlines()[1] == "entries/000000000000.json: the contents were changed."
    assert run(tmp_path, "verify.py", "absent.zip")[0] == 2
    assert run(tmp_path, "verify.py", "pack.zip", "--key", "abc")[0] == 2


def test_an_unpacked_folder_is_checked_the_same_way(packed, tmp_path):
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path)
    assert run(tmp_path, "verify.py", ".")[0] == 0
    (tmp_path / "extra.txt").write_text("x")
    assert run(tmp_path, "verify.py", ".")[0] == 1
    (tmp_path / "extra.txt").unlink()
    entry_file = tmp_path / "entries" / "000000000036.json"
    entry_file.write_bytes(entry_file.read_bytes().replace(b"reply", b"wrote"))
    code, told = run(tmp_path, "verify.py", ".")
    assert code == 1
    assert "entries/000000000036.json: the contents were changed." in told
    shutil.rmtree(tmp_path / "entries")
    (tmp_path / "entries").symlink_to("/etc")
    assert run(tmp_path, "verify.py", ".")[0] == 1


def test_the_report_tells_each_entry_in_both_languages_without_markup_from_outside(files):
    page = files["report.html"].decode()
    for sentence in (
        "Iemand vroeg naar de prijs",
        "Someone asked for the price",
        "The rule *price*",
        "18 november 2026, 11:06:40.020 UTC",
        "18 November 2026, 11:06:40.020 UTC",
        "Hoe duur is &lt;b&gt;die tas&lt;/b&gt;? é \N{REPLACEMENT CHARACTER}",
        "entries/000000000020.json",
        "handle",
    ):
        assert sentence in page, sentence
    assert "<script" not in page
    assert "<b>die tas" not in page
    assert page.index("Een vraag") < page.index("A question")


def test_both_languages_have_every_sentence():
    assert set(verifier.WORDS["nl"]) == set(verifier.WORDS["en"])
    for code, words in verifier.WORDS["en"].items():
        assert words.count("{") == verifier.WORDS["nl"][code].count("{"), code
