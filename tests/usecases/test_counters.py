"""Counters that move with each planned act equal counting all acts again."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core.policy.compile import CounterSpec
from goodstanding.core.policy.model import CounterFact
from goodstanding.kernel.timing import HOUR
from goodstanding.usecases.facts import Situation, _Counter
from goodstanding.usecases.ports import Spent

NOW = 1_790_000_000_000
SPECS = tuple(
    CounterSpec(
        name=f"{scope}/{channel}/{hours}",
        scope=scope.partition(":")[0],
        channel=channel,
        window_hours=hours,
        rule=rule,
    )
    for scope, rule in (("contact", ""), ("account", ""), ("workspace", ""), ("video", ""), ("rule:r1", "r1"))
    for channel in ("reply", "hide", "any")
    for hours in (1, 24)
)
acts = st.builds(
    Spent,
    act=st.sampled_from(("reply", "message", "hide")),
    contact_id=st.integers(1, 2),
    rule=st.sampled_from(("r1", "r2")),
    video_id=st.sampled_from(("v1", "v2")),
    at=st.integers(NOW - 2 * HOUR, NOW + HOUR),
    sent=st.booleans(),
)


def situation(spent):
    made = Situation.__new__(Situation)
    made.now = NOW
    made._counters = [_Counter(spec) for spec in SPECS]
    made._of_contact = defaultdict(list)
    made._of_account, made._of_workspace = list(spent), list(spent)
    for one in spent:
        made._of_contact[one.contact_id].append(one)
    made._shared, made._quiet_counts = {}, {}
    made._sent, made._wordings = [], {}
    made._zero = tuple(CounterFact(name=spec.name, used=0, free_at=0) for spec in SPECS)
    return made


def note(made, one):
    made.note_planned(
        one.act, contact_id=one.contact_id, rule=one.rule, video_id=one.video_id, at=one.at, text=""
    )


@given(before=st.lists(acts, max_size=5), planned=st.lists(acts, max_size=8))
def test_counters_after_each_act_equal_counting_again(before, planned):
    moving, known = situation(before), [*before]
    for one in planned:
        assert {moving._count(c, v) for c in (1, 2, 3) for v in ("v1", "v2")}
        note(moving, one)
        known.append(
            Spent(
                act=one.act,
                contact_id=one.contact_id,
                rule=one.rule,
                video_id=one.video_id,
                at=one.at,
                sent=False,
            )
        )
        again = situation(known)
        for contact in (1, 2, 3):
            for video in ("v1", "v2"):
                assert moving._count(contact, video) == again._count(contact, video)
