"""The OpenAPI 3.1 description of everything the sandbox answers, made from the tables it answers with."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from goodstanding.sandbox.api import BASE, ROUTES
from goodstanding.sandbox.call import Route, structured_fields
from goodstanding.sandbox.controls import CONTROLS, Control
from goodstanding.sandbox.events import EVENTS
from goodstanding.sandbox.numbers import Assumption, read_numbers

_ENVELOPE = {
    "code": {"type": "integer"},
    "message": {"type": "string"},
    "request_id": {"type": "string"},
}
_REFUSAL = {
    "type": "object",
    "description": "What the platform refuses, with HTTP 200 and a code that is not 0.",
    "required": ["code", "message", "request_id", "data"],
    "properties": _ENVELOPE
    | {
        "code": {"type": "integer", "not": {"const": 0}},
        "data": {"type": "object", "maxProperties": 0},
    },
    "additionalProperties": False,
}
_TROUBLE = {
    "type": "object",
    "description": "What a control call refuses.",
    "properties": {
        "code": {"type": "integer"},
        "message": {"type": "string"},
        "status_code": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_HTML = {"text/html": {"schema": {"type": "string"}}}


@cache
def document() -> bytes:
    """Return the description as JSON."""
    return msgspec.json.format(msgspec.json.encode(describe()), indent=2)


def describe() -> dict[str, Any]:
    """Return the description as plain values."""
    kinds = {kind for route in _routes() for kind in (route.takes, route.gives)}
    kinds |= {control.takes for control in CONTROLS} | set(EVENTS.values())
    ordered = sorted(kinds, key=lambda kind: (kind.__module__, kind.__qualname__))
    refs, components = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(ordered, refs, strict=True))
    paths: dict[str, Any] = {}
    for path, methods in ROUTES.items():
        for method, route in methods.items():
            described = _platform_call(path, method, route, schema_of, components)
            paths.setdefault(BASE + path, {})[method.lower()] = described
    for control in CONTROLS:
        described = _control_call(control, schema_of, components)
        paths.setdefault(f"/_sandbox{control.path}", {})[control.method.lower()] = described
    webhooks = {name: _webhook(name, schema_of[kind]) for name, kind in EVENTS.items()}
    assumed = read_numbers().assumed
    paths |= _pages()
    for name, methods in (paths | webhooks).items():
        for described in methods.values():
            _label(described, [one for one in assumed if one.concerns(name.removeprefix(BASE))])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sandbox of the TikTok API for Business",
            "version": "1.3",
            "description": (
                "An imitation for tests and demonstrations, not affiliated with TikTok. Everyone in it is invented. "
                "Platform calls live under /open_api/v1.3, control calls under /_sandbox. A path without its slash at the "
                "end, or one that is not listed here, answers HTTP 404 with a plain text, another method 405. What the "
                "platform does not document stands under x-assumed, here for all calls and with each call for it."
            ),
            "x-assumed": {one.subject: one.text for one in assumed if not one.calls},
        },
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "schemas": components | {"Refusal": _REFUSAL, "Trouble": _TROUBLE},
            "securitySchemes": {
                "accessToken": {"type": "apiKey", "in": "header", "name": "Access-Token"},
            },
        },
    }


def _label(described: dict[str, Any], assumed: list[Assumption]) -> None:
    """Say with a call, page or event what of it is assumed."""
    if assumed:
        described["x-assumed"] = {one.subject: one.text for one in assumed}


def _routes() -> Iterable[Route]:
    return (route for methods in ROUTES.values() for route in methods.values())


# --- platform calls ---


def _platform_call(
    path: str, method: str, route: Route, schema_of: dict[Any, Any], components: dict[str, Any]
) -> dict[str, Any]:
    text = (route.function.__doc__ or "").partition("\n")[0]
    found: dict[str, Any] = {
        "operationId": method.lower() + path.replace("/", "_").rstrip("_"),
        "summary": text,
        "tags": [route.product],
        "responses": {
            "200": {
                "description": "Done, or refused with a code.",
                "headers": {"X-Tt-Logid": {"schema": {"type": "string"}}},
                "content": {"application/json": {"schema": _envelope(schema_of[route.gives])}},
            },
            "413": {"description": "The body is too large.", "content": _TEXT},
            "421": {"description": "It was called by a name that is not this computer's.", "content": _TEXT},
            "502": {"description": "The gateway fails, when that was ordered.", "content": _HTML},
        },
    }
    if route.portal:
        found["externalDocs"] = {"url": f"https://business-api.tiktok.com/portal/docs?id={route.portal}"}
    if route.token:
        found["security"] = [{"accessToken": []}]
    if route.scope:
        found["description"] = f"Needs the scope `{route.scope}`."
    if method == "GET":
        found["parameters"] = _query(route.takes, schema_of, components)
    elif route.upload:
        found["requestBody"] = {"required": True, "content": _upload(route, schema_of, components)}
    else:
        content = {"application/json": {"schema": schema_of[route.takes]}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _envelope(data: dict[str, Any]) -> dict[str, Any]:
    done = {
        "type": "object",
        "required": ["code", "message", "request_id", "data"],
        "properties": _ENVELOPE | {"code": {"const": 0}, "data": data},
        "additionalProperties": False,
    }
    return {"oneOf": [done, {"$ref": "#/components/schemas/Refusal"}]}


def _resolved(takes: Any, schema_of: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    name = schema_of[takes]["$ref"].rpartition("/")[2]
    found: dict[str, Any] = components[name]
    return found


def _query(takes: Any, schema_of: dict[Any, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    schema = _resolved(takes, schema_of, components)
    as_json = structured_fields(takes)
    required = schema.get("required", [])
    found = []
    for name, kind in schema.get("properties", {}).items():
        parameter: dict[str, Any] = {"name": name, "in": "query", "required": name in required}
        if name in as_json:
            parameter["content"] = {"application/json": {"schema": kind}}
        else:
            parameter["schema"] = kind
        found.append(parameter)
    return found


def _upload(route: Route, schema_of: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    schema = _resolved(route.takes, schema_of, components)
    file = {"type": "string", "format": "binary"}
    body = {
        "type": "object",
        "properties": schema["properties"] | {route.upload: file},
        "required": [*schema.get("required", []), route.upload],
    }
    return {"multipart/form-data": {"schema": body}}


# --- webhooks ---


def _webhook(name: str, content: dict[str, Any]) -> dict[str, Any]:
    text = {"type": "string", "contentMediaType": "application/json", "contentSchema": content}
    body = {
        "type": "object",
        "required": ["client_key", "event", "create_time", "user_openid", "content"],
        "properties": {
            "client_key": {"type": "string", "description": "The app's id."},
            "event": {"const": name},
            "create_time": {"type": "integer", "description": "Seconds since 1970."},
            "user_openid": {"type": "string", "description": "The account's business_id."},
            "content": text,
        },
        "additionalProperties": False,
    }
    signature = {
        "name": "Tiktok-Signature",
        "in": "header",
        "required": True,
        "description": "t=seconds,s=HMAC-SHA256 with the app secret over t, a full stop and the raw body, in hex.",
        "schema": {"type": "string"},
    }
    return {
        "post": {
            "summary": (EVENTS[name].__doc__ or "").partition("\n")[0],
            "parameters": [signature],
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {"200": {"description": "Taken; anything else is repeated for 72 hours."}},
        }
    }


# --- control calls and pages ---


def _control_call(control: Control, schema_of: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    trouble = {"application/json": {"schema": {"$ref": "#/components/schemas/Trouble"}}}
    summary, _, more = control.text.partition("\n")
    found: dict[str, Any] = {
        "operationId": f"control_{control.method.lower()}{control.path.replace('/', '_').replace('-', '_')}",
        "summary": summary,
        "description": " ".join(more.split()),
        "tags": ["control"],
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}},
            "400": {"description": "It cannot be done.", "content": trouble},
            "409": {"description": "There is no room.", "content": trouble},
            "413": {"description": "The body is too large.", "content": trouble},
            "415": {"description": "Send application/json.", "content": trouble},
        },
    }
    if control.method == "GET":
        found["parameters"] = _query(control.takes, schema_of, components)
    else:
        content = {"application/json": {"schema": schema_of[control.takes]}}
        found["requestBody"] = {"required": False, "content": content}
    return found


def _pages() -> dict[str, Any]:
    words = ("client_key", "response_type", "scope", "redirect_uri", "state", "disable_auto_auth")
    required = ("client_key", "response_type", "scope", "redirect_uri")
    form = {
        "type": "object",
        "required": [*required, "open_id", "answer"],
        "properties": {name: {"type": "string"} for name in (*words[:-1], "open_id")}
        | {
            "answer": {"enum": ["allow", "refuse"]},
            "granted": {"type": "array", "items": {"type": "string"}},
        },
    }
    asked = [
        {"name": name, "in": "query", "required": name in required, "schema": {"type": "string"}}
        for name in words
    ]
    return {
        "/": {
            "get": {
                "operationId": "entrance",
                "summary": "Go to the control page.",
                "tags": ["pages"],
                "responses": {
                    "302": {"description": "To `/_sandbox/`."},
                    "200": {"description": "The page.", "content": _HTML},
                },
            }
        },
        "/v2/auth/authorize/": {
            "get": {
                "operationId": "authorize",
                "summary": "Show the consent page, where the user may untick scopes.",
                "tags": ["pages"],
                "parameters": asked,
                "responses": {
                    "200": {"description": "The page.", "content": _HTML},
                    "302": {"description": "A returning user goes back without a code."},
                    "400": {"description": "Why consent cannot be asked.", "content": _HTML},
                },
            },
            "post": {
                "operationId": "consent",
                "summary": "Answer the consent page: the user goes back with a code, or with a refusal.",
                "tags": ["pages"],
                "requestBody": {
                    "required": True,
                    "content": {"application/x-www-form-urlencoded": {"schema": form}},
                },
                "responses": {
                    "302": {
                        "description": "To `redirect_uri` with `code`, `scopes` and `state`, or with `error`."
                    },
                    "400": {"description": "Why consent cannot be given.", "content": _HTML},
                },
            },
        },
        "/media/{name}": {
            "get": {
                "operationId": "media",
                "summary": "Fetch a temporary address from an answer; media of messages wants the token in x-user.",
                "tags": ["pages"],
                "parameters": [
                    {
                        "name": "name",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "minLength": 1},
                    },
                    {"name": "x-expires", "in": "query", "required": True, "schema": {"type": "string"}},
                    {"name": "x-signature", "in": "query", "required": True, "schema": {"type": "string"}},
                    {"name": "x-user", "in": "header", "required": False, "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {"description": "The picture.", "content": {"image/png": {}, "image/jpeg": {}}},
                    "403": {"description": "Why it does not work (any more).", "content": _TEXT},
                },
            }
        },
        "/_sandbox/": {
            "get": {
                "operationId": "control_page",
                "summary": "Show the control page.",
                "tags": ["pages"],
                "responses": {"200": {"description": "The page.", "content": _HTML}},
            }
        },
        "/_sandbox/openapi.json": _file("openapi", "Tell all calls: this description.", "application/json"),
        "/_sandbox/control.js": _file(
            "control_script", "Serve the script of the control page.", "text/javascript"
        ),
        "/_sandbox/style.css": _file("style", "Serve the style of all pages.", "text/css"),
    }


def _file(name: str, summary: str, kind: str) -> dict[str, Any]:
    answer = {"200": {"description": "The file.", "content": {kind: {}}}}
    return {"get": {"operationId": name, "summary": summary, "tags": ["pages"], "responses": answer}}
