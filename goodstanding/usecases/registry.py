"""The registry: campaigns, and which post belongs to which. Every signal points here through its post.

A post is rewarded, sponsored or growth-only, never two of them: sponsored posts earn no rewards. So a post in a
campaign is of the campaign's class.
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from goodstanding.core.policy.model import VideoClass
from goodstanding.core.registry import CLASSES, CampaignClass, CampaignNameError, check_id
from goodstanding.kernel.problems import GoodstandingError, Problem
from goodstanding.kernel.timing import SECOND
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ports import Queries, Transaction, Video
from goodstanding.usecases.ports.registry import Campaign

TITLE_CHARS = 120
ROWS_MAX = 5_000
"""Rows of one import."""
COLUMNS = ("video", "campaign", "class", "campaign_title", "approver")


class RegistryError(GoodstandingError):
    """What was asked does not fit the registry; nothing was changed. The code says why."""

    def __init__(self, code: str, **fields: str | int) -> None:
        self.code = code
        super().__init__(**fields)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of an import: a post, and the campaign it belongs to. Empty text changes nothing."""

    line: int
    video: str
    campaign: str = ""
    video_class: str = ""
    campaign_title: str = ""
    approver: str = ""
    """A person's name or e-mail address."""
    broken: str = ""
    """Why the table cannot be read from this line on; empty for a row."""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an import: good rows are in, bad ones are listed."""

    campaigns: int
    videos: int
    unchanged: int
    problems: tuple[Problem, ...]


def month_of(now: int) -> str:
    """Return the month of an instant, as an id begins: `2026-11`."""
    return datetime.fromtimestamp(now / SECOND, UTC).strftime("%Y-%m")


def add_campaign(
    ctx: Context,
    *,
    account_id: int,
    campaign_id: str,
    title: str,
    campaign_class: str,
    approver_id: int | None,
    who: Who,
) -> Campaign:
    """Add a campaign; raises `CampaignNameError` or `RegistryError` (taken, class, title, approver, account)."""

    def work(tx: Transaction) -> Campaign:
        row = _add(ctx, tx, account_id, campaign_id, title, campaign_class, approver_id)
        append(ctx, tx, [_campaign_draft(ctx, who, row, "campaign-added")])
        return row

    return ctx.store.write(work)


def edit_campaign(
    ctx: Context,
    *,
    account_id: int,
    campaign_id: str,
    version: int,
    title: str,
    campaign_class: str,
    approver_id: int | None,
    who: Who,
) -> Campaign:
    """Change a campaign at this version; its posts take over its class. Raises `RegistryError`."""

    def work(tx: Transaction) -> Campaign:
        before = _campaign(tx, account_id, campaign_id)
        found = _class(campaign_class)
        changes = {"title": _title(title), "class": found, "approver_id": _approver(tx, approver_id)}
        if not tx.change_campaign(account_id, campaign_id, version, changes):
            raise RegistryError("MOVED_ON", campaign=campaign_id)
        if found != before.campaign_class:
            tx.class_campaign_videos(account_id, campaign_id, found)
        row = _campaign(tx, account_id, campaign_id)
        append(ctx, tx, [_campaign_draft(ctx, who, row, "campaign-changed")])
        return row

    return ctx.store.write(work)


def assign(
    ctx: Context, *, account_id: int, video_id: str, campaign_id: str, video_class: str, who: Who
) -> Video:
    """Put a post under a campaign (empty: none) with a class; raises `RegistryError`."""

    def work(tx: Transaction) -> Video:
        posts = _posts(tx, account_id)
        video, changed = _assign(tx, posts, account_id, video_id, campaign_id, video_class)
        if changed:
            append(ctx, tx, [_video_draft(ctx, who, video)])
        return video

    return ctx.store.write(work)


def bring_in(ctx: Context, *, account_id: int, entries: Sequence[Entry], who: Who) -> Imported:
    """Import rows: what is good is in, what is not is listed with its line. A second import changes nothing."""

    def work(tx: Transaction) -> Imported:
        _known_account(tx, account_id)
        posts = _posts(tx, account_id)
        made: list[Draft] = []
        videos = unchanged = campaigns = 0
        problems: list[Problem] = []
        for entry in entries[:ROWS_MAX]:
            if entry.broken:
                problems.append(Problem(code=entry.broken, line=entry.line))
                continue
            try:
                new = _campaign_of(ctx, tx, posts, account_id, entry)
                if new is not None:
                    campaigns += 1
                    made.append(_campaign_draft(ctx, who, new, "campaign-added"))
                video, changed = _assign(
                    tx, posts, account_id, entry.video, entry.campaign, entry.video_class
                )
            except (RegistryError, CampaignNameError) as error:
                problems.append(Problem(code=error.code, line=entry.line, fields=error.fields))
                continue
            videos += changed
            unchanged += not changed
            if changed:
                made.append(_video_draft(ctx, who, video))
        if len(entries) > ROWS_MAX:
            problems.append(Problem(code="TOO_MANY_ROWS", fields={"most": ROWS_MAX}))
        if made:
            append(ctx, tx, made)
        return Imported(campaigns=campaigns, videos=videos, unchanged=unchanged, problems=tuple(problems))

    return ctx.store.write(work)


def entries_in(reader: "csv.DictReader[str]") -> list[Entry]:
    """Return the rows of a table; where it cannot be read any further, its last entry says so and from which line."""
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        for row in reader:
            cells = {name: cell for name, cell in row.items() if name and isinstance(cell, str)}
            rows.append((reader.line_num, cells))
    except csv.Error:
        return [*entries_of(rows), Entry(line=reader.line_num, video="", broken="BAD_QUOTES")]
    return entries_of(rows)


def entries_of(rows: Sequence[tuple[int, Mapping[str, str]]]) -> list[Entry]:
    """Return the rows of a table (line, column -> text) as entries; names of columns are matched without case."""
    found = []
    for line, row in rows:
        plain = {name.strip().lower(): value.strip() for name, value in row.items() if name}
        found.append(
            Entry(
                line=line,
                video=plain.get("video", ""),
                campaign=plain.get("campaign", ""),
                video_class=plain.get("class", ""),
                campaign_title=plain.get("campaign_title", ""),
                approver=plain.get("approver", ""),
            )
        )
    return found


def of_video(q: Queries, account_id: int, video_id: str) -> tuple[Video | None, Campaign | None]:
    """Return the post and the campaign that a signal under it points to."""
    video = next((one for one in q.videos(account_id) if one.id == video_id), None)
    campaign = q.campaign(account_id, video.campaign) if video and video.campaign else None
    return video, campaign


def _add(
    ctx: Context,
    tx: Transaction,
    account_id: int,
    campaign_id: str,
    title: str,
    campaign_class: str,
    approver_id: int | None,
) -> Campaign:
    _known_account(tx, account_id)
    now = ctx.clock.now()
    row = Campaign(
        id=check_id(campaign_id, month=month_of(now)),
        account_id=account_id,
        title=_title(title),
        campaign_class=_class(campaign_class),
        approver_id=_approver(tx, approver_id),
        created_at=now,
        version=0,
    )
    if not tx.add_campaign(row):
        raise RegistryError("CAMPAIGN_TAKEN", campaign=campaign_id)
    return row


def _campaign_of(
    ctx: Context, tx: Transaction, posts: dict[str, Video], account_id: int, entry: Entry
) -> Campaign | None:
    """Make the campaign a row names when it is new; returns it then."""
    if not entry.campaign or tx.campaign(account_id, entry.campaign) is not None:
        return None
    if entry.video not in posts:
        raise RegistryError("VIDEO_UNKNOWN", video=entry.video)
    title = entry.campaign_title or entry.campaign
    approver = _person_named(tx, entry.approver) if entry.approver else None
    return _add(ctx, tx, account_id, entry.campaign, title, entry.video_class, approver)


def _assign(
    tx: Transaction,
    posts: dict[str, Video],
    account_id: int,
    video_id: str,
    campaign_id: str,
    video_class: str,
) -> tuple[Video, bool]:
    video = posts.get(video_id)
    if video is None:
        raise RegistryError("VIDEO_UNKNOWN", video=video_id[:80])
    campaign = _campaign(tx, account_id, campaign_id) if campaign_id else None
    wanted: VideoClass = (
        campaign.campaign_class if campaign and not video_class else _video_class(video_class, video)
    )
    if campaign is not None and wanted != campaign.campaign_class:
        raise RegistryError(
            "CLASS_DIFFERS", campaign=campaign.id, wanted=campaign.campaign_class, given=wanted
        )
    after = msgspec.structs.replace(video, campaign=campaign_id, video_class=wanted)
    if after == video:
        return video, False
    tx.change_video(account_id, video_id, {"campaign": campaign_id, "class": wanted})
    posts[video_id] = after
    return after, True


def _posts(q: Queries, account_id: int) -> dict[str, Video]:
    return {one.id: one for one in q.videos(account_id)}


def _video_class(given: str, video: Video) -> VideoClass:
    if not given:
        return video.video_class
    return "unknown" if given == "unknown" else _class(given)


def _class(given: str) -> CampaignClass:
    if given not in CLASSES:
        raise RegistryError("CLASS_UNKNOWN", given=given[:40], known=", ".join(CLASSES))
    return given


def _title(given: str) -> str:
    title = " ".join(given.split())
    if not title or len(title) > TITLE_CHARS:
        raise RegistryError("TITLE", most=TITLE_CHARS)
    return title


def _approver(q: Queries, person_id: int | None) -> int | None:
    if person_id is not None and person_id not in {one.id for one in q.persons()}:
        raise RegistryError("PERSON_UNKNOWN", given=person_id)
    return person_id


def _person_named(q: Queries, given: str) -> int:
    wanted = given.casefold()
    found = [one.id for one in q.persons() if wanted in (one.name.casefold(), one.email.casefold())]
    if len(found) != 1:
        raise RegistryError("PERSON_UNKNOWN", given=given[:80])
    return found[0]


def person_named(ctx: Context, given: str) -> int:
    """Return the person of this name or e-mail address; raises `RegistryError`."""
    return ctx.store.read(lambda q: _person_named(q, given))


def _campaign(q: Queries, account_id: int, campaign_id: str) -> Campaign:
    found = q.campaign(account_id, campaign_id)
    if found is None:
        raise RegistryError("CAMPAIGN_UNKNOWN", campaign=campaign_id[:80])
    return found


def _known_account(q: Queries, account_id: int) -> None:
    if account_id not in {one.id for one in q.accounts()}:
        raise RegistryError("ACCOUNT_UNKNOWN", account=account_id)


def _campaign_draft(ctx: Context, who: Who, row: Campaign, act: str) -> Draft:
    body: dict[str, object] = {
        "act": act,
        "campaign": row.id,
        "class": row.campaign_class,
        "approver": row.approver_id,
        "version": row.version,
    }
    return Draft(account_id=row.account_id, kind="label", at=ctx.clock.now(), actor=who, body=body)


def _video_draft(ctx: Context, who: Who, video: Video) -> Draft:
    body: dict[str, object] = {
        "act": "video-assigned",
        "video": video.id,
        "campaign": video.campaign,
        "class": video.video_class,
    }
    return Draft(account_id=video.account_id, kind="label", at=ctx.clock.now(), actor=who, body=body)
