"""Connections: what is known of each account, and the capabilities that follow from it.

The one writer of `can_reply`, `can_hide` and `can_message`: they are worked out anew whenever a fact changes, and each
change is sealed in the log with the facts that led to it.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from goodstanding.core import capability
from goodstanding.core.capability import PROGRAMMES, AccountType, ConflictText, Finding
from goodstanding.core.policy.document import Policy, Rule
from goodstanding.core.policy.rules.capability import by_hand
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import DAY, SECOND
from goodstanding.usecases import audit, ended, playbooks
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ports import Account, Queries, Transaction
from goodstanding.usecases.ports.connections import Connection, Profile, TokenPair, Tokens

ACTS = {"can_reply": "comments.reply", "can_hide": "comments.hide", "can_message": "messages.send"}
"""What a decision is told of an account, and the feature it follows from."""
OUTCOMES = {"reply": "comments.reply", "hide": "comments.hide", "message": "messages.send"}
"""What a rule may ask for, and the feature it needs."""
_COUNTRY = re.compile(r"[A-Z]{2}")
_SAME_COUNTRY = {"UK": "GB", "EL": "GR"}


class NoAccountError(GoodstandingError):
    """There is no such account; field: account."""

    code = "NO_ACCOUNT"


class BadCountryError(GoodstandingError):
    """A country is two letters of ISO 3166; field: given."""

    code = "BAD_COUNTRY"


class OtherAccountError(GoodstandingError):
    """Consent was given for another account than the one it was asked for; fields: account, handle."""

    code = "OTHER_ACCOUNT"


class AccountInUseError(GoodstandingError):
    """The platform's account is served here already under another number; field: account."""

    code = "ACCOUNT_IN_USE"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One account with its connection, features and conflicts."""

    account: Account
    connection: Connection
    findings: tuple[Finding, ...]
    conflicts: tuple[ConflictText, ...]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a connection that somebody must know. `at` is the date it is about."""

    code: str
    """ENDS_SOON, ENDED, REMOVED, TROUBLE or NOT_CONNECTED."""
    account: Account
    at: int | None = None
    detail: str = ""


def account_of(q: Queries, account_id: int) -> Account:
    """Return an account; raises `NoAccountError`."""
    found = next((one for one in q.accounts() if one.id == account_id), None)
    if found is None:
        raise NoAccountError(account=account_id)
    return found


def standing(q: Queries, account_id: int) -> Standing:
    """Return how an account stands; raises `NoAccountError`."""
    return standing_of(q, account_of(q, account_id))


def standing_of(q: Queries, account: Account) -> Standing:
    """Return how an account stands that was read already."""
    known = q.connection(account.id) or _first(q, account)
    profile = profile_of(known)
    table = playbooks.capabilities()
    return Standing(
        account=account,
        connection=known,
        findings=capability.assess(table, profile),
        conflicts=capability.conflicts(table, profile),
    )


def idle_rules(policy: Policy, found: Standing) -> tuple[tuple[Rule, Finding], ...]:
    """Return the rules of a policy that can never act on this account, each with the feature that is off (R34).

    What a person does by hand is not idle: everything in assisted mode, and messages where the interface has none.
    """
    mode, can_message = found.account.mode, found.account.can_message
    by_feature = {one.feature: one for one in found.findings}
    needed = {outcome: by_feature[feature] for outcome, feature in OUTCOMES.items()}
    return tuple(
        (rule, needed[rule.then])
        for rule in policy.rules
        if rule.enabled
        and rule.then in needed
        and not needed[rule.then].on
        and not by_hand(mode=mode, act=rule.then, can_message=can_message)
    )


def profile_of(known: Connection) -> capability.Profile:
    """Return the facts that decide an account's features."""
    return capability.Profile(
        account_type=known.account_type,
        country=known.country,
        connected=known.state == "connected",
        scopes=frozenset(known.scopes.split()),
        verified=known.verified,
        followers=known.followers,
        approved=known.approved,
        answered=_answered(known),
        programmes=frozenset(known.programmes.split()),
    )


def notices(ctx: Context, q: Queries) -> list[Notice]:
    """Return what people must know about connections, by account."""
    accounts = {one.id: one for one in q.accounts()}
    found = [
        _notice(ctx, accounts[row.account_id], row) for row in q.connections() if row.account_id in accounts
    ]
    return [one for one in found if one is not None]


def learn(ctx: Context, account_id: int, facts: Profile, *, who: Who = ("platform", "tiktok")) -> bool:
    """Take in what the platform says of an account; fields that are `None` stay as they are.

    Returns whether anything changed. Capabilities are worked out anew. A new number of followers alone is kept
    without an entry in the log unless it turns a feature. Raises `NoAccountError`.
    """

    def work(tx: Transaction) -> bool:
        return learn_in(ctx, tx, account_of(tx, account_id), facts, who=who)

    return ctx.store.write(work)


