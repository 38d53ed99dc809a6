"""Calls about messages, against a small imitation that answers exactly the documented shapes."""

import asyncio

import pytest
from aiohttp import web

from goodstanding.adapters.http import Http
from goodstanding.adapters.tiktok import messaging
from goodstanding.adapters.tiktok.calls import Caller
from goodstanding.adapters.tiktok.client import ABSENT_AFTER, TikTok
from goodstanding.adapters.tiktok.limits import ability_span
from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases.ports import SendPermit
from goodstanding.usecases.ports.feed import ReadFailedError
from goodstanding.usecases.ports.messages import MessageContent, ParsedMessage
from tests import support
from tests.support import NOW

BRAND = "-000SandboxBrandOpenId"
ACCOUNT = support.account(external_id=BRAND)
TALK = "sbxConv01Ab+cd=="
CARD = MessageContent(
    account_id=1, outgoing_id=1, kind="card", purpose="marketing", version="v3",
    buttons=(("consent:yes:marketing:v3", "Ja, graag"), ("consent:no:marketing:v3", "Nee")),
)  # fmt: skip


class Tokens:
    def access(self, account):
        return "token"

    async def refresh(self, account, stale):
        return False


class Imitation:
    """Remembers what was asked; answers as it is told."""

    def __init__(self):
        self.asked = []
        self.listed = []
        self.code = 0
        self.picture = b"\x89PNG..."
        self.pictures = True
        self.uploaded = {"media_id": "sbxMedia01"}

    async def send(self, request):
        body = await request.json()
        self.asked.append(("send", dict(request.headers), body))
        data = {"message": {"message_id": "sbxMsg01Ab=="}} if self.code == 0 else {}
        return web.json_response({"code": self.code, "message": "x", "request_id": "r-1", "data": data})

    async def content_list(self, request):
        self.asked.append(("list", dict(request.headers), dict(request.query)))
        self.raw = request.raw_path
        return web.json_response(
            {"code": self.code, "message": "OK", "data": {"participants": [], "messages": self.listed}}
        )

    async def capabilities(self, request):
        self.asked.append(("capabilities", dict(request.headers), dict(request.query)))
        info = {"capability_type": "IMAGE_SEND", "capability_result": self.pictures}
        return web.json_response({"code": 0, "message": "OK", "data": {"capability_infos": [info]}})

    async def download(self, request):
        self.asked.append(("download", dict(request.headers), await request.json()))
        url = f"http://{request.host}/media/x.png"
        return web.json_response({"code": self.code, "message": "OK", "data": {"download_url": url}})

    async def upload(self, request):
        form = await request.post()
        told = {n: (v.file.read(), v.content_type) if hasattr(v, "file") else v for n, v in form.items()}
        self.asked.append(("upload", dict(request.headers), told))
        return web.json_response({"code": self.code, "message": "OK", "data": self.uploaded})

    async def media(self, request):
        self.asked.append(("media", dict(request.headers), {}))
        return web.Response(body=self.picture)


def ask(imitation, work, *, now=NOW):
    async def inside():
        app = web.Application()
        app.router.add_post("/v1.3/business/message/send/", imitation.send)
        app.router.add_get("/v1.3/business/message/content/list/", imitation.content_list)
        app.router.add_post("/v1.3/business/message/media/download/", imitation.download)
        app.router.add_get("/v1.3/business/message/capabilities/get/", imitation.capabilities)
        app.router.add_post("/v1.3/business/message/media/upload/", imitation.upload)
        app.router.add_get("/media/x.png", imitation.media)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        client = TikTok(
            http=Http(allowed=frozenset({"127.0.0.1"})), base=f"http://127.0.0.1:{port}/v1.3", secret="s",
            tokens=Tokens(), hear=lambda at: None, now=lambda: now, pace=None,
        )  # fmt: skip
        try:
            return await work(client)
        finally:
            await client.close()
            await runner.cleanup()

    return asyncio.run(inside())


@pytest.fixture
def imitation():
    return Imitation()


def message(text="Hoi!", **more):
    return support.outgoing(
        1, act="message", target_id=TALK, text=text, state="sending", attempt_at=NOW, **more
    )


def send(imitation, one, content=None):
    permit = SendPermit(account=ACCOUNT, outgoing=one, content=content)
    return ask(imitation, lambda client: client.carry_out(permit))


