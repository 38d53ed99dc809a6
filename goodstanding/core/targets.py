"""How a comment or a place is named: by the platform's own id, or by one of ours where nobody told us the platform's."""

PASTED, IMPORTED = "hand", "import"
"""Beginnings of ids of ours: comments pasted or typed, and rows of a file without an id."""


def made(origin: str, digest: str) -> str:
    """Return an id of ours."""
    return f"{origin}:{digest}"


def is_ours(target_id: str) -> bool:
    """Tell whether an id is one of ours: the platform does not know it, so no call can be about it, only a person's act.

    The platform's ids are digits (comments) or letters and digits (conversations), never with such a beginning.
    """
    origin, colon, _ = target_id.partition(":")
    return bool(colon) and origin in (PASTED, IMPORTED)
