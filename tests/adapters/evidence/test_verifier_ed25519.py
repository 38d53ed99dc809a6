import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.evidence.verifier import L, P, ed25519_verify, point_decode

# RFC 8032, section 7.1, tests 1 to 3: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032_hold_and_no_changed_bit_does(key, message, signature):
    key, message, signature = (bytes.fromhex(text) for text in (key, message, signature))
    assert ed25519_verify(key, message, signature)
    assert not ed25519_verify(key, message + b"\x00", signature)
    for bit in range(0, 512, 37):
        changed = int.from_bytes(signature, "big") ^ 1 << bit
        assert not ed25519_verify(key, message, changed.to_bytes(64, "big"))


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100))
@settings(max_examples=25, deadline=None)
def test_it_accepts_what_the_product_signs(seed, message):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes_raw()
    assert ed25519_verify(public, message, private.sign(message))


def test_a_second_form_of_the_same_signature_is_refused():
    key, _, signature = (bytes.fromhex(text) for text in VECTORS[0])
    s = int.from_bytes(signature[32:], "little")
    assert not ed25519_verify(key, b"", signature[:32] + (s + L).to_bytes(32, "little"))


def test_what_is_no_key_or_no_signature_is_refused():
    key, _, signature = (bytes.fromhex(text) for text in VECTORS[0])
    assert not ed25519_verify(key[:31], b"", signature)
    assert not ed25519_verify(key, b"", signature[:63])
    assert point_decode(P.to_bytes(32, "little")) is None
    assert point_decode((2).to_bytes(32, "little")) is None
    assert point_decode((1 | 1 << 255).to_bytes(32, "little")) is None
    assert not ed25519_verify((2).to_bytes(32, "little"), b"", signature)