def learn_in(ctx: Context, tx: Transaction, account: Account, facts: Profile, *, who: Who) -> bool:
    """Like `learn`, inside a transaction of the caller's."""
    before = ensured(ctx, tx, account)
    said = {"account_type": facts.account_type, "verified": facts.verified, "followers": facts.followers}
    named = {"handle": facts.handle, "name": facts.name, "identifier": facts.identifier}
    changes = {k: v for k, v in said.items() if v is not None and v != getattr(before, k)}
    renamed = {k: v for k, v in named.items() if v and v != getattr(account, k)}
    if renamed:
        tx.change_account(account.id, renamed)
    if not changes and not renamed:
        return False
    sealed = {k: v for k, v in changes.items() if k != "followers"}
    change(
        ctx, tx, account, before, changes, who=who, act="learned", body=sealed, quiet=not (sealed or renamed)
    )
    return True


def state_facts(
    ctx: Context,
    account_id: int,
    *,
    who: Who,
    country: str | None = None,
    account_type: AccountType | None = None,
    approved: bool | None = None,
    programmes: Sequence[str] | None = None,
) -> None:
    """Take in what the operator states of an account; `None` leaves a fact as it is.

    Raises `NoAccountError` or `BadCountryError`.
    """
    place = None if country is None else country_code(country)
    taken = None if programmes is None else " ".join(p for p in PROGRAMMES if p in programmes)
    said = {"country": place, "account_type": account_type, "approved": approved, "programmes": taken}

    def work(tx: Transaction) -> None:
        account = account_of(tx, account_id)
        before = ensured(ctx, tx, account)
        changes = {k: v for k, v in said.items() if v is not None and v != getattr(before, k)}
        if changes:
            change(ctx, tx, account, before, changes, who=who, act="stated", body=changes)

    ctx.store.write(work)


def answered_no(ctx: Context, tx: Transaction, account: Account, feature: str, code: int) -> None:
    """Note that the platform itself said this account may not do this (40001, 40118): the feature is off from now on.

    Connecting the account again, or learning another type, asks anew.
    """
    before = ensured(ctx, tx, account)
    noted = {**_answered(before), feature: code}
    if noted == _answered(before):
        return
    text = " ".join(f"{name}:{number}" for name, number in sorted(noted.items()))
    change(
        ctx, tx, account, before, {"answered": text}, who=("platform", account.connector), act="answered-no",
        body={"feature": feature, "code": code},
    )  # fmt: skip


def country_code(given: str) -> str:
    """Return a country as two capital letters; empty stays empty. Raises `BadCountryError`."""
    plain = given.strip().upper()
    plain = _SAME_COUNTRY.get(plain, plain)
    if plain and not _COUNTRY.fullmatch(plain):
        raise BadCountryError(given=given[:20])
    return plain


def ensured(ctx: Context, tx: Transaction, account: Account) -> Connection:
    """Return the account's connection, made first when there is none."""
    known = tx.connection(account.id)
    if known is None:
        known = msgspec.structs.replace(_first(tx, account), changed_at=ctx.clock.now())
        tx.add_connection(known)
    return known


def change(
    ctx: Context,
    tx: Transaction,
    account: Account,
    before: Connection,
    changes: Mapping[str, object],
    *,
    who: Who,
    act: str,
    body: Mapping[str, object],
    quiet: bool = False,
) -> Connection:
    """Change a connection, work out its capabilities anew and seal it. `quiet` seals only when a feature turned."""
    now = ctx.clock.now()
    if "account_type" in changes:
        changes = {"answered": "", **changes}
    after = msgspec.structs.replace(before, **{**changes, "changed_at": now})
    tx.change_connection(account.id, {**changes, "changed_at": now})
    turned = _turn(tx, account, before, after)
    if turned or not quiet:
        told = {k: " ".join(v) if isinstance(v, list | tuple) else v for k, v in body.items()}
        log(ctx, tx, account.id, who, {"act": act, **told, **turned})
    return after


def keep_tokens(
    ctx: Context,
    tx: Transaction,
    account: Account,
    tokens: Tokens,
    *,
    before: Connection,
    extra: Mapping[str, object],
) -> dict[str, object]:
    """Keep both tokens, encrypted, in the caller's transaction; returns what changes in the connection."""
    now = ctx.clock.now()
    pair = TokenPair(
        access_token=tokens.access_token, refresh_token=tokens.refresh_token, open_id=tokens.open_id,
        scope=" ".join(tokens.scopes), expires_in=tokens.expires_in,
        refresh_token_expires_in=tokens.refresh_expires_in, got_at=now,
    )  # fmt: skip
    tx.change_account(account.id, {"credentials": ctx.vault.lock(0, msgspec.json.encode(pair))})
    until = now + tokens.refresh_expires_in * SECOND if tokens.refresh_expires_in else before.refresh_until
    return {
        "scopes": " ".join(sorted(tokens.scopes)) if tokens.scopes else before.scopes,
        "access_until": now + tokens.expires_in * SECOND if tokens.expires_in else None,
        "refresh_until": until,
        "lease_until": 0,
        "problem": "",
        "problem_at": None,
        **extra,
    }


