"""No app at all: comments read off the platform's own screen or typed, and an account that is served by hand.

They go through the same intake as any other (`source` tells how they came) and are decided by the same policy; what
is decided becomes tasks. A person is known here by the name on the screen only (`handle:` or `name:`), and is never
taken for the same as a person the platform named by its own id.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from goodstanding.core import limits, names
from goodstanding.core.outbox import is_same_text
from goodstanding.core.pasted import Age, Pasted, read_pasted, same_words
from goodstanding.core.targets import PASTED, made
from goodstanding.core.tasks import is_handle
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import accounts, intake, playbooks, policies, tasks
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.comments import Handled, Incoming, handle
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.facts import RUSH, bucket_rule
from goodstanding.usecases.moderation import GoneError
from goodstanding.usecases.ports import Account, ParsedComment, Queries, Transaction, Video

ROWS_MAX = 200
"""Comments taken at once; the rest of a longer text is given back to be pasted again."""
TEXT_MAX = 2_200
"""Characters of one comment."""
LOOKED_AT = 20_000
"""Events among which comments that the platform itself delivered are looked for."""
CONNECTOR = "tiktok"
POLICY = "careful"
"""The policy that a new account begins under."""
Found = Literal["new", "known", "twice", "own"]
_video = re.compile(r"tiktok\.com/@([\w.]{2,24})/(?:video|photo)/(\d{5,25})", re.ASCII)


class NoVideoError(GoodstandingError):
    """Neither a known video, a link that holds a video's number, nor a title was given."""

    code = "PASTE_VIDEO"


class NothingToTakeError(GoodstandingError):
    """No comment was given, or none with both a name and a text."""

    code = "PASTE_NOTHING"


class BadAccountError(GoodstandingError):
    """The account cannot be opened like this; field: which (handle, known, zone, language)."""

    code = "PASTE_ACCOUNT"


class VideoChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Which video comments stand under: a known one, or a new one by link or by title."""

    known: str = ""
    link: str = ""
    title: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One comment as it will be taken; a person may change every part of it first."""

    author: str
    text: str
    at: int
    found: Found = "new"
    dated: bool = True
    """False where the screen told no age: the time is now."""
    nth: int = 1
    """Which of several equal comments of one person this is."""
    task: int = 0
    """For an own reply: the waiting task that it is the answer of."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a pasted text would add."""

    rows: tuple[Row, ...]
    left: tuple[tuple[int, str], ...]
    """Lines that were not understood."""
    more: int = 0
    """Comments beyond the most that are taken at once."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a paste."""

    added: int
    known: int
    seen: int = 0
    """Waiting tasks settled, since their text stood on the screen."""
    undated: int = 0
    """Comments whose time nobody knows: none of them counts as volume."""


def author_id(name: str) -> str:
    """Return the id under which somebody is known by the name on the screen alone."""
    plain = same_words(name).lstrip("@").strip()
    return names.by_handle(names.handle_key(plain)) or f"{names.BY_NAME}{plain.casefold()}"


def preview(ctx: Context, account_id: int, choice: VideoChoice, text: str) -> Preview:
    """Return the comments in a pasted text with what is known already; raises `NoVideoError`, `GoneError`."""
    reading = read_pasted(playbooks.screen(), text)

    def work(q: Queries) -> Preview:
        account = _account(q, account_id)
        video = video_of(ctx, q, account, choice)
        now, zone = ctx.clock.now(), ZoneInfo(account.zone)
        rows = [_row(one, account, now, zone) for one in reading.comments]
        kept = _answers(q, account, video.id, _compare(ctx, q, account, video.id, rows))
        return Preview(rows=tuple(kept[:ROWS_MAX]), left=reading.left, more=max(0, len(kept) - ROWS_MAX))

    return ctx.store.read(work)


