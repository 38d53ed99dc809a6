"""People of the team: the first owner, signing in, and how often one may try."""

import hashlib
import hmac
from typing import Protocol

import msgspec

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import DAY, MINUTE
from goodstanding.usecases import audit
from goodstanding.usecases.context import SYSTEM, Context, person
from goodstanding.usecases.ports import Person, Transaction

SETUP_LIFE = 7 * DAY
TRIES_MAX = 5
TRIES_SPAN = 15 * MINUTE
PASSWORD_MIN = 10


class Passwords(Protocol):
    """Password hashing (argon2id)."""

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        ...

    def matches(self, stored: str, password: str) -> bool:
        """Tell whether a password is the one kept."""
        ...


class NotAllowedError(GoodstandingError):
    """The set-up link is wrong, used or too old."""

    code = "SETUP_LINK"


class WeakPasswordError(GoodstandingError):
    """The password is too short; field: minimum."""

    code = "WEAK_PASSWORD"


class WrongLoginError(GoodstandingError):
    """Name or password is wrong; which of them is not said."""

    code = "WRONG_LOGIN"


class TooManyTriesError(GoodstandingError):
    """Too many wrong tries; field: free_at."""

    code = "TOO_MANY_TRIES"


def has_owner(ctx: Context) -> bool:
    """Tell whether someone can sign in."""
    return bool(ctx.store.read(lambda q: q.persons()))


def setup_token(ctx: Context) -> str:
    """Return a fresh one-time token for the set-up link; older ones stop working."""
    token = ctx.chance.draw(24).hex()
    digest = hashlib.sha256(token.encode()).digest()
    until = ctx.clock.now() + SETUP_LIFE

    def work(tx: Transaction) -> None:
        tx.drop_stored_value("setup", None)
        tx.put_stored_value("setup", "link", digest, until)

    ctx.store.write(work)
    return token


def create_owner(
    ctx: Context, passwords: Passwords, *, token: str, name: str, email: str, password: str, language: str
) -> Person:
    """Make the first owner; raises `NotAllowedError` unless `token` is the current one and there is no owner yet."""
    if len(password) < PASSWORD_MIN:
        raise WeakPasswordError(minimum=PASSWORD_MIN)
    hashed = passwords.hash(password)

    def work(tx: Transaction) -> Person:
        kept = tx.stored_value("setup", "link")
        given = hashlib.sha256(token.encode()).digest()
        if (
            tx.persons()
            or kept is None
            or not hmac.compare_digest(kept[0], given)
            or (kept[1] or 0) < ctx.clock.now()
        ):
            raise NotAllowedError
        owner = Person(
            id=tx.ids("person"), name=name.strip(), email=email.strip().lower(), password_hash=hashed, role="owner",
            language=language, created_at=ctx.clock.now(),
        )  # fmt: skip
        tx.add_person(owner)
        tx.drop_stored_value("setup", None)
        _log(ctx, tx, owner.id, "owner-created")
        return owner

    return ctx.store.write(work)


def sign_in(ctx: Context, passwords: Passwords, *, email: str, password: str) -> Person:
    """Return the person; raises `WrongLoginError`, or `TooManyTriesError` after 5 wrong tries in 15 minutes."""
    email = email.strip().lower()
    name = hashlib.sha256(email.encode()).hexdigest()
    ctx.store.write(
        lambda tx: _note_try(ctx, tx, name)
    )  # before the slow check: tries at once count one by one
    found = next((p for p in ctx.store.read(lambda q: q.persons()) if p.email == email), None)
    stored = found.password_hash if found else passwords.hash("nobody")
    if not passwords.matches(stored, password) or found is None:
        raise WrongLoginError

    def work(tx: Transaction) -> None:
        tx.drop_stored_value("tries", name)
        _log(ctx, tx, found.id, "signed-in")

    ctx.store.write(work)
    return found


def _note_try(ctx: Context, tx: Transaction, name: str) -> None:
    now = ctx.clock.now()
    kept = tx.stored_value("tries", name)
    before = msgspec.json.decode(kept[0], type=list[int]) if kept else []
    tries = [at for at in before if at > now - TRIES_SPAN]
    if len(tries) >= TRIES_MAX:
        raise TooManyTriesError(free_at=tries[0] + TRIES_SPAN)
    tx.put_stored_value("tries", name, msgspec.json.encode([*tries, now]), now + TRIES_SPAN)


def _log(ctx: Context, tx: Transaction, person_id: int, what: str) -> None:
    who = person(person_id) if person_id else SYSTEM
    draft = audit.Draft(account_id=0, kind="login", at=ctx.clock.now(), actor=who, body={"act": what})
    audit.append(ctx, tx, [draft])
