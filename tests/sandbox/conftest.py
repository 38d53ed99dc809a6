"""A real sandbox on a free loopback port for each test that asks for one."""

import pytest
import requests

from goodstanding.sandbox.server import serving
from goodstanding.sandbox.world import Settings

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


@pytest.fixture(scope="session")
def shared():
    with serving(Settings(limits=False, local_redirects=True)) as running:
        yield Client(running.url, running.world)


@pytest.fixture
def start():
    """Start sandboxes with settings of one's own; all end with the test."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def started(**settings):
            running = stack.enter_context(serving(Settings(**settings)))
            client = Client(running.url, running.world)
            stack.callback(client.session.close)
            return client

        yield started
