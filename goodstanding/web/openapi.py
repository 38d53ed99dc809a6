"""What the product offers to machines and to strangers, as an OpenAPI 3.1 description. JSON only: no scripts, no pages.

The pages that people work with are not in it: they change as the work does. `tests/conformance/test_product_openapi.py`
holds it to the routes there are and to what they answer.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from goodstanding import __version__
from goodstanding.web.bio import BODY_MAX
from goodstanding.web.conversation import PICTURES
from goodstanding.web.door import BODY_BYTES_MAX
from goodstanding.web.health import TEXT

ADDRESSES = ["/openapi", "/openapi/openapi.json"]
Described = dict[str, Any]
_HTML = "text/html"
_JSON = "application/json"
_PLAIN = "text/plain"
_SESSION: list[Described] = [{"session": []}]


def handler() -> HTTPRouteHandler:
    """Return the route that serves the description."""

    @get(ADDRESSES, sync_to_thread=False, include_in_schema=False)
    def description() -> Response[bytes]:
        return Response(content=document(), media_type=_JSON)

    return description


@cache
def document() -> bytes:
    """Return the description as JSON."""
    return msgspec.json.format(msgspec.json.encode(describe()), indent=2)


def describe() -> Described:
    """Return the description as plain values."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Goodstanding",
            "version": __version__,
            "description": "What this installation offers to machines and to strangers. Pages for people are not in it.",
        },
        "paths": {**_door(), **_figures(), **_bio(), **_connecting(), **_downloads()},
        "components": {
            "schemas": {"Envelope": _ENVELOPE, "Health": _HEALTH, "Live": _LIVE},
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "gs_session",
                    "description": "Of who signed in; over https its name is __Host-gs_session.",
                },
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "TikTok-Signature",
                    "description": "t=SECONDS,s=HEX: HMAC-SHA256 of SECONDS, a dot and the raw body, under the app's secret.",
                },
            },
        },
    }


def _answer(
    text: str, *kinds: str, schema: Described | None = None, headers: Mapping[str, str] | None = None
) -> Described:
    """Return the description of one answer; without kinds nothing is said of its body."""
    found: Described = {"description": text}
    if kinds:
        found["content"] = {kind: {"schema": schema or {"type": "string"}} for kind in kinds}
    if headers:
        found["headers"] = {
            name: {"description": words, "required": True, "schema": {"type": "string"}}
            for name, words in headers.items()
        }
    return found


def _page(text: str) -> Described:
    return _answer(text, _HTML)


def _goes(text: str) -> Described:
    return _answer(text, headers={"Location": "Where to go on."})


_MISSING = {"404": _page("There is no such thing, or not for this address.")}
_BUSY = {"503": _page("The database cannot be reached; try again.")}
_GUARDED = {"403": _page("Not under this host name, or nobody owns this installation yet.")}
_SIGNED_IN = {
    "303": _goes("Sign in first, or nothing to hand over."),
    **_GUARDED,
    **_MISSING,
    **_BUSY,
}


def _path(name: str, text: str, schema: Described) -> Described:
    return {"name": name, "in": "path", "required": True, "description": text, "schema": schema}


def _query(name: str, text: str, schema: Described | None = None) -> Described:
    return {"name": name, "in": "query", "description": text, "schema": schema or {"type": "string"}}


# --- the door ---

_ENVELOPE: Described = {
    "type": "object",
    "description": "A webhook of TikTok. What is not understood is kept all the same, and shown.",
    "required": ["client_key", "event", "create_time", "user_openid", "content"],
    "properties": {
        "client_key": {"type": "string"},
        "event": {
            "type": "string",
            "examples": ["comment.update", "im_receive_msg", "authorization.removed"],
        },
        "create_time": {"type": "integer", "description": "Seconds"},
        "user_openid": {"type": "string"},
        "content": {"type": "string", "description": "JSON, as text"},
    },
}


def _door() -> Described:
    challenge = {"type": "string", "pattern": r"^[\w.~-]{1,256}$"}
    wrong_method = _answer("No challenge, so POST was meant.", _PLAIN)
    return {
        "/hook/tiktok": {
            "post": {
                "summary": "Take a webhook of TikTok.",
                "description": (
                    f"200 means that the body lies on disk. Bodies over {BODY_BYTES_MAX} bytes and signatures that do not"
                    " hold, or are older than five minutes, are refused."
                ),
                "security": [{"signature": []}],
                "requestBody": {
                    "required": True,
                    "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Envelope"}}},
                },
                "responses": {
                    "200": _answer("Kept.", _PLAIN),
                    "401": _answer("The signature does not hold, or is too old.", _PLAIN),
                    "413": _answer("Too large.", _PLAIN),
                    "503": _answer("Not kept: come again.", _PLAIN, headers={"Retry-After": "Seconds."}),
                },
            },
            "get": {
                "summary": "Answer the check that some portals make before they send.",
                "parameters": [_query("challenge", "Repeated in the answer.", challenge)],
                "responses": {"200": _answer("The challenge.", _PLAIN), "405": wrong_method},
            },
        }
    }


