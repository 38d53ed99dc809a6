"""What each kind of account may do, and with which code it is told no."""

import pytest
from sandbox_client import AWAY, DAY, App

from goodstanding.sandbox.personas import capabilities, personas


@pytest.fixture(scope="module")
def apps(shared):
    return {name: App(shared, name) for name in personas()}


MESSAGES = {
    "personal-nl": 40001,
    "personal-small": 40001,
    "business-nl": 40118,
    "business-us": 40118,
    "business-us-reviewed": 0,
    "business-id": 0,
    "business-unverified": 0,
    "business-vn": 0,
}


def test_every_persona_is_listed_with_what_it_is_offered(shared):
    listed = {one["persona"]: one for one in shared.get("personas")["personas"]}
    assert set(listed) == set(MESSAGES)
    assert {name: one["capabilities"]["messages"] for name, one in listed.items()} == {
        name: code == 0 for name, code in MESSAGES.items()
    }
    assert [name for name, one in listed.items() if one["account"]["comment_to_message"]] == ["business-vn"]
    assert all(
        "verzonnen" in one["account"]["display_name"] or one["account"]["display_name"]
        for one in listed.values()
    )


@pytest.mark.parametrize(("persona", "code"), MESSAGES.items())
def test_messages_are_open_or_closed(apps, persona, code):
    app = apps[persona]
    assert app.get("message/conversation/list/", conversation_type="SINGLE")["code"] == code
    assert app.post("message/auto_message/get/", auto_message_type="CHAT_PROMPT")["code"] == code
    written = app.client.post("messages", business_id=app.id, viewer="vera", text="INFO")
    assert written["announced"] == (code == 0)
    assert bool(written["why_not"]) == (code != 0)


@pytest.mark.parametrize("persona", MESSAGES)
def test_comments_insights_and_publishing_are_open_to_all(apps, persona):
    app = apps[persona]
    assert app.get("comment/list/", video_id=app.video)["code"] == 0
    assert app.get("get/", fields='["video_views"]')["code"] == 0
    assert app.get("video/settings/")["code"] == 0


@pytest.mark.parametrize("persona", MESSAGES)
def test_mentions_need_a_business_account(apps, persona):
    code = apps[persona].get("mention/video/list/")["code"]
    assert code == (0 if persona.startswith("business") else 40001)


ALL = '["video_views","unique_video_views","bio_link_clicks","daily_new_followers","audience_activity","audience_ages"]'


@pytest.mark.parametrize(
    ("persona", "present"),
    [
        ("personal-nl", {"date", "video_views", "audience_activity"}),
        ("personal-small", {"date", "video_views"}),
        (
            "business-unverified",
            {"date", "video_views", "unique_video_views", "daily_new_followers", "audience_activity"},
        ),
        (
            "business-id",
            {
                "date",
                "video_views",
                "unique_video_views",
                "daily_new_followers",
                "audience_activity",
                "bio_link_clicks",
            },
        ),
    ],
)
def test_what_an_account_does_not_have_is_absent_and_not_zero(apps, persona, present):
    data = apps[persona].get("get/", fields=ALL)["data"]
    assert data["metrics"] and all(set(day) == present for day in data["metrics"])
    assert ("audience_ages" in data) == (persona != "personal-small")


def test_clicks_of_a_video_are_for_verified_businesses_and_profile_views_for_businesses(apps):
    fields = '["item_id","website_clicks","profile_views","new_followers"]'
    got = {
        name: set(app.get("video/list/", fields=fields)["data"]["videos"][0]) - {"item_id"}
        for name, app in apps.items()
    }
    assert got["personal-nl"] == {"new_followers"}
    assert got["business-unverified"] == {"new_followers", "profile_views"}
    assert got["business-id"] == {"new_followers", "profile_views", "website_clicks"}


def test_a_country_can_be_chosen_and_decides(shared):
    app = App(shared, "business-id", country="DE")
    assert app.account["capabilities"] == capabilities_of(app.account)
    assert app.get("message/conversation/list/", conversation_type="SINGLE")["code"] == 40118


def capabilities_of(account):
    import msgspec

    from goodstanding.sandbox.numbers import read_numbers
    from goodstanding.sandbox.state import Account

    known = {name: account[name] for name in Account.__struct_fields__}
    return capabilities(msgspec.convert(known, Account), read_numbers().regions)


def test_names_and_ids_can_be_chosen_and_scopes_left_out(shared):
    app = App(shared, "business-id", open_id="-000Chosen", username="chosen", scopes=["comment.list"])
    assert (app.id, app.account["username"], app.account["scope"]) == ("-000Chosen", "chosen", "comment.list")
    assert app.get("comment/list/", video_id=app.video)["code"] == 0
    assert app.get("video/list/")["code"] == 40001
    assert app.get("message/conversation/list/", conversation_type="SINGLE")["code"] == 40001


def test_without_the_scope_nothing_is_told(start):
    client = start(limits=False, webhook=AWAY)
    app = App(client, "business-id", scopes=["comment.list"])
    client.post("messages", business_id=app.id, viewer="vera", text="INFO")
    client.post("comment", text="hoi", video_id=app.video)
    assert [one["event"] for one in client.get("deliveries")["deliveries"]] == ["comment.update"]


def test_an_authorization_that_ends_is_told_once_and_silences_the_account(start):
    client = start(limits=False, webhook=AWAY)
    app = App(client, "business-id")
    assert client.post("authorizations/remove", business_id=app.id, reason=4) == {"grants_ended": 1}
    assert client.post("authorizations/remove", business_id=app.id, reason=4) == {"grants_ended": 0}
    assert app.get("get/")["code"] == 40105
    app.hears()
    client.post("comment", text="hoi", video_id=app.video)
    (told,) = client.get("deliveries")["deliveries"]
    assert (told["event"], told["content"]) == ("authorization.removed", {"reason": 4})
    client.post("seed", grant=[app.id])
    app.hears()
    assert len(client.get("deliveries")["deliveries"]) == 2


def test_the_code_of_the_consent_page_lives_ten_minutes(start):
    client = start(limits=False, start_ms=1_790_000_000_000)
    code = client.world.state.new_code(
        open_id="-000SbxTokoTehOpenId", scopes=["comment.list"], redirect_uri="https://a.example/"
    )
    client.post("clock", freeze=True)
    client.post("clock", advance_seconds=600)
    body = {
        "client_id": "7412345678901234567",
        "client_secret": "sandbox-app-secret",
        "grant_type": "authorization_code",
        "auth_code": code,
        "redirect_uri": "https://a.example/",
    }
    answer = client.session.post(f"{client.url}/open_api/v1.3/tt_user/oauth2/token/", json=body, timeout=10)
    assert answer.json()["code"] == 40101


def test_addresses_of_pictures_expire(start):
    client = start(limits=False, start_ms=1_790_000_000_000)
    app = App(client, "personal-nl")
    image = app.get("get/")["data"]["profile_image"]
    thumb = app.get("video/list/", fields='["item_id","thumbnail_url"]')["data"]["videos"][0]["thumbnail_url"]
    for address in (image, thumb):
        assert "x-expires=" in address
        assert client.session.get(address, timeout=10).headers["content-type"] == "image/png"
    app.later(2 * DAY)
    assert client.session.get(image, timeout=10).status_code == 403
    assert app.get("get/")["data"]["profile_image"] != image
