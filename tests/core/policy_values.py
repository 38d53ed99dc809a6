"""Facts and policies for the tests of the policy engine: a calm price question, and strategies around it."""

from hypothesis import strategies as st
from msgspec.structs import replace

from goodstanding.core.policy.compile import CompiledPolicy, compile_policy
from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.model import (
    AccountFacts,
    CommentFacts,
    ContactFacts,
    CounterFact,
    Facts,
    FreezeFacts,
    MessageFacts,
    VolumeFacts,
    WordingFact,
)
from goodstanding.core.policy.parse import parse
from goodstanding.core.signals import Signals
from goodstanding.kernel.timing import HOUR
from goodstanding.usecases.playbooks import platform_rules, policy_text

NOW = 1_763_000_000_000
PLATFORM = platform_rules()
CAREFUL = parse(policy_text("careful"), PLATFORM)
NORMAL = parse(policy_text("normal"), PLATFORM)


def changed(policy: Policy, **parts) -> Policy:
    """Return `policy` with tables merged: dicts merge into tables, everything else replaces."""
    body = policy.body()
    for name, value in parts.items():
        body[name] = {**body[name], **value} if isinstance(value, dict) else value
    return Policy.model_validate_json(__import__("json").dumps(body))


def with_rules(policy: Policy, *rules: dict) -> Policy:
    return changed(policy, rules=[*policy.body()["rules"], *rules])


def rule(rid: str, then: str, *when: dict, **more) -> dict:
    return {"rid": rid, "title": {"nl": rid, "en": rid}, "when": list(when), "then": then, **more}


MESSAGE = MessageFacts(asked=False, first=True, form="text", tap="", used=0)


def signals(**changes) -> Signals:
    calm = Signals(
        model="test-1",
        language="nl",
        language_milli=950,
        sentiment_milli=100,
        abuse_milli=10,
        hate_milli=0,
        threat_milli=0,
        sexual_milli=0,
        spam_milli=20,
        profanity=0,
        intents=(("price", 930),),
        answer=None,
        contains=(),
        hits=(),
    )
    return replace(calm, **changes)


def facts(compiled: CompiledPolicy, **changes) -> Facts:
    """Return the facts of a calm Dutch price question that `careful` answers; changes by field name."""
    calm = Facts(
        event=1,
        kind="comment",
        now=NOW,
        minute=11 * 60,
        weekday=2,
        chance=2**31,
        clock_sure=True,
        account=AccountFacts(
            id=1,
            mode="automatic",
            killed=False,
            can_reply=True,
            can_hide=True,
            can_message=True,
            bucket_milli=3000,
            bucket_free_at=0,
        ),
        contact=ContactFacts(
            ref=7,
            suppressed=False,
            answer="given",
            marketing="absent",
            wrote_at=NOW - HOUR,
            labels=(),
            holdout=False,
        ),
        comment=CommentFacts(
            public=True,
            own=False,
            reply=False,
            answered=False,
            at=NOW - HOUR,
            video="v1",
            video_class="growth",
        ),
        signals=signals(),
        freeze=FreezeFacts(sends=False, promotion=False, epoch=0),
        counters=tuple(CounterFact(name=one.name, used=0, free_at=0) for one in compiled.counters),
        volume=VolumeFacts(per_hour=10, baseline=10, paused=False),
        wording=tuple(
            WordingFact(
                template=template, variant=variant, language=language, similar_video=0, similar_recent=0
            )
            for language in ("nl", "en")
            for template, variant, _ in compiled.wordings(language)
        ),
    )
    if changes.get("kind") == "message":
        changes = {"message": MESSAGE, **changes}
    return replace(calm, **changes)


def but(value, **changes):
    """Return a struct with some fields changed."""
    return replace(value, **changes)


COMPILED = compile_policy(CAREFUL, PLATFORM)
CALM = facts(COMPILED)

# ---- strategies ----
scores = st.none() | st.sampled_from([0, 1, 100, 149, 150, 199, 200, 449, 450, 500, 949, 950, 1000])
intent_names = [
    "collab",
    "complaint",
    "crisis",
    "info",
    "link",
    "minor",
    "price",
    "product_question",
    "question",
    "thanks",
]
signal_values = st.builds(
    Signals,
    model=st.just("test-1"),
    language=st.sampled_from(["nl", "en", "de", "und"]),
    language_milli=st.sampled_from([0, 799, 800, 1000]),
    sentiment_milli=st.none() | st.sampled_from([-1000, -501, -301, -300, -200, 0, 1000]),
    abuse_milli=scores,
    hate_milli=scores,
    threat_milli=scores,
    sexual_milli=scores,
    spam_milli=scores,
    profanity=st.none() | st.integers(0, 3),
    intents=st.dictionaries(
        st.sampled_from(intent_names), st.sampled_from([0, 399, 500, 700, 849, 850, 1000]), max_size=3
    ).map(lambda found: tuple(sorted(found.items()))),
    answer=st.sampled_from([None, None, "yes", "no", "stop"]),
    contains=st.sampled_from([(), ("email",), ("iban", "url")]),
    hits=st.sampled_from([(), (("abuse", "x"),), (("spam", "y"), ("threat", "z"))]),
)
near = st.sampled_from([0, 1, 2, 3, 5, 12, 40, 100, 1000])


