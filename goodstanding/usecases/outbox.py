"""The dispatcher: the only place that reaches the platform's sending calls.

Claim a lane; read what is due in a second statement (one statement for both would read an old snapshot and send
twice); ask the hard gates again on fresh facts under the subjects' locks and commit `sending` and the audit
`attempt` (`reserving`); call; settle with the fence (`settling`). An outcome that is not known is never repeated
blindly.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from goodstanding.kernel.reasons import Code
from goodstanding.usecases import settling, warnings
from goodstanding.usecases.context import Context
from goodstanding.usecases.facts import freeze_facts
from goodstanding.usecases.namesakes import Kin
from goodstanding.usecases.ports import (
    Account,
    Contact,
    Outgoing,
    Queries,
    SendPermit,
    SendResult,
    Transaction,
)
from goodstanding.usecases.reserving import Reserved, reserve

T = TypeVar("T")
BATCH = 32
"""Acts reserved at once."""
LEASE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """Sends what is due, lane by lane. `owner` names this process in the leases."""

    ctx: Context
    owner: str
    concurrency: int = 1
    """Platform calls under way at once in a lane."""
    batch: int = BATCH
    look_seconds: float = 0.0
    """How long a look at freezes, kill switch and consent holds for acts that wait for their turn in a batch."""

    async def send_due(self) -> int:
        """Send one batch of one lane; returns how many acts were taken up (0: nothing is due)."""
        claim = await self._write(self._claim)
        if claim is None:
            return 0
        account_id, fence = claim
        is_held = True
        try:
            reserved, taken = await self._write(lambda tx: self._reserve(tx, account_id, fence))
            is_held = bool(reserved.permits)
            if reserved.permits:
                results = await self._carry_out(reserved)
                await self._write(lambda tx: self._settle(tx, reserved, results, fence))
                is_held = False
            return taken
        finally:
            if is_held:
                await self._write(lambda tx: tx.free_lane(account_id, fence))

    def _reserve(self, tx: Transaction, account_id: int, fence: int) -> tuple[Reserved, int]:
        """Reserve what is due; a lane with nothing to send is free again at once."""
        reserved, taken = reserve(self.ctx, tx, account_id, fence, self.batch, self._lease())
        if not reserved.permits:
            tx.free_lane(account_id, fence)
        return reserved, taken

    def _settle(self, tx: Transaction, reserved: Reserved, results: Sequence[SendResult], fence: int) -> None:
        settling.settle(self.ctx, tx, reserved.permits, results)
        tx.free_lane(reserved.permits[0].account.id, fence)

    async def look_for_unknown(self) -> int:
        """Read back acts of unknown outcome; returns how many were looked at.

        Not while the clock is in doubt: that an act is absent rests on how long ago it was tried.
        """
        now = self.ctx.clock.now()
        if self.ctx.clock.doubt():
            return 0
        accounts, rows = await asyncio.to_thread(self.ctx.store.read, lambda q: _unknown(q, now))
        for row in rows:
            account = accounts[row.account_id]
            found = await self._find_again(account, row)
            await self._write(lambda tx, one=row.id, found=found: self._settle_unknown(tx, one, found))  # type: ignore[misc]  # bound at once
        return len(rows)

    def _settle_unknown(self, tx: Transaction, outgoing_id: int, found: SendResult) -> None:
        settling.settle_unknown(self.ctx, tx, outgoing_id, found)

    async def _find_again(self, account: Account, row: Outgoing) -> SendResult:
        try:
            return await self.ctx.platforms[account.connector].find_again(account, row)
        except Exception:  # noqa: BLE001 - one answer nobody can read must not keep the others waiting
            return SendResult(state="unknown", code="NO_ANSWER")

    async def recover(self) -> int:
        """Turn what a dead process left `sending` into `unknown`; returns how many."""
        return await self._write(lambda tx: settling.recover(self.ctx, tx))

    def _claim(self, tx: Transaction) -> tuple[int, int] | None:
        now = self.ctx.clock.now()
        return tx.claim_lane(self.owner, now, now + self._lease(), now)

    def _lease(self) -> int:
        return int(LEASE_SECONDS / max(self.ctx.clock.real_seconds(1000), 1e-6) * 1000)

    async def _carry_out(self, reserved: Reserved) -> list[SendResult]:
        """Make the calls in order, `concurrency` at once; acts that waited too long or lost their ground are not made."""
        permits = reserved.permits
        results = [SendResult(state="later", code="BATCH_LATE")] * len(permits)
        turns = iter(enumerate(permits))
        time = asyncio.get_running_loop().time
        begun = looked = time()
        void: dict[int, str] = {}

        async def work() -> None:
            nonlocal looked, void
            for position, permit in turns:
                if time() - begun > settling.CALL_SECONDS:
                    return  # others may take the rest for lost by now
                if position >= self.concurrency and time() - looked >= self.look_seconds:
                    rest = permits[position:]
                    void = self.ctx.store.read(lambda q, rest=rest: _void(q, rest, reserved.epoch))  # type: ignore[misc]  # bound at once
                    looked = time()
                if held_back := warnings.held_back(permit, permits[:position], results):
                    results[position] = SendResult(state="later", code=held_back)
                elif permit.outgoing.id in void:
                    results[position] = SendResult(state="later", code=void[permit.outgoing.id])
                else:
                    results[position] = await self._call(permit)

        await asyncio.gather(*(work() for _ in range(min(self.concurrency, len(permits)))))
        return results

    async def _call(self, permit: SendPermit) -> SendResult:
        platform = self.ctx.platforms[permit.account.connector]
        try:
            async with asyncio.timeout(settling.CALL_SECONDS):
                return await platform.carry_out(permit)
        except Exception:  # noqa: BLE001 - whatever went wrong, the act may have happened
            return SendResult(state="unknown", code="NO_ANSWER")

    async def _write(self, work: Callable[[Transaction], T]) -> T:
        return await asyncio.wrap_future(self.ctx.store.submit(work))


def _void(q: Queries, permits: Sequence[SendPermit], epoch: int) -> dict[int, str]:
    """Return which permits that wait for their turn no longer hold, by act, with the reason."""
    account_id = permits[0].account.id
    account = next((a for a in q.accounts() if a.id == account_id), None)
    if account is None or account.killed:
        return {permit.outgoing.id: Code.KILL_SWITCH for permit in permits}
    sends = [p.outgoing for p in permits if p.outgoing.act in ("reply", "message")]
    if sends and freeze_facts(q, account_id).epoch != epoch:
        return {one.id: Code.FREEZE for one in sends}
    ids = list({one.contact_id for one in sends})
    kin = Kin(q, account_id, ids)
    contacts = {one.id: kin.as_one(one) for one in q.contacts(ids).values()}
    found = {one.id: _unwilling(contacts.get(one.contact_id)) for one in sends}
    return {outgoing_id: code for outgoing_id, code in found.items() if code}


def _unwilling(contact: Contact | None) -> str:
    if contact is None:
        return ""
    if contact.suppressed:
        return Code.SUPPRESSED
    return "" if contact.answer == "given" else Code.CONSENT_WITHDRAWN


def _unknown(q: Queries, now: int) -> tuple[dict[int, Account], list[Outgoing]]:
    rows = [o for o in q.outgoing_in_state("unknown", limit=200) if o.not_before <= now]
    return {a.id: a for a in q.accounts()}, rows
