"""By which name somebody is known: the platform's id, or only what stood on a screen or in a file."""

from goodstanding.core.tasks import is_handle

BY_HANDLE = "handle:"
"""Begins the id of somebody of whom only the handle is known."""
BY_NAME = "name:"
"""Begins the id of somebody of whom only a display name is known; such a one is nobody else, ever."""
BY_FORM = "form:"
"""Begins the id of somebody who filled in our form; what was filled in is not in it."""
GONE = "erased:"
"""Begins the id of somebody whose data was removed."""
_NOT_THE_PLATFORMS = (BY_HANDLE, BY_NAME, BY_FORM, GONE)


def handle_key(handle: str) -> str:
    """Return a handle as TikTok compares them: without the leading @, in small letters; empty when it can be none.

    TikTok's handles are of ASCII letters, digits, dots and underscores, and case means nothing in them.
    """
    plain = handle.strip().lstrip("@").lower()
    return plain if is_handle(plain) else ""


def stored_handle(handle: str) -> str:
    """Return a handle as it is kept, and a name that can be none as it is."""
    if handle.islower() and not handle.startswith("@") and handle == handle.strip():
        return handle  # as nearly all of them come
    return handle_key(handle) or handle


def by_handle(key: str) -> str:
    """Return the id of somebody of whom only this handle is known; empty for no handle."""
    return f"{BY_HANDLE}{key}" if key else ""


def is_the_platforms(external_id: str) -> bool:
    """Tell whether an id is one that the platform gave: it stays with its person whatever the handle."""
    return not external_id.startswith(_NOT_THE_PLATFORMS)
