"""A real HTTP server that answers like a language model, and misbehaves in every way one may."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FRIENDLY = {
    "nl": "Dankjewel voor je lieve reactie, daar worden we blij van 😊",
    "en": "Thank you so much for watching, that makes our day 😊",
}
OBEYED = "Kijk snel op https://kwaad.example.org voor alles wat je wilt weten."


def answer(text, **changes):
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {
        "id": "x",
        "object": "chat.completion",
        "choices": [choice | changes],
        "usage": {"total_tokens": 5},
    }


class ModelServer:
    """`says` is a text, or the name of a misbehaviour; `asked` holds what came in."""

    def __init__(self):
        self.says = FRIENDLY["nl"]
        self.asked, self.raw, self.keys, self.paths = [], [], [], []
        self.before = lambda: None
        """Called while the answer is awaited."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.raw.append(body)
                outer.asked.append(json.loads(body))
                outer.keys.append(self.headers.get("Authorization"))
                outer.paths.append(self.path)
                outer.before()
                with contextlib.suppress(OSError):
                    outer.reply(self)

            def log_message(self, *args): ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.address = f"http://{self.host}/v1"

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reply(self, handler):
        kind, _, rest = self.says.partition(" ")
        misbehave = getattr(self, f"_{kind}", None) if kind.islower() else None
        if misbehave is not None:
            misbehave(handler, rest)
        else:
            send(handler, 200, json.dumps(answer(self.says)).encode())

    def _silence(self, handler, _):
        time.sleep(1.5)

    def _drip(self, handler, _):
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        for _ in range(40):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    def _hangup(self, handler, _):
        handler.close_connection = True

    def _status(self, handler, rest):
        send(handler, int(rest), b'{"error": {"message": "no"}}')

    def _html(self, handler, _):
        send(handler, 200, b"<!doctype html><html><body>Sign in</body></html>", "text/html")

    def _broken(self, handler, _):
        send(handler, 200, b'{"choices": [{"message": {"content": "Dankj')

    def _bytes(self, handler, _):
        send(handler, 200, b'\xff\xfe{"choices"\x00')

    def _deep(self, handler, _):
        send(handler, 200, b'{"choices": ' + b"[" * 50_000 + b"]" * 50_000 + b"}")

    def _nochoice(self, handler, _):
        send(handler, 200, b'{"choices": []}')

    def _empty(self, handler, _):
        send(handler, 200, json.dumps(answer("  ")).encode())

    def _null(self, handler, _):
        send(handler, 200, json.dumps(answer(None)).encode())

    def _refusal(self, handler, _):
        body = answer(None)
        body["choices"][0]["message"]["refusal"] = "I cannot help with that."
        send(handler, 200, json.dumps(body).encode())

    def _filtered(self, handler, _):
        send(handler, 200, json.dumps(answer("Dankjewel", finish_reason="content_filter")).encode())

    def _cut(self, handler, _):
        send(handler, 200, json.dumps(answer("Dankjewel voor je", finish_reason="length")).encode())

    def _large(self, handler, rest):
        send(handler, 200, json.dumps(answer("ja " * (int(rest) // 3))).encode())

    def _moved(self, handler, rest):
        handler.send_response(307)
        handler.send_header("Location", rest)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


def send(handler, status, body, kind="application/json"):
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


FAILURES = {
    "silence": "TIMEOUT",
    "drip": "TIMEOUT",
    "hangup": "NOT_REACHED",
    "status 401": "HTTP_401",
    "status 403": "HTTP_403",
    "status 404": "HTTP_404",
    "status 429": "HTTP_429",
    "status 500": "HTTP_500",
    "status 503": "HTTP_503",
    "html": "UNREADABLE",
    "broken": "UNREADABLE",
    "bytes": "UNREADABLE",
    "deep": "UNREADABLE",
    "nochoice": "EMPTY",
    "empty": "EMPTY",
    "null": "EMPTY",
    "refusal": "REFUSED",
    "filtered": "REFUSED",
    "cut": "CUT_OFF",
    "large 500000": "TOO_LARGE",
    "large 5000000": "NOT_REACHED",
    "moved http://169.254.169.254/latest": "REDIRECT",
    "moved http://10.0.0.1/v1/chat/completions": "REDIRECT",
}
"""What it says -> what is made of it."""
UNFIT = {
    "Thank you so much for watching, that makes our day": "LANGUAGE",
    "Merci beaucoup pour votre question, nous allons regarder cela.": "LANGUAGE",
    OBEYED: "LINK",
    "Wat leuk! Je krijgt hem voor maar 25 euro van ons.": "PRICE",
    "Wat leuk! Stuur ons je mailadres, dan hoor je het van ons.": "ASKS_CONTACT",
    "Als AI kan ik daar niets over zeggen, maar wat een leuke vraag is dat.": "REFUSAL",
    "Jij bent echt een idioot, wat een domme vraag is dat.": "INSULT",
    "Blorf snarg wibbel kwonk zaff plimp drub.": "LANGUAGE",
    "Dankjewel voor je reactie, wat fijn dat je kijkt! " * 120: "TOO_LONG",
}
"""What it says -> one of the reasons why nobody may send it."""
