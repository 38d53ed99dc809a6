"""The Accounts API: against the real sandbox where it serves a call, and against the documented shapes where it does not."""

import asyncio
import json
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from aiohttp import web

from goodstanding.adapters.http import Http
from goodstanding.adapters.tiktok.client import TikTok
from goodstanding.adapters.tiktok.limits import Pace, call_limits
from goodstanding.sandbox.server import serving
from goodstanding.sandbox.world import Settings
from goodstanding.usecases.ports.feed import ClickPermit, ReadFailedError, UploadedImage
from tests import support

LOTTE = "-000SbxLotteKooktOpenId"
VIDEO = "7672400000000000101"
ACCOUNT = support.account(external_id=LOTTE, identifier="+SbxLotteKookt")


class Fixed:
    """One access token; asked to renew it, it can or cannot."""

    def __init__(self, token="t1", then=""):
        self.token, self.then = token, then

    def access(self, account):
        return self.token

    async def refresh(self, account, stale):
        if not self.then:
            return False
        self.token, self.then = self.then, ""
        return True


def client(base, tokens=None, *, pace=None):
    return TikTok(
        http=Http(allowed=frozenset({"127.0.0.1"}), seconds=3.0), base=base, secret="s", tokens=tokens or Fixed(),
        hear=lambda _: None, now=lambda: 1_790_000_000_000, pace=pace,
    )  # fmt: skip


# --- the sandbox ---