# --- health and figures ---

_HEALTH: Described = {
    "type": "object",
    "required": ["ok", "database", "clock", "lag_seconds"],
    "additionalProperties": False,
    "properties": {
        "ok": {"type": "boolean"},
        "database": {"enum": ["ok", "unavailable"]},
        "clock": {
            "type": "string",
            "pattern": "^(ok|CLOCK_[A-Z]+)$",
            "description": "Why time is in doubt, if it is",
        },
        "lag_seconds": {"type": "integer", "minimum": 0, "description": "Age of the oldest unread delivery"},
    },
}
_COUNT: Described = {"type": "integer", "minimum": 0}
_LIVE: Described = {
    "type": "object",
    "description": "Counts, never words or personal data.",
    "required": ["review", "fresh", "planned", "tasks", "frozen"],
    "properties": dict.fromkeys(("review", "fresh", "planned", "tasks", "frozen"), _COUNT),
    "additionalProperties": _COUNT,
}


def _figures() -> Described:
    health: Described = {"$ref": "#/components/schemas/Health"}
    signed_out = {"type": "object", "required": ["signed_in"], "properties": {"signed_in": {"const": False}}}
    return {
        "/healthz": {
            "get": {
                "summary": "Tell whether this installation is well.",
                "responses": {
                    "200": _answer("It is.", _JSON, schema=health),
                    "503": _answer("It is not: the fields say why.", _JSON, schema=health),
                },
            }
        },
        "/metrics": {
            "get": {
                "summary": "Tell the figures, for Prometheus. No personal data.",
                "responses": {"200": _answer("The figures.", TEXT), **_GUARDED, **_BUSY},
            }
        },
        "/live": {
            "get": {
                "summary": "Tell what waits, for a page that is open.",
                "parameters": [_query("after", "The newest case that is shown.", {"type": "integer"})],
                "security": _SESSION,
                "responses": {
                    "200": _answer("The counts.", _JSON, schema={"$ref": "#/components/schemas/Live"}),
                    "401": _answer("Nobody is signed in.", _JSON, schema=signed_out),
                    **_GUARDED,
                    **_BUSY,
                },
            }
        },
        "/openapi/openapi.json": {
            "get": {
                "summary": "Give this description.",
                "responses": {"200": _answer("OpenAPI 3.1.", _JSON, schema={"type": "object"})},
            }
        },
    }


# --- what strangers see ---

_SLUG = _path("slug", "The page's name in its address.", {"type": "string", "pattern": r"^[^/?#]+$"})
_RECEIPT = _path("name", "The receipt's own name, which nobody can guess.", _SLUG["schema"])
_LANG = _query("lang", "Otherwise as the browser asks.", {"enum": ["nl", "en"]})
_REF = _query("ref", "The campaign that led here.", {"type": "string"})
_FORM: Described = {
    "type": "object",
    "properties": {
        "ticket": {"type": "string", "description": "From the page: which words were shown, and when."},
        "name": {"type": "string"},
        "email": {"type": "string"},
        "handle": {"type": "string"},
        "purpose": {"type": "array", "items": {"enum": ["answer", "marketing"]}},
        "old_enough": {"enum": ["", "yes"]},
        "ref": {"type": "string"},
        "website": {"type": "string", "description": "Left empty by people."},
    },
}


