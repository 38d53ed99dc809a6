"""The signature of webhooks: a worked example made elsewhere, read and written, by two implementations.

The second implementation here is written from RFC 2104 with hashlib alone; it shares no line with the sandbox's.
"""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from goodstanding.sandbox.wire import comment_body, sign
from tests.conformance.worked_example import BODY, BODY_SHA256, COMMENT, HEADER, KEY, T, check_reading


def by_hand(key, message):
    """HMAC-SHA256 as RFC 2104 defines it."""
    block = hashlib.sha256(key).digest() if len(key) > 64 else key
    block = block.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).hexdigest()


def holds(header, body, key):
    """Read a header by the names of its parts and compare."""
    parts = {}
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        parts[name] = value
    return by_hand(key.encode(), parts["t"].encode() + b"." + body) == parts["s"]


def test_the_example_is_the_one_that_was_published():
    assert len(BODY) == 393
    assert hashlib.sha256(BODY).hexdigest() == BODY_SHA256


def test_the_example_is_written_by_the_sandbox():
    made = comment_body(**COMMENT)
    assert made == BODY
    assert sign(secret=KEY, t=T, body=made) == HEADER


def test_the_example_is_read_by_the_second_implementation():
    check_reading(holds)


@given(key=st.text(min_size=1, max_size=100), t=st.integers(0, 2**40), body=st.binary(max_size=300))
def test_both_implementations_agree_on_anything(key, t, body):
    assert holds(sign(secret=key, t=t, body=body), body, key)


def test_every_kind_of_event_arrives_with_a_signature_that_holds(stage, receiver):
    made = stage(limits=False, webhook=f"http://127.0.0.1:{receiver.server_port}/")
    account = made.control("accounts", persona="business-id")
    me = account["business_id"]
    made.control("comment", text="Waar is de link? 🍝", video_id=account["video_ids"][0])
    made.control("messages", business_id=me, viewer="vera", text="INFO")
    made.control("messages", business_id=me, viewer="els", text="Hoi", country="NL")
    made.control("mentions", business_id=me)
    made.control("clock", advance_seconds=3 * 3600)
    made.control("authorizations/remove", business_id=me, reason=1)
    assert made.control("settle")["settled"]
    assert len(receiver.got) == 5
    assert all(holds(header, body, KEY) for header, body in receiver.got)
