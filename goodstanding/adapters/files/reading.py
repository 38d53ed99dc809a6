"""The way from a file to its reading: which reader is for what."""

from typing import BinaryIO

from goodstanding.adapters.files.received import ROLES, ReceivedReading
from goodstanding.adapters.files.rules import limits, studio
from goodstanding.adapters.files.studio import LEFT_OUT, StudioReading
from goodstanding.adapters.files.tiktok_export import ExportReading
from goodstanding.usecases.ports.imports import Answers, ImportKind, Reading


def open_reading(kind: ImportKind, stream: BinaryIO, *, name: str, own: str, answers: Answers) -> Reading:
    """Open a file as the kind a person says it is. Raises `RefusedFileError`."""
    if kind == "tiktok-export":
        return ExportReading(stream, limits(), own=own)
    if kind == "studio":
        return StudioReading(stream, limits(), name=name, answers=answers)
    return ReceivedReading(stream, limits(), name=name, answers=answers)


def roles(kind: ImportKind) -> tuple[str, ...]:
    """Return what a column can mean in a file of this kind; `-` leaves it out."""
    if kind == "studio":
        return (*studio().roles, LEFT_OUT)
    return ROLES if kind == "comments" else ()
