"""The client against the real sandbox: what happened, what did not, and what nobody can tell."""

import asyncio
import json
import socket
import urllib.request

import msgspec
import pytest

from goodstanding.adapters.http import Http
from goodstanding.adapters.tiktok.client import ABSENT_AFTER, TikTok
from goodstanding.adapters.tiktok.limits import Pace, call_limits
from goodstanding.adapters.tiktok.oauth import TikTokOAuth
from goodstanding.adapters.tiktok.tokens import StoredTokens, TokenPair
from goodstanding.sandbox.server import serving
from goodstanding.sandbox.world import Settings
from goodstanding.usecases.ports import SendPermit
from goodstanding.usecases.ports.connections import AppKeys
from goodstanding.usecases.renewals import Renewal
from tests import support

LOTTE = "-000SbxLotteKooktOpenId"
VIDEO = "7672400000000000101"
ACCOUNT = support.account(external_id=LOTTE, identifier="+SbxLotteKookt")
REPLY = "comment/reply/create/"
KEYS = AppKeys(
    client_id="7412345678901234567", secret="sandbox-app-secret", webhook_secret="sandbox-app-secret"
)


@pytest.fixture(scope="module")
def sandbox():
    with serving(Settings(limits=False)) as running:
        yield Sandbox(running)


class Sandbox:
    def __init__(self, running):
        self.url, self.world = running.url, running.world

    def post(self, path, **body):
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def comment(self):
        return self.post("comment", text="Waar is de link?", video_id=VIDEO)["comment_id"]

    def happened(self, target, act="reply"):
        return [
            e
            for e in self.world.journal.entries
            if e.accepted and e.act == act and target in (e.cause, e.comment_id)
        ]


class App:
    """A client with tokens of its own, inside one event loop."""

    def __init__(self, sandbox, *, base=None, seconds=25.0, paced=False, granted=True):
        self.heard, self.kept = [], {}
        self.now = lambda: sandbox.world.clock.now_ms()
        base = base or f"{sandbox.url}/open_api/v1.3"
        http = Http(allowed=frozenset({"127.0.0.1"}), seconds=seconds)
        self.oauth = TikTokOAuth(http=http, base=base)
        self.renewed, self.given_up = [], []
        self.answer = Renewal.FRESH
        self.tokens = StoredTokens(
            load=self.kept.get, keep=self.kept.__setitem__, renew=self.renew, lost=self.lost
        )
        if granted:
            grant = sandbox.post("seed", grant=[LOTTE])["grants"][0]
            pair = TokenPair(access_token=grant["access_token"], refresh_token=grant["refresh_token"])
            self.kept[1] = msgspec.json.encode(pair)
        self.client = TikTok(
            http=http, base=base, secret="sandbox-app-secret", tokens=self.tokens, hear=self.heard.append,
            now=self.now, pace=Pace(call_limits(), self.now) if paced else None,
        )  # fmt: skip

    async def renew(self, account_id, stale):
        """What the use case does, without a database."""
        self.renewed.append(stale)
        if self.answer is Renewal.FRESH:
            pair = msgspec.json.decode(self.kept[account_id], type=TokenPair)
            found = await self.oauth.renew(KEYS, refresh_token=pair.refresh_token)
            fresh = TokenPair(access_token=found.access_token, refresh_token=found.refresh_token)
            self.kept[account_id] = msgspec.json.encode(fresh)
        return self.answer

    async def lost(self, account_id, token):
        self.given_up.append(token)


@pytest.fixture
def ask(sandbox):
    """Run `work(app)` with a fresh client."""

    def run(work, **named):
        async def inside():
            app = App(sandbox, **named)
            try:
                return await work(app)
            finally:
                await app.client.close()

        return asyncio.run(inside())

    yield run
    sandbox.post("inject", clear=True)


def outgoing(sandbox, target, act="reply", **more):
    return support.outgoing(1, act=act, target_id=target, video_id=VIDEO, text="Kijk in onze bio.", **more)


def permit(one):
    return SendPermit(account=ACCOUNT, outgoing=one)


def test_a_reply(sandbox, ask):
    target = sandbox.comment()

    async def work(app):
        return await app.client.carry_out(permit(outgoing(sandbox, target))), app.heard

    result, heard = ask(work)
    assert result.state == "sent"
    assert [e.comment_id for e in sandbox.happened(target)] == [result.provider_ref]
    assert abs(heard[0] - sandbox.world.clock.now_ms()) < 5_000, (
        "the platform's time is heard with every answer"
    )


