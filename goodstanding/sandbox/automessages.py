"""Calls that set up automatic messages and comment-to-message."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from goodstanding.sandbox.automation import OBJECTS, AutoMessage, Kind
from goodstanding.sandbox.call import Call, Nothing, OfAccount, Route, Routes, Text
from goodstanding.sandbox.numbers import read_numbers
from goodstanding.sandbox.personas import comment_to_message_closed
from goodstanding.sandbox.state import ApiError

_RULES = read_numbers().auto_messages
Switch = Literal["ENABLE", "DISABLE"]


class WelcomeMessage(msgspec.Struct, kw_only=True):
    """What a viewer gets who writes for the first time."""

    content: Annotated[str, msgspec.Meta(min_length=1, max_length=_RULES.welcome_characters)]


class SuggestedQuestion(msgspec.Struct, kw_only=True):
    """A question to tap, and its answer."""

    question: Annotated[str, msgspec.Meta(min_length=1, max_length=_RULES.question_characters)]
    answer: Annotated[str, msgspec.Meta(min_length=1, max_length=_RULES.answer_characters)]


class ChatPrompt(msgspec.Struct, kw_only=True):
    """A button above the input, and what it writes."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=_RULES.prompt_title_characters)]
    content: Annotated[str, msgspec.Meta(min_length=1, max_length=_RULES.prompt_characters)]


class AutoMessageCreate(OfAccount, kw_only=True):
    """A new automatic message: its type, and the object of that type."""

    auto_message_type: Kind
    welcome_message: WelcomeMessage | None = None
    suggested_question: SuggestedQuestion | None = None
    chat_prompt: ChatPrompt | None = None


class AutoMessageUpdate(AutoMessageCreate, kw_only=True):
    """New content for an automatic message."""

    auto_message_id: Text


class AutoMessageDelete(OfAccount, kw_only=True):
    """An automatic message to take away."""

    auto_message_type: Kind
    auto_message_id: Text


class AutoMessageSort(OfAccount, kw_only=True):
    """All chat prompts in their new order."""

    auto_message_type: Literal["CHAT_PROMPT"]
    auto_message_ids: list[str]


class AutoMessageSwitch(OfAccount, kw_only=True):
    """A type to switch on or off."""

    auto_message_type: Kind
    operation_status: Switch


class AutoMessageQuery(OfAccount, kw_only=True):
    """A type to list, or one message of it."""

    auto_message_type: Kind
    auto_message_id: str | None = None


class DirectReplyQuery(OfAccount, kw_only=True):
    """The setting to tell."""

    direct_reply_type: Literal["COMMENT_TO_MESSAGE"]


class DirectReplyUpdate(DirectReplyQuery, kw_only=True):
    """The setting to change."""

    operation_status: Switch


class AutoMessageId(msgspec.Struct, kw_only=True):
    """The id of an automatic message."""

    auto_message_id: str


class AutoMessageMade(msgspec.Struct, kw_only=True):
    """An automatic message that was made or changed."""

    auto_message: AutoMessageId


class AutoMessageShown(msgspec.Struct, kw_only=True):
    """An automatic message and how its review stands."""

    auto_message_id: str
    auto_message_type: Kind
    audit_status: Literal["REVIEWING", "APPROVED", "REJECTED"]
    operation_status: Switch
    welcome_message: WelcomeMessage | UnsetType = UNSET
    suggested_question: SuggestedQuestion | UnsetType = UNSET
    chat_prompt: ChatPrompt | UnsetType = UNSET


class AutoMessages(msgspec.Struct, kw_only=True):
    """The automatic messages of a type, and whether the type is switched on."""

    business_id: str
    operation_status: Switch
    auto_messages: list[AutoMessageShown]


class DirectReply(msgspec.Struct, kw_only=True):
    """Whether comment-to-message is switched on."""

    business_id: str
    direct_reply_type: Literal["COMMENT_TO_MESSAGE"]
    operation_status: Switch


def _content(asked: AutoMessageCreate) -> dict[str, str]:
    """Return the one object that fits the type; 40002 for none, another or several."""
    given = {name: getattr(asked, name) for name in OBJECTS.values() if getattr(asked, name) is not None}
    wanted = OBJECTS[asked.auto_message_type]
    if set(given) != {wanted}:
        raise ApiError(40002, f"Exactly {wanted} must be given.")
    found: dict[str, str] = msgspec.to_builtins(given[wanted])
    return found


def _made(known: AutoMessage) -> AutoMessageMade:
    return AutoMessageMade(auto_message=AutoMessageId(auto_message_id=known.auto_message_id))


