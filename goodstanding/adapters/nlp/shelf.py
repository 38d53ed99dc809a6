"""The shelf: the model that ships, and the files of those made here (`models/DIGEST.gsm`, its card beside it)."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from goodstanding.adapters.nlp import linear, refit
from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.core.labels import Labelled
from goodstanding.usecases.ports.models import Kept, ModelError, Refitted, Trouble

_DIGEST = re.compile(r"[0-9a-f]{64}")
_CODES: Mapping[str, str] = {
    "missing": "MODEL_MISSING",
    "damaged": "MODEL_DAMAGED",
    "features": "MODEL_FEATURES",
}


class Files:
    """Models as files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def shipped(self) -> Kept:
        return _kept(linear.shipped(), card=_shipped_card(), shipped=True)

    def kept(self) -> list[Kept]:
        names = sorted(path.stem for path in self._folder.glob("*.gsm"))
        return [self.look(name) for name in names if _DIGEST.fullmatch(name)]

    def look(self, digest: str) -> Kept:
        if digest in ("", linear.shipped().digest):
            return self.shipped()
        weights, trouble = self._read(digest)
        if weights is None:
            return Kept(digest=digest, trouble=trouble)
        return _kept(weights, card=self._card(digest))

    def classifier(self, digest: str, home: str = "") -> Classifier:
        known = cast('Literal["nl", "en"] | None', home if home in ("nl", "en") else None)
        return Classifier(weights=self.weights(digest), home=known)

    def weights(self, digest: str) -> linear.Weights:
        """Return a model's weights; raises `ModelError`."""
        if digest in ("", linear.shipped().digest):
            return linear.shipped()
        weights, trouble = self._read(digest)
        if weights is None:
            raise ModelError(_CODES[trouble], digest=digest[:16])
        return weights

    def refit(
        self,
        parent: str,
        rows: Sequence[Labelled],
        anchors: Sequence[str],
        *,
        seed: int,
        progress: Callable[[int, int], None],
    ) -> Refitted:
        weights = self.weights(parent)
        made = refit.step(weights, rows, anchors, progress=progress)
        old = weights.header
        name = f"{old.name.partition('/')[0]}/{seed}"
        header = msgspec.structs.replace(old, name=name, version=old.version + 1, parent=weights.digest)
        body = linear.packed(header, made.rows)
        digest = linear.read(body).digest
        self._put(f"{digest}.gsm", body)
        return Refitted(digest=digest, changed=made.changed, skipped=made.skipped)

    def describe(self, digest: str, card: Mapping[str, Any]) -> None:
        self._put(f"{digest}.json", msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")

    def _put(self, name: str, body: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f".{name}.part"
        part.write_bytes(body)
        part.replace(self._folder / name)

    def _read(self, digest: str) -> tuple[linear.Weights | None, Trouble]:
        if not _DIGEST.fullmatch(digest):
            return None, "missing"
        try:
            weights = linear.stored(self._folder / f"{digest}.gsm")
        except FileNotFoundError:
            return None, "missing"
        except (OSError, linear.ModelBrokenError):
            return None, "damaged"
        ours = linear.shipped().header
        if weights.header.made_for != ours.made_for or weights.header.heads != ours.heads:
            return None, "features"
        return (weights, "") if weights.digest == digest else (None, "damaged")

    def _card(self, digest: str) -> Mapping[str, Any]:
        try:
            return _object((self._folder / f"{digest}.json").read_bytes())
        except OSError:
            return {}


@cache
def _shipped_card() -> Mapping[str, Any]:
    card = files("goodstanding") / "adapters" / "nlp" / "weights" / "card.json"
    return _object(card.read_bytes()) if card.is_file() else {}


def _object(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object in a card; a card that is none says nothing."""
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}


def _kept(weights: linear.Weights, *, card: Mapping[str, Any], shipped: bool = False) -> Kept:
    header = weights.header
    return Kept(
        digest=weights.digest, shipped=shipped, name=header.name, version=header.version, parent=header.parent or "", card=card
    )  # fmt: skip
