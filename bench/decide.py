"""Traced decisions per CPU second, beside other rule engines on the same decision with equal answers.

Six rules: price and link asked in Dutch or English words (answered), a negative tone (a person), a cap per person, a
freeze and consent (nothing), a valuable contact (a person), thanks (a label). The peers get the bare values in a flat
mapping, ready to read, and keep no trace. Ours gets full facts, asks every hard gate besides, and its time includes
the trace and the canonical bytes of the whole record. Runs are interleaved; figures are medians of CPU time.

    python -m bench.decide [--events N] [--rounds N] [--json]
"""

import argparse
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from typing import cast

from goodstanding.core.policy.compile import CompiledPolicy, compile_policy
from goodstanding.core.policy.decide import decide
from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.model import (
    AccountFacts,
    CommentFacts,
    ContactFacts,
    CounterFact,
    Facts,
    FreezeFacts,
    VolumeFacts,
    WordingFact,
)
from goodstanding.core.policy.parse import parse
from goodstanding.core.policy.sealing import record_bytes
from goodstanding.core.signals import Signals
from goodstanding.kernel.timing import HOUR
from goodstanding.usecases.playbooks import platform_rules, policy_text

NOW = 1_763_000_000_000
PRICE = ("prijs", "kost", "price", "cost")
LINK = ("link", "linkje", "bestellen", "buy")
FLOOR = -200
CAP = 3

TEXTS = (
    ("wat kost dit precies?", "price"),
    ("what is the price of this one", "price"),
    ("heb je een linkje voor mij", "link"),
    ("where can i buy it", "link"),
    ("wow wat mooi gemaakt", ""),
    ("first! love from utrecht", ""),
    ("haha deze is echt goed", ""),
    ("dank je wel, zo lief", "thanks"),
    ("thank you so much for this", "thanks"),
    ("ik kijk dit elke dag weer", ""),
)
"""Invented comments with the one thing each asks."""


def small_policy() -> Policy:
    """Return the six-rule policy, on the gates and cadence of the careful one."""
    body = parse(policy_text("careful"), platform_rules()).body()
    intents = {"price": PRICE, "link": LINK}
    rules = [
        {
            "rid": f"reply-{name}",
            "title": {"nl": name, "en": name},
            "when": [
                {"kind": "contains_any", "bank": name, "words": list(words)},
                {"kind": "intent_at_least", "intent": name, "milli": 850},
            ],
            "then": "reply",
            "template": name,
        }
        for name, words in intents.items()
    ]
    rules.append(
        {
            "rid": "valuable",
            "title": {"nl": "waardevol", "en": "valuable"},
            "when": [{"kind": "contact_label", "labels": ["valuable"]}],
            "then": "review",
        }
    )
    rules.append(
        {
            "rid": "thanks",
            "title": {"nl": "bedankt", "en": "thanks"},
            "when": [{"kind": "intent_at_least", "intent": "thanks", "milli": 850}],
            "then": "label",
            "label": "thanks",
        }
    )
    limits = [one for one in body["limits"] if one["scope"] == "contact" and one["window_hours"] == 168]  # type: ignore[attr-defined]  # plain JSON
    return Policy.model_validate_json(json.dumps({**body, "rules": rules, "limits": limits}))


