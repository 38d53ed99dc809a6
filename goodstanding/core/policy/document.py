"""The policy document: typed, closed, bounded. A document outside the hard ceilings cannot be made at all.

The bounds below are the ceilings of the house, not the shipped numbers: those stand in `playbooks/policies`, each with
its source and date. `looser` says in which direction a field allows more; comparing two policies rests on it.
"""

import hashlib
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from goodstanding.core.policy.conditions import AnyCondition
from goodstanding.core.policy.model import Outcome
from goodstanding.core.policy.vocabulary import Intent, Language, Name, TimeOfDay, looser
from goodstanding.kernel.canonical import canonical
from goodstanding.kernel.ids import PolicyHash

Class = Literal["permitted", "needs_review"]
"""Whether something may run by itself or only before a person; what is refused cannot be written down."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=1200, strip_whitespace=True)]
Rid = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,40}$")]

CONTACT_MESSAGES_MAX = 5
CONTACT_MESSAGES_HOURS = 168
"""No policy allows more automatic messages to one person (requirement R23)."""


_LATER: dict[str, object] = {"disclosure": None, "card": None, "ask": "", "after_hours": 0, "drafts": False}
"""Keys that came after the first versions were kept, and their value when unused."""


class Part(BaseModel):
    """A piece of the document: frozen, strict, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_strip_whitespace=False)


class Title(Part):
    """A name in both languages."""

    nl: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    en: Annotated[str, StringConstraints(min_length=1, max_length=120)]


class Gates(Part):
    """Numbers of the hard gates. Scores are thousandths."""

    consent_required: Literal[True] = True
    intent_milli_min: Annotated[int, looser("down", ge=700, le=1000)]
    """A reply needs a trigger at least this sure."""
    doubt_milli_min: Annotated[int, looser("up", ge=100, le=1000)]
    """From here up to `intent_milli_min` a person looks."""
    language_milli_min: Annotated[int, looser("down", ge=600, le=1000)]
    languages: Annotated[tuple[Language, ...], looser("more", min_length=1, max_length=2)]
    sentiment_milli_min: Annotated[int, looser("down", ge=-300, le=1000)]
    abuse_milli_below: Annotated[int, looser("up", ge=1, le=300)]
    hate_milli_below: Annotated[int, looser("up", ge=1, le=300)]
    threat_milli_below: Annotated[int, looser("up", ge=1, le=300)]
    sexual_milli_below: Annotated[int, looser("up", ge=1, le=300)]
    spam_milli_below: Annotated[int, looser("up", ge=1, le=300)]
    profanity_max: Annotated[int, looser("up", ge=0, le=1)]
    human_milli_min: Annotated[int, looser("up", ge=100, le=600)]
    """From here a minor, a crisis, a collaboration or a complaint goes to a person."""
    human_intents: Annotated[tuple[Intent, ...], looser("fewer", max_length=10)] = ()
    """Intents that also always go to a person."""
    age_hours_max: Annotated[int, looser("up", ge=1, le=168)]

    @model_validator(mode="after")
    def _doubt_below_sure(self) -> Self:
        if self.doubt_milli_min > self.intent_milli_min:
            raise PydanticCustomError("DOUBT_ABOVE_SURE", "doubt_milli_min lies above intent_milli_min")
        return self


class Limit(Part):
    """At most `max` acts in every half-open window of `window_hours`."""

    scope: Literal["contact", "account", "rule", "video", "workspace"]
    channel: Literal["reply", "message", "hide", "any"]
    """`any` counts replies and messages together."""
    max: Annotated[int, looser("up", ge=0, le=100_000)]
    window_hours: Annotated[int, Field(ge=1, le=8760)]
    rule: Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9-]{0,40})?$")] = ""
    """The rule meant, for scope `rule`."""

    @property
    def name(self) -> str:
        """The counter's name, as in `CounterFact`."""
        scope = f"rule:{self.rule}" if self.scope == "rule" else self.scope
        return f"{scope}/{self.channel}/{self.window_hours}"


