"""Nothing is sent in the account's quiet hours (R26): asked of the planned time, and again at sending."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import Facts, GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.core.policy.vocabulary import between, minutes
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import MINUTE

_DAY_MINUTES = 1440


class Quiet:
    """The quiet hours of one policy."""

    __slots__ = ("_awake", "_none", "_off", "_say", "awake_minutes", "end", "start", "wanted")

    def __init__(self, policy: Policy) -> None:
        quiet = policy.quiet_hours
        self.start, self.end = (0, 0) if quiet is None else (minutes(quiet.start), minutes(quiet.end))
        self._off = self.start == self.end
        self.wanted = "" if self._off else f"outside {_shown(self.start)}-{_shown(self.end)}"
        self.awake_minutes = (self.start - self.end) % _DAY_MINUTES or _DAY_MINUTES
        self._say = Answers("quiet_hours")
        self._awake: Ready[int, GateTrace] = Ready(
            lambda minute: self._say.allow(self.wanted, _shown(minute))
        )
        self._none = self._say.allow("", "")

    def look(self, *, now: int, minute: int, at: int) -> GateTrace:
        """Answer for a sending planned at `at`, when it is `minute` of the local day at `now`."""
        if self._off:
            return self._none
        local = (minute + (at - now) // MINUTE) % _DAY_MINUTES
        if not between(local, self.start, self.end):
            return self._awake[local]
        wait = ((self.end - local) % _DAY_MINUTES) * MINUTE
        return self._say.defer(Code.QUIET_HOURS, self.wanted, _shown(local), free_at=at + wait)


def _shown(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _build(policy: Policy, _platform: PlatformRules) -> Look:
    quiet = Quiet(policy)

    def look(facts: Facts) -> GateTrace:
        return quiet.look(now=facts.now, minute=facts.minute, at=facts.now)

    return look


GATE = Gate(
    id="quiet_hours",
    guards=SENDS,
    codes=(Code.QUIET_HOURS,),
    source="own",
    build=_build,
    for_person=False,
    numbers=("quiet_hours",),
)
