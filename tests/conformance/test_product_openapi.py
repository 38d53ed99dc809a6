"""Schemathesis, with what the product says about itself: never a 5xx, never an answer of another shape."""

import copy
import hashlib
import hmac
import inspect
import json
import re
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import schemathesis
import uvicorn
from hypothesis import given

from goodstanding.bootstrap import web_parts
from goodstanding.web.gate import open_session
from goodstanding.web.openapi import ADDRESSES, describe, document
from goodstanding.web.policy import short_of
from tests.conformance.described import CHECKS, check_that_a_lie_is_found, repeatable
from tests.web.world import SECRET, Client, World

EXAMPLES = 15
DOCUMENT = json.loads(document())
SCHEMA = schemathesis.openapi.from_dict(copy.deepcopy(DOCUMENT))
OPERATIONS = [
    (method, path)
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
    if method != "parameters"
]
FOR_PEOPLE = {
    "/demo-enter", "/language", "/pair/{token}", "/setup/{token}", "/sign-in", "/static/{mark}/{name}", "/openapi", "/model/export",
}  # fmt: skip
"""Part of the pages: open to whoever has not signed in, or a form with its own token."""
PAGE = {
    "account": "1", "slug": "lottekookt", "live": "yes", "form": "yes", "title-nl": "Alles van Lotte", "title-en": "All of Lotte",
    "answer-nl": "Je mag antwoorden.", "answer-en": "You may answer.", "intro-nl": "", "intro-en": "",
    "marketing-nl": "Je mag aanbieden.", "marketing-en": "You may offer.", "id-0": "1", "nl-0": "De pan", "en-0": "The pan",
    "url-0": "https://shop.example.org/pan", "shown-0": "yes",
}  # fmt: skip
ROWS = b"id,video_id,user,text,time\n1,7,ann,hi,2026-01-02T03:04:05Z\n2,7,bob,hi,nonsense\n"
WRONG = re.compile(r"Traceback|internal error", re.IGNORECASE)
done = defaultdict(set)
pytestmark = pytest.mark.slow


@contextmanager
def served(app):
    """Serve an application on a loopback port of its own, in a thread."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """An installation with comments, a bio page, an import with a bad row, and an owner who is signed in."""
    world = World(tmp_path_factory.mktemp("product"), comments=20)
    owner = world.owner()
    me = Client(world).sign_in()
    assert me.follow(me.post("/bio", **PAGE)).status == 200
    short = short_of(world.ctx.store.read(lambda q: q.policies())[0].hash)
    known = {"slug": PAGE["slug"], "link_id": 1, "file_id": 1, "short": short, "event_id": 1}
    known["name"] = _receipt(me)
    cookie = open_session(web_parts(world.app), None, owner)
    with served(world.web) as url, requests.Session() as session:
        session.trust_env = False
        cookies = {cookie.key: cookie.value}
        _import(url, session, cookies)
        yield Stage(world, url, session, cookies, known)
    world.close()


@dataclass
class Stage:
    world: World
    url: str
    session: requests.Session
    cookies: dict
    """Of who signed in, and of the forms."""
    known: dict
    """Values that exist, by the name of the parameter."""


def _receipt(visitor):
    """Fill in the form of the bio page; returns the receipt's name."""
    ticket = re.search(r'name="ticket" value="([^"]*)"', visitor.get(f"/b/{PAGE['slug']}").text)[1]
    given_ = {"ticket": ticket, "email": "kijker@example.org", "purpose": "answer", "old_enough": "yes"}
    return re.search(r"/r/([^?]+)", visitor.post(f"/b/{PAGE['slug']}", **given_).header("location"))[1]


def _import(url, session, cookies):
    """Bring in a file with one good row and one bad one."""
    page = session.get(f"{url}/imports", cookies=cookies, timeout=10)
    cookies["gs_csrf"] = page.cookies["gs_csrf"]
    parts = {
        "_csrf_token": (None, cookies["gs_csrf"]),
        "kind": (None, "comments"),
        "file": ("comments.csv", ROWS, "text/csv"),
    }
    answer = session.post(f"{url}/imports", files=parts, cookies=cookies, timeout=10, allow_redirects=False)
    assert answer.headers["Location"] == "/imports/1", answer.text


