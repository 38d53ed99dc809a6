from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from goodstanding.kernel.timing import DAY, HOUR, MINUTE, SECOND, iso


def test_spans_are_milliseconds():
    assert (SECOND, MINUTE, HOUR, DAY) == (1_000, 60_000, 3_600_000, 86_400_000)


@given(st.integers(0, 4_102_444_800_000))
def test_an_instant_reads_back_from_its_text(instant):
    read = datetime.fromisoformat(iso(instant).replace("Z", "+00:00"))
    assert read.tzinfo == UTC
    assert round(read.timestamp() * 1000) == instant
