"""Encryption a person, destroyed a person; the signing key; keyed chance."""

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.adapters.keys.vault import (
    CACHE_MAX,
    Ed25519Signer,
    KeyedChance,
    KeyVault,
    MasterKeyError,
    master_key,
)
from tests.faults.world import MemoryBox


def vault(box=None):
    return KeyVault(b"m" * 32, box or MemoryBox())


@given(st.binary(max_size=300), st.integers(0, 3))
def test_what_is_locked_is_unlocked(value, contact):
    one = vault()
    one.ensure([1, 2, 3])
    cipher = one.lock(contact, value)
    assert one.unlock(contact, cipher) == value
    assert cipher != one.lock(contact, value), "a fresh nonce each time"
    assert len(value) < 16 or value not in cipher


def test_one_persons_key_opens_nothing_of_another():
    one = vault()
    one.ensure([1, 2])
    assert one.unlock(2, one.lock(1, b"secret")) is None
    assert one.unlock(0, one.lock(1, b"secret")) is None


def test_a_destroyed_key_opens_nothing_in_any_process():
    box = MemoryBox()
    one, other = vault(box), vault(box)
    one.ensure([1])
    cipher = one.lock(1, b"secret")
    one.destroy(1, 1)
    assert (one.unlock(1, cipher), other.unlock(1, cipher)) == (None, None)
    one.ensure([1])
    assert one.unlock(1, cipher) is None
    with pytest.raises(KeyError):
        one.lock(1, b"again")


def test_changed_ciphertext_is_not_opened():
    one = vault()
    one.ensure([1])
    cipher = bytearray(one.lock(1, b"secret"))
    for place in range(len(cipher)):
        cipher[place] ^= 1
        assert one.unlock(1, bytes(cipher)) is None
        cipher[place] ^= 1


def test_keys_are_made_once_and_survive_the_process():
    box = MemoryBox()
    one = vault(box)
    one.ensure([1])
    cipher, named = one.lock(1, b"x"), one.named("signing")
    again = vault(box)
    again.ensure([1])
    assert again.unlock(1, cipher) == b"x"
    assert again.named("signing") == named != again.named("chance")


def test_the_cache_has_a_bound(monkeypatch):
    monkeypatch.setattr("goodstanding.adapters.keys.vault.CACHE_MAX", 3)
    assert CACHE_MAX > 3
    one = vault()
    one.ensure(range(1, 9))
    ciphers = {n: one.lock(n, b"%d" % n) for n in range(1, 9)}
    assert all(one.unlock(n, c) == b"%d" % n for n, c in ciphers.items())
    assert len(one._ciphers) <= 4


def test_the_master_key_is_made_once_for_the_owner_alone(tmp_path):
    path = tmp_path / "sub" / "master.key"
    key = master_key(path, None)
    assert (len(key), master_key(path, None)) == (32, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert master_key(path, "ab" * 32) == b"\xab" * 32
    with pytest.raises(MasterKeyError):
        master_key(path, "no hex")


def test_signatures():
    signer, other = Ed25519Signer(b"s" * 32), Ed25519Signer(b"t" * 32)
    made = signer.sign(b"note")
    assert signer.verify(signer.public, b"note", made)
    assert not signer.verify(signer.public, b"nota", made)
    assert not signer.verify(other.public, b"note", made)
    assert not signer.verify(b"short", b"note", made)


def test_chance_is_keyed_and_purposes_are_apart():
    one, same, other = KeyedChance(b"a" * 32), KeyedChance(b"a" * 32), KeyedChance(b"b" * 32)
    assert one.keyed("delay", 5) == same.keyed("delay", 5) != other.keyed("delay", 5)
    assert one.keyed("delay", 5) != one.keyed("arm", 5)
    assert all(0 <= one.keyed("delay", n) < 2**32 for n in range(100))
    assert one.keyed_digest("suppression", "1:x") != one.keyed_digest("suppression", "2:x")
    assert len(one.draw(9)) == 9
