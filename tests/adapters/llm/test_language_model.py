"""A language model over a real connection: the one thing it may bring is a text; everything else is a code."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.adapters.http import Http
from goodstanding.adapters.llm.chat import LanguageModel, _bare
from goodstanding.usecases.ports.drafts import Drafted, Service
from tests.model_server import FAILURES, FRIENDLY, ModelServer

HERE = frozenset({"127.0.0.1"})


@pytest.fixture(scope="module")
def server():
    server = ModelServer()
    yield server
    server.close()


def ask(address, *, allowed=HERE, private=HERE, key="sk-test", seconds=0.6):
    async def inside():
        http = Http(allowed=allowed, seconds=seconds)
        model = LanguageModel(http, private=private, most=262_144)
        try:
            request = model.request("small", "told", "shown")
            return await model.draft(Service(address=address, model="small", key=key), request)
        finally:
            await http.close()

    return asyncio.run(inside())


def test_a_text_comes_back_and_the_request_is_what_was_made(server):
    server.says = FRIENDLY["nl"]
    server.asked.clear()
    assert ask(server.address) == Drafted(text=FRIENDLY["nl"])
    assert ask(server.address + "/", key="") == Drafted(text=FRIENDLY["nl"])
    assert server.asked[0] == {
        "model": "small", "stream": False,
        "messages": [{"role": "system", "content": "told"}, {"role": "user", "content": "shown"}],
    }  # fmt: skip
    assert server.keys[-2:] == ["Bearer sk-test", None]
    assert server.paths[-2:] == ["/v1/chat/completions"] * 2


@pytest.mark.parametrize(("says", "failure"), FAILURES.items())
def test_every_misbehaviour_is_a_code(server, says, failure):
    server.says = says
    assert ask(server.address) == Drafted(failure=failure)


def test_a_redirect_is_not_followed_not_even_to_itself(server):
    server.asked.clear()
    server.says = f"moved {server.address}/chat/completions"
    assert ask(server.address).failure == "REDIRECT"
    assert len(server.asked) == 1


def test_a_private_address_is_refused_and_gets_not_one_byte(server):
    server.asked.clear()
    assert ask(server.address, allowed=frozenset()).failure == "REFUSED_ADDRESS"
    assert (
        ask(f"https://{server.host}/v1", allowed=frozenset(), private=frozenset()).failure
        == "REFUSED_ADDRESS"
    )
    assert ask(server.address, private=frozenset()).failure == "REFUSED_ADDRESS"
    assert server.asked == []


def test_nobody_there():
    assert ask("http://127.0.0.1:1/v1").failure == "NOT_REACHED"


@pytest.mark.parametrize(
    ("address", "trouble"),
    [
        ("https://model.example/v1", ""),
        ("https://model.example:8443", ""),
        ("http://127.0.0.1:11434/v1", ""),
        ("http://model.example/v1", "plain"),
        ("http://127.0.0.2/v1", "plain"),
        ("https://", "address"),
        ("ftp://model.example/v1", "address"),
        ("file:///etc/passwd", "address"),
        ("model.example/v1", "address"),
        ("https://me:secret@model.example/v1", "address"),
        ("https://model.example/v1?key=1", "address"),
        ("https://model.example/v1#x", "address"),
        ("https://model.example/v 1", "address"),
        ("https://model.example:99999/v1", "address"),
        ("https://[::1/v1", "address"),
        ("https://mödel.example/v1", "address"),
        ("https://model.example/" + "x" * 500, "address"),
        ("", "address"),
    ],
)
def test_which_addresses_may_be_asked(address, trouble):
    assert LanguageModel(Http(), private=HERE, most=1).trouble(address) == trouble


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_not(text):
    assert LanguageModel(Http(), private=HERE, most=1).trouble(text) in ("", "address", "plain")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_text_or_a_code(body):
    found = LanguageModel(Http(), private=HERE, most=1000)._told(body)
    assert bool(found.text) != bool(found.failure)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["choices", "message", "content", "refusal", "finish_reason"]), x), max_leaves=12))  # fmt: skip
def test_any_json_is_a_text_or_a_code(value):
    body = json.dumps(value, ensure_ascii=True).encode()
    found = LanguageModel(Http(), private=HERE, most=100_000)._told(body)
    assert bool(found.text) != bool(found.failure)


@pytest.mark.parametrize(
    ("text", "bare"),
    [('"Hoi!"', "Hoi!"), ("\u201cHoi!\u201d ", "Hoi!"), ('"Hoi" en "dag"', '"Hoi" en "dag"'), ("\r\nHoi\r\nja", "Hoi\nja"), ('"', '"')],
)  # fmt: skip
def test_what_surrounds_an_answer_goes(text, bare):
    assert _bare(text) == bare