def _bio() -> Described:
    form = {"application/x-www-form-urlencoded": {"schema": _FORM}}
    too_large = {"413": _page(f"More than {BODY_MAX} bytes.")}
    wrong = {"400": _page("Not readable as a form.")}
    return {
        "/b/{slug}": {
            "parameters": [_SLUG, _LANG],
            "get": {
                "summary": "Show a bio page: links, and a form of consent.",
                "parameters": [_REF],
                "responses": {"200": _page("The page."), **_MISSING, **_BUSY},
            },
            "post": {
                "summary": "Fill in the form of a bio page.",
                "requestBody": {"content": form},
                "responses": {
                    "303": _goes("The receipt."),
                    "422": _page("The form again, with what is wrong."),
                    **wrong,
                    **too_large,
                    **_MISSING,
                    **_BUSY,
                },
            },
        },
        "/b/{slug}/l/{link_id}": {
            "get": {
                "summary": "Follow a link of a bio page.",
                "parameters": [_SLUG, _path("link_id", "The link's number.", _NUMBER), _REF],
                "responses": {"302": _goes("The link's address."), **_MISSING, **_BUSY},
            }
        },
        "/b/{slug}/r/{name}": {
            "parameters": [_SLUG, _RECEIPT, _LANG],
            "get": {
                "summary": "Show a receipt: what was agreed to, in which words.",
                "responses": {"200": _page("The receipt."), **_MISSING, **_BUSY},
            },
            "post": {
                "summary": "Withdraw the consent of a receipt.",
                "responses": {"303": _goes("The receipt."), **too_large, **_MISSING, **_BUSY},
            },
        },
    }


def _connecting() -> Described:
    token = _path("token", "From the link that the operator sent.", _SLUG["schema"])
    gone = {"410": _page("The link holds no longer."), **_GUARDED, **_BUSY}
    return {
        "/connect/{token}": {
            "get": {
                "summary": "Show a creator what is asked for.",
                "parameters": [token],
                "responses": {"200": _page("The page."), **gone},
            }
        },
        "/connect/{token}/go": {
            "get": {
                "summary": "Send a creator to TikTok's consent page.",
                "parameters": [token],
                "responses": {"303": _goes("TikTok's page."), **gone},
            }
        },
        "/oauth/tiktok/": {
            "get": {
                "summary": "Take a creator back from TikTok's consent page.",
                "parameters": [_query(name, "From TikTok.") for name in ("state", "code", "error", "scopes")],
                "responses": {
                    "200": _page("Connected, with what was granted."),
                    "409": _page("Not connected, and why."),
                    **_GUARDED,
                    **_BUSY,
                },
            }
        },
    }


# --- downloads ---

_NUMBER: Described = {"type": "integer", "minimum": 0, "maximum": 2**53}
_AS_FILE = {"Content-Disposition": "The file's name."}


def _downloads() -> Described:
    file_id = _path("file_id", "The import's number.", _NUMBER)
    binary = {"type": "string", "format": "binary"}
    return {
        "/imports/{file_id}/problems.csv": {
            "get": {
                "summary": "Give the rows of an import that could not be read, and why.",
                "parameters": [file_id],
                "security": _SESSION,
                "responses": {"200": _answer("The rows.", "text/csv", headers=_AS_FILE), **_SIGNED_IN},
            }
        },
        "/imports/{file_id}/original": {
            "get": {
                "summary": "Give an imported file as it came.",
                "parameters": [file_id],
                "security": _SESSION,
                "responses": {
                    "200": _answer("The file.", "application/octet-stream", schema=binary, headers=_AS_FILE),
                    **_SIGNED_IN,
                },
            }
        },
        "/policy/text/{short}": {
            "get": {
                "summary": "Give a policy as it was written.",
                "parameters": [_path("short", "The beginning of its hash.", _SLUG["schema"])],
                "security": _SESSION,
                "responses": {"200": _answer("The policy, TOML.", _PLAIN), **_SIGNED_IN},
            }
        },
        "/message/{event_id}/media": {
            "get": {
                "summary": "Give a picture of a message, fetched now and kept nowhere.",
                "parameters": [_path("event_id", "The message's number.", _NUMBER)],
                "security": _SESSION,
                "responses": {
                    "200": _answer("The picture.", *PICTURES.values(), schema=binary),
                    **_SIGNED_IN,
                },
            }
        },
        "/audit/export": {
            "post": {
                "summary": "Give entries of the log as a pack that verifies by itself.",
                "security": _SESSION,
                "parameters": [
                    {
                        "name": "x-csrftoken",
                        "in": "header",
                        "description": "The value of the cookie gs_csrf.",
                        "schema": {"type": "string"},
                    }
                ],
                "requestBody": {
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "schema": {
                                "type": "object",
                                "properties": {
                                    name: {"type": "string"}
                                    for name in ("comment", "entries", "reason", "masked")
                                },
                            }
                        }
                    }
                },
                "responses": {
                    "200": _answer("The pack.", "application/zip", schema=binary, headers=_AS_FILE),
                    "400": _page("Not readable as a form."),
                    "413": _page("Too large."),
                    **_SIGNED_IN,
                },
            }
        },
    }
