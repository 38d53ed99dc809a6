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