def create(call: Call, asked: AutoMessageCreate) -> AutoMessageMade:
    """Add an automatic message, which is reviewed before it is used."""
    content = _content(asked)
    return _made(call.world.automation.create(call.account.open_id, asked.auto_message_type, content))


def update(call: Call, asked: AutoMessageUpdate) -> AutoMessageMade:
    """Change an automatic message, which is reviewed again."""
    known = call.world.automation.message(
        call.account.open_id, asked.auto_message_id, asked.auto_message_type
    )
    call.world.automation.update(known, _content(asked))
    return _made(known)


def delete(call: Call, asked: AutoMessageDelete) -> Nothing:
    """Take an automatic message away; the welcome message can only be switched off."""
    known = call.world.automation.message(
        call.account.open_id, asked.auto_message_id, asked.auto_message_type
    )
    call.world.automation.delete(known)
    return Nothing()


def sort(call: Call, asked: AutoMessageSort) -> Nothing:
    """Put the chat prompts in an order."""
    call.world.automation.sort(call.account.open_id, asked.auto_message_ids)
    return Nothing()


def switch(call: Call, asked: AutoMessageSwitch) -> Nothing:
    """Switch a type on or off."""
    on = asked.operation_status == "ENABLE"
    call.world.automation.switch(call.account.open_id, asked.auto_message_type, on=on)
    return Nothing()


def show(call: Call, asked: AutoMessageQuery) -> AutoMessages:
    """List the automatic messages of a type."""
    automation, open_id = call.world.automation, call.account.open_id
    found = automation.of_account(open_id, asked.auto_message_type)
    on = automation.enabled.get((open_id, asked.auto_message_type), False)
    return AutoMessages(
        business_id=open_id,
        operation_status="ENABLE" if on else "DISABLE",
        auto_messages=[
            msgspec.convert(
                {
                    "auto_message_id": one.auto_message_id,
                    "auto_message_type": one.kind,
                    "audit_status": one.audit_status,
                    "operation_status": "ENABLE" if on and not one.disabled else "DISABLE",
                    OBJECTS[one.kind]: one.content,
                },
                AutoMessageShown,
            )
            for one in found
            if asked.auto_message_id in (None, one.auto_message_id)
        ],
    )


def direct_reply_get(call: Call, asked: DirectReplyQuery) -> DirectReply:
    """Tell whether comment-to-message is switched on."""
    open_id = call.account.open_id
    on = call.world.automation.direct_reply.get(open_id, call.account.comment_to_message)
    return DirectReply(
        business_id=open_id,
        direct_reply_type=asked.direct_reply_type,
        operation_status="ENABLE" if on else "DISABLE",
    )


def direct_reply_update(call: Call, asked: DirectReplyUpdate) -> DirectReply:
    """Switch comment-to-message on or off; 40118 where it is not offered."""
    closed = comment_to_message_closed(call.account, call.world.numbers.regions)
    if closed is not None:
        raise ApiError(40118, closed)
    call.world.automation.direct_reply[call.account.open_id] = asked.operation_status == "ENABLE"
    return direct_reply_get(call, asked)


_MANAGE = "message.list.manage"


def _route(
    function: Callable[[Call, Any], Any],
    takes: type[OfAccount],
    gives: type[msgspec.Struct],
    portal: str,
    act: str = "auto",
) -> Route:
    return Route(function, takes, gives, act, scope=_MANAGE, product="messages", portal=portal)


_GET = _route(show, AutoMessageQuery, AutoMessages, "1832184619749377", "read")
_BASE = "/business/message"
ROUTES: Routes = {
    f"{_BASE}/auto_message/create/": {
        "POST": _route(create, AutoMessageCreate, AutoMessageMade, "1832184584869890")
    },
    f"{_BASE}/auto_message/update/": {
        "POST": _route(update, AutoMessageUpdate, AutoMessageMade, "1832184596566017")
    },
    f"{_BASE}/auto_message/delete/": {"POST": _route(delete, AutoMessageDelete, Nothing, "1832184630106386")},
    f"{_BASE}/auto_message/sort/": {"POST": _route(sort, AutoMessageSort, Nothing, "1832184641212433")},
    f"{_BASE}/auto_message/status/update/": {
        "POST": _route(switch, AutoMessageSwitch, Nothing, "1832184607786242")
    },
    f"{_BASE}/auto_message/get/": {"POST": _GET, "GET": _GET},
    f"{_BASE}/direct_reply/get/": {
        "GET": _route(direct_reply_get, DirectReplyQuery, DirectReply, "1843697576682497", "read")
    },
    f"{_BASE}/direct_reply/update/": {
        "POST": _route(direct_reply_update, DirectReplyUpdate, DirectReply, "1843697551083522")
    },
}
