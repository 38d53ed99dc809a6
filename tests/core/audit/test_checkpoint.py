import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from goodstanding.core.audit import checkpoint as c
from goodstanding.core.audit.tree import leaf_hash, node_hash

# The example that golang.org/x/mod/sumdb/note documents; an independent implementation signed it.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
GO_NOTE = (
    f"{GO_TEXT}\n\N{EM DASH} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()

KEY = c.NoteKey(name="goodstanding.example/w1", public_key=b"\x01" * 32)
OTHER = c.NoteKey(name="witness.example", public_key=b"\x02" * 32)


def sign_with(key):
    """A stand-in of the same size as Ed25519; the format is what is tested here."""
    return lambda message: hmac.digest(key.public_key, message, hashlib.sha512)


def verify(public_key, message, signature):
    return hmac.compare_digest(hmac.digest(public_key, message, hashlib.sha512), signature)


LEAVES = [leaf_hash(b"a"), leaf_hash(b"b")]
HEAD = c.Checkpoint(origin=KEY.name, size=2, root=node_hash(*LEAVES))
NOTE = c.sign_checkpoint(HEAD, key=KEY, sign=sign_with(KEY))


def verify_ed25519(public_key, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except Exception:
        return False
    return True


def test_a_note_signed_by_another_implementation_is_read():
    key = c.NoteKey.parse(GO_KEY)
    assert key.text() == GO_KEY
    assert c.open_note(GO_NOTE, keys=[key], verify=verify_ed25519) == GO_TEXT
    signature = c.parse_note(GO_NOTE).signatures[0].signature
    assert c.sign_note(GO_TEXT, key=key, sign=lambda message: signature) == GO_NOTE


def test_a_checkpoint_is_origin_size_and_root():
    root = c.format_checkpoint(HEAD).split("\n")[2]
    assert c.format_checkpoint(HEAD) == f"goodstanding.example/w1\n2\n{root}\n"
    assert len(root) == 44
    assert c.open_checkpoint(NOTE, keys=[KEY], verify=verify) == HEAD


def test_every_flipped_bit_of_a_note_is_refused():
    for place in range(len(NOTE)):
        for bit in range(8):
            changed = NOTE[:place] + bytes([NOTE[place] ^ 1 << bit]) + NOTE[place + 1 :]
            with pytest.raises(c.NoteError):
                c.open_checkpoint(changed, keys=[KEY], verify=verify)


def test_signatures_of_strangers_are_skipped_and_wrong_ones_of_friends_are_not():
    line = c.sign_note(c.format_checkpoint(HEAD), key=OTHER, sign=sign_with(OTHER)).split(b"\n\n")[1]
    both = NOTE + line
    assert c.open_checkpoint(both, keys=[KEY], verify=verify) == HEAD
    assert c.open_checkpoint(both, keys=[OTHER], verify=verify) == HEAD
    forged = NOTE + c.sign_note(c.format_checkpoint(HEAD), key=OTHER, sign=sign_with(KEY)).split(b"\n\n")[1]
    with pytest.raises(c.NoteError) as caught:
        c.open_checkpoint(forged, keys=[KEY, OTHER], verify=verify)
    assert caught.value.fields == {"why": "signature"}
    with pytest.raises(c.NoteError) as caught:
        c.open_checkpoint(NOTE, keys=[OTHER], verify=verify)
    assert caught.value.fields == {"why": "unknown_key"}


ROOT64 = "A" * 43 + "="


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"log\n01\n{ROOT64}\n", "number"),
        (f"log\n\n{ROOT64}\n", "number"),
        (f"log\n-1\n{ROOT64}\n", "number"),
        (f"log\n{10**19}\n{ROOT64}\n", "number"),
        (f"log\n1\n{ROOT64}", "checkpoint"),
        (f"log\n1\n{ROOT64}\nextension\n", "checkpoint"),
        (f"\n1\n{ROOT64}\n", "checkpoint"),
        (f"a log\n1\n{ROOT64}\n", "checkpoint"),
        (f"log\n1\n{'A' * 42}B=\n", "base64"),
        ("log\n1\nAAAA\n", "root"),
        ("log\n1\n!!!!\n", "base64"),
    ],
)
def test_a_malformed_checkpoint_is_refused(text, why):
    with pytest.raises(c.NoteError) as caught:
        c.parse_checkpoint(text)
    assert caught.value.fields == {"why": why}


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (b"text\n", "form"),
        (b"text\n\n\xe2\x80\x94 a AAAAAAA=", "form"),
        (b"text\n\n- a AAAAAAA=\n", "signature_line"),
        (b"text\n\n\xe2\x80\x94 a AAAA\n", "signature_line"),
        (b"text\n\n\xe2\x80\x94 a+b AAAAAAA=\n", "signature_line"),
        (b"te\x07xt\n\n\xe2\x80\x94 a AAAAAAA=\n", "text"),
        (b"\xff\n\n\xe2\x80\x94 a AAAAAAA=\n", "utf8"),
        (b"text\n\n" + b"\xe2\x80\x94 a AAAAAAA=\n" * 101, "signatures"),
        (b"x" * 1_000_001, "size"),
    ],
)
def test_a_malformed_note_is_refused(note, why):
    with pytest.raises(c.NoteError) as caught:
        c.parse_note(note)
    assert caught.value.fields == {"why": why}


