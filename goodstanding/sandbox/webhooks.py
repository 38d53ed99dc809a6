"""Where events go: the callback of each category."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from goodstanding.sandbox.call import Call, Nothing, Params, Routes, Text, app_route
from goodstanding.sandbox.state import ApiError
from goodstanding.sandbox.world import EVENT_TYPES


class WebhookQuery(Params, kw_only=True):
    """A category of events."""

    app_id: Text
    secret: Text
    event_type: Text


class WebhookUpdate(Params, kw_only=True):
    """A callback for a category, for all posts or for some."""

    app_id: Text
    secret: Text
    event_type: Text
    callback_url: Text
    item_list: list[str] | None = None


class WebhookDelete(Params, kw_only=True):
    """A category to stop, or some posts to take off its list."""

    app_id: Text
    secret: Text
    event_type: Text
    item_list: list[str] | None = None


class Webhook(msgspec.Struct, kw_only=True):
    """The callback of a category; absent when there is none."""

    app_id: str
    event_type: str
    callback_url: str | UnsetType = UNSET
    item_list: Annotated[list[str], msgspec.Meta(min_length=1)] | UnsetType = UNSET


def update(call: Call, asked: WebhookUpdate) -> Webhook:
    """Set the callback of a category; posts are added to those named before."""
    call.need_app(asked.app_id, asked.secret)
    items = asked.item_list or []
    known = call.world.subscriptions.get(asked.event_type)
    together = set(items) | (known.item_list if known else set())
    if len(together) > call.world.numbers.webhooks.item_list_max:
        raise ApiError(40002, "Param item_list names too many posts.")
    if items and asked.event_type != "COMMENT":
        raise ApiError(40002, "Param item_list goes with COMMENT only.")
    call.world.subscribe(asked.event_type, asked.callback_url, set(items))
    return _webhook(call, asked.event_type)


def show(call: Call, asked: WebhookQuery) -> Webhook:
    """Tell the callback of a category; no `callback_url` means there is none."""
    call.need_app(asked.app_id, asked.secret)
    return _webhook(call, _category(asked.event_type))


def delete(call: Call, asked: WebhookDelete) -> Nothing:
    """Remove a category's callback, or only some posts from its list."""
    call.need_app(asked.app_id, asked.secret)
    known = call.world.subscriptions.get(_category(asked.event_type))
    if known is not None and asked.item_list:
        known.item_list -= set(asked.item_list)
    else:
        call.world.subscriptions.pop(asked.event_type, None)
    return Nothing()


def _category(event_type: str) -> str:
    if event_type not in EVENT_TYPES:
        raise ApiError(40002, "Param event_type is invalid.")
    return event_type


def _webhook(call: Call, event_type: str) -> Webhook:
    known = call.world.subscriptions.get(event_type)
    found = Webhook(app_id=call.world.settings.app_id, event_type=event_type)
    if known is not None:
        found.callback_url = known.callback_url
        if known.item_list:
            found.item_list = sorted(known.item_list)
    return found


ROUTES: Routes = {
    "/business/webhook/update/": {
        "POST": app_route(update, WebhookUpdate, Webhook, "webhook", portal="1810521279479810")
    },
    "/business/webhook/list/": {"GET": app_route(show, WebhookQuery, Webhook, portal="1810521289122818")},
    "/business/webhook/delete/": {
        "POST": app_route(delete, WebhookDelete, Nothing, "webhook", portal="1810521297052673")
    },
}
