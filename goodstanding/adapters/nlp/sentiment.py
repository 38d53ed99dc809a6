"""The feeling of a text from words and emoji with a polarity."""

from collections.abc import Sequence

_REACH = 3
_DAMPING = 4
_EMOJI_MAX = 2


def scored(polarities: Sequence[int], *, negates: Sequence[bool], stresses: Sequence[bool]) -> int:
    """Return -1000 to 1000 from each word's polarity (-3 to 3), in order.

    A negation within three words before turns the feeling round at half strength; a stressing word before adds half.
    """
    total = 0.0
    for at, polarity in enumerate(polarities):
        if polarity:
            felt = polarity * (1.5 if at and stresses[at - 1] else 1.0)
            total += felt * -0.5 if any(negates[max(0, at - _REACH) : at]) else felt
    return round(1000 * total / (abs(total) + _DAMPING))
