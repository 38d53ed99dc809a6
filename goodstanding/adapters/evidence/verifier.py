"""Checks an evidence pack of Goodstanding: one file, standard library only, no network, writes nothing.

    python3 -S verify.py PACK.zip [--lang nl|en] [--key FINGERPRINT] [--json]

PACK is the zip or the folder it was unpacked to. Exit code 0: intact; 1: refused; 2: wrong use or unreadable.

It proves that each enclosed entry stands, unchanged, in its place in a log whose head was signed with the key
in the pack; that each disclosed value is the one the entry was sealed with; that each policy version is the
one its hash names; and that nothing in the pack was added, removed or changed after signing. It cannot prove
whose key that is: compare the fingerprint with the one you got another way, or give it with --key.
Needs Python 3.9 or later.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import stat
import struct
import sys
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

PACK_BYTES_MAX = 256 * 1024 * 1024
FILES_MAX = 40_000
SEAL_TITLE = "goodstanding evidence pack v1"
"""First line of the signed manifest note; its spaces keep it from ever being read as a checkpoint."""
PROOF_TITLE = "c2sp.org/tlog-proof@v1"
MANIFEST, SEAL, KEY = "manifest.json", "manifest.note", "key.txt"
FIRST, LAST, CONSISTENCY = "checkpoints/first.note", "checkpoints/last.note", "proofs/consistency.txt"
REQUIRED = (MANIFEST, SEAL, KEY, LAST, "README.txt", "report.html", "verify.py")
NUMBERED = re.compile(r"(entries|disclosed|proofs)/([0-9]{12})\.(json|tlog-proof)")
POLICY = re.compile(r"policy/([0-9a-f]{64})\.json")

Files = dict[str, bytes]
Verify = Callable[[bytes, bytes, bytes], bool]


class Refused(Exception):  # noqa: N818  # reads as the verdict it is
    """The pack is not intact; `code` and `where` say what and in which file or entry."""

    def __init__(self, code: str, where: str) -> None:
        super().__init__(code, where)
        self.code = code
        self.where = where


class Result(NamedTuple):
    """What was found in a pack."""

    problems: list[tuple[str, str]]
    """(code, file or entry); empty when the pack is intact."""
    fingerprint: str
    is_pinned: bool
    origin: str
    size: int
    entries: list[int]
    values: int
    policies: list[str]
    missing_policies: list[str]
    first_size: int | None


# --- Ed25519, verification only (RFC 8032, 5.1.7) ---

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
ZERO: Point = (0, 1, 1, 0)


def point_add(one: Point, two: Point) -> Point:
    """Return the sum of two points in extended coordinates."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_double(one: Point) -> Point:
    """Return twice a point."""
    a, b, c = one[0] * one[0] % P, one[1] * one[1] % P, 2 * one[2] * one[2] % P
    h = a + b
    e = h - (one[0] + one[1]) ** 2 % P
    g = a - b
    f = c + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_multiply(scalar: int, point: Point) -> Point:
    """Return `scalar` times `point`."""
    total = ZERO
    for bit in f"{scalar:b}":
        total = point_double(total)
        if bit == "1":
            total = point_add(total, point)
    return total


