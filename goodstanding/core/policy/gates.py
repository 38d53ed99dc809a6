"""The one table of hard gates. Its order is for reading: all are asked, the most restrictive answer wins."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import Gate
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.core.policy.rules import (
    abuse,
    bucket,
    capability,
    clock,
    comment_age,
    comment_answered,
    comment_there,
    consent,
    consent_marketing,
    delay,
    freeze,
    freeze_promotion,
    holdout,
    human,
    kill_switch,
    language,
    message_quota,
    message_read,
    message_time,
    message_trigger,
    message_window,
    not_first,
    quiet_hours,
    sentiment,
    similar,
    spam,
    spike,
    suppression,
    trigger,
    understanding,
    unread,
    unsure,
)
from goodstanding.core.policy.rules.cap import cap

GATES: tuple[Gate, ...] = (
    kill_switch.GATE,
    clock.GATE,
    freeze.GATE,
    capability.REPLY,
    capability.MESSAGE,
    capability.HIDE,
    suppression.GATE,
    consent.GATE,
    comment_there.GATE,
    comment_answered.GATE,
    comment_age.GATE,
    understanding.GATE,
    message_read.GATE,
    unread.GATE,
    language.GATE,
    sentiment.GATE,
    abuse.GATE,
    spam.GATE,
    trigger.GATE,
    message_trigger.GATE,
    human.GATE,
    unsure.GATE,
    not_first.GATE,
    message_window.GATE,
    message_quota.GATE,
    holdout.GATE,
    bucket.GATE,
    spike.GATE,
)
"""Asked for every comment or message."""
PROMOTION: tuple[Gate, ...] = (freeze_promotion.GATE, consent_marketing.GATE)
"""Asked when the wording is promotional."""
AT_SENDING: tuple[Gate, ...] = (quiet_hours.GATE,)
"""Asked of the planned time when deciding, of the present at sending."""
PLANNING = (similar.ID, delay.ID, message_time.ID)
"""Asked once a sending is planned; they choose wording and time."""
GATE_IDS: tuple[str, ...] = (*(gate.id for gate in (*GATES, *PROMOTION, *AT_SENDING)), *PLANNING, "cap")


def caps(policy: Policy, platform: PlatformRules) -> tuple[Gate, ...]:
    """Return one gate for each limit of the policy and of the platform; the lower number holds where both speak."""
    numbers = platform.numbers
    window = f"contact/message/{numbers.message_window_hours}"
    most = {window: (numbers.messages_per_window, numbers.sources.get("messages_per_window", "own"))}
    for limit in policy.limits:
        if limit.name not in most or limit.max < most[limit.name][0]:
            most[limit.name] = (limit.max, "own")
    return tuple(
        cap(name, number, source=source, place=place, numbers=(f"limits.{name.replace('/', '.')}",))
        for place, (name, (number, source)) in enumerate(sorted(most.items()))
    )
