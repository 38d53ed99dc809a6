"""How the imitated platform behaves: envelope, codes, pages, limits, faults."""

from email.utils import parsedate_to_datetime

import pytest
import requests
from sandbox_client import APP, SECRET, VIDEO


def code_of(answer):
    assert answer.status_code == 200
    return answer.json()["code"]


def test_envelope_tracing_and_date(shared):
    answer = shared.read("get/")
    body = answer.json()
    assert set(body) == {"code", "message", "request_id", "data"}
    assert (body["code"], body["message"]) == (0, "OK")
    assert answer.headers["X-Tt-Logid"] == body["request_id"]


def test_without_the_trailing_slash_there_is_no_such_page(shared):
    answer = shared.read("get")
    assert (answer.status_code, answer.text) == (404, "404 page not found")


def test_the_date_header_is_the_virtual_clock(start):
    client = start(start_ms=1_790_000_000_000)
    client.post("clock", freeze=True)
    client.post("clock", advance_seconds=86400 * 8)
    answers = [client.read("get/"), client.session.get(f"{client.url}/_sandbox/clock", timeout=10)]
    clock = client.get("clock")
    assert clock["frozen"]
    assert 1_790_000_000_000 <= clock["now_ms"] - 86400 * 8000 < 1_790_000_060_000
    for answer in answers:
        assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == clock["now_ms"] // 1000


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"token": "act.sbx.unknown"}, 40105),
        ({"token": ""}, 40104),
        ({"business_id": "-000SbxTokoTehOpenId"}, 40001),
        ({"business_id": ""}, 40002),
        ({"video_id": "1"}, 40007),
        ({"video_id": "7672400000000000606"}, 40007),
        ({"video_id": "7672400000000000202"}, 40007),
        ({"comment_id": "12"}, 40007),
        ({"comment_id": 12}, 40002),
        ({"text": ""}, 40002),
        ({"text": "   "}, 40002),
        ({"text": "x" * 1201}, 40002),
        ({"text": "x" * 1200}, 0),
    ],
    ids=str,
)
def test_a_reply_is_refused_with_its_code_and_leaves_no_trace(shared, change, code):
    comment_id = shared.comment()
    before = shared.get("state")["comments"]
    body = {"video_id": VIDEO, "comment_id": comment_id, "text": "Dank je!"} | change
    assert code_of(shared.api("comment/reply/create/", **body)) == code
    assert shared.get("state")["comments"] == before + (code == 0)


def test_a_body_that_is_no_json_object_is_refused(shared):
    for raw in (b"{", b"[]", b"", b"[" * 100_000):
        answer = shared.session.post(
            f"{shared.url}/open_api/v1.3/business/comment/hide/",
            data=raw,
            headers={"Access-Token": shared.token},
            timeout=10,
        )
        assert code_of(answer) == 40000


def test_a_body_beyond_the_bound_is_not_read(shared):
    answer = shared.session.post(
        f"{shared.url}/open_api/v1.3/business/comment/hide/", data=b"x" * (1 << 21), timeout=10
    )
    assert answer.status_code == 413


def test_an_expired_token_says_so_and_an_old_refresh_token_too(start):
    client = start()
    client.post("clock", advance_seconds=86401)
    assert code_of(client.read("get/")) == 40102
    client.post("clock", advance_seconds=365 * 86400)
    answer = client.session.post(
        f"{client.url}/open_api/v1.3/tt_user/oauth2/refresh_token/",
        json={
            "client_id": APP,
            "client_secret": SECRET,
            "grant_type": "refresh_token",
            "refresh_token": client.refresh,
        },
        timeout=10,
    )
    assert code_of(answer) == 40103


def test_rotation_ends_the_old_refresh_token(start):
    client = start(refresh_mode="rotate")
    url = f"{client.url}/open_api/v1.3/tt_user/oauth2/refresh_token/"
    body = {
        "client_id": APP,
        "client_secret": SECRET,
        "grant_type": "refresh_token",
        "refresh_token": client.refresh,
    }
    renewed = client.session.post(url, json=body, timeout=10).json()["data"]
    assert renewed["refresh_token"] != client.refresh
    assert code_of(client.session.post(url, json=body, timeout=10)) == 40107
    assert code_of(client.session.post(url, json=body | {"client_secret": "no"}, timeout=10)) == 40110
    assert code_of(client.session.post(url, json=body | {"client_id": "1"}, timeout=10)) == 40113
    assert code_of(client.session.post(url, json=body | {"grant_type": "x"}, timeout=10)) == 40108


