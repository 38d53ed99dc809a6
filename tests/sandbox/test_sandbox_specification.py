"""Rules of the platform that are easily forgotten: levels, returning users, ids, pictures, mentions, viewers in the EEA."""

import re
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pytest
from sandbox_client import APP, AWAY, LOTTE, SECRET, VIDEO, App

from goodstanding.sandbox.controls import CONTROLS
from goodstanding.sandbox.faults import Kind
from goodstanding.sandbox.numbers import Level
from goodstanding.sandbox.personas import personas

BACK = "https://app.example/back/"
SCOPES = "comment.list,video.list"


def authorize(client, *, method="get", scope=SCOPES, open_id=LOTTE, **more):
    asked = {"client_key": APP, "response_type": "code", "scope": scope, "redirect_uri": BACK, "state": "s 1"}
    url = f"{client.url}/v2/auth/authorize/"
    if method == "get":
        return client.session.get(url, params=asked | more, allow_redirects=False, timeout=10)
    form = [*(asked | more).items(), ("open_id", open_id), ("answer", "allow")]
    form += [("granted", one) for one in scope.split(",")]
    return client.session.post(url, data=form, allow_redirects=False, timeout=10)


def test_a_returning_user_comes_back_without_a_code_unless_the_page_is_asked_for(start):
    client = start(limits=False)
    assert authorize(client).status_code == 200
    first = parse_qs(urlsplit(authorize(client, method="post").headers["Location"]).query)
    token = {
        "client_id": APP, "client_secret": SECRET, "grant_type": "authorization_code",
        "auth_code": first["code"][0], "redirect_uri": BACK,
    }  # fmt: skip
    client.session.post(f"{client.url}/open_api/v1.3/tt_user/oauth2/token/", json=token, timeout=10)
    again = authorize(client)
    assert (again.status_code, again.headers["Location"]) == (302, f"{BACK}?state=s+1")
    assert authorize(client, disable_auto_auth="1").status_code == 200
    assert authorize(client, scope=f"{SCOPES},user.insights").status_code == 200
    client.post("options", bounce_returning=False)
    assert authorize(client).status_code == 200
    client.post("options", bounce_returning=True)
    client.post("revoke", open_id=LOTTE)
    assert authorize(client).status_code == 200


@pytest.mark.parametrize(
    ("level", "most"), [("basic", 10), ("advanced", 20), ("premium", 30), ("ultimate", 50)]
)
def test_an_app_of_a_higher_level_may_call_more_often(start, level, most):
    client = start(level=level)
    client.post("clock", freeze=True)
    tokens = f"{client.url}/open_api/v1.3/tt_user/token_info/get/"
    body = {"app_id": APP, "access_token": client.token}
    codes = [client.session.post(tokens, json=body, timeout=10).json()["code"] for _ in range(most + 1)]
    assert codes == [0] * most + [40100]
    assert client.get("state")["level"] == level


def test_the_level_can_be_changed_while_it_runs_and_the_endpoint_limit_stays(start):
    client = start()
    client.post("clock", freeze=True)
    assert client.post("inject", level="ultimate")["level"] == "ultimate"
    codes = [client.read("get/").json()["code"] for _ in range(41)]
    assert codes == [0] * 40 + [40100]


def test_too_many_ids_have_a_code_of_their_own(shared):
    asked = str([str(7247303576418566000 + n) for n in range(31)]).replace("'", '"')
    assert shared.read("comment/list/", video_id=VIDEO, comment_ids=asked).json()["code"] == 40011


def test_a_comment_carries_the_old_id_of_its_writer_and_the_same_one_each_time(shared):
    ids = [
        shared.comment("een", viewer="wim"),
        shared.comment("twee", viewer="wim"),
        shared.comment("drie", viewer="jo"),
    ]
    found = shared.read("comment/list/", video_id=VIDEO, comment_ids=str(ids).replace("'", '"')).json()[
        "data"
    ]
    users = [one["user_id"] for one in found["comments"]]
    assert users[0] == users[1] != users[2]
    assert all(len(one) == 19 and one.isdecimal() for one in users)


def test_a_reply_shows_the_picture_it_was_sent_with(shared):
    app = {"app_id": APP, "secret": SECRET, "url_property_meta": {"property_type": 1, "url": "cdn.example"}}
    for act in ("add", "verify"):
        shared.session.post(f"{shared.url}/open_api/v1.3/business/property/{act}/", json=app, timeout=10)
    address = "https://cdn.example/pan.png"
    made = shared.reply(shared.comment(), "Deze pan", reply_image_url=address).json()["data"]
    assert made["image_url"] == address
    elsewhere = shared.reply(shared.comment(), "Deze pan?", reply_image_url="https://else.example/x.png")
    assert elsewhere.json()["code"] == 40002


