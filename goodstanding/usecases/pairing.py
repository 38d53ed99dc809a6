"""Pairing a phone: a one-time link, shown as a QR code, that signs its owner in there; and signing it out again."""

import hashlib
import hmac

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import audit
from goodstanding.usecases.context import Context, person
from goodstanding.usecases.moderation import GoneError
from goodstanding.usecases.ports import Person, Queries, Transaction
from goodstanding.usecases.ports.tasks import PairedPhone

LINK_LIFE = 5 * MINUTE
"""How long a link holds: as long as it takes to get a phone out."""
LABEL_MAX = 60
SESSIONS = "session"
"""The namespace of sessions, as the pages keep them."""
_NAMESPACE = "pairing"


class PairingLinkError(GoodstandingError):
    """The link is wrong, used, revoked or too old; which of these is not said."""

    code = "PAIRING_LINK"


def new_link(ctx: Context, person_id: int) -> str:
    """Return the token of a fresh link for a person; an older one of theirs stops working."""
    token = f"{person_id}-{ctx.chance.draw(24).hex()}"

    def work(tx: Transaction) -> None:
        now = ctx.clock.now()
        tx.put_stored_value(_NAMESPACE, str(person_id), _digest(token), now + LINK_LIFE)
        _log(ctx, tx, person_id, "pairing-link")

    ctx.store.write(work)
    return token


def revoke_link(ctx: Context, person_id: int) -> None:
    """Make a person's link useless before it is used."""

    def work(tx: Transaction) -> None:
        if tx.stored_value(_NAMESPACE, str(person_id)) is not None:
            tx.drop_stored_value(_NAMESPACE, str(person_id))
            _log(ctx, tx, person_id, "pairing-revoked")

    ctx.store.write(work)


def owner_of(ctx: Context, token: str) -> Person:
    """Return whose link this is without using it; raises `PairingLinkError`."""
    return ctx.store.read(lambda q: _owner(ctx, q, token))


def use_link(ctx: Context, token: str) -> Person:
    """Use a link up and return who may sign in with it; raises `PairingLinkError`. It works once."""

    def work(tx: Transaction) -> Person:
        owner = _owner(ctx, tx, token)
        tx.drop_stored_value(_NAMESPACE, str(owner.id))
        _log(ctx, tx, owner.id, "phone-paired")
        return owner

    return ctx.store.write(work)


def note_phone(ctx: Context, person_id: int, *, label: str, session: str) -> None:
    """Keep that a phone signed in, so that it can be signed out from here; `session` is the name its session has."""

    def work(tx: Transaction) -> None:
        row = PairedPhone(
            id=tx.ids("paired_phone"), person_id=person_id, label=label[:LABEL_MAX], session=session,
            created_at=ctx.clock.now(), revoked_at=None,
        )  # fmt: skip
        tx.add_paired_phone(row)

    ctx.store.write(work)


def phones(q: Queries, person_id: int) -> list[PairedPhone]:
    """Return a person's phones that are signed in, newest first."""
    mine = [one for one in q.paired_phones() if one.person_id == person_id and one.revoked_at is None]
    return [one for one in mine[::-1] if q.stored_value(SESSIONS, one.session) is not None]


def sign_out(ctx: Context, phone_id: int, person_id: int) -> None:
    """End a phone's session; raises `GoneError` when it is not this person's or signed out already."""

    def work(tx: Transaction) -> None:
        found = next(
            (one for one in tx.paired_phones() if one.id == phone_id and one.person_id == person_id), None
        )
        if found is None or not tx.revoke_phone(phone_id, ctx.clock.now()):
            raise GoneError(id=phone_id)
        tx.drop_stored_value(SESSIONS, found.session)
        _log(ctx, tx, person_id, "phone-signed-out")

    ctx.store.write(work)


def _owner(ctx: Context, q: Queries, token: str) -> Person:
    name, _, rest = token.partition("-")
    kept = q.stored_value(_NAMESPACE, name) if name.isascii() and name.isdigit() and rest else None
    if kept is None or (kept[1] or 0) < ctx.clock.now() or not hmac.compare_digest(kept[0], _digest(token)):
        raise PairingLinkError
    found = next((one for one in q.persons() if one.id == int(name)), None)
    if found is None:
        raise PairingLinkError
    return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _log(ctx: Context, tx: Transaction, person_id: int, what: str) -> None:
    draft = audit.Draft(
        account_id=0, kind="login", at=ctx.clock.now(), actor=person(person_id), body={"act": what}
    )
    audit.append(ctx, tx, [draft])