def take(
    ctx: Context,
    account_id: int,
    choice: VideoChoice,
    rows: Sequence[Row],
    who: Who,
    *,
    source: Literal["paste", "hand"] = "paste",
    seen: Sequence[Row] = (),
) -> Taken:
    """Take comments in and decide them; what was taken in before is left out.

    `seen` are own replies that settle their waiting `task`. What is older than the volume of now, or has no time, does
    not count as a rush of viewers. Raises `NoVideoError`, `GoneError`, `NothingToTakeError`.
    """
    wanted = [one for one in rows if same_words(one.author).lstrip("@").strip() and same_words(one.text)][
        :ROWS_MAX
    ]
    if not wanted and not seen:
        raise NothingToTakeError
    account, video = ctx.store.read(lambda q: _place(ctx, q, account_id, choice))
    now = ctx.clock.now()
    comments = [_comment(ctx, account, video.id, one, now) for one in wanted]
    signals = intake.understand(ctx, [one.text for one in comments], [account.language] * len(comments))
    incoming = [
        Incoming(
            comment=one,
            raw=msgspec.json.encode(one),
            source=source,
            received_at=now,
            signals=signal,
            counts=row.dated and now - one.at < RUSH,
        )
        for one, row, signal in zip(comments, wanted, signals, strict=True)
    ]
    undated = sum(not one.dated for one in wanted)

    def work(tx: Transaction) -> Taken:
        fresh = _account(tx, account_id)
        tx.add_videos([video], now)
        settled = sum(_settle_seen(ctx, tx, account_id, video.id, one, who) for one in seen)
        handled = handle(ctx, tx, fresh, incoming) if incoming else Handled()
        body: dict[str, object] = {
            "act": source,
            "added": handled.decided + handled.changed,
            "known": handled.repeated,
        }
        said = {"seen": settled, "undated": undated}
        body |= {name: count for name, count in said.items() if count}
        append(ctx, tx, [Draft(account_id=account_id, kind="review", at=now, actor=who, body=body)])
        return Taken(added=handled.decided + handled.changed, known=handled.repeated, **said)

    return ctx.store.write(work)


def video_of(ctx: Context, q: Queries, account: Account, choice: VideoChoice) -> Video:
    """Return the video that is meant; a new one is not stored yet. Raises `NoVideoError`."""
    known = {video.id: video for video in q.videos(account.id)}
    if choice.known and choice.known in known:
        return known[choice.known]
    title = same_words(choice.title)[:200]
    found = _video.search(choice.link)
    plain = choice.link.strip()
    if found is not None:
        number = found.group(2)
    elif plain.isascii() and plain.isdigit() and len(plain) >= 5:  # noqa: PLR2004 - a video's number, typed
        number = plain
    elif title and not plain:
        number = "hand-" + ctx.chance.keyed_digest("video", f"{account.id}:{title.casefold()}").hex()[:20]
    else:
        raise NoVideoError
    return known.get(number) or Video(
        id=number, account_id=account.id, title=title, video_class="unknown", campaign=""
    )


def open_without_app(ctx: Context, *, handle: str, name: str, language: str, zone: str, who: Who) -> Account:
    """Start serving an account by hand, without any credential of the platform; raises `BadAccountError`."""
    plain = same_words(handle).lstrip("@").lower()
    if not is_handle(plain):
        raise BadAccountError(which="handle")
    if zone not in available_timezones():
        raise BadAccountError(which="zone")
    if language not in ("nl", "en"):
        raise BadAccountError(which="language")

    def work(tx: Transaction) -> Account:
        known = tx.accounts()
        if any(one.handle.lower() == plain for one in known):
            raise BadAccountError(which="known")
        policy_hash = policies.keep(ctx, tx, playbooks.policy_text(POLICY), who)
        policy = policies.compiled(ctx, tx, policy_hash)
        account = Account(
            id=max((one.id for one in known), default=0) + 1, connector=CONNECTOR, external_id=f"hand:{plain}",
            identifier=author_id(plain), handle=plain, name=same_words(name)[:100] or plain, mode="assisted", zone=zone,
            language=language, killed=False, can_reply=False, can_hide=False, can_message=False,
            bucket_milli=limits.full(bucket_rule(policy), at=0).milli, bucket_at=ctx.clock.now(), spike_paused=False,
            policy_hash=policy_hash,
        )  # fmt: skip
        accounts.open_account(ctx, tx, account, who=who)
        return account

    return ctx.store.write(work)


def _place(ctx: Context, q: Queries, account_id: int, choice: VideoChoice) -> tuple[Account, Video]:
    account = _account(q, account_id)
    return account, video_of(ctx, q, account, choice)


def _account(q: Queries, account_id: int) -> Account:
    found = next((one for one in q.accounts() if one.id == account_id), None)
    if found is None:
        raise GoneError(id=account_id)
    return found


def _row(one: Pasted, account: Account, now: int, zone: ZoneInfo) -> Row:
    own = one.own or author_id(one.author) == author_id(account.handle)
    return Row(
        author=one.author, text=one.text[:TEXT_MAX], at=_moment(one.age, now, zone), found="own" if own else "new",
        dated=one.age is not None,
    )  # fmt: skip