@pytest.mark.parametrize(("text", "content", "expected"), [
    ("Hoi!", None, {"message_type": "TEXT", "text": {"body": "Hoi!"}}),
    ("Mogen we je tips mailen?", CARD, {"message_type": "TEMPLATE", "template": {"type": "QA_BUTTON_CARD", "title": "Mogen we je tips mailen?", "buttons": [
        {"type": "REPLY", "title": "Ja, graag", "id": "consent:yes:marketing:v3"}, {"type": "REPLY", "title": "Nee", "id": "consent:no:marketing:v3"}]}}),
    ("7203946942097902849", MessageContent(account_id=1, outgoing_id=1, kind="share_post"), {"message_type": "SHARE_POST", "share_post": {"item_id": "7203946942097902849"}}),
    ("media-1", MessageContent(account_id=1, outgoing_id=1, kind="image"), {"message_type": "IMAGE", "image": {"media_id": "media-1"}}),
])  # fmt: skip
def test_each_kind_is_sent_as_documented(imitation, text, content, expected):
    result = send(imitation, message(text), content)
    assert (result.state, result.provider_ref) == ("sent", "sbxMsg01Ab==")
    _, headers, body = imitation.asked[-1]
    assert headers["Access-Token"] == "token"
    assert body == {"business_id": BRAND, "recipient_type": "CONVERSATION", "recipient": TALK, **expected}


@pytest.mark.parametrize(("code", "state", "means"), [
    (40064, "failed", "blocked"), (40001, "failed", "not_offered"), (40118, "failed", "not_offered"), (40002, "failed", ""), (40007, "failed", ""),
    (40908, "failed", ""), (40100, "later", ""), (51065, "unknown", ""), (40050, "unknown", ""), (60001, "later", ""), (40105, "failed", ""),
])  # fmt: skip
def test_each_code_means_what_the_table_says(imitation, code, state, means):
    imitation.code = code
    result = send(imitation, message())
    assert (result.state, result.means) == (state, means)


def test_a_picture_is_only_sent_where_pictures_are_allowed(imitation):
    imitation.pictures = False
    content = MessageContent(account_id=1, outgoing_id=1, kind="image")
    result = send(imitation, message("media-1"), content)
    assert (result.state, result.code) == ("failed", "IMAGE_CLOSED")
    ((kind, _, query),) = imitation.asked
    assert (kind, query["conversation_id"], query["capability_types"]) == (
        "capabilities",
        TALK,
        '["IMAGE_SEND"]',
    )


def test_a_message_without_a_conversation_is_not_called_for(imitation):
    result = send(imitation, support.outgoing(1, act="message", target_id=""))
    assert (result.state, result.code, imitation.asked) == ("failed", "NO_CONVERSATION", [])


def listed(body, at, *, sender=BRAND, number="sbxMsg01Ab=="):
    return {
        "message_id": number, "conversation_id": TALK, "timestamp": at, "message_type": "TEXT", "text": {"body": body},
        "from_user": {"role": "BUSINESS_ACCOUNT", "id": sender}, "message_tag": {"source": "API"},
    }  # fmt: skip


OLD = listed("INFO", NOW - 30 * MINUTE, sender="+V", number="old")


def look(imitation, one, minutes):
    return ask(imitation, lambda client: client.find_again(ACCOUNT, one), now=NOW + minutes * MINUTE)


def test_a_message_is_found_among_the_last_ones(imitation):
    imitation.listed = [OLD, listed("Hoi!", NOW + 900)]
    found = look(imitation, message(), 1)
    assert (found.state, found.provider_ref) == ("sent", "sbxMsg01Ab==")
    assert imitation.asked[0][2] == {"business_id": BRAND, "conversation_id": TALK}


