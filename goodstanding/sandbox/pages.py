"""The few HTML pages: consent, its refusal, and the description of the control calls."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from goodstanding.sandbox.control import Control
    from goodstanding.sandbox.world import World

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}"
    "code{background:#eee;padding:.1em .3em}td{vertical-align:top;padding:.25rem .75rem .25rem 0}"
    ".note{border-left:4px solid #b58900;padding-left:.75rem}"
)


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )


def control_page(world: "World", controls: Iterable["Control"]) -> str:
    """Return the description of the control calls, and of what is assumed rather than documented."""
    calls = "".join(
        f"<tr><td><code>{one.method} /_sandbox{escape(one.path)}</code></td><td>{escape(one.text)}</td></tr>"
        for one in controls
    )
    assumed = "".join(
        f"<tr><td>{escape(one.subject)}</td><td>{escape(one.text)}</td></tr>" for one in world.numbers.assumed
    )
    return _page(
        "Sandbox",
        '<p class="note">This is an imitation for tests and demonstrations. Everything and everyone in it is '
        "invented; it never reaches the real platform.</p>"
        "<h2>Control calls</h2><p>All JSON. Platform calls live under <code>/open_api/v1.3</code>.</p>"
        f"<table>{calls}</table>"
        f"<h2>Assumed, not documented</h2><p>As of {escape(world.numbers.as_of)}.</p>"
        f"<table>{assumed}</table>",
    )


def consent_page(
    *, accounts: Mapping[str, str], scopes: list[str], hidden: Mapping[str, str], chosen: str
) -> str:
    """Return the consent form: who, which scopes, and where the answer goes."""
    people = "".join(
        f'<option value="{escape(open_id)}"{" selected" if open_id == chosen else ""}>{escape(name)}</option>'
        for open_id, name in accounts.items()
    )
    ticks = "".join(
        f'<p><label><input type="checkbox" name="granted" value="{escape(scope)}" checked> '
        f"{escape(scope)}</label></p>"
        for scope in scopes
    )
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    return _page(
        "Allow access (sandbox)",
        '<p class="note">An imitation of the consent page. No real account is touched.</p>'
        f'<form method="post">{kept}<p><label>Account <select name="open_id">{people}</select></label></p>'
        f"<fieldset><legend>The app asks for</legend>{ticks}</fieldset>"
        '<p><button name="answer" value="allow">Allow</button> '
        '<button name="answer" value="refuse">Refuse</button></p></form>',
    )


def refusal_page(reason: str) -> str:
    """Return a page that says why no consent can be asked."""
    return _page("Cannot ask for access", f"<p>{escape(reason)}</p>")
