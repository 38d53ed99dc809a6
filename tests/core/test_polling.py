"""The plan of reading: young and talked-about posts often, everything stretched into the budget."""

from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core import polling
from goodstanding.core.polling import Post
from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases.reading_rules import reading_rules

NOW = 1_790_000_000_000
RULES = reading_rules().looks


def post(age, *, newest=0, swept=0):
    return Post(published_at=NOW - age, newest_at=newest, swept_until=swept)


def test_the_shipped_numbers():
    rules = reading_rules()
    assert [(t.younger_than_hours, t.every_minutes, t.everything_every_hours) for t in RULES.tiers] == [
        (48, 10, 6), (168, 60, 24), (720, 360, 72), (0, 1440, 168),
    ]  # fmt: skip
    assert (rules.platform.grace, rules.platform.horizon, rules.platform.ordered_comments) == (
        5 * MINUTE,
        72 * HOUR,
        500,
    )
    assert (rules.visibility.wait_minutes, rules.visibility.flags_to_trip) == (15, 1)
    assert (RULES.history_hours, RULES.overlap_minutes, RULES.calls_in_a_look) == (24, 15, 20)


def test_a_young_post_is_read_more_often_than_an_old_one():
    spans = [polling.interval(RULES, post(age), NOW) for age in (0, 47 * HOUR, 3 * DAY, 10 * DAY, 400 * DAY)]
    assert spans == [10 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY]


def test_a_post_that_is_talked_about_is_read_often_whatever_its_age():
    assert polling.interval(RULES, post(400 * DAY, newest=NOW - HOUR), NOW) == 5 * MINUTE
    assert polling.interval(RULES, post(400 * DAY, newest=NOW - 3 * HOUR), NOW) == DAY


def test_everything_is_read_again_after_the_tiers_time():
    assert polling.is_sweep_due(RULES, post(HOUR, swept=NOW - 6 * HOUR), NOW)
    assert not polling.is_sweep_due(RULES, post(HOUR, swept=NOW - 6 * HOUR + 1), NOW)
    assert not polling.is_sweep_due(RULES, post(HOUR, swept=NOW - 6 * HOUR), NOW, stretch=2_000)


def test_failures_double_the_wait_up_to_a_bound():
    assert [polling.after_failure(RULES, n) // MINUTE for n in (0, 1, 2, 6, 7, 99)] == [
        5,
        10,
        20,
        320,
        360,
        360,
    ]


@given(st.integers(1, 10**9), st.integers(1, 10**7))
def test_a_stretched_plan_fits_its_budget(wanted, budget):
    stretch = polling.stretch_of(wanted, budget)
    assert stretch >= polling.ONE
    assert wanted * polling.ONE <= budget * stretch
    if stretch > polling.ONE:
        assert wanted * polling.ONE > budget * (stretch - 1)


@given(st.integers(0, 800), st.integers(0, 100), st.integers(1_000, 50_000))
def test_demand_is_what_the_intervals_say(age_days, newest_hours, stretch):
    one = post(age_days * DAY, newest=NOW - newest_hours * HOUR)
    span = polling.interval(RULES, one, NOW)
    assert polling.interval(RULES, one, NOW, stretch=stretch) == span * stretch // 1_000 >= span
    assert polling.calls_per_hour(RULES, one, NOW) >= HOUR * polling.ONE // span
