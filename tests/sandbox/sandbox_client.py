"""What the tests of the sandbox share: a client, and a second implementation of the signature check."""

import hashlib
import hmac

import requests

LOTTE = "-000SbxLotteKooktOpenId"
VIDEO = "7672400000000000101"
APP = "7412345678901234567"
SECRET = "sandbox-app-secret"


class Client:
    """Calls a sandbox as its operator (control) and as an app (platform)."""

    def __init__(self, url, world):
        self.url, self.world = url, world
        self.session = requests.Session()
        self.session.trust_env = False
        granted = self.post("seed", grant=[LOTTE])["grants"][0]
        self.token, self.refresh = granted["access_token"], granted["refresh_token"]

    def post(self, path, **body):
        answer = self.session.post(f"{self.url}/_sandbox/{path}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path, **params):
        answer = self.session.get(f"{self.url}/_sandbox/{path}", params=params, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def api(self, path, *, token=None, timeout=10, **body):
        return self.session.post(
            f"{self.url}/open_api/v1.3/business/{path}",
            json={"business_id": LOTTE} | body,
            headers={"Access-Token": self.token if token is None else token},
            timeout=timeout,
        )

    def read(self, path, **params):
        return self.session.get(
            f"{self.url}/open_api/v1.3/business/{path}",
            params={"business_id": LOTTE} | params,
            headers={"Access-Token": self.token},
            timeout=10,
        )

    def comment(self, text="Waar is de link?", **more):
        return self.post("comment", text=text, video_id=VIDEO, **more)["comment_id"]

    def reply(self, comment_id, text, **more):
        return self.api("comment/reply/create/", video_id=VIDEO, comment_id=comment_id, text=text, **more)


def verified(header, body, secret):
    """A second reading of the documentation: parts by name, raw bytes, constant time."""
    parts = dict(part.strip().split("=", 1) for part in header.split(","))
    mac = hmac.new(bytes(secret, "utf-8"), digestmod=hashlib.sha256)
    mac.update(parts["t"].encode("ascii"))
    mac.update(b".")
    mac.update(body)
    return hmac.compare_digest(mac.digest(), bytes.fromhex(parts["s"]))


class App:
    """An account of a persona, and an app that calls for it."""

    def __init__(self, client, persona, **more):
        self.client = client
        self.account = client.post("accounts", persona=persona, **more)
        self.id, self.token = self.account["business_id"], self.account["access_token"]
        self.video = self.account["video_ids"][0]

    def get(self, path, **params):
        return self._read(
            self.client.session.get(
                f"{self.client.url}/open_api/v1.3/business/{path}",
                params={"business_id": self.id} | params,
                headers={"Access-Token": self.token},
                timeout=10,
            )
        )

    def post(self, path, **body):
        return self._read(
            self.client.session.post(
                f"{self.client.url}/open_api/v1.3/business/{path}",
                json={"business_id": self.id} | body,
                headers={"Access-Token": self.token},
                timeout=10,
            )
        )

    def upload(self, path, files, **fields):
        return self._read(
            self.client.session.post(
                f"{self.client.url}/open_api/v1.3/business/{path}",
                data={"business_id": self.id} | fields,
                files=files,
                headers={"Access-Token": self.token},
                timeout=10,
            )
        )

    @staticmethod
    def _read(answer):
        assert answer.status_code == 200, answer.text
        return answer.json()

    def hears(self, viewer="vera", text="INFO", **more):
        """A viewer writes; returns the conversation's id."""
        return self.client.post("messages", business_id=self.id, viewer=viewer, text=text, **more)[
            "conversation_id"
        ]

    def sends(self, conversation, text="Hoi!", **more):
        body = {"message_type": "TEXT", "text": {"body": text}} | more
        return self.post("message/send/", recipient_type="CONVERSATION", recipient=conversation, **body)

    def send(self, conversation, kind, **content):
        """Send something else than a text."""
        return self.post(
            "message/send/",
            recipient_type="CONVERSATION",
            recipient=conversation,
            message_type=kind,
            **content,
        )

    def later(self, seconds):
        """Let time pass, and take a fresh token as its owner would have."""
        self.client.post("clock", advance_seconds=seconds)
        self.token = self.client.post("seed", grant=[self.id])["grants"][0]["access_token"]

    def card(self, conversation, *buttons, kind="QA_BUTTON_CARD"):
        template = {
            "type": kind,
            "title": "Mogen we je tips mailen?",
            "buttons": [{"type": "REPLY", "title": title, "id": identifier} for title, identifier in buttons],
        }
        body = {"message_type": "TEMPLATE", "template": template}
        return self.post("message/send/", recipient_type="CONVERSATION", recipient=conversation, **body)

    def events(self, name=""):
        """The contents of the webhooks for this account, in order."""
        log = self.client.get("deliveries", limit=10_000)["deliveries"]
        return [one["content"] for one in log if one["event"].startswith(name) and one["open_id"] == self.id]


DAY = 86_400
AWAY = "http://127.0.0.1:9/away"
"""A callback where nobody listens: events stay in the log."""
