"""TikTok's own software kit for Python: does it take our envelope, headers and errors for the platform's?"""

import business_api_client as kit
import pytest
from business_api_client.tiktok_business.tiktok_exceptions import TiktokSDKError

from goodstanding.sandbox.advertising import advertiser_id


@pytest.fixture
def connected(stage):
    made = stage(limits=False)
    account = made.control("accounts", persona="personal-nl")
    made.control("comment", text="Waar is de link?", video_id=account["video_ids"][0], viewer="vera")
    configuration = kit.Configuration()
    configuration.host = made.url
    client = kit.ApiClient(configuration)
    yield made, account, client
    client.rest_client.pool_manager.clear()


def test_it_exchanges_a_code_and_lists_comments(connected):
    stage, account, client = connected
    code = stage.consent(account["business_id"], ["comment.list", "video.list"])["code"]
    body = kit.Oauth2AccessTokenBody(app_id=stage.app_id, secret=stage.secret, auth_code=code)
    answer = kit.AuthenticationApi(client).oauth2_access_token(body=body)
    advertiser, token = answer["data"]["advertiser_ids"][0], answer["data"]["access_token"]
    comments = kit.CommentsApi(client).comment_list(
        advertiser, "2020-01-01", "2099-01-01", "CONTENT", "link", token, page=1, page_size=10
    )
    assert [one["content"] for one in comments["data"]["comments"]] == ["Waar is de link?"]
    assert comments["data"]["page_info"]["total_number"] == 1
    assert comments["request_id"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"access_token": "act.sbx.unknown"}, 40105),
        ({"search_field": "NOTHING"}, 40002),
        ({"advertiser_id": "7"}, 40001),
        ({"start_time": "soon"}, 40002),
    ],
    ids=str,
)
def test_it_raises_its_own_error_with_our_code_and_request_id(connected, change, code):
    stage, account, client = connected
    asked = {
        "advertiser_id": "7000000000000000001",
        "start_time": "2020-01-01",
        "end_time": "2099-01-01",
        "search_field": "CONTENT",
        "search_value": "link",
        "access_token": account["access_token"],
    }
    asked["advertiser_id"] = advertiser_id(account["business_id"])
    with pytest.raises(TiktokSDKError) as caught:
        kit.CommentsApi(client).comment_list(**(asked | change))
    calls = stage.session.get(f"{stage.url}/_sandbox/calls", timeout=10).json()["calls"]
    assert f"Error Code: {code}, " in str(caught.value)
    assert calls[-1]["request_id"] in str(caught.value)


def test_a_fault_of_the_gateway_is_no_envelope(connected):
    stage, account, client = connected
    stage.control("inject", fault={"kind": "gateway_page", "endpoint": "*", "times": 1})
    with pytest.raises(kit.rest.ApiException) as caught:
        kit.AuthenticationApi(client).oauth2_access_token(
            body=kit.Oauth2AccessTokenBody(app_id=stage.app_id, secret=stage.secret, auth_code="x")
        )
    assert caught.value.status == 502
