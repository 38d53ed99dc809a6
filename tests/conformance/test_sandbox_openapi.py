"""Schemathesis, with what the sandbox says about itself: never a 5xx, never an answer of another shape."""

import copy
import json
import re

import pytest
import requests
import schemathesis
from hypothesis import given

from goodstanding.sandbox.api import ROUTES
from goodstanding.sandbox.controls import CONTROLS
from goodstanding.sandbox.events import EVENTS
from goodstanding.sandbox.numbers import read_numbers
from goodstanding.sandbox.openapi import document
from goodstanding.sandbox.server import build, serving
from goodstanding.sandbox.world import Settings, World
from tests.conformance.described import CHECKS, check_that_a_lie_is_found, repeatable

EXAMPLES = 20
BOUNDED = {"count": 20, "timeout_seconds": 0.05, "speed": 10}
"""What would wait long or make millions."""
DOCUMENT = json.loads(document())
SCHEMA = schemathesis.openapi.from_dict(copy.deepcopy(DOCUMENT))
OPERATIONS = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]
done = []
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world():
    with serving(Settings(limits=False, local_redirects=True)) as running, requests.Session() as session:
        session.trust_env = False

        def control(path, **body):
            answer = session.post(f"{running.url}/_sandbox/{path}", json=body, timeout=10)
            assert answer.status_code == 200, answer.text
            return answer.json()

        account = control("accounts", persona="business-vn", username="stage.vn")
        video = account["video_ids"][0]
        comment = control("comment", text="Waar is de link?", video_id=video)["comment_id"]
        talk = control("messages", business_id=account["business_id"], viewer="vera", text="INFO")
        known = {
            "business_id": account["business_id"],
            "open_id": account["business_id"],
            "video_id": video,
            "item_id": video,
            "comment_id": comment,
            "conversation_id": talk["conversation_id"],
            "recipient": talk["conversation_id"],
            "username": "stage.vn",
            "app_id": "7412345678901234567",
            "client_id": "7412345678901234567",
            "secret": "sandbox-app-secret",
            "client_secret": "sandbox-app-secret",
        }
        yield running.url, session, known, control


def informed(case, known):
    """Put real ids where the description only knows that there are ids, so that calls get past the first check."""
    case.query = {name: known.get(name, value) for name, value in (case.query or {}).items()}
    if isinstance(case.body, dict):
        case.body = {name: known.get(name, value) for name, value in case.body.items()}


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: value)
@pytest.mark.parametrize("real_ids", [False, True], ids=["any ids", "real ids"])
def test_anything_that_fits_the_description_is_answered_as_described(world, method, path, real_ids):
    url, session, known, control = world
    operation = SCHEMA[path][method]

    @repeatable(EXAMPLES)
    @given(case=operation.as_strategy())
    def run(case):
        if real_ids:
            informed(case, known)
        if isinstance(case.body, dict):
            case.body |= {
                name: min(most, value)
                for name, most in BOUNDED.items()
                if isinstance(value := case.body.get(name), int | float)
            }
        control("inject", clear=True, limits=False)
        token = control("seed", grant=[known["business_id"]])["grants"][0]["access_token"]
        case.headers = {**(case.headers or {}), "Access-Token": token}
        case.call_and_validate(base_url=url, session=session, checks=CHECKS, timeout=10)
        done.append(operation.label)

    run()


def test_nothing_that_is_served_is_missing_from_the_description(world, record_property):
    url, session, _, _ = world
    served = json.loads(session.get(f"{url}/_sandbox/openapi.json", timeout=10).text)
    assert served == DOCUMENT
    described = {(method.upper(), path) for path, methods in served["paths"].items() for method in methods}
    assert {
        (method, f"/open_api/v1.3{path}") for path, methods in ROUTES.items() for method in methods
    } <= described
    assert {(one.method, f"/_sandbox{one.path}") for one in CONTROLS} <= described
    record_property(
        "said", f"schemathesis: {len(done)} calls to {len(set(done))} operations, no 5xx, no schema break"
    )


def test_every_page_that_is_served_is_described_and_nothing_else():
    served = set()
    for route in build(World(Settings())).routes:
        path = re.sub(r":\w+}", "}", route.path_format)
        served |= {(method, path) for method in getattr(route, "methods", ()) if method != "OPTIONS"}
    described = {(method.upper(), path) for method, path in OPERATIONS if not path.startswith("/open_api/")}
    assert {(method, path.rstrip("/")) for method, path in served} == {
        (method, path.rstrip("/")) for method, path in described
    }


def test_what_is_assumed_stands_with_the_calls_and_events_it_is_about():
    operations = DOCUMENT["paths"] | DOCUMENT["webhooks"]
    told = dict(DOCUMENT["info"]["x-assumed"])
    for methods in operations.values():
        for described in methods.values():
            told |= described.get("x-assumed", {})
    assumed = read_numbers().assumed
    assert told == {one.subject: one.text for one in assumed}
    send = DOCUMENT["paths"]["/open_api/v1.3/business/message/send/"]["post"]
    assert "40064" in send["x-assumed"]["Window closed, quota used"]
    names = [path.removeprefix("/open_api/v1.3") for path in operations]
    for one in assumed:
        assert all(any(name.startswith(call) for name in names) for call in one.calls), one.subject


def test_most_real_ids_lead_past_the_first_check(world):
    url, session, _, _ = world
    counts = session.get(f"{url}/_sandbox/calls", params={"limit": 0}, timeout=10).json()["counts"]
    done_well = {one["endpoint"] for one in counts if one["code"] == "0"}
    assert len(done_well) > 30, counts


def test_a_lie_in_the_description_is_found(world):
    url, session, known, control = world
    token = control("seed", grant=[known["business_id"]])["grants"][0]["access_token"]
    sent = {"query": {"business_id": known["business_id"]}, "headers": {"Access-Token": token}}
    lie = ("Profile", "display_name", "integer")
    path = "/open_api/v1.3/business/get/"
    check_that_a_lie_is_found(DOCUMENT, lie, path, url=url, session=session, **sent)


def test_every_kind_of_webhook_is_described(world):
    assert set(DOCUMENT["webhooks"]) == set(EVENTS)
    for described in DOCUMENT["webhooks"].values():
        body = described["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert body["properties"]["content"]["type"] == "string"
        name = body["properties"]["content"]["contentSchema"]["$ref"].rpartition("/")[2]
        assert name in DOCUMENT["components"]["schemas"]


def test_a_refusal_is_described_as_such(world):
    url, session, known, _ = world
    answer = session.get(f"{url}/open_api/v1.3/business/get/", params={"business_id": "x"}, timeout=10)
    assert answer.json() == {
        "code": 40104,
        "message": "Access token is empty.",
        "request_id": answer.headers["X-Tt-Logid"],
        "data": {},
    }