def _moment(age: Age | None, now: int, zone: ZoneInfo) -> int:
    """Return when a comment was written as far as its age tells, never in the future. A bare date is taken at noon."""
    if age is None or not age.month:
        return now - (age.span if age else 0)
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    years = [age.year] if age.year else [today.year, today.year - 1]
    for year in years:
        try:
            noon = datetime(year, age.month, age.day, 12, tzinfo=zone)
        except (ValueError, OverflowError):
            continue
        if noon - timedelta(hours=12) <= today:
            return min(now, int(noon.timestamp() * 1000))
    return now


def _compare(ctx: Context, q: Queries, account: Account, video_id: str, rows: Sequence[Row]) -> list[Row]:
    """Say of each comment whether it is here already: pasted before, or delivered by the platform."""
    ids = [_external_id(ctx, account.id, video_id, one) for one in rows]
    pasted = {external for external, _ in q.known_events(account.id, account.connector, ids)}
    alike = q.alike(account.id, video_id, sorted({one.text for one in rows}), last=LOOKED_AT)
    delivered = {(author_id(name), same_words(text)) for name, text in alike}
    seen: Counter[tuple[str, str]] = Counter()
    kept = []
    for one, external in zip(rows, ids, strict=True):
        key = (author_id(one.author), same_words(one.text))
        seen[key] += 1
        if one.found == "own":
            kept.append(one)
        elif external in pasted or key in delivered:
            kept.append(msgspec.structs.replace(one, found="known"))
        elif seen[key] > 1:
            kept.append(msgspec.structs.replace(one, found="twice", nth=seen[key]))
        else:
            kept.append(one)
    return kept


def _answers(q: Queries, account: Account, video_id: str, rows: Sequence[Row]) -> list[Row]:
    """Say of each own reply which waiting task it is the answer of: by its words, and by the comment above it.

    Where several tasks have the same words and none is about the comment above, nobody can tell: none is named.
    """
    if not any(one.found == "own" for one in rows):
        return list(rows)
    waiting = [
        one
        for one in tasks.waiting_under(q, account.id, video_id)
        if one.outgoing.act == "reply" and one.outgoing.state == "task"
    ]
    named: set[int] = set()
    kept, above = [], None
    for row in rows:
        if row.found != "own":
            above = row
            kept.append(row)
            continue
        alike = [one for one in waiting if one.task.outgoing_id not in named and _says(row, one)]
        theirs = [one for one in alike if above is not None and _is_about(one, above)]
        found = theirs[:1] or (alike if len(alike) == 1 else [])
        named |= {one.task.outgoing_id for one in found}
        kept.append(msgspec.structs.replace(row, task=found[0].task.outgoing_id) if found else row)
    return kept


def _says(row: Row, item: tasks.Item) -> bool:
    return is_same_text(_without_name(row.text, item.handle), item.outgoing.text)


def _without_name(text: str, handle: str) -> str:
    """Return a reply without the name that the app puts before it."""
    plain = text.strip()
    return plain.removeprefix(f"@{handle}").strip() if handle else plain


def _is_about(item: tasks.Item, above: Row) -> bool:
    return author_id(item.handle) == author_id(above.author) and same_words(
        item.event.text or ""
    ) == same_words(above.text)


def _settle_seen(ctx: Context, tx: Transaction, account_id: int, video_id: str, row: Row, who: Who) -> bool:
    """Settle the task that an own reply answers; False when the task is gone, elsewhere, or says something else."""
    item = next(
        (one for one in tasks.waiting_under(tx, account_id, video_id) if one.task.outgoing_id == row.task),
        None,
    )
    return item is not None and tasks.seen(ctx, tx, row.task, _without_name(row.text, item.handle), who)


def _external_id(ctx: Context, account_id: int, video_id: str, one: Row) -> str:
    """Return a comment's id: the same for the same author, text and video, however old the screen says it is."""
    parts = [str(account_id), video_id, author_id(one.author), same_words(one.text)]
    if one.nth > 1:
        parts.append(str(one.nth))
    return made(PASTED, ctx.chance.keyed_digest("pasted", "\0".join(parts)).hex()[:32])


def _comment(ctx: Context, account: Account, video_id: str, one: Row, now: int) -> ParsedComment:
    name = same_words(one.author).lstrip("@").strip()[:100]
    own = author_id(name) == author_id(account.handle)
    return ParsedComment(
        external_id=_external_id(ctx, account.id, video_id, one), video_id=video_id, parent_id="", action="insert",
        author=account.identifier if own else author_id(name), handle=name, text=one.text.strip()[:TEXT_MAX],
        at=max(0, min(one.at, now)),
    )  # fmt: skip
