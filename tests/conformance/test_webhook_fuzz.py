"""Webhook bodies of every kind, bent by hypothesis, through the real door: answered, understood or shown, never lost."""

import copy
import hashlib
import hmac
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodstanding.sandbox.events import EVENTS
from goodstanding.usecases import audit, intake
from goodstanding.usecases.ports import ParsedComment, ParsedOther, Unreadable
from goodstanding.usecases.ports.messages import ParsedMessage, ParsedNotice
from tests.web.world import OPEN_ID, SECRET, Client, World

EXAMPLES = 400
PAYLOADS = Path(__file__).parents[1] / "payloads" / "tiktok"
ENVELOPES = [
    json.loads(path.read_bytes())
    for path in sorted(PAYLOADS.rglob("*.json"))
    if not path.name.startswith("malformed")
]
NAMES = sorted({*EVENTS, *(one["event"] for one in ENVELOPES), "something.new", ""})
fates = Counter()
pytestmark = pytest.mark.slow

TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", "\x00", "\ud800", "a\x00b", "STOP", "INFO", "+", "x" * 5000, "'; --", "{{7*7}}", "\u202eé"]
    ),
)
NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from(
        [0, -1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, 10**30, -(2**63), 7_247_303_576_418_566_913]
    ),
    st.floats(),
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.close()


def _places(value, path=()):
    """Yield the way to every value inside."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            yield from _places(inner, (*path, key))


def _bend(draw, tree):
    """Change, drop or add something somewhere inside."""
    places = list(_places(tree))
    if not places:
        return
    *way, last = draw(st.sampled_from(places))
    parent = tree
    for step in way:
        parent = parent[step]
    how = draw(st.sampled_from(["change", "change", "change", "drop", "wrap", "double"]))
    if how == "drop":
        del parent[last]
    elif how == "wrap":
        parent[last] = [parent[last]]
    elif how == "double" and isinstance(parent, dict):
        parent[draw(TEXTS)] = copy.deepcopy(parent[last])
    else:
        parent[last] = draw(VALUES)


@st.composite
def bodies(draw):
    """A webhook as documented, with up to three things wrong with it."""
    envelope = copy.deepcopy(draw(st.sampled_from(ENVELOPES)))
    envelope["user_openid"] = OPEN_ID
    content = json.loads(envelope["content"])
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 1, 2, 3]))):
        _bend(draw, content)
    text = json.dumps(content)
    if draw(st.integers(0, 9)) == 0:
        text = text[: draw(st.integers(0, len(text)))]
    envelope["content"] = content if draw(st.integers(0, 19)) == 0 else text
    if draw(st.integers(0, 3)) == 0:
        envelope["event"] = draw(st.sampled_from(NAMES))
    if draw(st.integers(0, 9)) == 0:
        _bend(draw, envelope)
    raw = json.dumps(envelope).encode()
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(raw)))
        raw = raw[:at] + draw(st.binary(max_size=4)) + raw[at + draw(st.integers(0, 4)) :]
    return draw(st.binary(max_size=60)) if draw(st.integers(0, 29)) == 0 else raw


def _deliver(world, body):
    at = str(world.ctx.clock.now() // 1000)
    sealed = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return Client(world, address="203.0.113.9", host="hooks.example").request(
        "POST", "/hook/tiktok", body=body, headers=[("tiktok-signature", f"t={at},s={sealed}")]
    )


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(batch=st.lists(bodies(), min_size=1, max_size=4))
def test_whatever_comes_is_answered_and_nothing_is_lost(world, batch):
    ctx = world.ctx
    for body in batch:
        assert _deliver(world, body).status == 200
    while intake.read_new(ctx):
        pass
    assert "new" not in world.ctx.store.read(lambda q: q.deliveries_by_state())
    aside = {
        (one.connector, one.digest): (ctx.vault.unlock(0, one.body), state, problem)
        for one, state, problem in ctx.store.read(lambda q: q.problem_deliveries(10**6))
    }
    platform = ctx.platforms["tiktok"]
    for body in batch:
        kept, state, problem = aside.get(("tiktok", hashlib.sha256(body).digest()), (None, "read", ""))
        assert problem != "HANDLING_FAILED", f"an error nobody thought of: {body!r}"
        assert kept in (None, body), "the original is another one"
        if platform.recipient(body) != OPEN_ID:
            assert state != "read", body
        elif state == "read":
            assert _is_kept(ctx, platform.parse(body)), body
        else:
            found = platform.parse(body)
            assert isinstance(found, Unreadable) or (isinstance(found, ParsedOther) and not found.known), body
        fates[state] += 1


def _is_kept(ctx, found):
    """Tell whether the reading of a delivery is stored: then its body needs not be."""
    if isinstance(found, ParsedOther):
        return found.known and ctx.store.read(lambda q: q.accounts())[0].killed
    if isinstance(found, ParsedNotice):
        name, actions = found.key, None
    else:
        assert isinstance(found, ParsedComment | ParsedMessage)
        name, actions = found.external_id, {found.action} if isinstance(found, ParsedComment) else None
    known = ctx.store.read(lambda q: q.known_events(1, "tiktok", [name]))
    return bool(known) and (actions is None or actions <= {action.partition("@")[0] for _, action in known})


def test_afterwards_the_log_holds_and_all_fates_were_met(world, record_property):
    assert audit.verify(world.ctx).ok
    assert min(fates[state] for state in ("read", "unknown", "unreadable")) > EXAMPLES / 20, fates
    told = ", ".join(f"{count:,} {state}" for state, count in sorted(fates.items()))
    record_property(
        "said", f"fuzzed webhooks: {sum(fates.values()):,} through the door: {told}; 0 errors, 0 lost"
    )
