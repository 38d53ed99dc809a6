"""What the pages need of the rest, handed over once by `bootstrap`: the desk knows no adapter."""

from collections.abc import Callable
from dataclasses import dataclass, field

from goodstanding.core.audit.evidence import BuildPack
from goodstanding.usecases.context import Context
from goodstanding.usecases.imports import Importer
from goodstanding.usecases.people import Passwords
from goodstanding.usecases.ports import Person
from goodstanding.usecases.ports.understanding import Explains
from goodstanding.usecases.reads import PageReads

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoControls:
    """What only a demo can do: enter without a password, bend time, stir up the crowd."""

    enter: Callable[[], Person | None]
    """The invented owner."""
    speed: Callable[[], float]
    set_speed: Callable[[float], None]
    advance: Callable[[int], None]
    """Jump ahead by milliseconds."""
    spike: Callable[[], None]
    """Let many comments come in at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebParts:
    """One installation, as the pages see it."""

    ctx: Context
    passwords: Passwords
    reads: PageReads
    hosts: frozenset[str] = field(default=LOOPBACK_HOSTS)
    """Names this server answers to, without port, lower case."""
    secure: bool = False
    """Reached by https: cookies are sent over nothing else."""
    public_url: str = ""
    """Where the world reaches this server; empty when it does not."""
    metrics_token: str = field(default="", repr=False)
    """What opens the figures from elsewhere; empty for nothing."""
    lan: str = ""
    """The address under which phones on the same network reach this server; empty when they do not."""
    confirm_clock: Callable[[], None] | None = None
    """A person says that the machine's clock is right."""
    build_pack: BuildPack | None = None
    """Packs evidence; `None` when this installation cannot."""
    second_opinion: Callable[[], str] = str
    """Tells why the second opinion, which was asked for, does not run; empty when all is well."""
    importer: Importer | None = None
    """Takes files in; `None` when this installation cannot."""
    explains: Explains | None = None
    """Explains what was understood; `None` when this installation cannot."""