def test_what_cannot_be_a_note_is_not_signed():
    for text in ("", "\n", "no end", "a\tb\n"):
        with pytest.raises(c.NoteError):
            c.sign_note(text, key=KEY, sign=sign_with(KEY))
    with pytest.raises(c.NoteError) as caught:
        c.sign_note("text\n", key=c.NoteKey(name="a b", public_key=bytes(32)), sign=sign_with(KEY))
    assert caught.value.fields == {"why": "name"}


def test_a_key_whose_parts_disagree_is_refused():
    text = KEY.text()
    assert c.NoteKey.parse(text) == KEY
    assert KEY.fingerprint == hashlib.sha256(KEY.public_key).hexdigest()
    for wrong in (
        text.replace("w1", "w2"),
        text[:-4],
        text.replace("+", "-"),
        "",
        text.replace("+AQ", "+BQ"),
    ):
        with pytest.raises(c.NoteError):
            c.NoteKey.parse(wrong)


def test_a_proof_carries_its_checkpoint():
    proof = c.Proof(index=1, path=(LEAVES[0],), note=NOTE)
    raw = c.format_proof(proof)
    assert raw.startswith(b"c2sp.org/tlog-proof@v1\nindex 1\n")
    assert raw.endswith(b"=\n\n" + NOTE)
    assert c.parse_proof(raw) == proof
    assert c.verify_proof(raw, leaf=LEAVES[1], keys=[KEY], verify=verify) == HEAD
    with pytest.raises(c.NoteError) as caught:
        c.verify_proof(raw, leaf=LEAVES[0], keys=[KEY], verify=verify)
    assert caught.value.fields == {"why": "inclusion"}


def test_every_flipped_bit_of_a_proof_is_refused():
    raw = c.format_proof(c.Proof(index=1, path=(LEAVES[0],), note=NOTE))
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1 << place % 8]) + raw[place + 1 :]
        with pytest.raises(c.NoteError):
            c.verify_proof(changed, leaf=LEAVES[1], keys=[KEY], verify=verify)


def test_the_proof_of_a_single_entry_has_no_path_and_an_extra_line_is_refused():
    raw = c.format_proof(c.Proof(index=0, path=(), note=NOTE))
    assert c.parse_proof(raw) == c.Proof(index=0, path=(), note=NOTE)
    for wrong in (
        raw.replace(b"index 0", b"extra AAAA\nindex 0"),
        raw.replace(b"index 0", b"index 00"),
        raw.replace(b"index 0", b"index 0\nAAAA"),
        raw.replace(b"v1", b"v2"),
        raw.replace(b"\nindex 0", b""),
        b"\xff" + raw,
        b"",
    ):
        with pytest.raises(c.NoteError):
            c.parse_proof(wrong)