class Pacing(Part):
    """Natural cadence: the delay, the account's bucket and the pause in a spike."""

    delay_minutes_min: Annotated[int, looser("down", ge=0, le=1440)] = 10
    delay_minutes_max: Annotated[int, looser("down", ge=0, le=1440)] = 60
    bucket_capacity: Annotated[int, looser("up", ge=1, le=500)]
    refill_per_hour: Annotated[int, looser("up", ge=1, le=500)]
    slow_above_per_hour: Annotated[int, looser("up", ge=1, le=1_000_000)]
    """Above so many comments an hour the refill slows."""
    slow_factor: Annotated[int, looser("down", ge=1, le=100)]
    """How many times slower."""
    spike_per_hour: Annotated[int, looser("up", ge=1, le=1_000_000)]
    """No pause below so many comments an hour."""
    spike_baseline_milli: Annotated[int, looser("up", ge=1000, le=100_000)]
    """Pause above this many thousandths of the usual volume."""
    spike_resume_percent: Annotated[int, looser("up", ge=1, le=95)]
    spike_retry_minutes: Annotated[int, looser("down", ge=5, le=1440)]

    @model_validator(mode="after")
    def _delay_in_order(self) -> Self:
        if self.delay_minutes_min > self.delay_minutes_max:
            raise PydanticCustomError("DELAY_REVERSED", "delay_minutes_min lies above delay_minutes_max")
        return self


class QuietHours(Part):
    """Local times between which nothing is sent; equal times mean no quiet hours."""

    start: TimeOfDay
    end: TimeOfDay


class Similar(Part):
    """The guard against repeated texts."""

    threshold_milli: Annotated[int, looser("up", ge=300, le=1000)]
    """From this likeness two texts are near-duplicates."""
    video_day_max: Annotated[int, looser("up", ge=0, le=50)]
    recent: Annotated[int, looser("down", ge=20, le=500)]
    """How many of the last texts of the workspace are compared."""
    recent_max: Annotated[int, looser("up", ge=0, le=25)]


class Review(Part):
    """Where cases go, and in how many office minutes they should be handled."""

    queue: Name
    """The queue of cases that no rule has sent elsewhere."""
    queues: Annotated[dict[Name, Annotated[int, Field(ge=5, le=20_160)]], Field(min_length=1, max_length=20)]
    """Queue to target in office minutes."""


class Label(Part):
    """The title of a button in both languages."""

    nl: Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]
    en: Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]

    def of(self, language: str) -> str:
        """Return the title in `language`; English for any other."""
        return self.nl if language == "nl" else self.en


class Card(Part):
    """Makes a template a question with a yes and a no to tap; the answer is kept as evidence of consent."""

    purpose: Literal["marketing"] = "marketing"
    version: Annotated[str, StringConstraints(pattern=r"^v[0-9]{1,4}$")]
    """The version of the text that asks: a changed question gets a new one."""
    yes: Label
    no: Label

    def buttons(self, language: str) -> tuple[tuple[str, str], tuple[str, str]]:
        """Return (id, title) of the two buttons. The id names the answer, the purpose and the version of the text."""
        return (
            (f"consent:yes:{self.purpose}:{self.version}", self.yes.of(language)),
            (f"consent:no:{self.purpose}:{self.version}", self.no.of(language)),
        )


class Disclosure(Part):
    """What the first automatic message to somebody begins with: that it is automatic, and how to make it stop (R60)."""

    nl: Text
    en: Text

    def of(self, language: str) -> str:
        """Return the words in `language`; English for any other."""
        return self.nl if language == "nl" else self.en


class Template(Part):
    """A reply or message in several wordings per language."""

    id: Rid
    channel: Literal["reply", "message"]
    promotional: bool = False
    """Needs consent for marketing, and stops in a freeze of promotion."""
    class_: Annotated[Class, Field(alias="class")] = "permitted"
    nl: Annotated[tuple[Text, ...], Field(max_length=40)] = ()
    en: Annotated[tuple[Text, ...], Field(max_length=40)] = ()
    card: Card | None = None
    """For a question with buttons: the wordings are then the question itself."""
    drafts: bool = False
    """A language model may word it for the comment at hand, within all checks; else, and whenever one fails, the wordings."""

    def variants(self, language: str) -> tuple[str, ...]:
        """Return the wordings in `language`, none for a language we do not write."""
        return self.nl if language == "nl" else self.en if language == "en" else ()


