"""The model in use, taken up anew while a process runs: a change needs no restart."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.adapters.nlp.shelf import Files
from goodstanding.core.signals import Signals
from goodstanding.usecases.ports import Classifier as Reads
from goodstanding.usecases.ports import StoreUnavailableError
from goodstanding.usecases.ports.models import ModelError, Trouble

LOOK_SECONDS = 2.0
"""How long a change of the model may take to be known in every process."""


class InUse:
    """Holds the model that is in use; the shipped one while that cannot be read.

    `asked` tells the digest in use, or None when that cannot be known now; `hear` is told of a digest and its trouble
    each time this process looks, so that it can be noted and, when it is over, forgotten. `over` puts a second
    opinion over the fast path, where one is wanted.
    """

    def __init__(
        self,
        shelf: Files,
        *,
        asked: Callable[[], str | None],
        hear: Callable[[str, Trouble], None],
        over: Callable[[Classifier], Reads] = lambda fast: fast,
    ) -> None:
        self._shelf, self._asked, self._hear, self._over = shelf, asked, hear, over
        self._lock = threading.Lock()
        self._digest, self._trouble, self._until = "", "", 0.0
        self._ready: dict[str, Reads] = {}

    def look(self) -> Trouble:
        """Take up what is in use now; returns why it cannot be used."""
        with self._lock:
            return self._look()

    def classifier(self, home: str) -> Reads:
        """Return the classifier of a home language, by the model in use."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._look()
            return self._ready.get(home) or self._ready.setdefault(
                home, self._over(self._shelf.classifier(self._digest, home))
            )

    def _look(self) -> Trouble:
        self._until = time.monotonic() + LOOK_SECONDS
        asked = self._asked()
        if asked is None:
            return ""
        wanted, trouble = asked, self._shelf.look(asked).trouble if asked != self._digest else ""
        served = "" if trouble else wanted
        if served != self._digest:
            try:
                self._ready = {"": self._over(self._shelf.classifier(served))}
                self._digest = served
            except ModelError:
                trouble = "missing"
        with suppress(StoreUnavailableError):  # it is told again at the next look
            self._hear(wanted, trouble)
        return trouble


class Serving:
    """A classifier that is always by the model in use."""

    def __init__(self, in_use: InUse, home: str) -> None:
        self._in_use, self._home = in_use, home

    @property
    def model(self) -> str:
        return self._in_use.classifier(self._home).model

    def signals(self, texts: Sequence[str]) -> list[Signals]:
        return self._in_use.classifier(self._home).signals(texts)