@pytest.fixture(scope="module")
def sandbox():
    import urllib.request

    with serving(Settings(limits=False)) as running:

        def post(path, **body):
            request = urllib.request.Request(
                f"{running.url}/_sandbox/{path}",
                json.dumps(body).encode(),
                {"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)

        token = post("seed", grant=[LOTTE])["grants"][0]["access_token"]
        yield SimpleNamespace(url=running.url, post=post, token=token)


@pytest.fixture
def ask(sandbox):
    def run(work):
        async def inside():
            one = client(f"{sandbox.url}/open_api/v1.3", Fixed(sandbox.token))
            try:
                return await work(one)
            finally:
                await one.close()

        return asyncio.run(inside())

    return run


def test_an_account_is_read_and_what_is_absent_stays_absent(ask):
    page = ask(lambda api: api.account_page(ACCOUNT, since="2026-10-01", until="2026-10-07"))
    assert page.handle
    assert page.business is not None
    assert page.followers == page.insights["followers_count"]
    assert "phone_number_clicks" not in page.insights


def test_posts_are_listed_newest_first_and_by_id(ask):
    async def work(api):
        page = await api.video_page(ACCOUNT)
        one = await api.video_page(ACCOUNT, ids=[VIDEO])
        older = await api.video_page(ACCOUNT, before=page.videos[0].published_at)
        return page, one, older

    page, one, older = ask(work)
    times = [v.published_at for v in page.videos]
    assert times == sorted(times, reverse=True)
    assert [v.id for v in one.videos] == [VIDEO]
    assert page.videos[0].id not in [v.id for v in older.videos]
    assert isinstance(page.videos[0].insights["video_duration"], str), "a fraction stays as it was written"
    assert isinstance(page.videos[0].insights["likes"], int)


def test_comments_and_replies_are_read_to_the_end(ask, sandbox):
    ids = [sandbox.post("comment", text=f"vraag {n}", video_id=VIDEO)["comment_id"] for n in range(40)]

    async def work(api):
        found, cursor, more = [], 0, True
        while more:
            page = await api.comment_page(ACCOUNT, VIDEO, cursor=cursor, replies=True)
            found += page.comments
            cursor, more = page.cursor, page.more
        named = await api.comments_by_id(ACCOUNT, VIDEO, [ids[0], "1"])
        return found, named.comments

    found, named = ask(work)
    assert set(ids) <= {c.id for c in found}
    newest = [c.at for c in found]
    assert newest == sorted(newest, reverse=True)
    assert [c.id for c in named] == [ids[0]]
    assert (named[0].own, named[0].hidden, named[0].text, named[0].parent_id) == (False, False, "vraag 0", "")


def test_a_person_likes_comments_and_takes_back(ask, sandbox):
    target = sandbox.post("comment", text="mooi", video_id=VIDEO)["comment_id"]

    async def work(api):
        def permit(act, **more):
            return ClickPermit(account=ACCOUNT, person_id=1, act=act, video_id=VIDEO, **more)

        liked = await api.click(permit("like", comment_id=target))
        seen = (await api.comments_by_id(ACCOUNT, VIDEO, [target])).comments[0].liked
        unliked = await api.click(permit("unlike", comment_id=target))
        wrote = await api.click(permit("comment", text="Dank jullie wel!"))
        mine = (await api.comments_by_id(ACCOUNT, VIDEO, [wrote.provider_ref])).comments[0]
        gone = await api.click(permit("delete", comment_id=wrote.provider_ref))
        after = (await api.comments_by_id(ACCOUNT, VIDEO, [wrote.provider_ref])).comments
        strange = await api.click(permit("delete", comment_id=target))
        return liked.state, seen, unliked.state, mine.own, gone.state, after, (strange.state, strange.code)

    assert ask(work) == ("done", True, "done", True, "done", (), ("failed", "40001"))


def test_what_the_platform_refuses_is_told(ask):
    async def work(api):
        with pytest.raises(ReadFailedError) as gone:
            await api.comment_page(ACCOUNT, "1")
        stranger = support.account(external_id="-000Nobody")
        with pytest.raises(ReadFailedError) as foreign:
            await api.video_page(stranger)
        return (gone.value.kind, gone.value.answer), (foreign.value.kind, foreign.value.answer)

    assert ask(work) == (("absent", "40007"), ("capability", "40001"))


# --- the documented shapes ---


@asynccontextmanager
async def imitation(routes):
    """A server that answers `path -> function(params) -> (code, data)` in the platform's envelope."""
    seen = []

    async def answer(request):
        if request.method == "GET":
            params = dict(request.query)
        elif request.content_type == "multipart/form-data":
            params = {}
            for name, value in (await request.post()).items():
                params[name] = value.file.read() if hasattr(value, "file") else value
        else:
            params = await request.json()
        seen.append((request.path, params, request.headers.get("Access-Token")))
        told = routes[request.path](params)
        if isinstance(told, bytes):
            return web.Response(body=told, content_type="application/json")
        code, data = told
        return web.json_response({"code": code, "message": "x", "request_id": "r", "data": data})

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", seen
    finally:
        await runner.cleanup()


def with_answers(routes, work, **named):
    async def inside():
        async with imitation(routes) as (base, seen):
            api = client(base, **named)
            try:
                return await work(api), seen
            finally:
                await api.close()

    return asyncio.run(inside())


def test_insights_of_a_post_keep_every_figure_as_it_was_written():
    video = (
        b'{"code":0,"data":{"videos":[{"item_id":7203946942097902849,"create_time":"1790000000","caption":"3 tips",'
        b'"video_duration":74.20,"video_views":60311,"average_time_watched":24.0,'
        b'"impression_sources":[{"impression_source":"For You","percentage":0.83}]}],"cursor":1789990000000,"has_more":true}}'
    )
    page, seen = with_answers(
        {"/business/video/list/": lambda _: video}, lambda api: api.video_page(ACCOUNT, insights=True)
    )
    one = page.videos[0]
    assert (one.id, one.published_at, one.comments) == ("7203946942097902849", 1_790_000_000_000, None)
    assert one.insights["video_duration"] == "74.20"
    assert one.insights["impression_sources"] == [{"impression_source": "For You", "percentage": "0.83"}]
    assert "reach" not in one.insights
    assert (page.cursor, page.more) == (1789990000000, True)
    asked = json.loads(seen[0][1]["fields"])
    assert asked[0] == "item_id"
    assert "video_view_retention" in asked
    assert seen[0][1]["max_count"] == "20"


def test_without_the_scope_of_insights_the_rest_is_read():
    def answer(params):
        return (
            (40001, {})
            if "full_video_watched_rate" in params["fields"]
            else (0, {"videos": [{"item_id": "1"}]})
        )

    page, seen = with_answers(
        {"/business/video/list/": answer}, lambda api: api.video_page(ACCOUNT, insights=True)
    )
    assert [v.id for v in page.videos] == ["1"]
    assert page.missing_scopes == ("video.insights",)
    assert len(seen) == 2


def test_fields_of_a_scope_that_was_not_granted_are_left_out_and_named():
    def answer(params):
        wanted = json.loads(params["fields"])
        if "audience_ages" in wanted or "is_business_account" in wanted:
            return 40001, {}
        return 0, {name: 5 for name in wanted if name.endswith("_count")} | {"is_verified": True}

    page, _ = with_answers(
        {"/business/get/": answer},
        lambda api: api.account_page(ACCOUNT, since="2026-10-01", until="2026-10-07"),
    )
    assert set(page.missing_scopes) == {"user.account.type", "user.insights"}
    assert (page.followers, page.verified, page.business, page.name) == (5, True, None, None)


def test_when_nothing_is_granted_that_is_said():
    async def work(api):
        with pytest.raises(ReadFailedError) as error:
            await api.account_page(ACCOUNT, since="2026-10-01", until="2026-10-07")
        return error.value.kind

    assert with_answers({"/business/get/": lambda _: (40001, {})}, work)[0] == "capability"


def test_one_bad_entry_costs_itself_alone():
    listed = {
        "comments": [
            {"comment_id": "1", "create_time": "1790000100", "text": "a\x00b", "status": "HIDDEN", "unique_identifier": "+V"},
            {"comment_id": "2", "create_time": "soon"}, {"text": "no id"}, 7,
            {"comment_id": "3", "create_time": "1790000101", "parent_comment_id": "0",
             "reply_list": [{"comment_id": "4", "create_time": "1790000102", "owner": True}, {}]},
        ],
        "cursor": "30", "has_more": True,
    }  # fmt: skip
    page, _ = with_answers(
        {"/business/comment/list/": lambda _: (0, listed)}, lambda api: api.comment_page(ACCOUNT, "9")
    )
    assert [(c.id, c.hidden, c.parent_id, c.video_id) for c in page.comments] == [
        ("1", True, "", "9"),
        ("3", False, "", "9"),
    ]
    assert page.comments[0].text == "a\ufffdb"
    assert [(r.id, r.parent_id, r.own) for r in page.comments[1].listed_replies] == [("4", "3", True)]
    assert (page.cursor, page.more, page.unreadable) == (30, True, 3)


def test_settings_status_mentions_and_images():
    routes = {
        "/business/video/settings/": lambda _: (0, {"privacy_level_options": ["PUBLIC_TO_EVERYONE"], "duet_disabled": True}),
        "/business/publish/status/": lambda _: (0, {"status": "PUBLISH_COMPLETE", "post_ids": [72039469420979]}),
        "/business/mention/video/list/": lambda _: (0, {"videos": [{"item_id": "5", "create_time": "1790000000", "views": None, "video_link": "https://www.tiktok.com/@a/video/5"}]}),
        "/business/comment/image/upload/": lambda _: (0, {"image_uri": "img-1", "width": 400, "height": 600}),
        "/business/comment/create/": lambda _: (0, {"comment_id": "77"}),
    }  # fmt: skip

    async def work(api):
        image = await api.upload_image(ACCOUNT, "image/png", b"\x89PNG")
        permit = ClickPermit(account=ACCOUNT, person_id=1, act="comment", video_id="9", image=image)
        return (
            await api.video_settings(ACCOUNT),
            await api.publish_status(ACCOUNT, "p1"),
            await api.mention_page(ACCOUNT, days=7),
            image,
            await api.click(permit),
        )

    (settings, status, mentions, image, made), seen = with_answers(routes, work)
    assert (settings.privacy_levels, settings.duet_disabled, settings.comment_disabled) == (
        ("PUBLIC_TO_EVERYONE",),
        True,
        None,
    )
    assert (status.status, status.post_ids) == ("PUBLISH_COMPLETE", ("72039469420979",))
    assert (mentions.mentions[0].video_id, mentions.mentions[0].insights["views"]) == ("5", None)
    assert mentions.mentions[0].url == "https://www.tiktok.com/@a/video/5"
    assert image == UploadedImage(uri="img-1", width=400, height=600)
    assert made.provider_ref == "77"
    sent = {path: params for path, params, _ in seen}
    assert sent["/business/comment/image/upload/"] == {"business_id": LOTTE, "image_file": b"\x89PNG"}
    assert sent["/business/comment/create/"] == {
        "business_id": LOTTE,
        "video_id": "9",
        "image_uri": "img-1",
        "image_width": 400,
        "image_height": 600,
    }


def test_an_old_token_is_renewed_for_a_read_too():
    def answer(_params):
        return (0, {"videos": []})

    async def work(api):
        return await api.video_page(ACCOUNT)

    calls = []

    def once(params):
        calls.append(params)
        return (40105, {}) if len(calls) == 1 else answer(params)

    page, seen = with_answers({"/business/video/list/": once}, work, tokens=Fixed("old", then="new"))
    assert page.videos == ()
    assert [token for _, _, token in seen] == ["old", "new"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((40100, {}), "wait"), ((60001, {}), "wait"), ((40105, {}), "reauthorise"), ((40107, {}), "reauthorise"),
        ((40118, {}), "capability"), ((40007, {}), "absent"), ((40002, {}), "refused"), ((50002, {}), "retry"),
        (b"<html>", "retry"), (b'{"code":0,"data":[1]}', "retry"), ((41000, {}), "capability"), ((40113, {}), "reauthorise"),
    ],
)  # fmt: skip
def test_a_read_that_fails_says_what_to_do(answer, kind):
    async def work(api):
        with pytest.raises(ReadFailedError) as error:
            await api.video_settings(ACCOUNT)
        return error.value.kind

    assert with_answers({"/business/video/settings/": lambda _: answer}, work)[0] == kind


def test_a_throttled_read_tells_how_long_and_does_not_call_again():
    async def work(api):
        waits = []
        for _ in range(2):
            with pytest.raises(ReadFailedError) as error:
                await api.video_settings(ACCOUNT)
            waits.append((error.value.kind, error.value.wait_ms, error.value.answer))
        return waits

    pace = Pace(call_limits(), lambda: 1_790_000_000_000)
    waits, seen = with_answers({"/business/video/settings/": lambda _: (40100, {})}, work, pace=pace)
    assert waits == [("wait", 300_000, "40100"), ("wait", 300_000, "PACE")]
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [((40100, {}), "later"), ((50002, {}), "unknown"), (b"<html>", "unknown"), ((40002, {}), "failed"), ((40050, {}), "unknown")],
)  # fmt: skip
def test_a_click_that_may_have_happened_is_unknown(answer, state):
    permit = ClickPermit(account=ACCOUNT, person_id=1, act="like", video_id="9", comment_id="1")
    result, _ = with_answers({"/business/comment/like/": lambda _: answer}, lambda api: api.click(permit))
    assert result.state == state