def _sign(stage, body):
    at = str(stage.world.ctx.clock.now() // 1000)
    return f"t={at},s={hmac.new(SECRET.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def _informed(case, stage):
    """Put real values where the description only knows that there are some, and sign in and sign."""
    known = {name: stage.known[name] for name in (case.path_parameters or {}) if name in stage.known}
    case.path_parameters = {**(case.path_parameters or {}), **known}
    case.cookies = stage.cookies
    if case.operation.path == "/audit/export":
        case.headers = {"x-csrftoken": stage.cookies["gs_csrf"]}
    if case.operation.path == "/hook/tiktok" and case.method == "POST":
        raw = json.dumps(case.body).encode()
        case.body, case.media_type = raw, "application/json"
        case.headers = {"TikTok-Signature": _sign(stage, raw)}


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: value)
@pytest.mark.parametrize("informed", [False, True], ids=["any values", "real values"])
def test_anything_that_fits_the_description_is_answered_as_described(stage, method, path, informed):
    operation = SCHEMA[path][method]

    @repeatable(EXAMPLES)
    @given(case=operation.as_strategy())
    def run(case):
        if informed:
            _informed(case, stage)
        answer = case.call(base_url=stage.url, session=stage.session, timeout=10, allow_redirects=False)
        case.validate_response(answer, checks=CHECKS)
        assert not WRONG.search(answer.text), "an answer says how the program is made"
        done[f"{method.upper()} {path}"].add(answer.status_code)

    run()


def test_real_values_lead_to_what_is_asked_for(stage, record_property):
    """Each operation was answered as it should be at least once, but for those that need the platform itself."""
    only_there = {
        "GET /message/{event_id}/media",
        "GET /connect/{token}",
        "GET /connect/{token}/go",
        "GET /oauth/tiktok/",
    }
    unseen = {
        name
        for name, codes in done.items()
        if not codes & {200, 302, 303} or (codes == {303} and "csv" in name)
    }
    assert unseen - only_there - {"POST /b/{slug}"} == set(), done
    record_property(
        "said", f"schemathesis: {len(done)} operations of the product, no 5xx, no answer of another shape"
    )


def _routes(site):
    """Yield every handler with its methods, its path as described, and whether it answers without a session."""
    for route in site.routes:
        for handler in getattr(route, "route_handlers", []):
            path = re.sub(r"\{(\w+)(:\w+)?\}", r"{\1}", route.path_format)
            is_public = bool(handler.opt.get("public")) or not any(
                getattr(one, "__name__", "") == "gate" for one in handler.resolve_middleware()
            )
            yield (
                handler,
                {str(m.value if hasattr(m, "value") else m) for m in handler.http_methods} - {"OPTIONS"},
                path,
                is_public,
            )


def test_what_is_described_is_there_and_what_is_there_for_machines_is_described(stage):
    described = {(method.upper(), path.rstrip("/")) for method, path in OPERATIONS}
    there = {("POST", "/hook/tiktok"), ("GET", "/hook/tiktok")}  # before all routing
    wanted = set()
    for handler, methods, path, is_public in _routes(stage.world.web):
        there |= {(method, path) for method in methods}
        source = inspect.getsource(getattr(handler.fn, "func", handler.fn))
        if (
            (is_public and path not in FOR_PEOPLE)
            or "Content-Disposition" in source
            or "media_type=" in source
        ):
            wanted |= {(method, path) for method in methods}
    assert described <= there
    assert {one for one in wanted if one[1] not in FOR_PEOPLE} <= described
    assert set(stage.world.web.doors) == {"/hook/tiktok"}


def test_the_reference_page_names_what_is_described():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "http.md").read_text(encoding="utf-8")
    named = {
        address
        for row in page.splitlines()
        if row.startswith("| ")
        for address in re.findall(r"`(/[^`]*)`", row)
    }
    assert named | {"/openapi/openapi.json"} == set(DOCUMENT["paths"])


def test_path_parameters_are_named_as_in_the_path():
    for path, methods in DOCUMENT["paths"].items():
        for name, operation in methods.items():
            if name != "parameters":
                given_ = [*methods.get("parameters", []), *operation.get("parameters", [])]
                assert {one["name"] for one in given_ if one["in"] == "path"} == set(
                    re.findall(r"\{(\w+)\}", path)
                )


def test_the_description_is_served_as_json_without_scripts(stage):
    for address in ADDRESSES:
        answer = stage.session.get(f"{stage.url}{address}", timeout=10)
        assert (answer.headers["content-type"], answer.json()) == ("application/json", DOCUMENT)
        assert (
            "<script" not in answer.text and "default-src 'none'" in answer.headers["content-security-policy"]
        )
    assert stage.session.get(f"{stage.url}/openapi/redoc", timeout=10).status_code == 404


def test_a_lie_in_the_description_is_found(stage):
    lie = ("Health", "lag_seconds", "string")
    check_that_a_lie_is_found(describe(), lie, "/healthz", url=stage.url, session=stage.session)
