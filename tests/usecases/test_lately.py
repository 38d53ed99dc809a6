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
adding = st.tuples(st.sampled_from(TEXTS), st.sampled_from((*VIDEOS, None)), st.booleans())
asking = st.tuples(st.sampled_from(TEXTS), st.sampled_from(VIDEOS))


@given(steps=st.lists(st.one_of(adding, asking), max_size=40), recent=st.integers(1, 5))
def test_moving_counts_equal_counting_again(steps, recent):
    lately = Lately(threshold_milli=700, recent=recent)
    sent, last = [], []
    for step in steps:
        if len(step) == 3:
            text, video, is_recent = step
            lately.add(text, video, is_recent=is_recent)
            sent.append((text, video))
            last += [text] if is_recent else []
        else:
            wording, video = step
            under = sum(v == video and likeness(wording, t) >= 700 for t, v in sent)
            among = sum(likeness(wording, t) >= 700 for t in last[-recent:])
            assert lately.like(wording, video) == (under, among)


def test_the_invented_texts_hold_near_duplicates_and_others():
    assert likeness(TEXTS[0], TEXTS[1]) >= 700 > likeness(TEXTS[0], TEXTS[3])
