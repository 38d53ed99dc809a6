"""A whole installation in a folder, its web application, and a browser-like client that knows no network."""

import asyncio
import atexit
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from goodstanding.bootstrap import open_app, web_parts
from goodstanding.sandbox.crowd import make_comments, webhook_bodies
from goodstanding.settings import PlatformSettings, Settings
from goodstanding.usecases import accounts, intake, people
from goodstanding.usecases.ports import Account, Video
from goodstanding.web.app import create_app
from goodstanding.web.parts import DemoControls

START = 1790000000000
SECRET = "sandbox-app-secret"
OPEN_ID = "-000Open"
PASSWORD = "a long enough password"


@cache
def _prepared():
    """A folder with an empty, migrated database: made once, copied for each world."""
    folder = Path(tempfile.mkdtemp(prefix="goodstanding-world-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    open_app(settings(folder)).close()
    return folder


def settings(folder, database=""):
    return Settings(
        data=folder,
        database=database,
        demo_speed=1.0,
        demo_start=START,
        platform=PlatformSettings(base="http://127.0.0.1:9/open_api/v1.3", secret=SECRET),
    )


class World:
    """One installation: `app` (bootstrap), `web` (ASGI), `ctx`."""

    def __init__(self, folder, *, database="", comments=0, demo=False, account=True, seed=7):
        if not database:
            shutil.copytree(_prepared(), folder, dirs_exist_ok=True)
        self.app = open_app(settings(folder, database))
        self.ctx = self.app.ctx
        self.woken = 0
        self.spikes = 0
        if account:
            self.open_account()
        if comments:
            self.crowd(comments, seed)
        self.controls = self._demo() if demo else None
        self.loop = asyncio.new_event_loop()
        self.web = create_app(web_parts(self.app), wake=self._wake, demo=self.controls)

    def _wake(self):
        self.woken += 1

    def _spike(self):
        self.spikes += 1

    def _demo(self):
        clock = self.app.clock
        return DemoControls(
            enter=lambda: next(iter(self.ctx.store.read(lambda q: q.persons())), None),
            speed=lambda: clock.speed,
            set_speed=clock.set_speed,
            advance=clock.advance,
            spike=self._spike,
        )

    def open_account(self):
        policy = next(p.hash for p in self.ctx.store.read(lambda q: q.policies()) if p.title == "Careful")
        account = Account(
            id=1, connector="tiktok", external_id=OPEN_ID, identifier="+Own", handle="lottekookt", name="Lotte kookt",
            mode="sandbox", zone="Europe/Amsterdam", language="nl", killed=False, can_reply=True, can_hide=True,
            can_message=False, bucket_milli=20000, bucket_at=START, spike_paused=False, policy_hash=policy,
        )  # fmt: skip
        videos = tuple(
            Video(id=one, account_id=1, title=title, video_class="growth", campaign="")
            for one, title in (
                ("7672400000000000101", "Keuken, dag 3"),
                ("7672400000000000202", "Soep in tien minuten"),
            )
        )
        self.ctx.store.write(lambda tx: accounts.open_account(self.ctx, tx, account, videos=videos))

    def crowd(self, count, seed=7):
        bodies = list(webhook_bodies(list(make_comments(count, seed)), "app", OPEN_ID))
        intake.accept(self.ctx, "tiktok", [intake.Arrived(body, START) for body in bodies]).result()
        while intake.read_new(self.ctx):
            pass

    def owner(self, language="en"):
        token = people.setup_token(self.ctx)
        return people.create_owner(
            self.ctx,
            FAST,
            token=token,
            name="Lotte",
            email="lotte@example.org",
            password=PASSWORD,
            language=language,
        )

    def events(self, outcome):
        return [
            d.event_id
            for d in self.ctx.store.read(lambda q: q.decisions(after=0, limit=10**6))
            if d.outcome == outcome
        ]

    def cases(self):
        return self.ctx.store.read(lambda q: q.open_cases(queue=None, after=(0, 0), limit=10_000))

    def run(self, work):
        """Run to the end; in a thread of its own where a browser's loop is at home in this one."""
        if asyncio._get_running_loop() is None:
            return self.loop.run_until_complete(work)
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(self.loop.run_until_complete, work).result()

    def close(self):
        closing = [platform.close() for platform in self.ctx.platforms.values()]
        with ThreadPoolExecutor(1) as pool:  # a browser test has a loop of its own in this thread
            pool.submit(
                self.loop.run_until_complete, asyncio.wait([self.loop.create_task(one) for one in closing])
            ).result()
        self.app.close()
        self.loop.close()


class Fast:
    """Argon2 with the least work: tests sign in often."""

    def __init__(self):
        from goodstanding.adapters.passwords import Argon2Passwords

        self._hasher = Argon2Passwords(memory_kib=64, rounds=1)
        self.hash, self.matches = self._hasher.hash, self._hasher.matches


FAST = Fast()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    def header(self, name):
        return next((v for n, v in self.headers if n == name.lower()), None)

    @property
    def words(self):
        """The text a person reads."""
        plain = re.sub(r"<(script|style|head)\b.*?</\1>", " ", self.text, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", plain)).split())


class Client:
    """Keeps cookies, follows nothing by itself, fills in the form token."""

    def __init__(self, world, *, address="127.0.0.1", host="127.0.0.1:8420", language="en"):
        self.world, self.address, self.host, self.language = world, address, host, language
        self.jar = {}

    def request(self, method, target, *, body=b"", headers=(), chunks=None):
        path, _, query = target.partition("?")
        sent = [(b"host", self.host.encode()), (b"accept-language", self.language.encode())]
        if self.jar:
            sent.append((b"cookie", "; ".join(f"{k}={v}" for k, v in self.jar.items()).encode()))
        sent += [(n.lower().encode(), v.encode()) for n, v in headers]
        messages = [{"type": "http.request", "body": part, "more_body": True} for part in chunks or ()]
        messages.append({"type": "http.request", "body": body, "more_body": False})
        out = []

        async def receive():
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message):
            out.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": sent, "client": (self.address, 50000), "server": ("127.0.0.1", 8420), "state": {},
        }  # fmt: skip
        self.world.run(self.world.web(scope, receive, send))
        found = [(n.decode().lower(), v.decode()) for n, v in out[0]["headers"]]
        for name, value in found:
            if name == "set-cookie":
                key, _, rest = value.partition("=")
                given = rest.split(";")[0].strip('"')
                if given and "Max-Age=0" not in value:
                    self.jar[key] = given
                else:
                    self.jar.pop(key, None)
        return Answer(out[0]["status"], found, b"".join(m.get("body", b"") for m in out[1:]))

    def get(self, target, **more):
        return self.request("GET", target, **more)

    def post(self, target, *, token=True, **fields):
        if token and "gs_csrf" not in self.jar:
            self.get("/sign-in")
        if token:
            fields["_csrf_token"] = self.jar["gs_csrf"]
        body = urlencode(fields, doseq=True).encode()
        headers = [("content-type", "application/x-www-form-urlencoded"), ("content-length", str(len(body)))]
        return self.request("POST", target, body=body, headers=headers)

    def follow(self, answer):
        assert answer.status == 303, (answer.status, answer.words[:300])
        parts = urlsplit(answer.header("location"))
        return self.get(parts.path + (f"?{parts.query}" if parts.query else ""))

    def sign_in(self, email="lotte@example.org", password=PASSWORD):
        answer = self.post("/sign-in", email=email, password=password)
        assert answer.status == 303, answer.words
        self.post("/language", lang=self.language)
        return self