def counter_values(compiled: CompiledPolicy):
    full = st.tuples(
        *[
            st.builds(
                CounterFact,
                name=st.just(one.name),
                used=near,
                free_at=st.sampled_from([0, NOW - 1, NOW + HOUR]),
            )
            for one in compiled.counters
        ]
    )
    some = full.map(lambda found: found[::2])
    return st.none() | full | full | some


def one_off(calm, strategy):
    """Return `calm` with one or two of its fields taken from another value."""

    def mix(pair):
        wild, names = pair
        return replace(calm, **{name: getattr(wild, name) for name in names})

    names = st.lists(st.sampled_from(calm.__struct_fields__), min_size=1, max_size=2)
    return st.tuples(strategy, names).map(mix)


@st.composite
def fact_values(draw, compiled: CompiledPolicy):
    """Any facts: calm ones with up to three parts odd or missing, one in eight wild all over."""
    wild = draw(wild_values(compiled))
    if draw(st.integers(0, 7)) == 0:
        return wild
    calm = facts(compiled, kind=draw(st.sampled_from(["comment", "comment", "message"])))
    calm = replace(
        calm, chance=wild.chance, signals=draw(st.just(calm.signals) | one_off(calm.signals, signal_values))
    )
    odd = (
        "account",
        "clock_sure",
        "comment",
        "contact",
        "counters",
        "freeze",
        "minute",
        "signals",
        "volume",
        "wording",
    )
    names = draw(st.lists(st.sampled_from(odd), max_size=3))
    mixed = replace(calm, **{name: getattr(wild, name) for name in names})
    return replace(mixed, message=draw(message_values)) if calm.kind == "message" else mixed


message_values = st.just(MESSAGE) | st.builds(
    MessageFacts,
    asked=st.booleans(),
    first=st.booleans(),
    form=st.sampled_from(["text", "text", "tap", "image", "something_new"]),
    tap=st.sampled_from(["", "", "marketing:yes", "marketing:no"]),
    used=st.sampled_from([0, 1, 9, 10, 11]),
)


def wild_values(compiled: CompiledPolicy):
    """Facts in which everything may be missing or odd at once."""
    wording = st.none() | st.lists(
        st.builds(
            WordingFact,
            template=st.sampled_from(["price", "link", "info", "gone"]),
            variant=st.integers(-1, 9),
            language=st.sampled_from(["nl", "en", "de"]),
            similar_video=st.integers(0, 5),
            similar_recent=st.integers(0, 10),
        ),
        max_size=4,
    ).map(tuple)
    bools = st.sampled_from([True, False])
    return st.builds(
        Facts,
        event=st.just(1),
        kind=st.sampled_from(["comment", "comment", "comment", "message"]),
        now=st.just(NOW),
        minute=st.integers(0, 1439),
        weekday=st.integers(0, 6),
        chance=st.integers(0, 2**32 - 1),
        clock_sure=st.sampled_from([True, True, True, False]),
        account=st.none()
        | st.just(CALM.account)
        | st.builds(
            AccountFacts,
            id=st.just(1),
            mode=st.sampled_from(["automatic", "assisted", "sandbox"]),
            killed=bools,
            can_reply=bools,
            can_hide=bools,
            can_message=bools,
            bucket_milli=st.integers(0, 4000),
            bucket_free_at=st.sampled_from([0, NOW + HOUR]),
        ),
        contact=st.none()
        | st.just(CALM.contact)
        | st.builds(
            ContactFacts,
            ref=st.just(7),
            suppressed=bools,
            answer=st.sampled_from(["given", "given", "withdrawn", "absent"]),
            marketing=st.sampled_from(["given", "withdrawn", "absent"]),
            wrote_at=st.none()
            | st.sampled_from(
                [NOW - HOUR, NOW - 40 * HOUR, NOW - 47 * HOUR - 45 * 60_000, NOW - 48 * HOUR, NOW + HOUR]
            ),
            labels=st.sampled_from([(), ("vip",)]),
            holdout=bools,
        ),
        comment=st.none()
        | st.just(CALM.comment)
        | st.builds(
            CommentFacts,
            public=bools,
            own=bools,
            reply=bools,
            answered=bools,
            at=st.sampled_from([NOW - HOUR, NOW - 200 * HOUR, NOW + HOUR]),
            video=st.just("v1"),
            video_class=st.sampled_from(["rewarded", "sponsored", "growth", "unknown"]),
        ),
        signals=st.none() | signal_values | st.just(CALM.signals),
        freeze=st.none()
        | st.just(CALM.freeze)
        | st.builds(FreezeFacts, sends=bools, promotion=bools, epoch=st.integers(0, 3)),
        counters=counter_values(compiled) | st.just(CALM.counters),
        volume=st.none()
        | st.just(CALM.volume)
        | st.builds(VolumeFacts, per_hour=st.integers(0, 9999), baseline=st.integers(0, 999), paused=bools),
        wording=wording | st.just(CALM.wording),
    )


