"""The product against the real sandbox when the platform misbehaves: silence after the act, throttling, lost tokens,
gateways that answer with a page, and webhooks that are lost, doubled, out of order or three days late.

    python -m tests.faults.platform [--faults N] [--seed N]

What really happened is read from the sandbox's own journal, never from what the product wrote. Prints counts; exit
code 1 when an act happened twice, or when the product says something else than what happened.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter

from goodstanding.kernel.timing import DAY
from tests.faults import platform_stories
from tests.faults.rig import Violation, rig, told_is_true

KINDS = (
    {"kind": "timeout_after_commit", "seconds": 0.01},
    {"kind": "drop_after_commit"},
    {"kind": "drop_before_commit"},
    {"kind": "server_error", "code": 50002, "after_commit": True},
    {"kind": "server_error", "code": 51065},
    {"kind": "server_error", "code": 40050, "after_commit": True},
    {"kind": "server_error", "code": 60001},
    {"kind": "gateway_page", "after_commit": True},
    {"kind": "gateway_page"},
    {"kind": "throttle"},
)
ACTS = {"reply": "comment/reply/create/", "hide": "comment/hide/", "send": "message/send/"}
SHARE = 0.06
"""Of each kind, at each call: about every second call meets one."""
ROUND = 120
"""Comments a round: what one hour's bucket lets through."""
STORIES = platform_stories.ALL


async def storm(faults, seed=1):
    """Meet at least so many random faults on replies, hides and messages.

    Returns how many each act met, and what became of the acts.
    """
    async with rig(seed=seed, business=True) as one:
        await one.fault(
            *({"endpoint": path, "probability": SHARE, **kind} for path in ACTS.values() for kind in KINDS),
            webhooks={"lost": 0.05, "duplicate": 0.05, "echo_first": 0.2, "echo_seconds": 0.02},
        )
        while sum((met := await _met(one)).values()) < faults:
            await one.comment(ROUND, "price")
            await one.comment(ROUND // 3, "insult")
            await one.write(ROUND // 3)
            await one.until_settled()
            await one.step(DAY)
        return dict(met), await told_is_true(one)


async def _met(one):
    found = await one.faults()
    return Counter({act: sum(n for e, n in found.items() if e.endswith(path)) for act, path in ACTS.items()})


def main(given=None):
    parser = argparse.ArgumentParser(prog="python -m tests.faults.platform", description=__doc__)
    parser.add_argument("--faults", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(given)
    try:
        met, counts = asyncio.run(storm(asked.faults, asked.seed))
        print(
            f"platform: {sum(met.values())} random faults ({_said(met)}), 0 doubled, 0 told wrong: {_said(counts)}"
        )
        for story in STORIES:
            begun = time.monotonic()
            told = asyncio.run(story())
            print(f"platform: {story.__name__}: {_said(told)} ({time.monotonic() - begun:.0f} s)", flush=True)
    except Violation as broken:
        print(f"platform: {broken}")
        return 1
    return 0


def _said(counts):
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