class Rule(Part):
    """All conditions met: one outcome."""

    rid: Rid
    """Never changes, so the rule keeps its history when renamed."""
    title: Title
    on: Literal["comment", "message", "any"] = "comment"
    when: Annotated[tuple[AnyCondition, ...], Field(min_length=1, max_length=8)]
    then: Outcome
    template: Annotated[str, StringConstraints(max_length=41)] = ""
    label: Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_-]{0,40})?$")] = ""
    """A label to put whenever the rule matches, whatever the outcome."""
    queue: Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_-]{0,40})?$")] = ""
    priority: Annotated[int, Field(ge=0, le=1000)] = 500
    enabled: bool = True
    class_: Annotated[Class, Field(alias="class")] = "permitted"
    ask: Annotated[str, StringConstraints(max_length=41)] = ""
    """A question (template with a card) that follows the message, unless the person was asked before."""
    after_hours: Annotated[int, looser("down", ge=0, le=48)] = 0
    """For a message: leave so many hours after the person's message, or earlier when the window ends before."""


class Source(Part):
    """Where a number comes from."""

    source: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    date: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    kind: Annotated[str, StringConstraints(pattern=r"^(own|TT-[A-Z]+-[0-9]+)$")]


class Policy(Part):
    """One whole policy."""

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    id: Rid
    title: Title
    scope: Literal["workspace", "account", "campaign"] = "workspace"
    gates: Gates
    limits: Annotated[tuple[Limit, ...], Field(max_length=50)]
    pacing: Pacing
    quiet_hours: QuietHours | None = None
    similar: Similar
    review: Review
    disclosure: Disclosure | None = None
    templates: Annotated[tuple[Template, ...], Field(max_length=200)] = ()
    rules: Annotated[tuple[Rule, ...], Field(max_length=200)] = ()
    sources: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.:*-]{1,120}$")], Source],
        Field(max_length=400),
    ] = {}

    @model_validator(mode="after")
    def _contact_ceiling(self) -> Self:
        """No document without a message limit per person at or under the ceiling."""
        for limit in self.limits:
            if limit.scope == "contact" and limit.channel in ("message", "any"):
                windows = -(-CONTACT_MESSAGES_HOURS // limit.window_hours)
                if limit.max * windows <= CONTACT_MESSAGES_MAX:
                    return self
        raise PydanticCustomError(
            "CONTACT_CEILING", "a limit of at most {max} messages per person in {hours} hours is needed",
            {"max": CONTACT_MESSAGES_MAX, "hours": CONTACT_MESSAGES_HOURS},
        )  # fmt: skip

    @model_validator(mode="after")
    def _references(self) -> Self:
        """Ids are unique and what is named exists."""
        for where, name in self._broken():
            raise PydanticCustomError(where, "{name}", {"name": name})
        return self

    def _broken(self) -> Iterator[tuple[Literal["DUPLICATE"], str]]:
        seen: set[str] = set()
        for name in (
            *(f"rule {rule.rid}" for rule in self.rules),
            *(f"template {one.id}" for one in self.templates),
            *(f"limit {limit.name}" for limit in self.limits),
        ):
            if name in seen:
                yield "DUPLICATE", name
            seen.add(name)

    def body(self) -> dict[str, object]:
        """Return the document as plain values, defaults written out.

        What the language of policies learned later is left out where it is not used: a version from before keeps its hash.
        """
        body = self.model_dump(mode="json", by_alias=True)
        for part in (body, *body["templates"], *body["rules"]):
            for name, unused in _LATER.items():
                if name in part and part[name] == unused:
                    del part[name]
        return body

    @property
    def hash(self) -> PolicyHash:
        """The id of this version: hash of the canonical JSON."""
        return PolicyHash(f"sha256:{hashlib.sha256(canonical(self.body())).hexdigest()}")