@pytest.mark.parametrize(("listing", "minutes", "expected"), [
    ([OLD], 1, ("unknown", "NOT_SEEN_YET")),
    ([OLD], ABSENT_AFTER // MINUTE, ("failed", "ABSENT")),
    ([listed("anders", NOW + 5)] * 20, 60, ("unknown", "LIST_TOO_SHORT")),
    ([OLD, listed("Hoi!", NOW + 5, sender="+V")], 60, ("failed", "ABSENT")),
    ([OLD, listed("Hoi!", NOW - 20 * MINUTE)], 60, ("failed", "ABSENT")),
])  # fmt: skip
def test_absence_is_only_believed_when_it_is_certain(imitation, listing, minutes, expected):
    imitation.listed = listing
    found = look(imitation, message(), minutes)
    assert (found.state, found.code) == expected


POST = "7203946942097902849"


@pytest.mark.parametrize(("address", "expected"), [
    (f"https://www.tiktok.com/player/v1/{POST}", ("sent", "")),
    (f"https://www.tiktok.com/@demo.brand/video/{POST}?is_copy_url=1", ("sent", "")),
    ("https://www.tiktok.com/player/v1/7203946942097902850", ("failed", "ABSENT")),
    ("https://vm.tiktok.com/abc/", ("unknown", "POST_NOT_NAMED")),
])  # fmt: skip
def test_a_shared_post_is_found_by_the_address_that_is_listed(imitation, address, expected):
    shared = {
        **listed("", NOW + 5),
        "message_type": "SHARE_POST",
        "text": None,
        "share_post": {"embed_url": address},
    }
    imitation.listed = [OLD, shared]
    found = look(imitation, message(POST), 60)
    assert (found.state, found.code) == expected


def test_a_card_is_found_by_its_question(imitation):
    card = {
        **listed("", NOW + 5),
        "message_type": "TEMPLATE",
        "text": None,
        "template": {"type": "QA_BUTTON_CARD", "title": "Mogen we?"},
    }
    imitation.listed = [OLD, card]
    assert look(imitation, message("Mogen we?"), 1).state == "sent"


def test_a_refused_look_tells_nothing(imitation):
    imitation.code = 40001
    assert look(imitation, message(), 60).state == "unknown"


PICTURE = ParsedMessage(
    external_id="m",
    conversation_id=TALK,
    person="+V",
    handle="v",
    own=False,
    kind="image",
    text="",
    at=NOW,
    media="pic1",
)


def test_a_picture_is_asked_for_and_fetched_with_the_accounts_token(imitation):
    assert ask(imitation, lambda client: client.picture(ACCOUNT, PICTURE)) == b"\x89PNG..."
    (_, _, body), (_, headers, _) = imitation.asked
    assert body == {
        "business_id": BRAND, "conversation_id": TALK, "message_id": "m", "media_id": "pic1", "media_type": "IMAGE",
    }  # fmt: skip
    assert headers["x-user"] == "token"


def test_a_token_never_travels_in_the_open():
    asked = []

    class Wire:
        async def get(self, url, **sent):
            asked.append((url, sent))

    caller = Caller(http=Wire(), base="https://api.example.org/v1.3", tokens=None, hear=None, pace=None)
    assert asyncio.run(caller.fetch(ACCOUNT, "http://cdn.example.org/p")) == b""
    assert asked == []


def test_a_picture_is_handed_over_as_a_form(imitation):
    made = ask(imitation, lambda client: client.upload_picture(ACCOUNT, "image/png", b"\x89PNG"))
    assert made == "sbxMedia01"
    ((what, headers, form),) = imitation.asked
    assert (what, headers["Access-Token"]) == ("upload", "token")
    assert form == {
        "business_id": ACCOUNT.external_id, "media_type": "IMAGE", "file": (b"\x89PNG", "image/png"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "data", "kind"), [(40908, {}, "refused"), (40907, {}, "refused"), (0, {}, "retry"), (40001, {}, "capability")]
)  # fmt: skip
def test_a_picture_that_is_not_taken_is_said(imitation, code, data, kind):
    imitation.code, imitation.uploaded = code, data
    with pytest.raises(ReadFailedError) as error:
        ask(imitation, lambda client: client.upload_picture(ACCOUNT, "image/png", b"x"))
    assert error.value.kind == kind


def test_a_picture_that_is_not_handed_over_is_empty(imitation):
    imitation.code = 40007
    assert ask(imitation, lambda client: client.picture(ACCOUNT, PICTURE)) == b""


@pytest.mark.parametrize("url", ["ftp://x/y", "file:///x", "", None, 7])
def test_no_other_kind_of_address_is_followed(url):
    assert messaging.download_url({"download_url": url}) == ""


def test_a_plus_in_a_conversations_name_travels_encoded(imitation):
    one = support.outgoing(1, act="message", target_id="sbxConv01Ab+cd==", text="Hoi!", attempt_at=NOW)
    ask(imitation, lambda client: client.find_again(ACCOUNT, one))
    assert "conversation_id=sbxConv01Ab%2Bcd" in imitation.raw
    assert imitation.asked[-1][2]["conversation_id"] == "sbxConv01Ab+cd=="


def test_what_a_conversation_takes_is_asked_and_kept_by_its_type(imitation):
    """A request that was not answered yet is asked about as such; once answered it is another question."""
    content = MessageContent(account_id=1, outgoing_id=1, kind="image")
    now = [NOW]

    def permit(kind):
        return SendPermit(account=ACCOUNT, outgoing=message("M1"), content=content, conversation=kind)

    async def work(client):
        client._abilities = messaging.Abilities(lambda: now[0], span=ability_span())
        first = await client.carry_out(permit("STRANGER"))
        imitation.pictures = False
        again = await client.carry_out(permit("STRANGER"))
        answered = await client.carry_out(permit("SINGLE"))
        now[0] += ability_span()
        later = await client.carry_out(permit("STRANGER"))
        return [one.state for one in (first, again, answered, later)]

    assert ask(imitation, work) == ["sent", "sent", "failed", "failed"]
    kinds = [q["conversation_type"] for kind, _, q in imitation.asked if kind == "capabilities"]
    assert kinds == ["STRANGER", "SINGLE", "STRANGER"]