def events(compiled: CompiledPolicy, count: int) -> list[tuple[Facts, str, dict[str, object]]]:
    """Return seeded events: our facts, the text, and the flat values for the peers."""
    chance = random.Random(7)
    counters = [one.name for one in compiled.counters]
    made = []
    for number in range(count):
        text, asks = chance.choice(TEXTS)
        score = chance.randint(860, 990)
        sentiment = chance.choice([-600, -100, 0, 100, 300, 700])
        used = chance.choice([0, 0, 0, 1, 2, 3, 4])
        frozen = chance.random() < 0.02
        consent = chance.random() > 0.02
        valuable = chance.random() < 0.03
        abuse = chance.choice([0, 0, 0, 5, 10, 20, 40])
        facts = Facts(
            event=number,
            kind="comment",
            now=NOW + number * 1000,
            minute=600 + number % 300,
            weekday=2,
            chance=chance.getrandbits(32),
            clock_sure=True,
            account=AccountFacts(
                id=1, mode="automatic", killed=False, can_reply=True, can_hide=True, can_message=False,
                bucket_milli=chance.randint(1000, 6000), bucket_free_at=0,
            ),
            contact=ContactFacts(
                ref=number, suppressed=False, answer="given" if consent else "absent", marketing="absent",
                wrote_at=None, labels=("valuable",) if valuable else (), holdout=False,
            ),
            comment=CommentFacts(
                public=True, own=False, reply=False, answered=False,
                at=NOW + number * 1000 - chance.randint(1, HOUR), video=f"v{number % 40}", video_class="growth",
            ),
            signals=Signals(
                model="bench-1", language="nl", language_milli=chance.choice([950, 990, 1000]),
                sentiment_milli=sentiment, abuse_milli=abuse, hate_milli=0, threat_milli=0, sexual_milli=0,
                spam_milli=abuse, profanity=0, intents=((asks, score),) if asks else (), answer=None, contains=(),
                hits=(),
            ),
            freeze=FreezeFacts(sends=frozen, promotion=frozen, epoch=1),
            counters=tuple(
                CounterFact(name=name, used=used if name == "contact/reply/168" else 0, free_at=0)
                for name in counters
            ),
            volume=VolumeFacts(per_hour=40, baseline=35, paused=False),
            wording=tuple(
                WordingFact(template=asks, variant=place, language="nl", similar_video=0, similar_recent=place % 3)
                for place in range(8)
            )
            if asks in ("price", "link")
            else (),
        )  # fmt: skip
        flat: dict[str, object] = {
            "text": text,
            "price": score if asks == "price" else 0,
            "link": score if asks == "link" else 0,
            "thanks": score if asks == "thanks" else 0,
            "sentiment": sentiment,
            "used": used,
            "frozen": frozen,
            "consent": consent,
            "valuable": valuable,
        }
        made.append((facts, text, flat))
    return made


def json_logic() -> Callable[[dict[str, object]], str]:
    """The decision for json-logic-qubit."""
    from json_logic import jsonLogic  # type: ignore[import-untyped]  # a peer, no stubs

    def var(name: str) -> dict[str, str]:
        return {"var": name}

    def asks(words: tuple[str, ...], name: str) -> dict[str, object]:
        return {"and": [{"or": [{"in": [word, var("text")]} for word in words]}, {">=": [var(name), 850]}]}

    rule = {
        "if": [
            var("valuable"), "review",
            {"or": [asks(PRICE, "price"), asks(LINK, "link")]},
            {"if": [
                {"<": [var("sentiment"), FLOOR]}, "review",
                {"or": [var("frozen"), {"!": [var("consent")]}, {">=": [var("used"), CAP]}]}, "none",
                "reply",
            ]},
            {">=": [var("thanks"), 850]}, "label",
            "none",
        ]
    }  # fmt: skip
    return lambda flat: jsonLogic(rule, flat)


def rule_engine() -> Callable[[dict[str, object]], str]:
    """The decision for rule-engine as six rules, all asked, the most restrictive answer kept: as ours does it."""
    import rule_engine as peer

    valuable = peer.Rule("valuable")
    price = peer.Rule(f"text =~~ '{'|'.join(PRICE)}' and price >= 850")
    link = peer.Rule(f"text =~~ '{'|'.join(LINK)}' and link >= 850")
    negative = peer.Rule(f"sentiment < {FLOOR}")
    stopped = peer.Rule(f"frozen or not consent or used >= {CAP}")
    thanks = peer.Rule("thanks >= 850")

    def answer(flat: dict[str, object]) -> str:
        matched = [one.matches(flat) for one in (valuable, price, link, negative, stopped, thanks)]
        if matched[0]:
            return "review"
        if matched[1] or matched[2]:
            return "review" if matched[3] else "none" if matched[4] else "reply"
        return "label" if matched[5] else "none"

    return answer


def rule_engine_at_once() -> Callable[[dict[str, object]], str]:
    """The same, written as one expression that stops as soon as it can: its best case, with nothing to explain by."""
    import rule_engine as peer

    price, link = "|".join(PRICE), "|".join(LINK)
    rule = peer.Rule(
        f"valuable ? 'review' : ("
        f"((text =~~ '{price}' and price >= 850) or (text =~~ '{link}' and link >= 850)) ? "
        f"(sentiment < {FLOOR} ? 'review' : ((frozen or not consent or used >= {CAP}) ? 'none' : 'reply'))"
        f" : (thanks >= 850 ? 'label' : 'none'))"
    )
    return cast("Callable[[dict[str, object]], str]", rule.evaluate)


