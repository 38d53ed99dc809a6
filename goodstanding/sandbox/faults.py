"""Faults that can be ordered: for the next calls of an endpoint, or by chance from a seed."""

import random
from typing import Annotated, Literal

import msgspec

Kind = Literal[
    "timeout_after_commit",
    "drop_after_commit",
    "drop_before_commit",
    "server_error",
    "throttle",
    "gateway_page",
    "slow",
]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One ordered fault. `endpoint` is the end of a path, such as `comment/reply/create/`, or `*`."""

    kind: Kind
    endpoint: str = "*"
    times: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How many calls from now on; 0 leaves it to `probability`."""
    probability: Share = 0.0
    after_commit: bool = False
    """For `server_error` and `gateway_page`: whether the act happened before the answer went wrong."""
    code: int = 50002
    """For `server_error`: the code in the envelope."""
    seconds: Annotated[float, msgspec.Meta(ge=0)] = 30.0
    """Real seconds: how long `slow` waits before it answers and `timeout_after_commit` keeps silent."""

    @property
    def commits(self) -> bool:
        """Whether the call takes effect although its answer goes wrong."""
        return self.after_commit or self.kind in ("timeout_after_commit", "drop_after_commit", "slow")


class WebhookFaults(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How deliveries go wrong; all shares 0 to 1, all spans in virtual seconds."""

    hold: bool = False
    """Nothing is sent: events wait until they are fetched at `deliveries?pending=1`."""
    lost: Share = 0.0
    """Events that are never sent at all."""
    duplicate: Share = 0.0
    reorder: Share = 0.0
    reorder_seconds: float = 30.0
    bad_signature: Share = 0.0
    stale: Share = 0.0
    stale_seconds: int = 3600
    delay_seconds_max: float = 0.0
    echo_first: Share = 0.0
    """Sent messages whose call is answered only after their echo has been told."""
    echo_seconds: float = 0.3
    """Real seconds such an answer is held back."""


class Faults:
    """The ordered faults and the chance that draws from them."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - repeatable by seed, guards nothing
        self.ordered: list[Fault] = []
        self.webhooks = WebhookFaults()

    def order(self, fault: Fault) -> None:
        """Add a fault; raises `ValueError` when it could never happen."""
        if not fault.times and not fault.probability:
            raise ValueError("a fault needs times or probability")
        self.ordered.append(fault)

    def clear(self) -> None:
        """Everything works again."""
        self.ordered.clear()
        self.webhooks = WebhookFaults()

    def take(self, path: str) -> Fault | None:
        """Return the fault this call meets; counted faults are used up, earliest first."""
        for fault in self.ordered:
            if fault.endpoint != "*" and not path.endswith(fault.endpoint):
                continue
            if fault.times:
                fault.times -= 1
                if not fault.times and not fault.probability:
                    self.ordered.remove(fault)
                return fault
            if self._chance.random() < fault.probability:
                return fault
        return None

    def happens(self, share: float) -> bool:
        """Draw once; no draw is used up for a share of 0."""
        return share > 0 and self._chance.random() < share

    def between(self, most: float) -> float:
        """Return a span between 0 and `most`."""
        return self._chance.random() * most if most > 0 else 0.0