def test_paging_gives_every_comment_with_short_pages_and_a_repeat_far_down(start):
    client = start(limits=False)
    client.post("crowd", count=700, seed=3, video_ids=[VIDEO])
    seen, sizes, cursor = [], [], 0
    while True:
        data = client.read("comment/list/", video_id=VIDEO, cursor=cursor, max_count=30).json()["data"]
        seen += [comment["comment_id"] for comment in data["comments"]]
        sizes.append(len(data["comments"]))
        cursor = data["cursor"]
        if not data["has_more"]:
            break
    assert len(set(seen)) == 700
    assert len(seen) > 700
    assert min(sizes[:-1]) < 30


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_comments_are_sorted_by_time_and_public_leaves_out_the_hidden(start, order):
    client = start(limits=False)
    client.post("crowd", count=20, seed=3, spread_seconds=2000, deliver=False, video_ids=[VIDEO])
    hidden = client.comment("weg ermee", hidden=True)
    parameters = {"video_id": VIDEO, "max_count": 30, "sort_field": "create_time", "sort_order": order}
    every = client.read("comment/list/", **parameters).json()["data"]["comments"]
    times = [int(comment["create_time"]) for comment in every]
    assert times == sorted(times, reverse=order == "desc")
    public = client.read("comment/list/", status="PUBLIC", **parameters).json()["data"]["comments"]
    assert [one["comment_id"] for one in every if one["comment_id"] != hidden] == [
        one["comment_id"] for one in public
    ]
    assert len(every) == 21


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_count": 31},
        {"max_count": 0},
        {"cursor": "x"},
        {"status": "SOME"},
        {"comment_ids": "[1"},
        {"sort_field": "age"},
    ],
    ids=str,
)
def test_a_listing_with_a_wrong_parameter_is_refused(shared, wrong):
    assert code_of(shared.read("comment/list/", video_id=VIDEO, **wrong)) == 40002


def test_forty_calls_a_minute_per_account_and_endpoint_then_five_minutes_of_silence(start):
    client = start(start_ms=1_790_000_040_000)
    client.post("clock", freeze=True)
    codes = []
    for _ in range(41):
        codes.append(code_of(client.read("get/")))
        client.post("clock", advance_seconds=0.2)
    assert codes == [0] * 40 + [40100]
    assert code_of(client.read("video/list/")) == 0
    client.post("clock", advance_seconds=290)
    assert code_of(client.read("get/")) == 40100
    client.post("clock", advance_seconds=11)
    assert code_of(client.read("get/")) == 0


def test_ten_calls_a_second_per_app(start):
    client = start()
    client.post("clock", freeze=True)
    assert [code_of(client.read("get/")) for _ in range(11)] == [0] * 10 + [40100]
    client.post("clock", advance_seconds=1)
    assert code_of(client.read("get/")) == 0
    client.post("inject", limits=False)
    assert [code_of(client.read("get/")) for _ in range(20)] == [0] * 20


def test_near_identical_replies_are_hidden_silently(start):
    client = start(limits=False)
    texts = [f"@viewer{n} Stuur ons INFO in een bericht, dan helpen we je verder{'!' * n}" for n in range(5)]
    replies = [client.reply(client.comment(), text).json()["data"]["comment_id"] for text in texts]
    listed = client.read("comment/list/", video_id=VIDEO, comment_ids=str(replies).replace("'", '"')).json()[
        "data"
    ]
    assert [comment["status"] for comment in listed["comments"]] == ["PUBLIC"] * 3 + ["HIDDEN"] * 2
    client.post("clock", advance_seconds=601)
    later = client.reply(client.comment(), texts[0]).json()["data"]["comment_id"]
    listed = client.read("comment/list/", video_id=VIDEO, comment_ids=f'["{later}"]').json()["data"]
    assert listed["comments"][0]["status"] == "PUBLIC"


# --- faults ---


