"""Automation rests while comments come in far faster than usual (R28)."""

from goodstanding.core.limits import SpikeThresholds, spike_threshold
from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look
from goodstanding.core.policy.model import Facts, GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import MINUTE


def thresholds(policy: Policy) -> SpikeThresholds:
    """Return the policy's spike numbers."""
    return SpikeThresholds(
        per_hour=policy.pacing.spike_per_hour,
        baseline_milli=policy.pacing.spike_baseline_milli,
        resume_percent=policy.pacing.spike_resume_percent,
    )


def _build(policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("spike")
    limits = thresholds(policy)
    retry = policy.pacing.spike_retry_minutes * MINUTE
    missing = say.missing("volume", limits.per_hour)
    calm = say.allow("calm", "calm")

    def look(facts: Facts) -> GateTrace:
        volume = facts.volume
        if volume is None:
            return missing
        if not volume.paused:
            return calm
        return say.defer(
            Code.VOLUME_SPIKE,
            "calm",
            volume.per_hour,
            free_at=facts.now + retry,
            per_hour=volume.per_hour,
            threshold=spike_threshold(volume.baseline, limits),
        )

    return look


GATE = Gate(
    id="spike",
    guards=SENDS,
    codes=(Code.VOLUME_SPIKE, Code.FACT_MISSING),
    source="own",
    build=_build,
    for_person=False,
    numbers=("pacing.spike_per_hour", "pacing.spike_baseline_milli", "pacing.spike_retry_minutes"),
)
