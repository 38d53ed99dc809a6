"""The table of control calls, from which the server, the control page and the OpenAPI file are made."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from goodstanding.sandbox import control_people, control_run, control_writing
from goodstanding.sandbox.world import World

_Function = Callable[[World, Any], Awaitable[Any]]


class Control(NamedTuple):
    """One control call: what it takes is in the body of a POST and in the query of a GET."""

    method: str
    path: str
    function: _Function
    takes: type[msgspec.Struct]
    group: str
    """Under which heading it stands."""

    @property
    def text(self) -> str:
        """Return what the call does, as its function says."""
        return inspect.getdoc(self.function) or ""


CONTROLS: tuple[Control, ...] = tuple(
    Control(method, path, function, takes, group)
    for group, calls in (
        ("Accounts and what their owners do", control_people.CALLS),
        ("What viewers do", control_writing.CALLS),
        ("How it runs and goes wrong", control_run.CALLS),
    )
    for method, path, function, takes in calls
)
