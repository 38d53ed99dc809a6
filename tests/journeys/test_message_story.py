"""Business account in Indonesia: comment, invitation, message, question, tap, stored consent; nobody lifts a finger.

The running product (web, worker, writer) and the sandbox as a process of its own, which keeps the platform's rules and
signs and delivers its webhooks by HTTP. Only time is hurried.
"""

import asyncio
import socket
from contextlib import asynccontextmanager, suppress

import pytest

from goodstanding.adapters.clock.clocks import DemoClock
from goodstanding.adapters.tiktok.tokens import TokenPair
from goodstanding.bootstrap import open_app
from goodstanding.cli import filling, serve
from goodstanding.kernel.timing import MINUTE, iso
from goodstanding.settings import PlatformSettings, Settings
from goodstanding.usecases import accounts, audit, connections, playbooks, policies, replay
from goodstanding.usecases.ports import Account

START = 1_789_956_000_000
"""Nine in the morning in Jakarta."""
SECRET = "sandbox-app-secret"
WAIT_SECONDS = 20.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stage:
    """The product and the platform, side by side."""

    def __init__(self, app, box, owner):
        self.app, self.box, self.owner = app, box, owner

    async def until(self, work, what):
        """Wait until `work` finds something in the product's database."""
        for _ in range(int(WAIT_SECONDS / 0.05)):
            found = await asyncio.to_thread(self.app.ctx.store.read, work)
            if found:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"never came: {what}")

    async def advance(self, minutes):
        """Let time pass on both clocks, minute by minute where something could fall due."""
        assert isinstance(self.app.clock, DemoClock)
        self.app.clock.advance(minutes * MINUTE)
        await self.box.control("clock", {"set": iso(self.app.clock.now())})

    async def sent(self, viewer_id, count):
        """Wait until so many messages reached the person, letting the delays pass."""

        def work(q):
            contact = q.contacts_by_external(1, [viewer_id]).get(viewer_id)
            acts = q.message_acts([contact.id])[contact.id] if contact else []
            done = [one for one in acts if one.state == "sent"]
            return done if len(done) >= count else None

        for _ in range(40):
            await self.advance(3)
            await asyncio.sleep(0.15)
            found = await asyncio.to_thread(self.app.ctx.store.read, work)
            if found:
                return found
        raise AssertionError(f"{count} messages were never sent")


@asynccontextmanager
async def stage(folder):
    port = free_port()
    hook = f"http://127.0.0.1:{port}/hook/tiktok"
    with filling.sandbox(
        port=free_port(), start_at=START, secret=SECRET, seed=1, webhook=hook, keep=1000
    ) as box:
        await box.ready()
        await box.control("clock", {"freeze": True})
        owner = await box.control("accounts", {"persona": "business-id"})
        platform = PlatformSettings(
            base=f"{box.url}/open_api/v1.3", client_id=filling.APP_ID, secret=SECRET, paced=False
        )
        app = open_app(Settings(data=folder, port=port, platform=platform, demo_speed=1.0, demo_start=START))
        policy_hash = policies.read(playbooks.policy_text("normal")).hash
        account = Account(
            id=1, connector="tiktok", external_id=owner["business_id"], identifier=owner["unique_identifier"], handle=owner["username"],
            name="Bisnis", mode="automatic", zone="Asia/Jakarta", language="en", killed=False, can_reply=True,
            can_hide=True, can_message=True, bucket_milli=15_000, bucket_at=START, spike_paused=False,
            policy_hash=policy_hash,
        )  # fmt: skip
        app.ctx.store.write(lambda tx: accounts.open_account(app.ctx, tx, account))
        who = ("person", "1")
        connections.state_facts(app.ctx, 1, who=who, country="ID", account_type="business", approved=True)
        pair = TokenPair(
            access_token=owner["access_token"],
            refresh_token=owner["refresh_token"],
            open_id=owner["business_id"],
            got_at=START,
        )
        await asyncio.to_thread(app.tokens.store, 1, pair)
        started = asyncio.Event()
        running = asyncio.create_task(
            serve.run(app, web=True, work=True, announce=lambda _address: started.set())
        )
        try:
            await asyncio.wait_for(started.wait(), WAIT_SECONDS)
            yield Stage(app, box, owner)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def play(folder):
    async with stage(folder) as on:
        box, owner = on.box, on.owner
        business, video = owner["business_id"], owner["video_ids"][0]
        await box.control(
            "comment", {"text": "What does it cost?", "video_id": video, "viewer": "viewer0001"}
        )
        (reply,) = await on.until(
            lambda q: [o for o in q.outgoing_in_state("planned", limit=9) if o.act == "reply"], "the reply"
        )
        assert "INFO" in reply.text, "messages are open, so the reply invites"
        viewer_id = (await on.until(lambda q: q.contacts([reply.contact_id]), "the contact"))[
            reply.contact_id
        ]
        for _ in range(25):
            await on.advance(3)
            await asyncio.sleep(0.1)
        await on.until(lambda q: q.outgoing(reply.id).state == "sent", "the reply on the platform")

        await box.control("messages", {"business_id": business, "viewer": "viewer0001", "text": "INFO"})
        answer, question = await on.sent(viewer_id.external_id, 2)
        assert answer.text.startswith("This is an automated answer from our team. Send STOP")
        assert question.text == "May we send you a tip now and then?"
        content = (await on.until(lambda q: q.message_contents([question.id]), "the buttons"))[question.id]
        await box.control(
            "taps",
            {
                "business_id": business, "viewer": "viewer0001", "message_id": question.provider_ref,
                "button_id": content.buttons[0][0],
            },
        )  # fmt: skip
        (kept,) = await on.until(lambda q: q.consent_evidence(reply.contact_id), "the evidence")
        assert (kept.purpose, kept.answer, kept.text_version, kept.source, kept.question_id) == (
            "marketing", "given", "v1", "button", question.provider_ref,
        )  # fmt: skip
        contact = await asyncio.to_thread(on.app.ctx.store.read, lambda q: q.contact(reply.contact_id))
        assert (contact.marketing, contact.external_id) == ("given", viewer_id.external_id), (
            "one person all along"
        )
        await box.control("messages", {"business_id": business, "viewer": "viewer0001", "text": "STOP"})
        await on.until(lambda q: q.contact(reply.contact_id).answer == "withdrawn", "the withdrawal")
        assert audit.verify(on.app.ctx).ok
        assert replay.replay(on.app.ctx).differences == 0
        transcript = await asyncio.to_thread(
            on.app.ctx.store.read, lambda q: [o.state for o in q.message_acts([contact.id])[contact.id]]
        )
        assert transcript.count("sent") == 2 and "unknown" not in transcript


@pytest.mark.slow
def test_from_a_comment_to_stored_consent(tmp_path):
    asyncio.run(play(tmp_path))
