"""Whatever is sent, a platform call ends in an envelope or a plain HTTP refusal."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_client import APP, SECRET

from goodstanding.sandbox.api import BASE, ROUTES, respond
from goodstanding.sandbox.call import Received
from goodstanding.sandbox.world import Settings, World

NAMES = [
    "business_id",
    "video_id",
    "comment_id",
    "text",
    "action",
    "fields",
    "filters",
    "comment_ids",
    "include_replies",
    "status",
    "sort_field",
    "sort_order",
    "cursor",
    "max_count",
    "app_id",
    "secret",
    "event_type",
    "callback_url",
    "item_list",
    "client_id",
    "client_secret",
    "grant_type",
    "auth_code",
    "redirect_uri",
    "refresh_token",
    "access_token",
    "conversation_id",
    "conversation_type",
    "capability_types",
    "recipient_type",
    "recipient",
    "direct_reply",
    "message_type",
    "template",
    "sender_action",
    "message_id",
    "media_id",
    "media_type",
    "auto_message_type",
    "auto_message_id",
    "auto_message_ids",
    "welcome_message",
    "operation_status",
    "direct_reply_type",
    "video_url",
    "post_info",
    "photo_images",
    "publish_id",
    "url_property_meta",
    "start_date",
    "end_date",
    "keyword",
    "search_query",
    "business_category",
    "item_id",
    "username",
    "hashtags",
    "regions",
]
BRAND, POST = "-000SbxTokoTehOpenId", "7672400000000000606"
GOOD = [
    BRAND,
    POST,
    APP,
    SECRET,
    "COMMENT",
    "http://127.0.0.1:1/",
    "http://[",
    "HIDE",
    "WELCOME_MESSAGE",
    "STRANGER",
    "CONVERSATION",
    "TEXT",
    {"body": "hoi"},
    {"content": "hoi"},
    "2026-09-20",
    "LIKE",
    "[]",
    "{}",
    '{"video_ids":5}',
    '["item_id"]',
    "authorization_code",
]
VALUES = st.sampled_from(GOOD) | st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
WORLD = World(Settings(limits=False, start_ms=1_790_000_000_000))


@pytest.mark.parametrize("path", sorted(ROUTES))
@settings(max_examples=40, deadline=None, database=None)
@given(parameters=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8), known=st.booleans())
def test_any_parameters_end_in_an_envelope(path, parameters, known):
    if known:
        parameters = {"business_id": BRAND, "video_id": POST, "app_id": APP, "secret": SECRET} | parameters
    for method in ROUTES[path]:
        query = urlencode(
            {
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in parameters.items()
            }
        )
        answer = respond(
            WORLD,
            Received(
                method=method,
                path=BASE + path,
                query=query.encode(),
                access_token=WORLD.state.grant(open_id=BRAND).access_token,
                body=json.dumps(parameters).encode(),
            ),
        )
        assert answer.status == 200
        envelope = json.loads(answer.body)
        assert set(envelope) == {"code", "message", "request_id", "data"}
        assert envelope["code"] == 0 or 40000 <= envelope["code"] < 41000
        assert envelope["code"] == 0 or envelope["data"] == {}
