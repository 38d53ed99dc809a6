"""Builds evidence packs: a zip that proves itself to someone who does not have the product."""

import base64
import hashlib
from collections import Counter
from importlib import resources

from goodstanding.adapters.evidence import verifier
from goodstanding.adapters.evidence.report import LANGUAGES, render_report
from goodstanding.core.audit.checkpoint import (
    Checkpoint,
    Proof,
    Sign,
    format_proof,
    parse_checkpoint,
    parse_note,
    sign_note,
)
from goodstanding.core.audit.entries import unseal
from goodstanding.core.audit.evidence import DisclosedEntry, PackContents
from goodstanding.kernel.canonical import canonical
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import iso

PACK_VERSION = 1


class PackError(GoodstandingError):
    """The contents do not make a pack that verifies; fields: `why` (a code of the verifier) and `where`."""

    code = "EVIDENCE_PACK"


def build_pack(contents: PackContents, sign: Sign) -> bytes:
    """Return the pack as zip bytes; the same contents give the same bytes.

    `sign` signs the manifest with the log's key, so nothing in the pack can be changed afterwards. What was
    built is checked by the enclosed verifier before it is handed out; raises `PackError` when it is refused.
    """
    _check_words(contents)
    files = _proof_files(contents)
    checkpoint = parse_checkpoint(parse_note(contents.checkpoint).text)
    files["key.txt"] = f"{contents.key.text()}\n".encode()
    files["README.txt"] = _enclosed("README.txt")
    files["verify.py"] = _enclosed("verifier.py")
    files["report.html"] = render_report(contents, checkpoint).encode()
    files[verifier.MANIFEST] = _manifest(contents, checkpoint, files)
    files[verifier.SEAL] = _seal(files[verifier.MANIFEST], contents, sign)
    packed = verifier.build_zip(files)
    _check(packed, contents)
    return packed


def _enclosed(name: str) -> bytes:
    """Return a file that stands beside this module and goes into every pack as it is."""
    return resources.files("goodstanding.adapters.evidence").joinpath(name).read_bytes()


def _proof_files(contents: PackContents) -> dict[str, bytes]:
    files = {verifier.LAST: contents.checkpoint}
    for entry in contents.entries:
        files |= _entry_files(entry, contents.checkpoint)
    for policy in contents.policies:
        files[f"policy/{hashlib.sha256(policy).hexdigest()}.json"] = policy
    if contents.earlier is not None:
        files[verifier.FIRST] = contents.earlier.note
        files[verifier.CONSISTENCY] = _consistency(contents)
    if len({unseal(entry.sealed).seq for entry in contents.entries}) != len(contents.entries):
        raise PackError(why="duplicate", where="entries")
    return files


def _check_words(contents: PackContents) -> None:
    """Raise `PackError` where a sentence lacks a language or a story names an entry not enclosed."""
    enclosed = {unseal(entry.sealed).seq for entry in contents.entries}
    texts = [contents.reason]
    for story in contents.stories:
        texts += [story.title, *story.introduction]
        for seq in story.entries:
            if seq not in enclosed:
                raise PackError(why="no_entry", where=f"stories: {seq}")
    for entry in contents.entries:
        texts += [entry.who, entry.what, *entry.why]
    for language in contents.languages:
        if language not in LANGUAGES or any(language not in text for text in texts):
            raise PackError(why="language", where=language)
    if not contents.languages:
        raise PackError(why="language", where="languages")


def _entry_files(entry: DisclosedEntry, note: bytes) -> dict[str, bytes]:
    seq = unseal(entry.sealed).seq
    proof = Proof(index=seq, path=entry.path, note=note)
    files = {f"entries/{seq:012d}.json": entry.sealed, f"proofs/{seq:012d}.tlog-proof": format_proof(proof)}
    if entry.values:
        name = f"disclosed/{seq:012d}.json"
        try:
            shown = {
                item.name: {"salt": item.salt.hex(), "value": item.value.decode()} for item in entry.values
            }
        except UnicodeDecodeError as error:
            raise PackError(why="form", where=name) from error
        files[name] = canonical(shown)
    return files


def _consistency(contents: PackContents) -> bytes:
    assert contents.earlier is not None
    old = parse_checkpoint(parse_note(contents.earlier.note).text)
    new = parse_checkpoint(parse_note(contents.checkpoint).text)
    steps = [base64.b64encode(step).decode() for step in contents.earlier.path]
    return "\n".join([f"old {old.size}", f"new {new.size}", *steps, ""]).encode()


def _manifest(contents: PackContents, checkpoint: Checkpoint, files: dict[str, bytes]) -> bytes:
    """Return the canonical list of all files, with what the pack is and why it was made."""
    return canonical(
        {
            "v": PACK_VERSION,
            "made_at": contents.made_at,
            "made_at_utc": iso(contents.made_at),
            "reason": dict(contents.reason),
            "languages": list(contents.languages),
            "origin": checkpoint.origin,
            "log_size": checkpoint.size,
            "key_fingerprint": contents.key.fingerprint,
            "kinds": dict(Counter(unseal(entry.sealed).kind for entry in contents.entries)),
            "files": {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()},
        }
    )


def _seal(manifest: bytes, contents: PackContents, sign: Sign) -> bytes:
    text = f"{verifier.SEAL_TITLE}\nsha256:{hashlib.sha256(manifest).hexdigest()}\n"
    return sign_note(text, key=contents.key, sign=sign)


def _check(packed: bytes, contents: PackContents) -> None:
    """Raise `PackError` unless the enclosed verifier accepts what was packed."""
    try:
        result = verifier.check_pack(verifier.read_zip(packed), contents.key.fingerprint)
    except verifier.Refused as error:
        raise PackError(why=error.code, where=error.where) from error
    for code, where in result.problems:
        raise PackError(why=code, where=where)
