"""Gathering facts: what a decision will know, read once for a batch and kept with it."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import msgspec

from goodstanding.core import incidents, limits
from goodstanding.core.outbox import MILLI, likeness
from goodstanding.core.policy.compile import CompiledPolicy, CounterSpec
from goodstanding.core.policy.model import (
    AccountFacts,
    CommentFacts,
    ContactFacts,
    CounterFact,
    Facts,
    FreezeFacts,
    MessageFacts,
    VideoClass,
    VolumeFacts,
    WordingFact,
)
from goodstanding.core.policy.text_conditions import IntentAtLeast, IntentIn
from goodstanding.core.signals import Signals
from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases.context import Context
from goodstanding.usecases.namesakes import NOBODY, Kin
from goodstanding.usecases.ports import Account, Contact, Event, Outgoing, Queries, Spent

if TYPE_CHECKING:
    from goodstanding.core.consent import ConsentState

SLOT = 10 * MINUTE
"""Width of a slot of the volume counts."""
BASELINE = 7 * DAY
"""The usual volume is the mean of so long."""


class _Counter:
    """One limit to be counted."""

    __slots__ = ("channel", "name", "rule", "scope", "window")

    def __init__(self, spec: CounterSpec) -> None:
        self.name, self.scope, self.channel, self.rule = spec.name, spec.scope, spec.channel, spec.rule
        self.window = spec.window_hours * HOUR

    def counts(self, act: str) -> bool:
        """Tell whether an act of this kind counts."""
        return act == self.channel or (self.channel == "any" and act in ("reply", "message"))


class Lately:
    """Texts sent lately, as counts of near-duplicates of each wording: under each video, and among the last `recent`.

    A text is compared with a wording once; after that only counts move.
    """

    def __init__(self, *, threshold_milli: int, recent: int) -> None:
        self._threshold = threshold_milli
        self._last: deque[str] = deque(maxlen=recent)
        self._sent: dict[str, Counter[str]] = defaultdict(Counter)
        """By text: how often under each video."""
        self._wordings: dict[str, tuple[Counter[str], list[int]]] = {}
        """Wording asked about -> near-duplicates of it under each video, and (one number) among the last."""
        self._like_text: dict[str, list[tuple[Counter[str], list[int]]]] = {}
        """Known text -> the counts it moves."""

    def start(self, *, last: Sequence[str], under: Iterable[tuple[str, str, int]]) -> None:
        """Count what was sent before: the last texts, oldest first, and (video, text, times) of the last day."""
        self._last.extend(last)
        for text in last:
            self._know(text)
        for video_id, text, times in under:
            self._know(text)
            self._sent[text][video_id] += times

    def add(self, text: str, video_id: str) -> None:
        """Count the newest text so far."""
        self._know(text)
        if len(self._last) == self._last.maxlen:
            for _, among in self._like_text[self._last[0]]:
                among[0] -= 1
        self._last.append(text)
        self._sent[text][video_id] += 1
        for under, among in self._like_text[text]:
            under[video_id] += 1
            among[0] += 1

    def like(self, wording: str, video_id: str) -> tuple[int, int]:
        """Return the number of near-duplicates of `wording` under the video, and among the last texts."""
        under, among = self._wordings.get(wording) or self._ask(wording)
        return under.get(video_id, 0), among[0]

    def _know(self, text: str) -> None:
        if text not in self._like_text:
            self._like_text[text] = [
                counts for wording, counts in self._wordings.items() if self._alike(wording, text)
            ]

    def _ask(self, wording: str) -> tuple[Counter[str], list[int]]:
        counts = self._wordings[wording] = (Counter[str](), [0])
        under, among = counts
        for text, moves in self._like_text.items():
            if self._alike(wording, text):
                moves.append(counts)
                under.update(self._sent[text])
                among[0] += self._last.count(text)
        return counts

    def _alike(self, wording: str, text: str) -> bool:
        return likeness(wording, text) >= self._threshold


def bucket_rule(policy: CompiledPolicy) -> limits.BucketRule:
    """Return how the account's bucket fills under this policy."""
    pacing = policy.policy.pacing
    return limits.BucketRule(
        capacity=pacing.bucket_capacity,
        refill_per_hour=pacing.refill_per_hour,
        slow_above_per_hour=pacing.slow_above_per_hour,
        slow_factor=pacing.slow_factor,
    )


