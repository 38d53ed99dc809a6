"""The feeling of a text from words and emoji with a polarity."""

from collections.abc import Sequence

_REACH = 3
_DAMPING = 4


PLAIN, NEGATES, STRESSES = range(3)


def scored(polarities: Sequence[int], *, roles: Sequence[int]) -> int:
    """Return -1000 to 1000 from each word's polarity (-3 to 3) and role in the sentence, in order.

    A negation within three words before turns the feeling round at half strength; a stressing word before it
    adds half.
    """
    total = 0.0
    for at, polarity in enumerate(polarities):
        if polarity:
            felt = polarity * (1.5 if at and roles[at - 1] == STRESSES else 1.0)
            total += felt * -0.5 if NEGATES in roles[max(0, at - _REACH) : at] else felt
    return round(1000 * total / (abs(total) + _DAMPING))
