"""The platform's calls under `/open_api/v1.3`: the table of all of them, and how one is answered.

A call is answered without waiting for anything; what has to wait (a hanging connection) is said in `Answer`.
"""

from typing import Any

import msgspec

from goodstanding.sandbox import (
    accounts,
    advertising,
    automessages,
    comments,
    mentions,
    messages,
    oauth,
    publishing,
    webhooks,
)
from goodstanding.sandbox.call import (
    Answer,
    Call,
    Nothing,
    Received,
    Route,
    Routes,
    app_route,
    checked,
    parameters,
)
from goodstanding.sandbox.clock import iso
from goodstanding.sandbox.faults import Fault
from goodstanding.sandbox.journal import Entry
from goodstanding.sandbox.state import ApiError
from goodstanding.sandbox.world import World

BASE = "/open_api/v1.3"
JSON = b"application/json"
_encode = msgspec.json.Encoder().encode
_GATEWAY_PAGE = (
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
)
_FAULT_MESSAGES = {
    40016: "Too many requests. Please retry later.",
    40050: "Duplicate request.",
    40100: "Too many requests. Please retry later.",
    60001: "The service is under maintenance.",
}
_WRITES = frozenset({"reply", "comment", "hide", "like", "delete", "message", "publish"})
_DIGITS_ONLY = str.maketrans("", "", "-:T")


class AnyParams(msgspec.Struct, kw_only=True):
    """Whatever was sent."""


def _absent(_: Call, __: AnyParams) -> Nothing:
    """Not a call that this platform answers: 40008."""
    raise ApiError(40008, "This endpoint is not implemented.")


_ABSENT = app_route(_absent, AnyParams, Nothing)

ROUTES: Routes = {
    path: methods
    for part in (
        oauth, accounts, publishing, comments, mentions, messages, automessages, webhooks, advertising,
    )
    for path, methods in part.ROUTES.items()
} | {
    path: {"GET": _ABSENT, "POST": _ABSENT}
    for path in (
        "/business/comment/reply/delete/",
        "/business/post/authorize/",
        "/business/post/authorize/setting/",
        "/business/post/authorize/status/",
        "/business/post/authorize/delete/",
    )
}  # fmt: skip


def respond(world: World, received: Received) -> Answer:
    """Answer one platform call and log it; never raises."""
    number = world.journal.next_number()
    now = world.clock.now_ms()
    request_id = f"{iso(now)[:19].translate(_DIGITS_ONLY)}{number:08X}"
    path = received.path
    methods = ROUTES.get(path.removeprefix(BASE)) if path.startswith(BASE) else None
    if methods is None:
        return Answer(404, b"text/plain", b"404 page not found", request_id)
    route = methods.get(received.method)
    if route is None:
        return Answer(405, b"text/plain", b"405 method not allowed", request_id)
    entry = Entry(
        number=number,
        at_ms=now,
        method=received.method,
        endpoint=path.removeprefix(BASE),
        act=route.act,
        request_id=request_id,
    )
    fault = world.faults.take(path)
    answer = _answer(Call(world, received, entry), route, fault)
    world.journal.add(entry)
    return answer


def _answer(call: Call, route: Route, fault: Fault | None) -> Answer:
    entry = call.entry
    data: Any = Nothing()
    try:
        params = parameters(call, route)
        for name in ("business_id", "video_id"):
            value = params.get(name)
            if isinstance(value, str):
                setattr(entry, name, value)
        if route.token:
            call.admit(params, route)
        if fault is not None and not fault.commits:
            return _spoilt(entry, fault)
        _check_limits(call.world, route, entry)
        data = route.function(call, checked(params, route, method=entry.method))
    except ApiError as refusal:
        entry.code, entry.message = refusal.code, refusal.message
    else:
        entry.code, entry.message = 0, "OK"
        entry.accepted = True
        entry.changed = route.act in _WRITES
    if fault is not None:
        return _spoilt(entry, fault, data)
    answer = _enveloped(entry, data)
    return answer._replace(manner="late", seconds=call.late_seconds) if call.late_seconds else answer


def _check_limits(world: World, route: Route, entry: Entry) -> None:
    broken = world.throttle.refuse(
        app_id=world.settings.app_id,
        open_id=entry.business_id,
        endpoint=entry.endpoint,
        product=route.product,
        now_ms=entry.at_ms,
    )
    if broken is not None:
        raise ApiError(40100, _FAULT_MESSAGES[40100])


def _spoilt(entry: Entry, fault: Fault, data: Any = None) -> Answer:
    entry.fault = fault.kind
    if fault.kind == "slow":
        return _enveloped(entry, data or Nothing())._replace(manner="late", seconds=fault.seconds)
    if fault.kind in ("server_error", "throttle"):
        entry.code = 40100 if fault.kind == "throttle" else fault.code
        entry.message = _FAULT_MESSAGES.get(entry.code, "System error. Please try again later.")
        return _enveloped(entry, Nothing())
    entry.code = None
    if fault.kind == "gateway_page":
        entry.http_status = 502
        return Answer(502, b"text/html", _GATEWAY_PAGE, entry.request_id)
    manner = "never" if fault.kind == "timeout_after_commit" else "cut"
    return Answer(0, b"", b"", entry.request_id, manner=manner, seconds=fault.seconds)


def _enveloped(entry: Entry, data: Any) -> Answer:
    entry.http_status = 200
    body = _encode(
        {"code": entry.code, "message": entry.message, "request_id": entry.request_id, "data": data}
    )
    return Answer(200, JSON, body, entry.request_id)
