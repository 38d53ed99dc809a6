"""The closed vocabulary of conditions. Each is bounded, reads facts only, and knows when it does not know."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from goodstanding.core.policy.fact_conditions import (
    CommentIsReply,
    ContactLabel,
    CounterAtLeast,
    MessagesOpen,
    Tapped,
    TimeBetween,
    VideoClassIn,
    VolumeAbove,
)
from goodstanding.core.policy.text_conditions import (
    ContainsAny,
    ContainsKind,
    IntentAtLeast,
    IntentIn,
    LanguageIn,
    ProfanityAtLeast,
    ScoreAtLeast,
    SentimentBelow,
)
from goodstanding.core.policy.vocabulary import Condition

AnyCondition = Annotated[
    IntentIn
    | IntentAtLeast
    | SentimentBelow
    | ScoreAtLeast
    | ProfanityAtLeast
    | ContainsAny
    | ContainsKind
    | LanguageIn
    | ContactLabel
    | VideoClassIn
    | VolumeAbove
    | TimeBetween
    | CounterAtLeast
    | CommentIsReply
    | MessagesOpen
    | Tapped,
    Field(discriminator="kind"),
]
CONDITIONS: Mapping[str, type[Condition]] = {
    one.model_fields["kind"].default: one
    for one in (
        IntentIn,
        IntentAtLeast,
        SentimentBelow,
        ScoreAtLeast,
        ProfanityAtLeast,
        ContainsAny,
        ContainsKind,
        LanguageIn,
        ContactLabel,
        VideoClassIn,
        VolumeAbove,
        TimeBetween,
        CounterAtLeast,
        CommentIsReply,
        MessagesOpen,
        Tapped,
    )
}
"""Every kind of condition by its name."""