def test_posts_are_listed_for_comments_only_and_a_hundred_at_most(start):
    client = start(limits=False)
    url = f"{client.url}/open_api/v1.3/business/webhook/update/"
    body = {"app_id": APP, "secret": SECRET, "event_type": "COMMENT", "callback_url": AWAY}

    def update(**more):
        return client.session.post(url, json=body | more, timeout=10).json()["code"]

    assert update(item_list=[str(n) for n in range(60)]) == 0
    assert update(item_list=[str(n) for n in range(30, 100)]) == 0
    assert update(item_list=["100"]) == 40002
    assert update(event_type="VIDEO", item_list=["1"]) == 40002
    shown = client.session.get(
        f"{client.url}/open_api/v1.3/business/webhook/list/",
        params={"app_id": APP, "secret": SECRET, "event_type": "NEWS"},
        timeout=10,
    )
    assert shown.json()["code"] == 40002


@pytest.fixture
def app(start):
    return App(start(limits=False, webhook=AWAY), "business-id")


def test_an_edited_mention_is_told_again_and_a_private_one_is_in_no_list(app):
    item = app.client.post("mentions", business_id=app.id, spaced_type=True)["item_id"]
    app.client.post("mentions/change", business_id=app.id, item_id=item, caption="Nieuw @x")
    app.later(3 * 3600)
    told = app.events("brand.mention.event")
    assert [one["type_of_event"] for one in told] == ["CREATE", "EDIT"]
    assert {one["mention_type"] for one in told} == {"VIDEO MENTION"}
    assert told[1]["video_caption"] == "Nieuw @x"
    app.client.post("mentions/change", business_id=app.id, item_id=item, change="PRIVACY_CHANGE")
    app.later(3 * 3600)
    assert app.events("brand.mention.event")[-1]["type_of_event"] == "PRIVACY_CHANGE"
    assert app.get("mention/video/list/")["data"]["videos"] == []


def test_nothing_more_is_told_of_a_viewer_in_the_eea(app):
    app.hears(viewer="els", country="NL")
    app.client.post("reads", business_id=app.id, viewer="els")
    app.client.post("referrals", business_id=app.id, viewer="els", ref="x")
    app.client.post("app/messages", business_id=app.id, viewer="els", text="Dag Els")
    (told,) = app.events("im_")
    assert set(told) == {"to", "to_user", "timestamp"}


def test_a_keyword_reply_of_the_app_says_so(app):
    talk = app.hears()
    app.client.post("app/messages", business_id=app.id, viewer="vera", text="Tot zo!", auto_reply=True)
    (echo,) = app.events("im_send_msg")
    assert (echo["auto_message_type"], echo["message_tag"]) == ("AUTO_REPLY", {"source": "OTHERS"})
    listed = app.get("message/content/list/", conversation_id=talk)["data"]["messages"][0]
    assert listed["auto_message_type"] == "AUTO_REPLY"
    strangers = app.get("message/conversation/list/", conversation_type="STRANGER")["data"]["conversations"]
    assert [one["conversation_id"] for one in strangers] == [talk]


def test_an_emoji_made_by_ai_has_a_picture(app):
    talk = app.hears()
    message = app.sends(talk)["data"]["message"]["message_id"]
    picture = "https://cdn.example/emoji.png"
    app.client.post("reactions", business_id=app.id, viewer="vera", message_id=message, ai_emoji_url=picture)
    (told,) = app.events("im_receive_msg")[-1]["reaction"]
    assert (told["type"], told["ai_emoji_url"]) == ("AI_EMOJI", picture)
    kept = app.get("message/content/list/", conversation_id=talk)["data"]["messages"][0]["reactions"]
    assert kept[0]["ai_emoji_url"] == picture


def test_a_message_of_another_kind_is_told_and_listed_without_content(app):
    talk = app.hears(kind="other", text="")
    (told,) = app.events("im_receive_msg")
    assert told["type"] == "other" and "other" not in told
    listed = app.get("message/content/list/", conversation_id=talk)["data"]["messages"][0]
    assert listed["message_type"] == "OTHER" and not {"text", "image", "other"} & set(listed)


def test_an_account_can_be_made_as_the_test_needs_it(start):
    client = start(limits=False, webhook=AWAY)
    made = App(client, "business-id", messages_from="accepted", analytics=False, followers=99)
    made.hears()
    assert made.events("im_") == []
    client.post("requests/accept", business_id=made.id, viewer="vera")
    assert len(made.events("im_receive_msg")) == 1
    listed = made.get("message/conversation/list/", conversation_type="SINGLE")["data"]["conversations"]
    assert len(listed) == 1
    assert made.get("get/", fields='["followers_count", "likes"]')["data"] == {
        "followers_count": 99,
        "metrics": [],
    }


def test_the_printed_address_leads_to_the_page(shared):
    page = shared.session.get(f"{shared.url}/", timeout=10)
    assert (page.status_code, page.url) == (200, f"{shared.url}/_sandbox/")


def test_every_call_that_changes_something_has_a_form_with_all_it_takes(shared):
    page = shared.session.get(f"{shared.url}/_sandbox/", timeout=10).text
    for one in CONTROLS:
        if one.method != "POST":
            continue
        form = page.partition(f'<form data-call="/_sandbox{one.path}">')[2].partition("</form>")[0]
        named = set(re.findall(r'name="([\w]+)"', form))
        assert named == set(one.takes.__struct_fields__), one.path
    for choice in (*get_args(Kind), *personas(), *get_args(Level)):
        assert f">{choice}</option>" in page