def point_encode(point: Point) -> bytes:
    """Return the 32 bytes of a point."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def point_decode(raw: bytes) -> Point | None:
    """Return the point in 32 bytes, or nothing when they are not the encoding of one."""
    number = int.from_bytes(raw, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (v * x * x - u) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or ZERO


def ed25519_verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether `signature` is the Ed25519 signature of `message` under `public_key`; never raises."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, s = point_decode(public_key), int.from_bytes(signature[32:], "little")
    if key is None or s >= L:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(digest, "little") % L
    minus_key = (P - key[0], key[1], key[2], P - key[3])
    expected = point_add(point_multiply(s, BASE), point_multiply(k, minus_key))
    return point_encode(expected) == signature[:32]


# --- the zip: one fixed form, so that each of its bytes counts ---

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_LOCAL_FORM, _CENTRAL_FORM, _END_FORM = "<4s5H3I2H", "<4s6H3I5H2I", "<4s4H2IH"
_DATE = 1 << 5 | 1  # 1 January 1980, the first day a zip can name
_MODE = 0o100644 << 16


def build_zip(files: Files) -> bytes:
    """Return the one zip that holds `files`: names sorted, nothing compressed, no times, no extras."""
    body, directory = [], []
    offset = 0
    for name in sorted(files):
        raw, label = files[name], name.encode("ascii")
        size, crc = len(raw), zlib.crc32(raw)
        head = struct.pack(_LOCAL_FORM, LOCAL, 20, 0, 0, 0, _DATE, crc, size, size, len(label), 0) + label
        fields = (CENTRAL, 788, 20, 0, 0, 0, _DATE, crc, size, size, len(label), 0, 0, 0, 0, _MODE, offset)
        directory.append(struct.pack(_CENTRAL_FORM, *fields) + label)
        body += [head, raw]
        offset += len(head) + size
    tail = b"".join(directory)
    count = len(files)
    return b"".join([*body, tail, struct.pack(_END_FORM, END, 0, 0, count, count, len(tail), offset, 0)])


def read_zip(raw: bytes) -> Files:
    """Return the files in a zip made by `build_zip`; any other zip is refused, whatever its contents."""
    files: Files = {}
    offset, size_of_head = 0, struct.calcsize(_LOCAL_FORM)
    where = "zip"
    while raw[offset : offset + 4] == LOCAL and len(files) < FILES_MAX:
        if len(raw) < offset + size_of_head:
            raise Refused("zip", where)
        fields = struct.unpack_from(_LOCAL_FORM, raw, offset)
        start = offset + size_of_head + fields[9]
        name = raw[offset + size_of_head : start].decode("ascii", "backslashreplace")
        where = name if is_allowed(name) else "zip"
        content = raw[start : start + fields[8]]
        if not is_allowed(name):
            raise Refused("name", printable(name))
        if name in files:
            raise Refused("duplicate", name)
        if zlib.crc32(content) != fields[6]:
            raise Refused("changed", name)
        files[name] = content
        offset = start + fields[8]
    if build_zip(files) != raw:
        raise Refused("zip", where)
    return files


def read_folder(folder: str) -> Files:
    """Return the files in an unpacked pack; links and anything unexpected are refused."""
    files: Files = {}
    total = 0
    for parent, folders, names in os.walk(folder):
        for name in [*folders, *names]:
            path = os.path.join(parent, name)  # noqa: PTH118  # os.walk gives strings
            mode = os.lstat(path).st_mode
            inside = os.path.relpath(path, folder).replace(os.sep, "/")
            if stat.S_ISDIR(mode):
                continue
            total += os.lstat(path).st_size
            if not stat.S_ISREG(mode) or not is_allowed(inside):
                raise Refused("name", printable(inside))
            if total > PACK_BYTES_MAX or len(files) >= FILES_MAX:
                raise Refused("size", printable(inside))
            with open(path, "rb") as file:  # noqa: PTH123  # os.walk gives strings
                files[inside] = file.read(PACK_BYTES_MAX)
    return files


def read_pack(path: str) -> Files:
    """Return the files of the zip or folder at `path`; raises `OSError` when it cannot be read."""
    if os.path.isdir(path):  # noqa: PTH112  # a string from the command line
        return read_folder(path)
    with open(path, "rb") as file:  # noqa: PTH123  # a string from the command line
        raw = file.read(PACK_BYTES_MAX + 1)
    if len(raw) > PACK_BYTES_MAX:
        raise Refused("size", "zip")
    return read_zip(raw)


def is_allowed(name: str) -> bool:
    """Tell whether a file of this name may be in a pack."""
    if name in REQUIRED or name in (FIRST, CONSISTENCY) or POLICY.fullmatch(name):
        return True
    match = NUMBERED.fullmatch(name)
    return match is not None and (match[1] == "proofs") == (match[3] == "tlog-proof")


def printable(text: str) -> str:
    """Return `text` with everything but plain letters, digits and signs made visible."""
    return ascii(text)[1:-1][:200]


# --- notes, trees, commitments ---


def unbase64(text: str, where: str) -> bytes:
    """Return the bytes of `text`, which has to be their one standard base64 form."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("form", where) from None
    if base64.b64encode(raw).decode() != text:
        raise Refused("form", where)
    return raw


def decimal(text: str, where: str) -> int:
    """Return the number written as `text`, without leading zeros."""
    if not re.fullmatch("0|[1-9][0-9]{0,18}", text):
        raise Refused("form", where)
    return int(text)


