"""A journey that is killed at every write statement, commit and platform call in turn, and then goes on.

`python -m tests.faults.crash_points` goes through all of them and prints how many there were.
"""

import sys
import time
from collections import Counter

from goodstanding.adapters.storage.sqlite import SqliteStatements, SqliteStore, connect
from goodstanding.adapters.storage.writer import Writer
from goodstanding.kernel.timing import MINUTE
from tests.faults.world import Crash, Violation, World


class Fuse:
    """Counts points and blows at one of them."""

    def __init__(self, at=0):
        self.at, self.count, self.blown = at, 0, ""

    def point(self, what):
        """One more place where a process can die."""
        if self.blown:
            raise Crash
        self.count += 1
        if self.count == self.at:
            self.blown = what
            raise Crash


class Fused(SqliteStatements):
    """A session that dies when the fuse blows: before a statement, before a commit, or just after one."""

    def __init__(self, connection, workspace_id, fuse):
        super().__init__(connection, workspace_id)
        self._fuse = fuse

    def _run(self, sql, params=()):
        self._fuse.point(sql.split("(")[0][:40])
        return super()._run(sql, params)

    def _many(self, sql, rows):
        if rows:
            self._fuse.point(sql.split("(")[0][:40])
        return super()._many(sql, rows)

    def ids(self, name, count=1):
        self._fuse.point(f"ids {name}")
        return super().ids(name, count)

    def commit(self):
        self._fuse.point("before COMMIT")
        super().commit()
        self._fuse.point("after COMMIT")


class FusedStore(SqliteStore):
    """The real store with a fused writer."""

    def __init__(self, path, fuse):
        super().__init__(path, 1)
        self._writer.close()
        self._writer = Writer(lambda: Fused(connect(path), 1, fuse))


class Journey(World):
    """Six comments from the door to sealed replies, with a person, a freeze, a hide and a lost answer on the way."""

    def __init__(self, fuse):
        self.fuse = None
        super().__init__()
        self.fuse = fuse
        self._blow(fuse)

    def _blow(self, fuse):
        store = self.store._store
        self.store._store = FusedStore(self.file, fuse)
        store.close()
        carry_out, add = self.platform.carry_out, self.box.add

        async def fused(permit):
            fuse.point("before the call")
            result = await carry_out(permit)
            fuse.point("after the call")
            return result

        def fused_add(keys):
            fuse.point("before the keys")
            add(keys)
            fuse.point("after the keys")

        self.platform.carry_out, self.box.add = fused, fused_add
        self._plain = carry_out, add

    def _again(self):
        """The process comes back, whole."""
        self.platform.carry_out, self.box.add = self._plain
        self.crash()
        self.open()
        self.run(self.dispatcher().recover())

    def go(self):
        """Do every step; a step that dies is done again, as the platform, the person or the loop would."""
        for step in self.steps():
            try:
                step()
            except Crash:
                self._again()
                self._remember_approval()
                step()

    def steps(self):
        said = iter(("price", "price", "grumpy price", "insult", "hello", "price"))
        yield lambda text=next(said): self._comes("c1", "+A", text)
        yield lambda text=next(said): self._comes("c2", "+B", text)
        yield lambda text=next(said): self._comes("c3", "+C", text)
        yield lambda text=next(said): self._comes("c4", "+D", text)
        yield lambda text=next(said): self._comes("c5", "+A", text)
        yield lambda: self._comes("c1", "+A", "price")
        yield self._approve
        yield lambda: self.step(MINUTE)
        yield lambda: self.flow_as_worker("sent")
        yield lambda: self.step(2 * MINUTE)
        yield lambda: self.flow_as_worker("sent", "lost_after")
        yield lambda: self._comes("c6", "+D", next(said, "price"))
        yield self._freeze
        yield lambda: self.step(3 * MINUTE)
        yield lambda: self.flow_as_worker()
        yield self.lift_all
        for _ in range(4):
            yield lambda: self.step(6 * MINUTE)
            yield self.house
            yield lambda: self.flow_as_worker("sent")

    def _comes(self, target, viewer, text):
        """The platform delivers until it is answered."""
        if self.event_of(target) is not None:
            self.again(0, same_bytes=False)
            return
        made = self.comments.get(target)
        self.comment(viewer, text, target=target)
        if made:
            self.comments[target]["at"] = made["at"]

    def _approve(self):
        if self.cases():
            self.approve()

    def _remember_approval(self):
        for one in self.rows():
            if one.approved_by is not None:
                self.approvals.setdefault(one.id, (one.text, self.real))

    def _freeze(self):
        if not self.ctx.store.read(lambda q: q.freezes(active_only=True)):
            self.freeze()
        self._freezes()

    def lift_all(self):
        self._freezes()
        self.lift()

    def _freezes(self):
        """A freeze that was kept counts, although its maker never heard so."""
        self.allowed.freezes = {
            f.id: f.scope for f in self.ctx.store.read(lambda q: q.freezes(active_only=True))
        }

    def flow_as_worker(self, *outcomes):
        self.platform.script = list(outcomes)
        self.round_real, self.round_basis = self.real, self.allowed.copy()
        before = len(self.calls)
        self.run(self.dispatcher().send_due())
        for call in self.calls[before:]:
            call.known_negative = call.outcome in ("failed", "later")

    def outcome(self):
        """What is left in the end, without numbers that may differ."""
        replies = Counter((c.target, c.act) for c in self.calls if c.committed)
        return {
            "happened": dict(replies),
            "decided": sorted((self.target_of(d.event_id), d.outcome) for d in self.ctx.store.read(lambda q: q.decisions(after=0, limit=1000))),
            "states": sorted((o.target_id, o.act, o.state) for o in self.rows()),
            "sealed": sorted(Counter(r.kind for r in self.ctx.store.read(lambda q: q.audit_after(-1, 10_000)) if r.kind in ("event", "decision", "review", "freeze")).items()),
        }  # fmt: skip

    def target_of(self, event_id):
        return self.ctx.store.read(lambda q: q.event(event_id)).external_id


def journey(at=0):
    """Travel, dying at point `at` (0: never); returns the fuse and what is left."""
    fuse = Fuse(at)
    world = Journey(fuse)
    try:
        world.go()
        count = fuse.count
        world._again()
        for _ in range(3):
            world.step(20 * MINUTE)
            world.house()
            world.flow_as_worker()
        world.check()
        fuse.count = count
        return fuse, world.outcome()
    finally:
        world.close()


def differs(at, wanted):
    """Travel with a death at `at`; returns what was different or went wrong, or an empty string."""
    try:
        fuse, left = journey(at)
    except (Violation, AssertionError) as told:
        return f"point {at}: {told}"
    changed = [name for name in wanted if wanted[name] != left[name]]
    return f"point {at} ({fuse.blown}): {[(n, wanted[n], left[n]) for n in changed]}" if changed else ""


def main():
    """Go through every point; returns how many went wrong."""
    begun = time.monotonic()
    fuse, wanted = journey()
    wrong = [said for at in range(1, fuse.count + 1) if (said := differs(at, wanted))]
    for said in wrong:
        print(said)
    print(f"{fuse.count} crash points, {len(wrong)} went wrong, {time.monotonic() - begun:.0f} s")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