def kept_tokens(ctx: Context, q: Queries, account_id: int) -> TokenPair | None:
    """Return an account's tokens, or None when there are none that can be opened."""
    kept = q.credentials(account_id)
    plain = None if kept is None else ctx.vault.unlock(0, kept)
    return None if plain is None else msgspec.json.decode(plain, type=TokenPair)


def removed(
    ctx: Context, tx: Transaction, account: Account, *, code: str, who: Who, state: str = "removed"
) -> None:
    """The authorisation is gone: tokens deleted, the account stopped, the retention clock started; the log stays.

    `code` is the platform's reason (0 to 5), its error code, or our own word. A second notice changes nothing.
    """
    before = ensured(ctx, tx, account)
    if before.state in ("removed", "revoked") and tx.credentials(account.id) is None:
        return
    now = ctx.clock.now()
    tx.change_account(account.id, {"killed": True, "credentials": None})
    changes = {
        "state": state, "removed_at": now, "removed_code": code, "scopes": "", "access_until": None, "refresh_until": None,
        "problem": "", "problem_at": None, "threw_switch": before.threw_switch or not account.killed,
        "delete_after": now + playbooks.connect_rules().numbers.retention_days * DAY,
    }  # fmt: skip
    change(ctx, tx, account, before, changes, who=who, act=state, body={"reason": code, "killed": 1})
    ended.hold(ctx, tx, account, now)


def log(ctx: Context, tx: Transaction, account_id: int, who: Who, body: Mapping[str, object]) -> None:
    """Seal an act on an account; values are plain words and numbers, never personal."""
    plain = {k: int(v) if isinstance(v, bool) else v for k, v in body.items()}
    draft = audit.Draft(account_id=account_id, kind="account", at=ctx.clock.now(), actor=who, body=plain)
    audit.append(ctx, tx, [draft])


def _first(q: Queries, account: Account) -> Connection:
    """Return what an account's connection starts from: one that has tokens already was connected before there were rows."""
    empty = Connection(account_id=account.id)
    if q.credentials(account.id) is None and not (
        account.can_reply or account.can_hide or account.can_message
    ):
        return empty
    table = playbooks.capabilities()
    able = {f for name, f in ACTS.items() if getattr(account, name)}
    rules = playbooks.connect_rules()
    granted = set(rules.scopes["accounts"])
    if not (account.can_reply or account.can_hide):
        granted -= set(table.feature("comments.reply").scopes)
    for feature in able:
        granted |= set(table.feature(feature).scopes)
    return msgspec.structs.replace(
        empty,
        state="connected",
        scopes=" ".join(sorted(granted)),
        account_type="business" if account.can_message else "unknown",
    )


def _turn(tx: Transaction, account: Account, before: Connection, after: Connection) -> dict[str, object]:
    """Write what a decision is told, and return the features that were turned on and off."""
    table = playbooks.capabilities()
    now = capability.assess(table, profile_of(after))
    old = {one.feature: one.on for one in capability.assess(table, profile_of(before))}
    flags = {name: capability.is_on(now, feature) for name, feature in ACTS.items()}
    changed = {name: on for name, on in flags.items() if on != getattr(account, name)}
    if changed:
        tx.change_account(account.id, changed)
    on = [one.feature for one in now if one.on and not old[one.feature]]
    off = [one.feature for one in now if not one.on and old[one.feature]]
    body: dict[str, object] = {}
    if on or off or changed:
        body["table"] = table.id
    if on:
        body["on"] = on
    if off:
        body["off"] = off
    if changed:
        body["acts"] = {name: int(flag) for name, flag in sorted(changed.items())}
    return body


def _answered(known: Connection) -> dict[str, int]:
    pairs = (one.rpartition(":")[::2] for one in known.answered.split())
    return {name: int(code) for name, code in pairs}


def _notice(ctx: Context, account: Account, row: Connection) -> Notice | None:
    now = ctx.clock.now()
    if row.state == "removed":
        return Notice(code="REMOVED", account=account, at=row.removed_at, detail=row.removed_code)
    if row.state == "revoked":
        return None
    if row.state == "none":
        return Notice(code="NOT_CONNECTED", account=account) if account.mode != "assisted" else None
    if row.refresh_until is not None and row.refresh_until <= now:
        return Notice(code="ENDED", account=account, at=row.refresh_until)
    soon = now + playbooks.connect_rules().numbers.warn_days * DAY
    if row.refresh_until is not None and row.refresh_until <= soon:
        return Notice(code="ENDS_SOON", account=account, at=row.refresh_until)
    if row.problem:
        return Notice(code="TROUBLE", account=account, at=row.problem_at, detail=row.problem)
    return None