def test_hide_and_show(sandbox, ask):
    target = sandbox.comment()

    async def work(app):
        hidden = await app.client.carry_out(permit(outgoing(sandbox, target, "hide")))
        seen = await app.client.find_again(ACCOUNT, outgoing(sandbox, target, "hide"))
        shown = await app.client.carry_out(permit(outgoing(sandbox, target, "unhide")))
        gone = await app.client.find_again(ACCOUNT, outgoing(sandbox, target, "hide"))
        return [hidden.state, seen.state, shown.state, gone.state]

    assert ask(work) == ["sent", "sent", "sent", "failed"]


def test_a_refusal_is_definite(sandbox, ask):
    async def work(app):
        one = msgspec.structs.replace(outgoing(sandbox, "1"), text="x")
        return await app.client.carry_out(permit(one))

    result = ask(work)
    assert result.state == "failed"
    assert result.code.isdigit()


def test_an_act_the_platform_does_not_offer(sandbox, ask):
    async def work(app):
        return await app.client.carry_out(permit(outgoing(sandbox, "1", "like")))

    assert ask(work).code == "NOT_OFFERED"


@pytest.mark.parametrize(
    ("fault", "state", "times"),
    [
        ({"kind": "drop_after_commit"}, "unknown", 1),
        ({"kind": "drop_before_commit"}, "unknown", 0),
        ({"kind": "timeout_after_commit", "seconds": 3.0}, "unknown", 1),
        ({"kind": "server_error", "code": 50002}, "unknown", 0),
        ({"kind": "server_error", "code": 50002, "after_commit": True}, "unknown", 1),
        ({"kind": "gateway_page", "after_commit": True}, "unknown", 1),
        ({"kind": "gateway_page"}, "unknown", 0),
        ({"kind": "throttle"}, "later", 0),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_fault_is_told_for_what_it_is(sandbox, ask, fault, state, times):
    """What may have happened is unknown, never failed; reading back finds it when it did."""
    target = sandbox.comment()
    sandbox.post("inject", fault={"endpoint": REPLY, "times": 1, **fault})

    async def work(app):
        result = await app.client.carry_out(permit(outgoing(sandbox, target)))
        one = outgoing(sandbox, target, attempt_at=app.now())
        soon = await app.client.find_again(ACCOUNT, one)
        late = await app.client.find_again(
            ACCOUNT, msgspec.structs.replace(one, attempt_at=app.now() - ABSENT_AFTER)
        )
        return result, soon, late

    result, soon, late = ask(work, seconds=1.0)
    assert result.state == state
    assert len(sandbox.happened(target)) == times
    assert soon.state == ("sent" if times else "unknown"), "what is not listed yet may still come"
    assert late.state == ("sent" if times else "failed")
    if times:
        assert soon.provider_ref == sandbox.happened(target)[0].comment_id


@pytest.mark.parametrize("act", ["reply", "hide", "unhide"])
@pytest.mark.parametrize(
    ("code", "means"), [(40001, "not_offered"), (40118, "not_offered"), (40064, "blocked"), (40002, "")]
)
def test_what_a_refusal_means_for_the_account(sandbox, ask, act, code, means):
    target = sandbox.comment()
    endpoint = REPLY if act == "reply" else "business/comment/hide/"
    sandbox.post("inject", fault={"endpoint": endpoint, "times": 1, "kind": "server_error", "code": code})

    async def work(app):
        return await app.client.carry_out(permit(outgoing(sandbox, target, act)))

    result = ask(work)
    assert (result.state, result.code, result.means) == ("failed", str(code), means)


def test_a_reply_to_a_reply_is_found_under_the_first_comment_of_its_thread(sandbox, ask):
    """Its own list is empty, which must not be taken for absence: the answer would be sent twice."""
    top = sandbox.comment()
    below = sandbox.post("comment", text="Ja, waar?", video_id=VIDEO, parent_comment_id=top)["comment_id"]
    sandbox.post("inject", fault={"endpoint": REPLY, "times": 1, "kind": "drop_after_commit"})

    async def work(app):
        result = await app.client.carry_out(permit(outgoing(sandbox, below)))
        tried = app.now()
        await asyncio.to_thread(sandbox.post, "clock", advance_seconds=ABSENT_AFTER // 1000)
        return result, await app.client.find_again(ACCOUNT, outgoing(sandbox, below, attempt_at=tried))

    result, found = ask(work)
    assert (result.state, found.state) == ("unknown", "sent")
    assert found.provider_ref == sandbox.happened(below)[0].comment_id


def test_an_earlier_reply_with_the_same_words_is_not_the_one_that_was_tried(sandbox, ask):
    target = sandbox.comment()

    async def work(app):
        await app.client.carry_out(permit(outgoing(sandbox, target)))
        await asyncio.to_thread(sandbox.post, "clock", advance_seconds=3_600)
        tried = app.now()
        await asyncio.to_thread(sandbox.post, "clock", advance_seconds=ABSENT_AFTER // 1000)
        return await app.client.find_again(ACCOUNT, outgoing(sandbox, target, attempt_at=tried))

    assert ask(work).code == "ABSENT"


def test_a_text_that_came_back_trimmed_or_composed_anew_is_still_ours(sandbox, ask):
    target = sandbox.comment()

    async def work(app):
        one = outgoing(sandbox, target, attempt_at=app.now())
        await app.client.carry_out(permit(msgspec.structs.replace(one, text="Een café, kijk in onze bio.")))
        sent = msgspec.structs.replace(one, text=" Een cafe\u0301,  kijk in onze bio.\n")
        return await app.client.find_again(ACCOUNT, sent)

    assert ask(work).state == "sent"


def test_throttling_rests_everything(sandbox, ask):
    target = sandbox.comment()
    sandbox.post("inject", fault={"endpoint": REPLY, "times": 1, "kind": "throttle"})

    async def work(app):
        first = await app.client.carry_out(permit(outgoing(sandbox, target)))
        second = await app.client.carry_out(permit(outgoing(sandbox, target)))
        return first, second

    first, second = ask(work, paced=True)
    assert (first.state, first.retry_after) == ("later", 300_000)
    assert (second.state, second.code) == ("later", "PACE")
    assert sandbox.happened(target) == []


def test_a_refused_connection_did_nothing(sandbox, ask):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def work(app):
        result = await app.client.carry_out(permit(outgoing(sandbox, "1")))
        return (
            result,
            await app.client.find_again(ACCOUNT, outgoing(sandbox, "1")),
            await app.client.ask_time(ACCOUNT),
        )

    result, found, told = ask(work, base=f"http://127.0.0.1:{port}/open_api/v1.3")
    assert (result.state, result.code) == ("later", "NOT_REACHED")
    assert (found.state, told) == ("unknown", None)


def test_an_old_token_is_refreshed_once_for_all(sandbox, ask):
    targets = [sandbox.comment() for _ in range(4)]

    async def work(app):
        pair = msgspec.json.decode(app.kept[1], type=TokenPair)
        app.kept[1] = msgspec.json.encode(msgspec.structs.replace(pair, access_token="old"))
        results = await asyncio.gather(*(app.client.carry_out(permit(outgoing(sandbox, t))) for t in targets))
        return results, app.renewed, msgspec.json.decode(app.kept[1], type=TokenPair)

    results, renewed, kept = ask(work)
    assert [r.state for r in results] == ["sent"] * 4
    assert renewed == ["old"]
    assert kept.access_token != "old"
    assert all(len(sandbox.happened(t)) == 1 for t in targets)


def test_without_a_token_nothing_happens(sandbox, ask):
    async def work(app):
        return await app.client.carry_out(permit(outgoing(sandbox, sandbox.comment())))

    result = ask(work, granted=False)
    assert (result.state, result.code) == ("failed", "40104")


def old_token(app):
    pair = msgspec.json.decode(app.kept[1], type=TokenPair)
    app.kept[1] = msgspec.json.encode(msgspec.structs.replace(pair, access_token="old"))


@pytest.mark.parametrize(
    ("answer", "state", "code"), [(Renewal.LATER, "later", "TOKEN_LATER"), (Renewal.GONE, "failed", "TOKEN")]
)
def test_a_token_that_cannot_be_renewed_now_waits_and_one_that_is_gone_fails(
    sandbox, ask, answer, state, code
):
    target = sandbox.comment()

    async def work(app):
        old_token(app)
        app.answer = answer
        return await app.client.carry_out(permit(outgoing(sandbox, target))), app.given_up

    result, given_up = ask(work)
    assert (result.state, result.code, given_up) == (state, code, [])
    assert sandbox.happened(target) == []


def test_a_token_refused_right_after_its_renewal_gives_the_consent_up(sandbox, ask):
    async def work(app):
        old_token(app)

        async def renew(account_id, stale):
            app.kept[1] = msgspec.json.encode(TokenPair(access_token="also wrong"))
            return Renewal.FRESH

        app.tokens._renew = renew
        return await app.client.carry_out(permit(outgoing(sandbox, sandbox.comment()))), app.given_up

    result, given_up = ask(work)
    assert (result.state, result.code, given_up) == ("failed", "TOKEN", ["also wrong"])


@pytest.mark.parametrize("act", ["reply", "hide"])
def test_looking_back_renews_the_token_too(sandbox, ask, act):
    target = sandbox.comment()

    async def work(app):
        one = outgoing(sandbox, target, act, attempt_at=app.now())
        done = await app.client.carry_out(permit(one))
        old_token(app)
        app.tokens._held.clear()
        return done, await app.client.find_again(ACCOUNT, one), app.renewed

    done, found, renewed = ask(work)
    assert (done.state, found.state, renewed) == ("sent", "sent", ["old"])


def test_without_a_secret_no_signature_is_true(sandbox):
    import hashlib
    import hmac

    client = TikTok(
        http=Http(), base="https://x", secret="", tokens=None, hear=lambda _: None, now=lambda: 0, pace=None
    )
    signed = hmac.new(b"", b"1790000000.{}", hashlib.sha256).hexdigest()
    assert client.verify(b"{}", f"t=1790000000,s={signed}", 1_790_000_000_000) == "bad"


def test_the_platforms_time(sandbox, ask):
    async def work(app):
        return await app.client.ask_time(ACCOUNT)

    assert abs(ask(work) - sandbox.world.clock.now_ms()) < 5_000


# --- answers nobody expects ---


@pytest.mark.parametrize(
    ("body", "status", "state"),
    [
        (b"<html>", 502, "unknown"), (b"<html>", 404, "failed"), (b"<html>", 429, "later"), (b"<html>", 408, "unknown"), (b"<html>", 200, "unknown"), (b"", 500, "unknown"),
        (b"[]", 200, "unknown"), (b'{"code":"x"}', 200, "unknown"), (b'{"code":0}', 200, "sent"),
        (b'{"code":0,"data":{"comment_id":5}}', 200, "sent"), (b'{"code":0,"data":null}', 200, "sent"),
        (b'{"code":50002}', 200, "unknown"), (b'{"code":20001}', 200, "unknown"), (b'{"code":40050}', 200, "unknown"),
        (b'{"code":40113}', 200, "later"), (b'{"code":40124}', 200, "later"), (b'{"code":40118}', 200, "failed"), (b'{"code":40002}', 200, "failed"), (b'{"code":40100}', 200, "later"),
        (b"\xff\xfe", 200, "unknown"), (b'{"code":50000,"message":"\xff"}', 200, "unknown"),
        (b"[" * 100_000, 200, "unknown"),
    ],
)  # fmt: skip
def test_every_answer_is_read(sandbox, body, status, state):
    from goodstanding.adapters.http import Answer

    client = TikTok(
        http=Http(), base="https://x", secret="s", tokens=None, hear=lambda _: None, now=lambda: 0, pace=None
    )
    assert client._read(Answer(status=status, body=body, date=None)).state == state


@pytest.mark.parametrize(
    "body",
    [
        b'{"code":0,"data":{"comments":[1,2]}}', b'{"code":0,"data":{"comments":5}}', b'{"code":0,"data":[]}',
        b'{"code":0,"data":{"comments":[],"has_more":true,"cursor":"x"}}', b'{"code":0,"data":{"comments":[{"owner":1}]}}', b"\xff",
    ],
)  # fmt: skip
@pytest.mark.parametrize("act", ["reply", "hide"])
def test_a_list_nobody_can_read_is_unknown(sandbox, ask, body, act):
    from goodstanding.adapters.http import Answer

    async def work(app):
        async def get(*_args, **_named):
            return Answer(status=200, body=body, date=None)

        app.client._caller._http.get = get
        return await app.client.find_again(ACCOUNT, outgoing(sandbox, "1", act, attempt_at=app.now()))

    assert ask(work, granted=False).state == "unknown"


def test_a_reply_refused_as_spam_freezes_like_a_message(sandbox):
    from goodstanding.adapters.http import Answer

    client = TikTok(
        http=Http(), base="https://x", secret="s", tokens=None, hear=lambda _: None, now=lambda: 0, pace=None
    )
    result = client._read(Answer(status=200, body=b'{"code":40064}', date=None))
    assert (result.state, result.means) == ("failed", "blocked")
