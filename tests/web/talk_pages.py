"""Messages put into a web world: webhooks as the platform sends them, and the answers it gives."""

import asyncio
import itertools
import json

from world import OPEN_ID

from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import intake, outbox
from goodstanding.usecases.ports import SendResult

_numbers = itertools.count(1)
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 16


class Phone:
    """The other end: people write, and what we send arrives."""

    def __init__(self, world):
        self.world, self.ctx = world, world.ctx
        self.sent = []
        self.ctx.store.write(lambda tx: tx.change_account(1, {"can_message": True}))
        self.platform = self.ctx.platforms["tiktok"]
        self.platform.carry_out = self._carry_out
        self.platform.picture = self._picture

    async def _carry_out(self, permit):
        self.sent.append(permit)
        return SendResult(state="sent", provider_ref=f"M{len(self.sent)}==")

    async def _picture(self, account, message):
        return PNG

    def hook(self, event, content):
        body = json.dumps(
            {
                "client_key": "7",
                "event": event,
                "create_time": 0,
                "user_openid": OPEN_ID,
                "content": json.dumps(content),
            }
        ).encode()
        intake.accept(self.ctx, "tiktok", [intake.Arrived(body, self.ctx.clock.now())]).result()
        while intake.read_new(self.ctx):
            pass

    def writes(self, said, viewer="+Viewer90", **more):
        self.hook("im_receive_msg", {
            "from": "viewer90", "to": "lottekookt", "unique_identifier": viewer,
            "from_user": {"id": viewer, "role": "personal_account"}, "to_user": {"id": OPEN_ID, "role": "business_account"},
            "conversation_id": f"conv{viewer}", "message_id": f"V{next(_numbers)}==", "timestamp": self.ctx.clock.now(),
            "type": "text", "text": {"body": said}, **more,
        })  # fmt: skip

    def eu(self):
        self.hook(
            "im_receive_msg_eu",
            {
                "to": "lottekookt",
                "to_user": {"id": OPEN_ID, "role": "business_account"},
                "timestamp": self.ctx.clock.now(),
            },
        )

    def flow(self, minutes=90):
        for _ in range(minutes // 10):
            self.world.app.clock.advance(10 * MINUTE)

            async def work():
                dispatcher = outbox.Dispatcher(ctx=self.ctx, owner="test")
                while await dispatcher.send_due():
                    pass

            with asyncio.Runner() as runner:
                runner.run(work())

    def taps(self):
        at = next(place for place, p in enumerate(self.sent) if p.content is not None)
        button, title = self.sent[at].content.buttons[0]
        self.writes(
            title,
            reply_source_payload={"reply_source_msg_id": f"M{at + 1}==", "reply_source_unique_id": button},
        )

    def messages(self, viewer="+Viewer90"):
        contact = self.ctx.store.read(lambda q: q.contacts_by_external(1, [viewer]))[viewer]
        return self.ctx.store.read(lambda q: q.messages_of(contact.id, limit=99))
