"""Writes `decisions.jsonl`, when a change of behaviour is meant (and `ENGINE` with it).

By hand: `PYTHONPATH=. python tests/replay/make_golden.py`.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "core"))

from msgspec import UNSET
from policy_values import CALM, CAREFUL, MESSAGE, NORMAL, NOW, PLATFORM, but, facts, signals

from goodstanding.core.policy.compile import compile_policy
from goodstanding.core.policy.decide import decide
from goodstanding.core.policy.sealing import record_bytes
from goodstanding.kernel.timing import HOUR, MINUTE

KEPT = ("price", "link", "bio", "message-info", "follow-up")
INSULT = signals(abuse_milli=970, sentiment_milli=-900, intents=(), hits=(("abuse", "x"),))
INFO = {"kind": "message", "signals": signals(intents=(("info", 950),))}
TAP = {
    "kind": "message",
    "signals": signals(intents=()),
    "message": but(MESSAGE, form="tap", tap="marketing:yes"),
}
CASES = [
    ("wat kost dit?", {}),
    ("what does it cost?", {"signals": signals(language="en")}),
    ("link?", {"signals": signals(intents=(("link", 900),)), "chance": 7}),
    ("mooi!", {"signals": signals(intents=())}),
    ("dankjewel!", {"signals": signals(intents=(("thanks", 900),))}),
    ("misschien de prijs", {"signals": signals(intents=(("price", 700),))}),
    ("nare tekst", {"signals": INSULT}),
    ("nare tekst", {"signals": INSULT, "freeze": None}),
    ("nare tekst zonder lijst", {"signals": but(INSULT, hits=())}),
    ("ik ben 12, wat kost het", {"signals": signals(intents=(("minor", 900), ("price", 930)))}),
    ("samenwerken?", {"signals": signals(intents=(("collab", 800),))}),
    ("prijs!! slecht", {"signals": signals(sentiment_milli=-700)}),
    ("prijs in het Duits", {"signals": signals(language="de")}),
    ("wat kost dit?", {"signals": None}),
    ("wat kost dit?", {"contact": None}),
    ("wat kost dit?", {"counters": None}),
    ("wat kost dit?", {"minute": 22 * 60}),
    ("wat kost dit?", {"volume": but(CALM.volume, paused=True, per_hour=900)}),
    ("wat kost dit?", {"account": but(CALM.account, mode="assisted")}),
    ("wat kost dit?", {"account": but(CALM.account, bucket_milli=0, bucket_free_at=NOW + 7_200_000)}),
    ("wat kost dit?", {"contact": but(CALM.contact, answer="withdrawn", holdout=True)}),
    ("INFO", {"kind": "message", "signals": signals(intents=(("info", 950),))}),
    ("INFO", {**INFO, "message": UNSET}),
    ("INFO", {**INFO, "message": but(MESSAGE, asked=True, first=False, used=9)}),
    ("INFO", {**INFO, "message": but(MESSAGE, used=10)}),
    ("INFO", {**INFO, "contact": but(CALM.contact, marketing="given")}),
    ("INFO", {**INFO, "contact": but(CALM.contact, wrote_at=NOW - 46 * HOUR)}),
    ("INFO", {**INFO, "contact": but(CALM.contact, wrote_at=NOW - 47 * HOUR - 59 * MINUTE)}),
    ("INFO", {**INFO, "contact": but(CALM.contact, wrote_at=NOW - 48 * HOUR)}),
    ("INFO", {**INFO, "contact": but(CALM.contact, wrote_at=None)}),
    ("INFO", {**INFO, "account": but(CALM.account, can_message=False)}),
    ("INFO", {**INFO, "minute": 21 * 60 + 20, "contact": but(CALM.contact, wrote_at=NOW - 44 * HOUR)}),
    ("Ja, graag", {**TAP, "contact": but(CALM.contact, marketing="given", wrote_at=NOW)}),
    ("Nee, liever niet", {**TAP, "message": but(MESSAGE, form="tap", tap="marketing:no")}),
    ("STOP", {"kind": "message", "signals": signals(answer="stop", intents=())}),
    (None, {"kind": "message", "signals": None, "message": but(MESSAGE, form="image")}),
    ("wat kost dit?", {"account": but(CALM.account, can_message=False)}),
    (None, {"clock_sure": False, "account": None, "comment": None, "wording": None}),
]


def main() -> None:
    lines = []
    for policy in (CAREFUL, NORMAL):
        compiled = compile_policy(policy, PLATFORM)
        for number, (text, changes) in enumerate(CASES, 1):
            one = facts(compiled, event=number, **changes)
            if one.wording is not None:
                few = tuple(but(w, similar_recent=w.variant % 2) for w in one.wording if w.variant < 3)
                one = but(one, wording=tuple(w for w in few if w.template in KEPT))
            record = record_bytes(one, decide(compiled, one, text)).decode()
            lines.append(f'{{"policy":{json.dumps(policy.id)},"text":{json.dumps(text)},"record":{record}}}')
    (HERE / "decisions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