def zen() -> Callable[[dict[str, object]], str]:
    """The decision for zen-engine, as a decision table."""
    import zen as peer

    def asks(words: tuple[str, ...], name: str) -> str:
        return "((" + " or ".join(f"contains(text, '{word}')" for word in words) + f") and {name} >= 850)"

    wanted = f"({asks(PRICE, 'price')} or {asks(LINK, 'link')})"
    rows = [
        ("valuable", "review"),
        (f"{wanted} and sentiment < {FLOOR}", "review"),
        (f"{wanted} and (frozen or not consent or used >= {CAP})", "none"),
        (wanted, "reply"),
        ("thanks >= 850", "label"),
        ("", "none"),
    ]
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": "when", "name": "when"}],
        "outputs": [{"id": "then", "name": "then", "field": "outcome"}],
        "rules": [{"_id": str(n), "when": when, "then": f"'{then}'"} for n, (when, then) in enumerate(rows)],
    }
    graph = {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode", "position": {"x": 0, "y": 0}},
            {
                "id": "t",
                "name": "t",
                "type": "decisionTableNode",
                "content": table,
                "position": {"x": 0, "y": 0},
            },
            {"id": "out", "name": "out", "type": "outputNode", "position": {"x": 0, "y": 0}},
        ],
        "edges": [
            {"id": "a", "type": "edge", "sourceId": "in", "targetId": "t"},
            {"id": "b", "type": "edge", "sourceId": "t", "targetId": "out"},
        ],
    }
    decision = peer.ZenEngine().create_decision(json.dumps(graph))
    return lambda flat: decision.evaluate(flat)["result"]["outcome"]


def rate(work: Callable[[], object], count: int) -> float:
    """Return events per CPU second of one pass."""
    started = time.process_time()
    work()
    return count / (time.process_time() - started)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    small = compile_policy(small_policy(), platform_rules())
    careful = compile_policy(parse(policy_text("careful"), platform_rules()), platform_rules())
    made, full = events(small, given.events), events(careful, given.events)
    peers = {
        "json-logic-qubit": json_logic(),
        "rule-engine": rule_engine(),
        "rule-engine, one expression": rule_engine_at_once(),
        "zen-engine": zen(),
    }
    ours = [decide(small, facts, text).outcome for facts, text, _ in made]
    for name, peer in peers.items():
        theirs = [peer(flat) for _, _, flat in made]
        if theirs != ours:
            place = next(n for n, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1])
            raise SystemExit(f"{name} answers {theirs[place]}, ours {ours[place]}: {made[place][2]}")

    def sealed(
        compiled: CompiledPolicy, batch: list[tuple[Facts, str, dict[str, object]]]
    ) -> Callable[[], object]:
        return lambda: [len(record_bytes(facts, decide(compiled, facts, text))) for facts, text, _ in batch]

    def asked(peer: Callable[[dict[str, object]], str]) -> Callable[[], object]:
        return lambda: [peer(flat) for _, _, flat in made]

    work = {
        "ours, six rules, trace and record bytes": sealed(small, made),
        "ours, careful policy, trace and record bytes": sealed(careful, full),
        **{name: asked(peer) for name, peer in peers.items()},
    }
    found: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(given.rounds):
        for name, one in work.items():
            found[name].append(rate(one, given.events))
    medians = {name: statistics.median(rates) for name, rates in found.items()}
    base = medians["ours, six rules, trace and record bytes"]
    ratios = {name: base / medians[name] for name in peers}
    outcomes = dict(sorted(Counter(ours).items()))
    if given.json:
        speeds = {name: round(speed) for name, speed in medians.items()}
        rounded = {name: round(ratio, 2) for name, ratio in ratios.items()}
        print(json.dumps({"per_cpu_second": speeds, "ratios": rounded, "outcomes": outcomes}))
        return 0
    print(f"same answers from all on {given.events} events: {outcomes}")
    for name, value in medians.items():
        ratio = f"   ours is {ratios[name]:.2f}x" if name in ratios else ""
        print(f"{name:48} {value:>10,.0f} /cpu-s{ratio}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
