"""Counts of texts sent lately equal counting them all again."""

from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core.outbox import likeness
from goodstanding.usecases.facts import Lately

TEXTS = (
    "Bedankt voor je vraag! Stuur ons INFO.",
    "Bedankt voor je vraag, stuur ons INFO!",
    "Thanks for asking, send us INFO.",
    "Iets heel anders dan de rest.",
)
VIDEOS = ("v1", "v2")
sending = st.tuples(st.sampled_from(VIDEOS), st.sampled_from(TEXTS))


@given(
    before=st.lists(sending, max_size=10),
    elsewhere=st.lists(st.sampled_from(TEXTS), max_size=5),
    steps=st.lists(st.tuples(st.booleans(), sending), max_size=30),
    recent=st.integers(1, 5),
)
def test_moving_counts_equal_counting_again(before, elsewhere, steps, recent):
    sent, last = [*before], [*elsewhere]
    lately = Lately(threshold_milli=700, recent=recent)
    lately.start(last=last[-recent:], under=[(v, t, 1) for v, t in sent])
    for is_sent, (video, text) in steps:
        if is_sent:
            lately.add(text, video)
            sent.append((video, text))
            last.append(text)
        else:
            under = sum(v == video and likeness(text, t) >= 700 for v, t in sent)
            among = sum(likeness(text, t) >= 700 for t in last[-recent:])
            assert lately.like(text, video) == (under, among)


def test_the_invented_texts_hold_near_duplicates_and_others():
    assert likeness(TEXTS[0], TEXTS[1]) >= 700 > likeness(TEXTS[0], TEXTS[3])
