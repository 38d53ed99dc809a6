"""The few HTML pages: consent, its refusal, and the control page."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from goodstanding.sandbox.clock import iso
from goodstanding.sandbox.controls import Control
from goodstanding.sandbox.forms import forms, prose
from goodstanding.sandbox.personas import capabilities
from goodstanding.sandbox.world import World

_PROGRAMS = ", ".join(
    f'<a href="/_sandbox/{name}">{name}</a>'
    for name in ("openapi.json", "state", "transcript", "calls", "deliveries", "personas", "assumed")
)


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/_sandbox/style.css"></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )


def control_page(world: World, controls: Sequence[Control]) -> str:
    """Return the page that shows how things stand, lets them be changed, and says what is assumed."""
    return _page(
        "Sandbox",
        '<p class="note">An imitation of TikTok\'s API for Business for tests and demonstrations, not affiliated '
        "with TikTok. Everything and everyone in it is invented; it never reaches the real platform.</p>"
        f"{_standing(world)}{_accounts(world)}{forms(world, controls)}{_deliveries(world)}{_calls(controls)}{_assumed(world)}"
        '<script src="/_sandbox/control.js" defer></script>',
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    top = f"<thead><tr>{cells}</tr></thead>" if cells else ""
    body = "".join("<tr>" + "".join(f"<td>{one}</td>" for one in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table>{top}<tbody>{body}</tbody></table></div>'


def _code(text: object) -> str:
    return f"<code>{escape(str(text))}</code>"


def _standing(world: World) -> str:
    clock, sent = world.clock, world.deliveries
    hooks = ", ".join(f"{name}: {known.callback_url}" for name, known in world.subscriptions.items())
    limited = "" if world.throttle.enabled else ", limits are off"
    still = " (stands still)" if clock.frozen else f" (at {clock.speed:g} times the speed of real time)"
    rows = (
        ("Virtual time", _code(iso(clock.now_ms())) + still),
        ("App", f"app_id {_code(world.settings.app_id)}, level {world.throttle.level}{limited}"),
        ("Platform calls", f"{world.journal.total} under {_code('/open_api/v1.3')}"),
        ("Webhooks go to", escape(hooks) or "nowhere yet: the app sets that with /business/webhook/update/"),
        (
            "Webhooks",
            escape(", ".join(f"{name} {count}" for name, count in sorted(sent.counts.items())) or "none yet"),
        ),
        ("Still waiting", f"{sent.waiting} webhooks, {world.agenda.waiting} planned acts"),
        ("Comments and conversations", f"{len(world.state.comments)} and {len(world.inbox.conversations)}"),
        (
            "For programs",
            _PROGRAMS,
        ),
    )
    return "<h2>How it stands</h2>" + _table((), rows)


def _accounts(world: World) -> str:
    rows = []
    for account in world.state.accounts.values():
        offered = capabilities(account, world.numbers.regions)
        closed = [name.replace("_", " ") for name, on in offered.items() if not on]
        kind = "Business" if account.is_business else "Personal"
        rows.append(
            (
                f"{escape(account.display_name or account.username)}<br>{_code(account.open_id)}",
                f"{kind}, {escape(account.country)}",
                f"{account.followers:,}",
                escape(", ".join(closed)) or "nothing",
            )
        )
    return "<h2>Accounts</h2>" + _table(("Account", "Kind", "Followers", "Closed to it"), rows)


def _deliveries(world: World) -> str:
    log = world.deliveries.log
    latest = [log[-1 - index] for index in range(min(12, len(log)))]
    if not latest:
        return "<h2>Latest webhooks</h2><p>None yet.</p>"
    rows = (
        (
            str(one.number), _code(one.event.name), escape(one.event.action), escape(one.status),
            escape(", ".join(str(attempt.status) for attempt in one.attempts)),
        )
        for one in latest
    )  # fmt: skip
    return "<h2>Latest webhooks</h2>" + _table(("No.", "Event", "Action", "Status", "Answers"), rows)


def _calls(controls: Iterable[Control]) -> str:
    rows = (
        (
            _code(f"{one.method} /_sandbox{one.path}"),
            " ".join(_code(name) for name in one.takes.__struct_fields__) or "nothing",
            prose(one.text),
        )
        for one in controls
    )
    return "<h2 id=calls>Control calls</h2><p>All JSON; what a GET takes is in its query.</p>" + _table(
        ("Call", "Takes", "What it does"), rows
    )


def _assumed(world: World) -> str:
    rows = ((escape(one.subject), escape(one.text)) for one in world.numbers.assumed)
    return (
        '<h2 id="assumed">Assumed, not documented</h2><p>The platform does not say how these behave, so this is a '
        f"guess, as of {escape(world.numbers.as_of)}. Do not take it for a fact about the platform.</p>"
        + _table(("Subject", "Assumed here"), rows)
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