@pytest.mark.parametrize("kind", ["timeout_after_commit", "drop_after_commit"])
def test_the_reply_is_stored_although_the_connection_breaks(shared, kind):
    comment_id = shared.comment()
    shared.post("inject", fault={"kind": kind, "endpoint": "reply/create/", "times": 1, "seconds": 5})
    with pytest.raises(requests.RequestException):
        shared.reply(comment_id, f"Antwoord {kind}", timeout=0.4)
    call = shared.get("calls", act="reply", limit=100000)["calls"][-1]
    assert (call["cause"], call["accepted"], call["code"], call["fault"]) == (comment_id, True, None, kind)
    stored = shared.read("comment/reply/list/", video_id=VIDEO, comment_id=comment_id).json()["data"][
        "comments"
    ]
    assert [one["text"] for one in stored] == [f"Antwoord {kind}"]
    assert stored[0]["comment_id"] == call["comment_id"]


def test_a_line_cut_before_the_act_leaves_nothing(shared):
    comment_id = shared.comment()
    shared.post("inject", fault={"kind": "drop_before_commit", "times": 1})
    with pytest.raises(requests.ConnectionError):
        shared.reply(comment_id, "Komt niet aan")
    assert (
        shared.read("comment/reply/list/", video_id=VIDEO, comment_id=comment_id).json()["data"]["comments"]
        == []
    )
    assert not shared.get("calls", act="reply", limit=100000)["calls"][-1]["accepted"]


@pytest.mark.parametrize("after_commit", [False, True])
def test_server_error_throttle_and_gateway_page(shared, after_commit):
    comment_id = shared.comment()
    shared.post(
        "inject",
        faults=[
            {"kind": "server_error", "times": 1, "after_commit": after_commit},
            {"kind": "server_error", "times": 1, "code": 60001},
            {"kind": "throttle", "times": 1},
            {"kind": "gateway_page", "times": 1},
        ],
    )
    codes = [code_of(shared.reply(comment_id, f"poging {n} {after_commit}")) for n in range(3)]
    assert codes == [50002, 60001, 40100]
    page = shared.reply(comment_id, "poging vier")
    assert (page.status_code, page.headers["Content-Type"]) == (502, "text/html")
    stored = shared.read("comment/reply/list/", video_id=VIDEO, comment_id=comment_id).json()["data"][
        "comments"
    ]
    assert len(stored) == after_commit


def test_chance_of_a_fault_follows_from_the_seed(start):
    runs = []
    for _ in range(2):
        client = start(limits=False, seed=9)
        client.post("inject", fault={"kind": "server_error", "endpoint": "business/get/", "probability": 0.3})
        runs.append([code_of(client.read("get/")) for _ in range(60)])
        assert code_of(client.read("video/list/")) == 0
    assert runs[0] == runs[1]
    assert 6 <= runs[0].count(50002) <= 32
    client.post("inject", clear=True)
    assert {code_of(client.read("get/")) for _ in range(30)} == {0}


# --- control ---


def test_the_call_log_is_the_truth_and_names_double_replies(start):
    client = start(limits=False)
    first, second = client.comment("prijs?"), client.comment("vuile klootzak")
    reply = client.reply(first, "Zo'n 30 euro!").json()["data"]["comment_id"]
    client.api("comment/hide/", video_id=VIDEO, comment_id=second, action="HIDE")
    client.reply(first, "Nog een keer")
    client.reply("99", "Naar niemand")
    log = client.get("calls", accepted=True)
    assert [(c["act"], c["cause"], c["comment_id"], c["text"], c["action"]) for c in log["calls"]][:2] == [
        ("reply", first, reply, "Zo'n 30 euro!", ""),
        ("hide", second, second, "", "HIDE"),
    ]
    assert log["doubled"] == {first: 2}
    assert len(log["calls"]) == 3
    assert {(c["endpoint"], c["code"]): c["count"] for c in log["counts"]}[
        "/business/comment/reply/create/", "40007"
    ] == 1


def test_tokens_and_secrets_stay_out_of_every_log(start):
    client = start(app_secret="planted-secret-1")
    client.session.get(
        f"{client.url}/open_api/v1.3/business/webhook/list/",
        params={"app_id": APP, "secret": "planted-secret-1", "event_type": "COMMENT"},
        timeout=10,
    )
    client.read("get/")
    shown = str([client.get(path) for path in ("calls", "deliveries", "state", "transcript")])
    assert "webhook/list" in shown
    assert "planted-secret-1" not in shown
    assert client.token not in shown