def triggers(policy: CompiledPolicy) -> frozenset[str]:
    """Return the intents on which some rule would send; wordings are only compared when one of them is there."""
    sends = [rule for rule in policy.policy.rules if rule.enabled and rule.then in ("reply", "message")]
    conditions = [condition for rule in sends for condition in rule.when]
    return frozenset(
        {one.intent for one in conditions if isinstance(one, IntentAtLeast)}.union(
            *(one.intents for one in conditions if isinstance(one, IntentIn))
        )
    )


def spike_thresholds(policy: CompiledPolicy) -> limits.SpikeThresholds:
    """Return when this policy calls comment volume a spike."""
    pacing = policy.policy.pacing
    return limits.SpikeThresholds(
        per_hour=pacing.spike_per_hour,
        baseline_milli=pacing.spike_baseline_milli,
        resume_percent=pacing.spike_resume_percent,
    )


RUSH = HOUR
"""Comments of so long ago are the volume of now; older ones, whenever they are told of, are no rush of viewers."""


def volume_now(q: Queries, account_id: int, now: int) -> tuple[int, int]:
    """Return comments in the last hour and the usual number an hour."""
    recent = now // SLOT - RUSH // SLOT
    per_hour, earlier, first = q.volume_sums(account_id, since=(now - BASELINE) // SLOT, recent=recent)
    if first is None:
        return per_hour, per_hour
    hours = max(1, (recent + 1 - first) * SLOT // HOUR)
    return per_hour, earlier // hours


class Situation:
    """The world around a batch of one account's events, as of one moment.

    `planning` decides what counts against limits: planned acts too, or only what was attempted. `without` leaves an act
    out of every count: one that was reserved and is asked about again.
    """

    _kin = NOBODY

    def __init__(
        self,
        ctx: Context,
        q: Queries,
        *,
        account: Account,
        policy: CompiledPolicy,
        now: int,
        contacts: Sequence[int],
        planning: bool,
        without: Outgoing | None = None,
    ) -> None:
        self._ctx, self.account, self._policy, self.now = ctx, account, policy, now
        self._planning, self._without = planning, without
        self._counters = [_Counter(spec) for spec in policy.counters]
        self._bucket_rule, self._spike = bucket_rule(policy), spike_thresholds(policy)
        self.per_hour, self.baseline = volume_now(q, account.id, now)
        self.paused = limits.next_pause(
            paused=account.spike_paused,
            per_hour=self.per_hour,
            baseline=self.baseline,
            thresholds=self._spike,
        )
        self.bucket = limits.refill(
            limits.Bucket(milli=account.bucket_milli, at=account.bucket_at),
            self._bucket_rule,
            now=now,
            per_hour=self.per_hour,
        )
        self.freeze = freeze_facts(q, account.id)
        self._kin = Kin(q, account.id, contacts)
        self._videos: dict[str, VideoClass] = {v.id: v.video_class for v in q.videos(account.id)}
        self._load_spent(q, contacts)
        self._q = q
        self._sent: list[tuple[str, str]] = []
        self._lately: Lately | None = None
        self._moves = 0
        self._wordings: dict[tuple[str, str, str], tuple[int, tuple[WordingFact, ...]]] = {}
        """By video, language and kind: after how many texts they were gathered, and the facts."""
        self._triggers = triggers(policy)
        local = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(account.zone))
        self._minute, self._weekday = local.hour * 60 + local.minute, local.weekday()
        self._sure = (
            planning or not ctx.clock.doubt()
        )  # a doubt holds up sending; what is planned is asked again
        self._account_facts: AccountFacts | None = None
        self._volume: VolumeFacts | None = None

    def facts(
        self,
        event: Event,
        contact: Contact | None,
        signals: Signals | None,
        message: MessageFacts | msgspec.UnsetType = msgspec.UNSET,
    ) -> Facts:
        """Return the facts of one event; `message` for a direct message."""
        comment = CommentFacts(
            public=event.state == "public",
            own=event.own,
            reply=bool(event.parent_id) and event.kind != "message",
            answered=event.answered,
            at=event.at,
            video=event.video_id,
            video_class=self._videos.get(event.video_id, "unknown"),
        )
        return Facts(
            event=event.id,
            kind="message" if event.kind == "message" else "comment",
            now=self.now,
            minute=self._minute,
            weekday=self._weekday,
            chance=self._ctx.chance.keyed("delay", event.id),
            clock_sure=self._sure,
            account=self._account_facts or self._account(),
            contact=None if contact is None else contact_facts(self._kin.as_one(contact)),
            comment=comment,
            signals=signals,
            message=message,
            freeze=self.freeze,
            counters=self._count(contact.id if contact else 0, event.video_id),
            volume=self._volume or self._volume_facts(),
            wording=self._wording(event, signals, tapped=message is not msgspec.UNSET and bool(message.tap)),
        )

    def note_comment(self) -> None:
        """Count one more comment of this batch."""
        self.per_hour += 1
        self._volume = None

    def note_planned(
        self, act: str, *, contact_id: int, rule: str, video_id: str, at: int, text: str
    ) -> None:
        """Count an act planned in this batch."""
        self._add(Spent(act=act, contact_id=contact_id, rule=rule, video_id=video_id, at=at, sent=False))
        if text:
            self._sent.append((text, video_id))
        self._quiet_counts.clear()

    def take_token(self) -> bool:
        """Take a token of the account's bucket; False when there is none."""
        taken = limits.take(self.bucket)
        if taken is None:
            return False
        self.bucket = taken
        self._account_facts = None
        return True

    def _account(self) -> AccountFacts:
        a = self.account
        self._account_facts = AccountFacts(
            id=a.id,
            mode=a.mode,
            killed=a.killed,
            can_reply=a.can_reply,
            can_hide=a.can_hide,
            can_message=a.can_message,
            bucket_milli=self.bucket.milli,
            bucket_free_at=limits.token_at(self.bucket, self._bucket_rule, per_hour=self.per_hour),
        )
        return self._account_facts

    def _volume_facts(self) -> VolumeFacts:
        self.paused = limits.next_pause(
            paused=self.paused,
            per_hour=self.per_hour,
            baseline=self.baseline,
            thresholds=self._spike,
        )
        self._volume = VolumeFacts(per_hour=self.per_hour, baseline=self.baseline, paused=self.paused)
        return self._volume

    def _load_spent(self, q: Queries, contacts: Sequence[int]) -> None:
        widest: dict[bool, int] = {}
        for counter in self._counters:
            mine = counter.scope == "contact"
            widest[mine] = max(widest.get(mine, 0), counter.window)
        self._of_contact: dict[int, list[Spent]] = defaultdict(list)
        self._of_account: list[Spent] = []
        self._of_workspace: list[Spent] = []
        self._shared: dict[tuple[str, str], CounterFact] = {}
        self._quiet_counts: dict[str, tuple[CounterFact, ...]] = {}
        """Counters of people to whom nothing was sent lately, by video."""
        if True in widest and contacts:
            for one in q.spent(self.account.id, self.now - widest[True], self._kin.everyone()):
                for person in self._kin.counts_for(one.contact_id, one.at):
                    self._of_contact[person].append(one)
        if False in widest:
            self._of_account = q.spent(self.account.id, self.now - widest[False], None)
        if any(counter.scope == "workspace" for counter in self._counters):
            for account in q.accounts():
                self._of_workspace += q.spent(account.id, self.now - widest[False], None)
        if not self._planning:
            self._of_account = [one for one in self._of_account if one.sent]
            self._of_workspace = [one for one in self._of_workspace if one.sent]
            self._of_contact = defaultdict(
                list, {c: [one for one in of if one.sent] for c, of in self._of_contact.items()}
            )
        if self._without is not None:
            self._leave_out(self._without)
        self._zero = tuple(CounterFact(name=c.name, used=0, free_at=0) for c in self._counters)

    def _leave_out(self, one: Outgoing) -> None:
        """Take an act out of the counts, and give back the token it took."""
        mine = Spent(
            act=one.act, contact_id=one.contact_id, rule=one.rule, video_id=one.video_id, at=one.attempt_at or 0, sent=True
        )  # fmt: skip
        people = self._kin.counts_for(one.contact_id, mine.at)
        theirs = [self._of_contact.get(person, []) for person in people]
        for spent in (*theirs, self._of_account, self._of_workspace):
            if mine in spent:
                spent.remove(mine)
        if one.act in ("reply", "message"):
            self.bucket = replace(self.bucket, milli=self.bucket.milli + MILLI)

    def _add(self, one: Spent) -> None:
        for person in self._kin.counts_for(one.contact_id, one.at):
            self._of_contact[person].append(one)
        self._of_account.append(one)
        self._of_workspace.append(one)
        for counter in self._counters:
            if counter.scope == "contact" or (counter.scope == "rule" and counter.rule != one.rule):
                continue
            key = (counter.name, one.video_id if counter.scope == "video" else "")
            known = self._shared.get(key)
            if known is not None and counter.counts(one.act) and one.at > self.now - counter.window:
                free_at = one.at + counter.window
                self._shared[key] = CounterFact(
                    name=known.name,
                    used=known.used + 1,
                    free_at=min(known.free_at, free_at) if known.used else free_at,
                )

    def _count(self, contact_id: int, video_id: str) -> tuple[CounterFact, ...]:
        if contact_id in self._of_contact:
            return self._count_all(contact_id, video_id)
        found = self._quiet_counts.get(video_id)
        return found or self._quiet_counts.setdefault(video_id, self._count_all(0, video_id))

    def _count_all(self, contact_id: int, video_id: str) -> tuple[CounterFact, ...]:
        facts = []
        for counter, zero in zip(self._counters, self._zero, strict=True):
            if counter.scope == "contact":
                spent = self._of_contact.get(contact_id)
                facts.append(self._tally(counter, spent) if spent else zero)
                continue
            key = (counter.name, video_id if counter.scope == "video" else "")
            facts.append(
                self._shared.get(key) or self._shared.setdefault(key, self._share(counter, video_id))
            )
        return tuple(facts)

    def _share(self, counter: _Counter, video_id: str) -> CounterFact:
        spent: Iterable[Spent] = self._of_workspace if counter.scope == "workspace" else self._of_account
        if counter.scope == "rule":
            spent = (one for one in spent if one.rule == counter.rule)
        elif counter.scope == "video":
            spent = (one for one in spent if one.video_id == video_id)
        return self._tally(counter, spent)

    def _tally(self, counter: _Counter, spent: Iterable[Spent]) -> CounterFact:
        oldest_wanted = self.now - counter.window
        times = [one.at for one in spent if one.at > oldest_wanted and counter.counts(one.act)]
        return CounterFact(
            name=counter.name, used=len(times), free_at=min(times) + counter.window if times else 0
        )

    def _texts(self) -> Lately:
        """Return texts sent lately and planned in this batch; read when first asked for, most batches never ask."""
        lately = self._lately
        if lately is None:
            similar = self._policy.policy.similar
            lately = self._lately = Lately(threshold_milli=similar.threshold_milli, recent=similar.recent)
            last = self._q.recent_texts(similar.recent, planned=self._planning)
            under = self._q.texts_since(self.account.id, self.now - DAY, planned=self._planning)
            lately.start(last=last[::-1], under=under)
        for text, video_id in self._sent:
            lately.add(text, video_id)
        self._moves += len(self._sent)
        self._sent.clear()
        return lately

    def _wording(self, event: Event, signals: Signals | None, *, tapped: bool) -> tuple[WordingFact, ...]:
        if signals is None or not (tapped or any(name in self._triggers for name, _ in signals.intents)):
            return ()
        lately = self._texts()
        key = (event.video_id, signals.language, event.kind)
        gathered, facts = self._wordings.get(key, (-1, ()))
        if gathered != self._moves:
            usable = self._policy.usable(
                event.kind, can_message=self.account.can_message, language=signals.language
            )
            facts = tuple([_wording_fact(lately, key, wording) for wording in usable])
            self._wordings[key] = (self._moves, facts)
        return facts


def _wording_fact(lately: Lately, key: tuple[str, str, str], wording: tuple[str, int, str]) -> WordingFact:
    video_id, language, kind = key
    template, variant, text = wording
    under, among = lately.like(text, video_id)
    if kind == "message":
        under = 0  # messages lie under no video: each is read by one person
    return WordingFact(
        template=template, variant=variant, language=language, similar_video=under, similar_recent=among
    )


def contact_facts(contact: Contact) -> ContactFacts:
    """Return a contact as a decision sees it."""
    return ContactFacts(
        ref=contact.id,
        suppressed=contact.suppressed,
        answer=cast("ConsentState", contact.answer),
        marketing=cast("ConsentState", contact.marketing),
        wrote_at=contact.wrote_at,
        labels=tuple(contact.labels.split()),
        holdout=contact.holdout,
    )


def freeze_facts(q: Queries, account_id: int) -> FreezeFacts:
    """Return what is frozen for an account. A row counts whatever its time says: a clock set back lifts nothing."""
    found = incidents.frozen(
        (
            incidents.Freeze(
                account=f.account_id or None,
                stops=f.scope,
                at=0,
                lifted_at=None if f.lifted_at is None else 0,
            )
            for f in q.freezes(active_only=False)
        ),
        account=account_id,
        now=0,
    )
    return FreezeFacts(sends=found.sends, promotion=found.promotion, epoch=found.epoch)