texts = (
    st.none()
    | st.sampled_from(["", "wat kost dit?", "LINK graag", "sale nu", "ＳＡＬＥ", "zomaar iets"])
    | st.text(max_size=30)
)

conditions = st.sampled_from([
    {"kind": "intent_in", "intents": ["price", "link"], "milli": 500},
    {"kind": "intent_at_least", "intent": "price", "milli": 0},
    {"kind": "intent_at_least", "intent": "info", "milli": 700, "below": 900},
    {"kind": "sentiment_below", "milli": 1000},
    {"kind": "sentiment_below", "milli": -100},
    {"kind": "score_at_least", "head": "worst", "milli": 0},
    {"kind": "score_at_least", "head": "abuse", "milli": 100, "below": 500, "hit": "unlisted"},
    {"kind": "score_at_least", "head": "spam", "milli": 900, "hit": "listed"},
    {"kind": "profanity_at_least", "severity": 1},
    {"kind": "contains_any", "words": ["kost", "link graag"], "bank": "prijs"},
    {"kind": "contains_kind", "kinds": ["email", "url"]},
    {"kind": "language_in", "languages": ["nl", "de"]},
    {"kind": "contact_label", "labels": ["vip"]},
    {"kind": "video_class_in", "classes": ["growth", "unknown"]},
    {"kind": "volume_above", "per_hour": 5},
    {"kind": "time_between", "start": "00:00", "end": "23:59"},
    {"kind": "time_between", "start": "22:00", "end": "06:00"},
    {"kind": "counter_at_least", "counter": "contact/reply/24", "count": 1},
    {"kind": "comment_is_reply", "value": False},
    {"kind": "messages_open", "value": True},
    {"kind": "tapped", "answer": "yes"},
])  # fmt: skip


@st.composite
def rule_values(draw, rid: str, then: str | None = None):
    outcome = then or draw(st.sampled_from(["reply", "message", "hide", "review", "none", "label"]))
    more: dict = {"priority": draw(st.integers(0, 3)), "enabled": draw(st.sampled_from([True, True, False]))}
    if outcome == "reply":
        more["template"] = draw(st.sampled_from(["price", "link"]))
    if outcome == "message":
        more |= {"template": "dm", "on": draw(st.sampled_from(["comment", "message", "any"]))}
    if outcome in ("review", "none", "label"):
        more["on"] = draw(st.sampled_from(["comment", "any"]))
    if outcome == "label" or draw(st.booleans()):
        more["label"] = "seen"
    return rule(rid, outcome, *draw(st.lists(conditions, min_size=1, max_size=3)), **more)


QUESTION = {
    "id": "question", "channel": "message", "nl": ["Mogen we je tips sturen?"], "en": ["May we send you tips?"],
    "card": {"version": "v1", "yes": {"nl": "Ja, graag", "en": "Yes, please"}, "no": {"nl": "Nee", "en": "No"}},
}  # fmt: skip


@st.composite
def policy_values(draw):
    """Valid policies, as loose as the bounds allow now and then."""
    loose = draw(st.booleans())
    gates = dict.fromkeys(
        (
            "abuse_milli_below",
            "hate_milli_below",
            "threat_milli_below",
            "sexual_milli_below",
            "spam_milli_below",
        ),
        300,
    )
    gates |= {
        "sentiment_milli_min": -300,
        "intent_milli_min": 700,
        "doubt_milli_min": 700,
        "profanity_max": 1,
        "human_milli_min": 600,
        "language_milli_min": 600,
    }
    body = CAREFUL.body()
    rules = [draw(rule_values(f"r{number}")) for number in range(draw(st.integers(0, 3)))]
    when = [{"kind": "intent_in", "intents": ["price", "info"], "milli": 0}]
    if draw(st.integers(0, 3)):
        rules.append(rule("answer", "reply", *when, template="price"))
    if draw(st.booleans()):
        more = {
            "after_hours": draw(st.sampled_from([0, 1, 24, 48])),
            "ask": draw(st.sampled_from(["", "question"])),
        }
        rules.append(rule("write", "message", *when, template="dm", on="message", **more))
    templates = [
        *body["templates"],
        {
            "id": "dm",
            "channel": "message",
            "promotional": draw(st.booleans()),
            "nl": ["Hoi daar"],
            "en": ["Hi there"],
        },
    ]
    limits = body["limits"]
    if rules and draw(st.booleans()):
        limits = [
            *limits,
            {"scope": "rule", "channel": "any", "max": 1, "window_hours": 1, "rule": rules[0]["rid"]},
        ]
    return changed(
        CAREFUL,
        gates=gates if loose else {},
        pacing={"delay_minutes_min": 0, "delay_minutes_max": draw(st.sampled_from([0, 60, 1440]))},
        rules=rules,
        templates=templates,
        limits=limits,
        **({"quiet_hours": None} if draw(st.booleans()) else {}),
    )