def test_the_transcript_shows_threads_with_what_is_hidden(start):
    client = start()
    first = client.comment("vraagje")
    client.reply(first, "antwoord")
    client.comment("weg", hidden=True)
    thread = client.get("transcript", video_id=VIDEO)["videos"][0]["comments"]
    assert [(c["text"], c["hidden"], [r["text"] for r in c["replies"]]) for c in thread] == [
        ("vraagje", False, ["antwoord"]),
        ("weg", True, []),
    ]


def test_own_accounts_and_videos_can_be_seeded(start):
    client = start()
    account = {"open_id": "-000SbxEigen", "unique_identifier": "+SbxEigen", "username": "eigen.sbx"}
    video = {"open_id": "-000SbxEigen", "item_id": "7672400000000000999", "caption": "proef"}
    seeded = client.post(
        "seed", accounts=[account], videos=[video], grant=["-000SbxEigen"], scopes=["comment.list"]
    )
    assert seeded["grants"][0]["scope"] == "comment.list"
    assert [v["item_id"] for v in seeded["videos"] if v["open_id"] == "-000SbxEigen"] == [
        "7672400000000000999"
    ]


def test_control_calls_need_json_and_this_machine(shared):
    url = f"{shared.url}/_sandbox/clock"
    assert (
        shared.session.post(url, data="{}", headers={"Content-Type": "text/plain"}, timeout=10).status_code
        == 415
    )
    assert shared.session.post(url, json={"hour": 1}, timeout=10).status_code == 400
    assert shared.session.get(url, headers={"Host": "evil.example"}, timeout=10).status_code == 421
    platform = f"{shared.url}/open_api/v1.3/business/get/"
    assert shared.session.get(platform, headers={"Host": "evil.example"}, timeout=10).status_code == 421


def test_the_page_labels_what_is_assumed(shared):
    page = shared.session.get(f"{shared.url}/_sandbox/", timeout=10)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Assumed, not documented" in page.text
    for one in shared.get("state")["assumed"]:
        assert one["subject"] in page.text


@pytest.mark.parametrize(
    ("uri", "allowed"),
    [
        ("https://app.example/back/", True),
        ("https://app.example/back", False),
        ("https://app.example:8443/back/", False),
        ("http://app.example/back/", False),
        ("https://app.example/back/?x=1", False),
        ("http://127.0.0.1:8000/back/", False),
        ("https://e.x/" + "a" * 510 + "/", False),
    ],
)
def test_redirect_addresses_follow_the_rules_of_the_platform(uri, allowed):
    from goodstanding.sandbox.consent import redirect_problem

    assert (redirect_problem(uri, local=False) is None) == allowed
    assert redirect_problem("http://127.0.0.1:8000/back/", local=True) is None


def test_an_act_can_be_told_before_its_own_answer(shared):
    comment_id = shared.comment()
    shared.post("inject", fault={"kind": "slow", "times": 1, "seconds": 0.2})
    answer = shared.reply(comment_id, "Trage reactie")
    assert answer.elapsed.total_seconds() >= 0.2
    call = shared.get("calls", act="reply", limit=100000)["calls"][-1]
    assert (call["fault"], call["accepted"], call["comment_id"]) == (
        "slow",
        True,
        answer.json()["data"]["comment_id"],
    )


def test_a_deleted_reply_no_longer_counts(shared):
    comment_id = shared.comment()
    reply = shared.reply(comment_id, "Even weg").json()["data"]["comment_id"]
    assert code_of(shared.api("comment/delete/", comment_id=reply)) == 0
    found = shared.read("comment/list/", video_id=VIDEO, comment_ids=f'["{comment_id}"]').json()["data"][
        "comments"
    ]
    assert found[0]["replies"] == 0


def test_listings_survive_what_was_forgotten_under_another_video(start):
    client = start(comments_max=10, limits=False)
    client.post("crowd", count=10, seed=1, deliver=False, video_ids=[VIDEO])
    assert len(client.read("comment/list/", video_id=VIDEO).json()["data"]["comments"]) == 10
    client.post("crowd", count=4, seed=2, deliver=False, video_ids=["7672400000000000202"])
    assert len(client.read("comment/list/", video_id=VIDEO).json()["data"]["comments"]) == 6