def parse_key(raw: bytes) -> tuple[str, bytes]:
    """Return name and public key from `name+id+base64`."""
    parts = text_of(raw, KEY).split("+", 2)
    if len(parts) != 3 or not parts[2].endswith("\n"):
        raise Refused("form", KEY)
    name, decoded = parts[0], unbase64(parts[2][:-1], KEY)
    key = decoded[1:]
    if decoded[:1] != b"\x01" or len(key) != 32 or key_id(name, key).hex() != parts[1]:
        raise Refused("key_id", KEY)
    return name, key


def key_id(name: str, key: bytes) -> bytes:
    """Return the four bytes that name an Ed25519 key in a signature line (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]


def open_note(raw: bytes, where: str, key: tuple[str, bytes], verify: Verify) -> str:
    """Return the text of a note that bears one signature line, rightly signed by `key`."""
    text, separator, line = text_of(raw, where).rpartition("\n\n")
    text += "\n"
    head = "\N{EM DASH} " + key[0] + " "
    if not separator or not line.startswith(head) or not line.endswith("\n"):
        raise Refused("form", where)
    signature = unbase64(line[len(head) : -1], where)
    if signature[:4] != key_id(*key):
        raise Refused("signature", where)
    if not verify(key[1], text.encode(), signature[4:]):
        raise Refused("signature", where)
    return text


def open_checkpoint(raw: bytes, where: str, key: tuple[str, bytes], verify: Verify) -> tuple[int, bytes]:
    """Return size and root of a signed checkpoint of the log that `key` names."""
    lines = open_note(raw, where, key, verify).split("\n")
    if len(lines) != 4 or lines[3] or lines[0] != key[0]:
        raise Refused("form", where)
    root = unbase64(lines[2], where)
    if len(root) != 32:
        raise Refused("form", where)
    return decimal(lines[1], where), root


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def proves_inclusion(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Tell whether `path` leads from `leaf` at `index` to `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, current = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            current = node_hash(step, current)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            current = node_hash(current, step)
        here, last = here >> 1, last >> 1
    return last == 0 and current == root


def proves_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: list[bytes]) -> bool:
    """Tell whether the log of size `new` begins with the log of size `old` (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    steps = [old_root, *path] if old & (old - 1) == 0 else path
    if not steps:
        return False
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    seen_old = seen_new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            seen_old, seen_new = node_hash(step, seen_old), node_hash(step, seen_new)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            seen_new = node_hash(seen_new, step)
        here, last = here >> 1, last >> 1
    return last == 0 and seen_old == old_root and seen_new == new_root


def text_of(raw: bytes, where: str) -> str:
    """Return the UTF-8 text of `raw`."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Refused("form", where) from None


def json_of(raw: bytes, where: str) -> dict[str, Any]:
    """Return the JSON object in `raw`, which has to be in canonical form (so no name can stand twice)."""

    def refuse(_: str) -> NoReturn:
        raise ValueError

    try:
        value = json.loads(raw, parse_float=refuse, parse_constant=refuse)
        form = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused("form", where) from None
    if not isinstance(value, dict) or form != raw:
        raise Refused("form", where)
    return value


# --- the checks ---


def check_pack(files: Files, pinned: str | None = None, verify: Verify = ed25519_verify) -> Result:
    """Return what was found in the files of a pack; `pinned` is the fingerprint the key must have."""
    for name in REQUIRED:
        if name not in files:
            raise Refused("missing", name)
    key = parse_key(files[KEY])
    fingerprint = hashlib.sha256(key[1]).hexdigest()
    if pinned is not None and pinned != fingerprint:
        raise Refused("pinned", KEY)
    check_seal(files, key, verify)
    problems: list[tuple[str, str]] = check_digests(files)
    size, root = open_checkpoint(files[LAST], LAST, key, verify)
    numbers = sorted(
        int(match[2]) for match in map(NUMBERED.fullmatch, files) if match and match[1] == "entries"
    )
    named: set[str] = set()
    values = 0
    for number in numbers:
        try:
            entry = check_entry(files, number, size, root)
            values += check_values(files, number, entry)
            named.update(policies_in(entry))
        except Refused as error:
            problems.append((error.code, error.where))
    problems += check_partners(files, set(numbers))
    policies = [match[1] for match in map(POLICY.fullmatch, sorted(files)) if match]
    for digest in policies:
        name = "policy/" + digest + ".json"
        if hashlib.sha256(files[name]).hexdigest() != digest:
            problems.append(("policy", name))
    first_size, grown = check_first(files, key, verify, (size, root))
    problems += grown
    return Result(
        problems=problems,
        fingerprint=fingerprint,
        is_pinned=pinned is not None,
        origin=key[0],
        size=size,
        entries=numbers,
        values=values,
        policies=policies,
        missing_policies=sorted(named - set(policies)),
        first_size=first_size,
    )


def check_seal(files: Files, key: tuple[str, bytes], verify: Verify) -> None:
    """Refuse a manifest that is not the one that was signed."""
    lines = open_note(files[SEAL], SEAL, key, verify).split("\n")
    if len(lines) != 3 or lines[0] != SEAL_TITLE or lines[2]:
        raise Refused("form", SEAL)
    if lines[1] != "sha256:" + hashlib.sha256(files[MANIFEST]).hexdigest():
        raise Refused("changed", MANIFEST)


def check_digests(files: Files) -> list[tuple[str, str]]:
    """Return each file that is not the one the manifest lists, or not listed, or not there."""
    listed = json_of(files[MANIFEST], MANIFEST).get("files")
    if not isinstance(listed, dict):
        raise Refused("form", MANIFEST)
    problems = [("missing", printable(name)) for name in sorted(listed) if name not in files]
    for name in sorted(set(files) - {MANIFEST, SEAL}):
        if name not in listed:
            problems.append(("name", name))
        elif listed[name] != hashlib.sha256(files[name]).hexdigest():
            problems.append(("changed", name))
    return problems


def check_entry(files: Files, number: int, size: int, root: bytes) -> dict[str, Any]:
    """Return the entry once its bytes are proved to stand at their place in the signed log."""
    name, proof_name = f"entries/{number:012d}.json", f"proofs/{number:012d}.tlog-proof"
    entry = json_of(files[name], name)
    if type(entry.get("seq")) is not int or entry["seq"] != number:
        raise Refused("seq", name)
    if proof_name not in files:
        raise Refused("missing", proof_name)
    head, separator, note = files[proof_name].partition(b"\n\n")
    lines = text_of(head, proof_name).split("\n")
    if not separator or len(lines) < 2 or lines[0] != PROOF_TITLE or lines[1] != f"index {number}":
        raise Refused("form", proof_name)
    if note != files[LAST]:
        raise Refused("other_checkpoint", proof_name)
    path = [unbase64(line, proof_name) for line in lines[2:]]
    leaf = hashlib.sha256(b"\x00" + files[name]).digest()
    if not proves_inclusion(leaf, number, size, path, root):
        raise Refused("inclusion", name)
    return entry


def check_values(files: Files, number: int, entry: dict[str, Any]) -> int:
    """Return how many values of the entry are disclosed; refuse one that it was not sealed with."""
    name = f"disclosed/{number:012d}.json"
    if name not in files:
        return 0
    sealed, disclosed = entry.get("pii"), json_of(files[name], name)
    for label, value in disclosed.items():
        where = name + ": " + printable(label)
        try:
            salt, text = bytes.fromhex(value["salt"]), value["value"].encode()
            well_formed = len(salt) == 32 and salt.hex() == value["salt"] and len(value) == 2
        except (TypeError, KeyError, AttributeError, ValueError):
            raise Refused("form", where) from None
        expected = sealed.get(label) if isinstance(sealed, dict) else None
        if not well_formed or hmac.new(salt, text, "sha256").hexdigest() != expected:
            raise Refused("commitment", where)
    return len(disclosed)


def policies_in(entry: dict[str, Any]) -> list[str]:
    """Return the hashes of the policy versions that an entry names in its references or body."""
    found = []
    for part in (entry.get("refs"), entry.get("body")):
        for label, value in (part if isinstance(part, dict) else {}).items():
            if label.startswith("policy") and isinstance(value, str) and value.startswith("sha256:"):
                found.append(value[7:])
    return found


def check_partners(files: Files, numbers: set[int]) -> list[tuple[str, str]]:
    """Return each proof and each disclosure that belongs to no enclosed entry."""
    matches = [match for match in map(NUMBERED.fullmatch, sorted(files)) if match]
    return [("no_entry", match[0]) for match in matches if int(match[2]) not in numbers]


def check_first(
    files: Files, key: tuple[str, bytes], verify: Verify, last: tuple[int, bytes]
) -> tuple[int | None, list[tuple[str, str]]]:
    """Return the size of the earlier checkpoint, if there is one, and whether the log did not merely grow."""
    if (FIRST in files) != (CONSISTENCY in files):
        return None, [("missing", CONSISTENCY if FIRST in files else FIRST)]
    if FIRST not in files:
        return None, []
    size, root = last
    old, old_root = open_checkpoint(files[FIRST], FIRST, key, verify)
    lines = text_of(files[CONSISTENCY], CONSISTENCY).split("\n")
    if lines[:2] != [f"old {old}", f"new {size}"] or lines[-1] or len(lines) < 3:
        raise Refused("form", CONSISTENCY)
    path = [unbase64(line, CONSISTENCY) for line in lines[2:-1]]
    if not proves_consistency(old, old_root, size, root, path):
        return old, [("consistency", CONSISTENCY)]
    return old, []


# --- words ---

WORDS = {
    "en": {
        "ok": "INTACT. Nothing in this pack was changed after it was signed.",
        "refused": "REFUSED. This pack is not what was signed; do not rely on it.",
        "unreadable": "Cannot read {where}.",
        "usage_key": "--key takes the fingerprint: 64 hexadecimal digits.",
        "log": "Log {origin}: signed at {size} entries.",
        "entries": "Entries proved to stand unchanged in that log: {count} ({list}).",
        "values": "Disclosed values that match what was sealed: {count}.",
        "policies": "Policy versions whose hash is right: {count}.",
        "no_policy": "Not enclosed, though an entry names it: policy version sha256:{digest}.",
        "grew": "Since the earlier checkpoint of {size} entries the log only grew.",
        "fingerprint": "Key fingerprint (SHA-256): {fingerprint}",
        "pinned_ok": "This is the key you gave with --key.",
        "unpinned": "Compare this fingerprint with one you got another way: "
        "the pack cannot vouch for its own key.",
        "changed": "{where}: the contents were changed.",
        "zip": "The zip file itself was changed, near {where}.",
        "name": "{where}: this file does not belong in the pack.",
        "duplicate": "{where}: this name stands in the zip twice.",
        "missing": "{where}: this file is missing.",
        "size": "{where}: the pack is larger than this program reads.",
        "form": "{where}: the contents do not have the right form.",
        "key_id": "{where}: name and key do not belong together.",
        "signature": "{where}: the signature is not by the key in the pack.",
        "pinned": "{where}: this is not the key you gave with --key.",
        "seq": "{where}: the entry has another number than its file.",
        "other_checkpoint": "{where}: the proof carries another checkpoint than the pack.",
        "inclusion": "{where}: this entry does not stand in the signed log.",
        "commitment": "{where}: the disclosed value is not the one that was sealed.",
        "policy": "{where}: the policy version does not have the hash that names it.",
        "no_entry": "{where}: there is no entry to go with this.",
        "consistency": "{where}: the log did not merely grow between the two checkpoints.",
    },
    "nl": {
        "ok": "ONGESCHONDEN. Aan deze bewijsbundel is na ondertekening niets veranderd.",
        "refused": "GEWEIGERD. Deze bundel is niet wat er ondertekend is; vertrouw er niet op.",
        "unreadable": "Kan {where} niet lezen.",
        "usage_key": "--key verwacht de vingerafdruk: 64 hexadecimale cijfers.",
        "log": "Logboek {origin}: ondertekend bij {size} logregels.",
        "entries": "Logregels die bewezen onveranderd in dat logboek staan: {count} ({list}).",
        "values": "Getoonde gegevens die kloppen met wat verzegeld is: {count}.",
        "policies": "Beleidsversies waarvan de vingerafdruk klopt: {count}.",
        "no_policy": "Niet bijgevoegd, hoewel een logregel haar noemt: beleidsversie sha256:{digest}.",
        "grew": "Sinds het eerdere ijkpunt van {size} logregels is het logboek alleen gegroeid.",
        "fingerprint": "Vingerafdruk van de sleutel (SHA-256): {fingerprint}",
        "pinned_ok": "Dit is de sleutel die u met --key opgaf.",
        "unpinned": "Vergelijk deze vingerafdruk met een die u langs een andere weg kreeg: "
        "de bundel kan niet voor haar eigen sleutel instaan.",
        "changed": "{where}: de inhoud is veranderd.",
        "zip": "Het zipbestand zelf is veranderd, bij {where}.",
        "name": "{where}: dit bestand hoort niet in de bundel.",
        "duplicate": "{where}: deze naam staat twee keer in het zipbestand.",
        "missing": "{where}: dit bestand ontbreekt.",
        "size": "{where}: de bundel is groter dan dit programma leest.",
        "form": "{where}: de inhoud heeft niet de juiste vorm.",
        "key_id": "{where}: naam en sleutel horen niet bij elkaar.",
        "signature": "{where}: de handtekening is niet van de sleutel in de bundel.",
        "pinned": "{where}: dit is niet de sleutel die u met --key opgaf.",
        "seq": "{where}: de logregel heeft een ander nummer dan het bestand.",
        "other_checkpoint": "{where}: het bewijs draagt een ander ijkpunt dan de bundel.",
        "inclusion": "{where}: deze logregel staat niet in het ondertekende logboek.",
        "commitment": "{where}: het getoonde gegeven is niet wat verzegeld is.",
        "policy": "{where}: de beleidsversie heeft niet de vingerafdruk die haar noemt.",
        "no_entry": "{where}: hier hoort geen logregel bij.",
        "consistency": "{where}: het logboek is tussen de twee ijkpunten niet alleen gegroeid.",
    },
}


def sentences(result: Result, lang: str) -> list[str]:
    """Return what to tell a person about a pack that was read to the end."""
    words = WORDS[lang]
    told = [words["refused" if result.problems else "ok"]]
    told += [words[code].format(where=where) for code, where in result.problems]
    if not result.problems:
        shown = ", ".join(str(number) for number in result.entries[:20])
        shown += ", ..." if len(result.entries) > 20 else ""
        told.append(words["log"].format(origin=printable(result.origin), size=result.size))
        told.append(words["entries"].format(count=len(result.entries), list=shown))
        told.append(words["values"].format(count=result.values))
        told.append(words["policies"].format(count=len(result.policies)))
        told += [words["no_policy"].format(digest=printable(digest)) for digest in result.missing_policies]
        if result.first_size is not None:
            told.append(words["grew"].format(size=result.first_size))
    told.append(words["fingerprint"].format(fingerprint=result.fingerprint))
    told.append(words["pinned_ok" if result.is_pinned else "unpinned"])
    return told


def as_json(result: Result, lang: str) -> dict[str, Any]:
    """Return the result as a JSON object."""
    told = [
        {"code": code, "where": where, "sentence": WORDS[lang][code].format(where=where)}
        for code, where in result.problems
    ]
    return {**result._asdict(), "problems": told, "ok": not told}


def main(arguments: list[str] | None = None) -> int:
    """Check the pack named on the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Checks a Goodstanding evidence pack.")
    parser.add_argument("pack", help="the zip, or the folder it was unpacked to")
    parser.add_argument("--lang", choices=sorted(WORDS), default="en")
    parser.add_argument("--key", help="fingerprint (SHA-256) that the key in the pack must have")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args(arguments)
    words = WORDS[options.lang]
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    pinned = re.sub("[^0-9a-f]", "", options.key.lower()) if options.key is not None else None
    if pinned is not None and len(pinned) != 64:
        print(words["usage_key"], file=sys.stderr)
        return 2
    try:
        result = check_pack(read_pack(options.pack), pinned)
    except OSError:
        print(words["unreadable"].format(where=printable(options.pack)), file=sys.stderr)
        return 2
    except Refused as error:
        result = Result([(error.code, error.where)], "", pinned is not None, "", 0, [], 0, [], [], None)
    if options.json:
        print(json.dumps(as_json(result, options.lang), ensure_ascii=False, sort_keys=True))
    elif result.fingerprint:
        print("\n".join(sentences(result, options.lang)))
    else:
        print("\n".join(sentences(result, options.lang)[:2]))
    return 1 if result.problems else 0


if __name__ == "__main__":
    sys.exit(main())
