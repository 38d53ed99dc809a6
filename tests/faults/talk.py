"""Conversations with everything real but the network: the platform's side of messages, its rules, and what it saw.

The platform here keeps TikTok's rules by its own account (who wrote when, what was sent since) and says so when one is
broken; it reads nothing of what the product stored. Webhooks are written as the platform documents them and handed over
when the test says: early, late, twice, in any order.
"""

import asyncio
import itertools
import json
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

from goodstanding.adapters.clock.clocks import SystemClock
from goodstanding.adapters.keys.vault import Ed25519Signer, KeyedChance, KeyVault
from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.adapters.storage.sqlite import SqliteStore
from goodstanding.adapters.tiktok import messaging, wire
from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases import accounts, audit, intake, outbox, playbooks, policies, replay
from goodstanding.usecases.context import Context
from goodstanding.usecases.ports import SendResult
from tests import support
from tests.faults.world import MemoryBox, fresh_file, memory_folder
from tests.support import NOW

ACCOUNT = "-000Own"
ABSENT_AFTER = 10 * MINUTE
_classifiers = {}
_compiled = {}


def policy_text(*, quiet=False, follow_up=False):
    """The shipped policy with short delays, without quiet hours unless asked, and with follow-ups that need nobody."""
    text = playbooks.policy_text("normal")
    text = text.replace("delay_minutes_min = 10", "delay_minutes_min = 1").replace(
        "delay_minutes_max = 60", "delay_minutes_max = 2"
    )
    if not quiet:
        text = text.replace('[quiet_hours]\nstart = "23:00"\nend = "07:30"\n', "")
        text = "\n".join(line for line in text.splitlines() if not line.startswith('"quiet_hours"'))
    if follow_up:
        text = text.replace('promotional = true\nclass = "needs_review"\n', "").replace(
            'after_hours = 24\nclass = "needs_review"', "after_hours = 24"
        )
    return text


class Messenger:
    """The platform: its rules, its conversations, and the webhooks it has to send."""

    def __init__(self, talk):
        self.talk = talk
        self.wrote = {}
        """Viewer -> when the platform heard the viewer's latest message."""
        self.heard = defaultdict(list)
        """Viewer -> when it heard each of the viewer's messages."""
        self.sent = defaultdict(list)
        """Viewer -> (time, message id, body, automatic) of everything the business sent."""
        self.acts = defaultdict(int)
        """Act -> how often the platform carried it out."""
        self.broken = []
        """Rules that were broken, in words."""
        self.script = []
        self.echoes = []
        self.echo_first = False
        self._numbers = itertools.count(1)

    def verify(self, body, header, now):
        return "ok"

    def recipient(self, body):
        return wire.recipient(body)

    def parse(self, body):
        return wire.parse(body)

    async def carry_out(self, permit):
        one, content = permit.outgoing, permit.content
        outcome = self.script.pop(0) if self.script else "sent"
        if one.act != "message":
            self.acts[one.id] += 1
            return SendResult(state="sent", provider_ref=f"r{one.id}")
        if outcome in ("blocked", "not_offered"):
            code = "40064" if outcome == "blocked" else "40001"
            return SendResult(state="failed", code=code, means=outcome)
        if outcome == "gone":
            return SendResult(state="unknown", code="NO_ANSWER")
        body = messaging.send_body(one, content)
        viewer = one.target_id.removeprefix("conv")
        trouble = self.judge(viewer, one)
        if trouble:
            self.broken.append(trouble)
            return SendResult(state="failed", code="40064", means="blocked")
        message_id = self.deliver(viewer, body, via="API", automatic=one.approved_by is None)
        self.acts[one.id] += 1
        if self.acts[one.id] > 1:
            self.broken.append(f"act {one.id} was carried out twice")
        if self.echo_first:
            await asyncio.to_thread(self.talk.echo)
        if outcome == "lost":
            return SendResult(state="unknown", code="NO_ANSWER")
        return SendResult(state="sent", provider_ref=message_id)

    def judge(self, viewer, one):
        """Return which rule a message would break."""
        now = self.talk.real
        if viewer not in self.wrote:
            return "wrote first"
        if now - self.wrote[viewer] >= 48 * HOUR:
            return "window closed"
        if sum(at >= self.wrote[viewer] for at, *_ in self.sent[viewer]) >= 10:
            return "quota used"
        if one.approved_by is None:
            mine = [at for at, _, _, automatic in self.sent[viewer] if automatic and at > now - 7 * DAY]
            if len(mine) >= 5:
                return "more than five automatic messages in seven days"
            if not any(automatic for *_, automatic in self.sent[viewer]) and "STOP" not in one.text:
                return "the first automatic message did not say that it is one"
        return ""

    def deliver(self, viewer, body, *, via, automatic):
        message_id = f"M{next(self._numbers)}=="
        self.sent[viewer].append((self.talk.real, message_id, body, automatic))
        self.echoes.append(self.talk.echo_body(viewer, message_id, body, via))
        return message_id

    async def find_again(self, account, one):
        viewer = one.target_id.removeprefix("conv")
        listed = [
            {
                "message_id": i, "timestamp": at, "from_user": {"id": ACCOUNT, "role": "BUSINESS_ACCOUNT"},
                **{k: v for k, v in body.items() if k in ("text", "template", "share_post", "image")},
            }
            for at, i, body, _ in self.sent[viewer]
        ]  # fmt: skip
        theirs = [
            {"message_id": "V", "timestamp": at, "from_user": {"id": viewer}} for at in self.heard[viewer]
        ]
        listed = sorted([*theirs, *listed], key=lambda one: one["timestamp"])
        return messaging.found_in(
            {"messages": listed[-20:]}, account, one, now=self.talk.real, absent_after=ABSENT_AFTER, skew=1000
        )

    async def picture(self, account, message):
        return b""

    async def ask_time(self, account):
        return self.talk.real // 1000 * 1000

    async def close(self): ...


