"""The forms of the control page: one for each control call that changes something, made from what it takes."""

import re
from collections.abc import Iterable
from html import escape
from itertools import groupby

import msgspec
from msgspec import inspect as kinds

from goodstanding.sandbox.controls import Control
from goodstanding.sandbox.personas import personas
from goodstanding.sandbox.world import World

_TICKED = re.compile(r"`([^`]+)`")
_Choices = tuple[str, ...]
_MORE_FROM = 3
"""With fewer fields that need not be filled in, all of them are shown at once."""


def forms(world: World, controls: Iterable[Control]) -> str:
    """Return a form for every call that changes something, under the heading of its group."""
    known = _suggested(world)
    posts = (one for one in controls if one.method == "POST")
    return (
        "<h2>Let something happen</h2><p>Each form is one call, with all it takes. What is left empty is not sent, so it keeps "
        "the value shown in grey.</p>"
        + "".join(
            f'<h3 class="group">{escape(group)}</h3><div class="forms">'
            + "".join(_form(one, known) for one in calls)
            + "</div>"
            for group, calls in groupby(posts, key=lambda one: one.group)
        )
        + "<noscript><p>These forms need JavaScript; the same calls work from any program.</p></noscript>"
    )


def prose(text: str) -> str:
    """Return a text as HTML, what stands between backticks as code."""
    return _TICKED.sub(r"<code>\1</code>", escape(" ".join(text.split())))


def _suggested(world: World) -> dict[str, str]:
    """Return values that exist, for fields that name something."""
    return {
        "business_id": next(reversed(world.state.accounts), ""),
        "video_id": next(iter(world.state.videos), ""),
        "comment_id": next(reversed(world.state.comments), ""),
        "viewer": "vera",
        "text": "INFO",
        "count": "25",
        "endpoint": "comment/reply/create/",
        "times": "1",
        "spread_seconds": "300",
    }


def _form(control: Control, known: dict[str, str]) -> str:
    info = kinds.type_info(control.takes)
    assert isinstance(info, kinds.StructType)
    shown = [one for one in info.fields if one.required or one.name in known]
    more = [one for one in info.fields if one not in shown]
    if not shown or len(more) < _MORE_FROM:
        shown, more = list(info.fields), []
    title = control.text.partition("\n")[0].rstrip(".")
    folded = f"<details><summary>More</summary>{_inputs(more, known)}</details>" if more else ""
    return (
        f'<form data-call="/_sandbox{control.path}"><h4>{prose(title)}</h4>{_inputs(shown, known)}{folded}'
        "<button>Do it</button><output aria-live=polite></output></form>"
    )


def _inputs(fields: Iterable[kinds.Field], known: dict[str, str]) -> str:
    return "".join(_labelled(one, known.get(one.name, "")) for one in fields)


def _labelled(field: kinds.Field, value: str) -> str:
    label = escape(field.name.replace("_", " ").capitalize()) + ("" if not field.required else " *")
    kind, may_be_absent = _without_none(field.type)
    name, default = f'name="{escape(field.name)}"', _default(field)
    choices = _choices(field.name, kind, unsaid=may_be_absent or not field.required)
    if choices is not None:
        listed = "".join(
            f"<option{_is(one == default, ' selected')}>{escape(one)}</option>" for one in choices
        )
        return f"<label>{label} <select {name}>{listed}</select></label>"
    if isinstance(kind, kinds.BoolType):
        if not may_be_absent:
            return (
                f'<label><input {name} type="checkbox"{_is(default == "true", " checked")}> {label}</label>'
            )
        listed = "".join(
            f'<option value="{one}">{one and text}</option>'
            for one, text in (("", ""), ("true", "yes"), ("false", "no"))
        )
        return f'<label>{label} <select {name} data-kind="truth">{listed}</select></label>'
    return f"<label>{label} {_typed(kind, name, value, default)}</label>"


def _typed(kind: kinds.Type, name: str, value: str, default: str) -> str:
    """Return the input of what is typed in: a number, a text, several texts, or JSON."""
    shown = f'{name} value="{escape(value)}" placeholder="{escape(default)}"'
    if isinstance(kind, kinds.IntType | kinds.FloatType):
        bounds = f"{_bound('min', kind.ge)}{_bound('max', kind.le)}"
        return f'<input {shown} type="number" step="any"{bounds}>'
    if isinstance(kind, kinds.StrType):
        return f'<input {shown} type="text">'
    if isinstance(kind, kinds.ListType | kinds.VarTupleType) and isinstance(kind.item_type, kinds.StrType):
        return f'<input {shown} type="text" data-kind="list" title="several, with commas between them">'
    return f'<textarea {name} data-kind="json" rows="2" placeholder="JSON"></textarea>'


def _without_none(kind: kinds.Type) -> tuple[kinds.Type, bool]:
    """Return the one kind of value a field takes, and whether it may be left unsaid."""
    if not isinstance(kind, kinds.UnionType):
        return kind, False
    others = [one for one in kind.types if not isinstance(one, kinds.NoneType)]
    return (others[0] if len(others) == 1 else kind), len(others) < len(kind.types)


def _choices(name: str, kind: kinds.Type, *, unsaid: bool) -> _Choices | None:
    if name == "persona":
        return tuple(personas())
    if not isinstance(kind, kinds.LiteralType):
        return None
    return (*([""] if unsaid else []), *(str(one) for one in kind.values))


def _default(field: kinds.Field) -> str:
    """Return the value a field has when it is not sent, where that is short enough to be shown."""
    value = field.default
    if not isinstance(value, str | int | float):
        return ""
    return msgspec.json.encode(value).decode().strip('"')


def _bound(name: str, value: float | None) -> str:
    return "" if value is None else f' {name}="{value:g}"'


def _is(condition: bool, text: str) -> str:  # noqa: FBT001 - an if in a word
    return text if condition else ""
