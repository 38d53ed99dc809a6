"""TikTok's payloads and signature: held to the examples, and never raising whatever comes."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodstanding.adapters.tiktok import wire
from goodstanding.usecases.ports import ParsedComment, ParsedOther, Unreadable

PAYLOADS = Path(__file__).parents[2] / "payloads" / "tiktok"
FILES = sorted(PAYLOADS.glob("*.json"))
RULES = wire.rules()
SECRET = b"sandbox-app-secret"
BODY = (
    b'{"client_key":"7412345678901234567","event":"comment.update","create_time":1790000000,'
    b'"user_openid":"-000SandboxCreatorOpenId","content":"{\\"comment_id\\":7247303576418566913,'
    b'\\"video_id\\":7203946942097902849,\\"parent_comment_id\\":0,\\"comment_type\\":\\"comment\\",'
    b'\\"comment_action\\":\\"insert\\",\\"timestamp\\":1790000000123,\\"unique_identifier\\":\\"+SandboxViewer01\\",'
    b'\\"text\\":\\"Waar is de link?\\"}"}'
)
HEADER = "t=1790000003,s=f93542482d699a0a6f0c636eb9a767349137aa3e3cf1c09024f19b1d2a2ada50"
AT = 1_790_000_003_000


def read(name):
    return (PAYLOADS / name).read_bytes().removesuffix(b"\n")


# --- payloads ---


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_example_is_read_as_its_name_says(path):
    body = read(path.name)
    found = wire.parse(body)
    if path.name.startswith("malformed."):
        assert isinstance(found, Unreadable)
        return
    envelope = json.loads(body)
    assert wire.recipient(body) == envelope["user_openid"]
    if path.name.startswith("comment") and "unknown_action" not in path.name:
        content = json.loads(envelope["content"])
        assert isinstance(found, ParsedComment)
        assert found.action == wire.ACTIONS[content["comment_action"]]
        assert found.external_id == str(content["comment_id"])
        assert found.video_id == str(content["video_id"])
        assert found.parent_id == (
            str(content["parent_comment_id"]) if content.get("parent_comment_id") else ""
        )
        assert (found.author, found.at) == (content["unique_identifier"], content["timestamp"])
        assert found.text == content.get("text", "")
    else:
        assert isinstance(found, ParsedOther)
        assert found.known == path.name.startswith("authorization.removed")


def test_there_are_examples_of_every_kind():
    assert {p.name.split(".")[0].split("_")[0] for p in FILES} == {
        "authorization",
        "comment",
        "malformed",
        "unknown",
    }


def comment(**changes):
    content = {
        "comment_id": 7247303576418566913, "video_id": 2, "parent_comment_id": 0, "comment_action": "insert",
        "timestamp": 1_790_000_000_123, "unique_identifier": "+V", "text": "hoi",
    }  # fmt: skip
    envelope = {"event": "comment.update", "user_openid": "o", "content": json.dumps(content | changes)}
    return json.dumps(envelope).encode()


def test_long_ids_stay_exact():
    found = wire.parse(comment(comment_id=2**64 - 1))
    assert found.external_id == "18446744073709551615"


@pytest.mark.parametrize(
    "wrong",
    [
        {"timestamp": 2**63},
        {"timestamp": -1},
        {"timestamp": "soon"},
        {"comment_id": "x"},
        {"comment_id": -1},
        {"comment_id": 1.5},
        {"text": 5},
    ],
    ids=str,
)
def test_what_no_database_could_keep_is_unreadable(wrong):
    assert isinstance(wire.parse(comment(**wrong)), Unreadable)


def test_a_null_character_is_no_reason_to_lose_a_comment():
    found = wire.parse(comment(text="a\x00b", unique_identifier="+V\x00", username="n\x00"))
    assert (found.text, found.author, found.handle) == ("a\ufffdb", "+V\ufffd", "n\ufffd")
    other = wire.parse(json.dumps({"event": "x\x00y", "user_openid": "o"}).encode())
    assert other.event == "x\ufffdy"


@pytest.mark.parametrize("parent", [0, "0", None, "", 7247303576418567777, "7247303576418567777"])
def test_ids_as_text_and_empty_values_cost_no_comment(parent):
    if parent == "":
        found = wire.parse(comment(comment_id="7247303576418566913", text=None, username=None))
    else:
        found = wire.parse(comment(comment_id="7247303576418566913", parent_comment_id=parent))
    assert found.external_id == "7247303576418566913"
    assert found.parent_id == ("" if parent in (0, "0", None, "") else "7247303576418567777")


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
json_values = plain | st.lists(plain, max_size=3) | st.dictionaries(st.text(max_size=8), plain, max_size=3)
KEYS = ("event", "user_openid", "content", "create_time")
INNER = (
    "comment_id",
    "video_id",
    "comment_action",
    "timestamp",
    "unique_identifier",
    "parent_comment_id",
    "text",
    "username",
)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_raise(body):
    assert isinstance(wire.parse(body), ParsedComment | ParsedOther | Unreadable)
    assert isinstance(wire.recipient(body), str)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.dictionaries(st.sampled_from(KEYS), json_values),
    st.dictionaries(st.sampled_from(INNER), json_values),
    st.booleans(),
)
def test_no_json_makes_it_raise(envelope, content, whole):
    if whole:
        envelope |= {"event": "comment.update", "user_openid": "o", "content": json.dumps(content)}
    body = json.dumps(envelope).encode()
    found = wire.parse(body)
    assert isinstance(found, ParsedComment | ParsedOther | Unreadable)
    wire.recipient(body)
    for text in (found.text, found.author, found.handle) if isinstance(found, ParsedComment) else ():
        assert "\x00" not in text
        text.encode()


@given(st.integers(0, 400), st.integers(0, 255))
def test_one_changed_byte_never_makes_it_raise(place, value):
    body = bytearray(BODY)
    body[place % len(body)] = value
    wire.parse(bytes(body))
    wire.recipient(bytes(body))


def test_deep_nesting_is_unreadable():
    assert isinstance(wire.parse(b"[" * 100_000), Unreadable)
    wire.parse(json.dumps({"event": "comment.update", "user_openid": "o", "content": "[" * 50_000}).encode())
    wire.recipient(b"[" * 100_000)


# --- signature ---


def second_reading(body, header, secret, now_seconds, tolerance, future):
    """The check written again from the documentation: parts by name, raw bytes, constant time, then the age."""
    parts = {}
    for part in header.split(","):
        name, sign, value = part.partition("=")
        if sign:
            parts[name.strip()] = value.strip()
    if not parts.get("t", "").isdecimal() or not parts["t"].isascii():
        return "bad"
    mac = hmac.new(secret, digestmod=hashlib.sha256)
    mac.update(parts["t"].encode("ascii"))
    mac.update(b".")
    mac.update(body)
    if not hmac.compare_digest(mac.hexdigest().encode(), parts.get("s", "").encode()):
        return "bad"
    age = now_seconds - int(parts["t"])
    return "ok" if -future <= age <= tolerance else "stale"


def verify(body=BODY, header=HEADER, now=AT, secret=SECRET):
    return wire.verify(body, header, secret=secret, now=now, rules=RULES)


def test_the_worked_example():
    assert (len(BODY), hashlib.sha256(BODY).hexdigest()) == (
        393,
        "093bcd7d0a76eb4dd1b3791d7b3db09fc79418ca6cefcd937c655ac85731cdda",
    )
    assert verify() == "ok"
    assert second_reading(BODY, HEADER, SECRET, AT // 1000, 300, 60) == "ok"
    assert wire.signed_at(HEADER) == AT


@pytest.mark.parametrize(
    ("age", "verdict"),
    [(0, "ok"), (300, "ok"), (301, "stale"), (-60, "ok"), (-61, "stale"), (86_400, "stale")],
)
def test_age(age, verdict):
    assert verify(now=AT + age * 1000) == verdict


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1790000003",
        HEADER.split(",")[1],
        "t=,s=",
        "t=1790000003,s=é",
        "t=-1,s=x",
        "t=٣,s=x",
        "nonsense",
        HEADER.replace("f9", "f8"),
        HEADER + "0",
    ],
)
def test_bad_headers(header):
    assert verify(header=header) == "bad"


def test_the_order_and_spaces_of_the_parts_do_not_matter():
    first, second = HEADER.split(",")
    assert verify(header=f" {second} , {first},v=1") == "ok"
    stamp, mac = HEADER.removeprefix("t=").split(",s=")
    assert verify(header=f"t = {stamp} , s = {mac}") == "ok"


def test_every_byte_counts():
    for place in range(len(BODY)):
        assert verify(body=BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]) == "bad"
    assert verify(body=BODY + b" ") == "bad"
    assert verify(secret=b"another") == "bad"


@given(
    st.binary(max_size=60), st.integers(0, 2**33), st.integers(-400, 400), st.booleans(), st.text(max_size=20)
)
def test_both_readings_agree(body, stamp, age, true, noise):
    mac = hmac.new(SECRET, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest() if true else noise
    header = f"t={stamp},s={mac}"
    now = (stamp + age) * 1000
    assert verify(body=body, header=header, now=now) == second_reading(
        body, header, SECRET, stamp + age, 300, 60
    )


@given(st.text(max_size=80))
def test_no_header_makes_it_raise(header):
    assert verify(header=header) == "bad"
    wire.signed_at(header)


def test_the_numbers_are_dated_data():
    assert (RULES.tolerance_seconds, RULES.future_seconds) == (300, 60)