class Talk:
    """One installation, and people who write to it."""

    def __init__(self, *, store=None, quiet=False, follow_up=False, mode="automatic", can_message=True):
        self.folder = Path(tempfile.mkdtemp(prefix="gs-talk-", dir=memory_folder()))
        self.real = NOW
        self.platform = Messenger(self)
        self.store = store or SqliteStore(fresh_file(self.folder), 1)
        self._bodies = itertools.count(1)
        self.said = []
        """Every webhook body so far."""
        clock = SystemClock(persisted=0, wall=lambda: self.real, steady=lambda: self.real - NOW)
        if "nl" not in _classifiers:
            _classifiers["nl"] = Classifier(home="nl")
        self.ctx = Context(
            workspace_id=1, store=self.store, clock=clock, chance=KeyedChance(b"c" * 32), classifier=_classifiers["nl"],
            vault=KeyVault(b"k" * 32, MemoryBox()), signer=Ed25519Signer(b"s" * 32),
            platforms={"tiktok": self.platform}, compiled=_compiled,
        )  # fmt: skip
        clock.hear(self.real // 1000 * 1000)
        text = policy_text(quiet=quiet, follow_up=follow_up)

        def first_rows(tx):
            tx.ensure_workspace(self.real)
            policy_hash = policies.keep(self.ctx, tx, text)
            account = support.account(
                policy_hash=policy_hash,
                bucket_milli=500_000,
                can_message=can_message,
                mode=mode,
                zone="Europe/Amsterdam",
            )
            accounts.open_account(self.ctx, tx, account)

        self.store.write(first_rows)

    def close(self):
        self.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- time and work ---

    def step(self, span):
        self.real += span

    def flow(self):
        """Send what is due now."""

        async def work():
            dispatcher = outbox.Dispatcher(ctx=self.ctx, owner="test")
            while await dispatcher.send_due():
                pass

        asyncio.run(work())

    def settle(self, *, minutes=5):
        """Let the delays pass, and the question after the answer."""
        for _ in range(minutes):
            self.step(MINUTE)
            self.flow()

    def look(self):
        """Look for what became of acts of unknown outcome."""
        asyncio.run(outbox.Dispatcher(ctx=self.ctx, owner="test").look_for_unknown())

    def take(self, *bodies):
        intake.accept(self.ctx, "tiktok", [intake.Arrived(body, self.real) for body in bodies]).result()
        while intake.read_new(self.ctx):
            pass

    # --- what the platform sends ---

    def body(self, event, content):
        envelope = {
            "client_key": "7", "event": event, "create_time": self.real // 1000, "user_openid": ACCOUNT,
            "content": json.dumps(content),
        }  # fmt: skip
        made = json.dumps(envelope).encode()
        self.said.append(made)
        return made

    def message_body(self, viewer, said, *, at=None, number=None, **more):
        at = self.real if at is None else at
        content = {
            "from": viewer.strip("+").lower(), "to": "own", "unique_identifier": viewer,
            "from_user": {"id": viewer, "role": "personal_account"}, "to_user": {"id": ACCOUNT, "role": "business_account"},
            "conversation_id": f"conv{viewer}", "message_id": number or f"V{next(self._bodies)}==", "timestamp": at,
            "type": "text", "text": {"body": said}, "is_follower": True, "scene_type": 0, **more,
        }  # fmt: skip
        return self.body("im_receive_msg", content)

    def echo_body(self, viewer, message_id, sent, via):
        content = {
            "from": "own", "to": viewer.strip("+").lower(), "unique_identifier": ACCOUNT,
            "from_user": {"id": ACCOUNT, "role": "business_account"}, "to_user": {"id": viewer, "role": "personal_account"},
            "conversation_id": f"conv{viewer}", "message_id": message_id, "timestamp": self.real,
            "type": sent.get("message_type", "TEXT").lower(), "message_tag": {"source": via},
        }  # fmt: skip
        if "template" in sent:
            card = sent["template"]
            buttons = [{"text": b["title"], "type": "REPLY", "id": b["id"]} for b in card["buttons"]]
            content["template"] = {
                "type": "qa_button_card",
                "elements": [{"title": card["title"], "buttons": buttons}],
            }
        for name in ("text", "image"):
            if name in sent:
                content[name] = sent[name]
        if "share_post" in sent:
            content["share_post"] = {
                "video_id": int(sent["share_post"]["item_id"]),
                "embed_url": "https://x.invalid/",
            }
        return self.body("im_send_msg", content)

    # --- people ---

    def writes(self, viewer, said="INFO", *, deliver=True, **more):
        """A viewer writes: the platform opens its window now; the webhook comes now, or when the test takes it."""
        self.platform.wrote[viewer] = self.real
        self.platform.heard[viewer].append(self.real)
        body = self.message_body(viewer, said, **more)
        if deliver:
            self.take(body)
        return body

    def taps(self, viewer, button=0, *, card=None, deliver=True, number=None):
        """A viewer taps a button of the last card, or of what the test makes of it."""
        cards = [(i, body["template"]) for _, i, body, _ in self.platform.sent[viewer] if "template" in body]
        message_id, template = card or cards[-1]
        chosen = template["buttons"][button]
        payload = {"reply_source_msg_id": message_id, "reply_source_unique_id": chosen["id"]}
        return self.writes(
            viewer, chosen["title"], deliver=deliver, number=number, reply_source_payload=payload
        )

    def staff_writes(self, viewer, text, *, deliver=True):
        """Somebody of the team writes in the app."""
        self.platform.deliver(
            viewer, {"message_type": "TEXT", "text": {"body": text}}, via="APP", automatic=False
        )
        if deliver:
            self.echo()

    def echo(self, *, times=1):
        """Hand over the echoes that wait."""
        waiting, self.platform.echoes = self.platform.echoes, []
        for _ in range(times):
            self.take(*waiting)

    def comment(self, viewer, text):
        number = next(self._bodies)
        self.take(
            self.body(
                "comment.update",
                {
                    "comment_id": 7_000_000_000_000_000_000 + number, "video_id": 7_100_000_000_000_000_001,
                    "parent_comment_id": 0, "comment_type": "comment", "comment_action": "insert", "timestamp": self.real,
                    "unique_identifier": viewer, "text": text,
                },
            )
        )  # fmt: skip

    # --- what is stored ---

    def read(self, work):
        return self.store.read(work)

    def contact(self, viewer):
        return self.read(lambda q: q.contacts_by_external(1, [viewer])).get(viewer)

    def acts(self, viewer="+A", act="message"):
        contact = self.contact(viewer)
        if contact is None:
            return []
        return [o for o in self.read(lambda q: q.outgoing_of_contact(contact.id)) if o.act == act]

    def evidence(self, viewer="+A"):
        contact = self.contact(viewer)
        return self.read(lambda q: q.consent_evidence(contact.id))

    def cases(self):
        return self.read(lambda q: q.open_cases(queue=None, after=(0, 0), limit=100))

    def log(self, kind=None):
        return [
            json.loads(r.body) for r in self.read(lambda q: q.audit_after(-1, 5000)) if kind in (None, r.kind)
        ]

    def check(self):
        """What must hold at any time: no rule of the platform broken, the log whole, every decision the same again."""
        assert self.platform.broken == []
        assert audit.verify(self.ctx).ok
        again = replay.replay(self.ctx)
        assert (again.differences, again.differing) == (0, [])
