"""Consent and tokens: against the real sandbox, and against answers it does not give."""

import asyncio
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from goodstanding.adapters.http import Http
from goodstanding.adapters.tiktok.oauth import AUTHORIZE, TikTokOAuth
from goodstanding.sandbox.server import serving
from goodstanding.sandbox.world import Settings
from goodstanding.usecases.ports.connections import (
    AppKeys,
    AppRefusedError,
    ConsentGoneError,
    NotReachedError,
    Profile,
    TokenPair,
    Tokens,
)

APP = AppKeys(client_id="7412345678901234567", secret="sandbox-app-secret", webhook_secret="x")
LOTTE = "-000SbxLotteKooktOpenId"
BACK = "https://desk.example/oauth/tiktok/"
SCOPES = ["user.info.basic", "user.info.username", "comment.list", "comment.list.manage"]


@pytest.fixture(scope="module")
def sandbox():
    with serving(Settings(limits=False)) as running:
        yield running


def ask(base, work, seconds=10.0):
    async def inside():
        http = Http(allowed=frozenset({"127.0.0.1"}), seconds=seconds)
        try:
            return await work(TikTokOAuth(http=http, base=f"{base}/open_api/v1.3"))
        finally:
            await http.close()

    return asyncio.run(inside())


def code_for(sandbox, scopes=SCOPES):
    return sandbox.world.state.new_code(open_id=LOTTE, scopes=scopes, redirect_uri=BACK)


def test_the_consent_page_of_tiktok_and_of_a_sandbox():
    real = TikTokOAuth(http=Http(), base="https://business-api.tiktok.com/open_api/v1.3")
    url = real.consent_url(APP, scopes=SCOPES, return_to=BACK, state="s+1")
    query = parse_qs(urlsplit(url).query)
    assert url.startswith(AUTHORIZE + "?")
    assert query == {
        "client_key": [APP.client_id], "response_type": ["code"], "scope": [",".join(SCOPES)], "redirect_uri": [BACK],
        "state": ["s+1"], "disable_auto_auth": ["1"],
    }  # fmt: skip
    assert not real.imitation
    other = TikTokOAuth(http=Http(), base="http://127.0.0.1:9/open_api/v1.3")
    assert other.imitation
    assert other.consent_url(APP, scopes=[], return_to=BACK, state="").startswith(
        "http://127.0.0.1:9/v2/auth/authorize/?"
    )


def test_the_whole_way(sandbox):
    async def work(oauth):
        got = await oauth.exchange(APP, code=code_for(sandbox), return_to=BACK)
        seen = await oauth.inspect(APP, access_token=got.access_token)
        who = await oauth.profile(access_token=got.access_token, open_id=got.open_id, scopes=got.scopes)
        again = await oauth.renew(APP, refresh_token=got.refresh_token)
        await oauth.revoke(APP, access_token=again.access_token)
        with pytest.raises(ConsentGoneError) as refused:
            await oauth.renew(APP, refresh_token=again.refresh_token)
        return got, seen, who, again, refused.value.fields["answer"]

    got, seen, who, again, answer = ask(sandbox.url, work)
    assert (got.open_id, sorted(got.scopes)) == (LOTTE, sorted(SCOPES))
    assert (got.expires_in, got.refresh_expires_in) == (86_400, 31_536_000)
    assert (seen.open_id, sorted(seen.scopes)) == (LOTTE, sorted(SCOPES))
    assert who == Profile(handle="lottekookt", name="Lotte kookt (verzonnen)"), "only what the scopes show"
    assert again.access_token != got.access_token
    assert answer == 40107


def test_where_a_category_of_webhooks_goes_is_asked_and_set(sandbox):
    url = "https://127.0.0.1/hook/tiktok"

    async def work(oauth):
        before = await oauth.webhook(APP, "BRAND_MENTION")
        await oauth.set_webhook(APP, "BRAND_MENTION", url)
        return before, await oauth.webhook(APP, "BRAND_MENTION")

    assert ask(sandbox.url, work) == ("", url)


def test_the_secret_in_the_address_stands_in_no_error():
    async def work(oauth):
        with pytest.raises(NotReachedError) as refused:
            await oauth.webhook(APP, "COMMENT")
        return refused.value

    error = ask("http://127.0.0.1:9", work)
    assert error.__cause__ is None
    assert APP.secret not in f"{error} {error.fields}"


def test_a_code_works_once(sandbox):
    code = code_for(sandbox)

    async def work(oauth):
        await oauth.exchange(APP, code=code, return_to=BACK)
        with pytest.raises(ConsentGoneError):
            await oauth.exchange(APP, code=code, return_to=BACK)

    ask(sandbox.url, work)


def test_a_wrong_secret_is_the_apps_trouble_and_not_the_accounts(sandbox):
    wrong = AppKeys(client_id=APP.client_id, secret="wrong", webhook_secret="")

    async def work(oauth):
        with pytest.raises(AppRefusedError) as refused:
            await oauth.exchange(wrong, code=code_for(sandbox), return_to=BACK)
        return refused.value.fields["answer"]

    assert ask(sandbox.url, work) == 40110


@contextmanager
def answering(status, body):
    """A server that always gives one answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "error", "why"),
    [
        (502, b"<html>Bad gateway</html>", NotReachedError, "HTTP_502"),
        (200, b"", NotReachedError, "HTTP_200"),
        (200, b'{"code":40100}', NotReachedError, "40100"),
        (200, b'{"code":50002}', NotReachedError, "50002"),
        (200, b'{"code":60001}', NotReachedError, "60001"),
        (200, b'{"code":12345}', NotReachedError, "12345"),
        (200, b'{"code":0,"data":{}}', NotReachedError, "UNREADABLE"),
        (200, b'{"code":0,"data":{"access_token":5}}', NotReachedError, "UNREADABLE"),
        (200, b'{"code":40103}', ConsentGoneError, 40103),
        (200, b'{"code":40105}', ConsentGoneError, 40105),
        (200, b'{"code":40107}', ConsentGoneError, 40107),
        (200, b'{"code":40110}', AppRefusedError, 40110),
        (200, b'{"code":40113}', AppRefusedError, 40113),
    ],
)
def test_what_answers_mean_for_the_consent(status, body, error, why):
    async def work(oauth):
        with pytest.raises(error) as refused:
            await oauth.renew(APP, refresh_token="r")
        return next(iter(refused.value.fields.values()))

    with answering(status, body) as base:
        assert ask(base, work) == why


def test_nobody_there_is_not_reached():
    async def work(oauth):
        with pytest.raises(NotReachedError):
            await oauth.renew(APP, refresh_token="r")

    ask("http://127.0.0.1:9", work)


def test_a_token_of_another_app_is_not_taken():
    body = json.dumps({"code": 0, "data": {"app_id": 5, "creator_id": LOTTE, "scope": "a"}}).encode()

    async def work(oauth):
        with pytest.raises(ConsentGoneError):
            await oauth.inspect(APP, access_token="t")

    with answering(200, body) as base:
        ask(base, work)


def test_secrets_do_not_show_in_a_printed_value():
    for value in (
        APP,
        TokenPair(access_token="act.1", refresh_token="rft.1"),
        Tokens(
            access_token="act.1",
            refresh_token="rft.1",
            open_id="o",
            scopes=(),
            expires_in=1,
            refresh_expires_in=1,
        ),
    ):
        assert not {"act.1", "rft.1", "sandbox-app-secret"} & set(str(value).replace("'", " ").split())