def test_an_answer_in_part_gives_what_there_is_and_is_not_taken_for_whole():
    listed = {"comments": [{"comment_id": "1", "create_time": "1790000100"}], "cursor": 1, "has_more": False}
    page, _ = with_answers(
        {"/business/comment/list/": lambda _: (20001, listed)}, lambda api: api.comment_page(ACCOUNT, "9")
    )
    assert ([c.id for c in page.comments], page.unreadable) == (["1"], 1)
    posts, _ = with_answers(
        {"/business/video/list/": lambda _: (20001, {"videos": [{"item_id": "5"}]})},
        lambda api: api.video_page(ACCOUNT),
    )
    assert ([v.id for v in posts.videos], posts.unreadable) == (["5"], 1)


def test_a_blocked_app_makes_no_further_call_of_any_account():
    async def work(api):
        results = []
        for endpoint in (api.video_settings, api.video_page):
            with pytest.raises(ReadFailedError) as error:
                await endpoint(ACCOUNT)
            results.append((error.value.kind, error.value.answer, error.value.wait_ms))
        return results

    pace = Pace(call_limits(), lambda: 1_790_000_000_000)
    results, seen = with_answers({"/business/video/settings/": lambda _: (40113, {})}, work, pace=pace)
    assert results == [("reauthorise", "40113", 3_600_000), ("wait", "PACE", 3_600_000)]
    assert len(seen) == 1


@pytest.mark.parametrize(("code", "tokens"), [(40106, ["old", "new"]), (40110, ["old"]), (40118, ["old"])])
def test_a_refusal_that_may_be_the_tokens_is_tried_once_with_a_new_one(code, tokens):
    async def work(api):
        with pytest.raises(ReadFailedError):
            await api.video_settings(ACCOUNT)

    fixed = Fixed("old", then="new")
    lost = []

    async def note(account, token):
        lost.append(token)

    fixed.lost = note
    _, seen = with_answers({"/business/video/settings/": lambda _: (code, {})}, work, tokens=fixed)
    assert [token for _, _, token in seen] == tokens
    assert lost == tokens[1:]
