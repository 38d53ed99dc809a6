"""The language model that may draft answers: where it is, its key, and the tone guide. Off until somebody sets it.

The key is kept encrypted and never shown. It goes to one host alone: at another address it must be given anew.
"""

from urllib.parse import urlsplit

import msgspec

from goodstanding.core.drafts import Tongue
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import connections, playbooks
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ports import Queries, Transaction
from goodstanding.usecases.ports.drafts import Drafter, Service

TONGUES: tuple[Tongue, ...] = ("nl", "en")
_SPACE, _SERVICE, _TONE = "drafts", "service", "tone"
MODEL_MAX, KEY_MAX = 200, 512


class DraftsOffError(GoodstandingError):
    """No language model is set."""

    code = "DRAFTS_OFF"


class BadDraftsError(GoodstandingError):
    """A setting that cannot be right; fields: which (address, plain, model, key, tone), most."""

    code = "DRAFTS_BAD"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The service as it is stored."""

    address: str
    model: str
    key: bytes
    """Locked; empty when none is needed."""
    by: str
    at: int


def known(q: Queries) -> Kept | None:
    """Return the service that is set, its key locked."""
    found = q.stored_value(_SPACE, _SERVICE)
    return None if found is None else msgspec.json.decode(found[0], type=Kept)


def service(ctx: Context, q: Queries) -> Service:
    """Return the service with its key; raises `DraftsOffError`."""
    kept = known(q)
    if kept is None or ctx.drafter is None:
        raise DraftsOffError
    key = ctx.vault.unlock(0, kept.key) if kept.key else b""
    if key is None:
        raise DraftsOffError
    return Service(address=kept.address, model=kept.model, key=key.decode())


def drafter(ctx: Context) -> Drafter:
    """Return the way to a model; raises `DraftsOffError` where there is none."""
    if ctx.drafter is None:
        raise DraftsOffError
    return ctx.drafter


def host(address: str) -> str:
    """Return the host of an address, with its port where one is named: what the log says of where words went."""
    return urlsplit(address).netloc.lower()


def tones(q: Queries) -> dict[Tongue, str]:
    """Return the tone guide in each language: what was set, else the one that is shipped."""
    found = q.stored_value(_SPACE, _TONE)
    kept = {} if found is None else msgspec.json.decode(found[0], type=dict[str, str])
    book = playbooks.draft_book()
    return {one: kept.get(one) or book.of(one).tone.strip() for one in TONGUES}


def keep(ctx: Context, *, address: str, model: str, key: str, who: Who) -> None:
    """Set the service. An empty key keeps the one there is, at the same host only. Raises `BadDraftsError`."""
    address, model = address.strip().rstrip("/"), model.strip()
    trouble = drafter(ctx).trouble(address)
    if trouble:
        raise BadDraftsError(which=trouble)
    if not 0 < len(model) <= MODEL_MAX or not model.isprintable():
        raise BadDraftsError(which="model", most=MODEL_MAX)
    if len(key) > KEY_MAX or not key.isascii() or (key and (not key.isprintable() or " " in key)):
        raise BadDraftsError(which="key", most=KEY_MAX)

    def work(tx: Transaction) -> None:
        before = known(tx)
        locked = ctx.vault.lock(0, key.encode()) if key else b""
        if not key and before is not None and _origin(before.address) == _origin(address):
            locked = before.key
        now = ctx.clock.now()
        kept = Kept(address=address, model=model, key=locked, by=":".join(who), at=now)
        tx.put_stored_value(_SPACE, _SERVICE, msgspec.json.encode(kept), None)
        body = {"act": "drafts-set", "host": host(address), "model": model, "key": int(bool(locked))}
        connections.log(ctx, tx, 0, who, body)

    ctx.store.write(work)


def _origin(address: str) -> tuple[str, str]:
    return urlsplit(address).scheme, host(address)


def set_tone(ctx: Context, tongue: Tongue, text: str, *, who: Who) -> None:
    """Set the tone guide of a language; an empty one brings the shipped one back. Raises `BadDraftsError`."""
    most = playbooks.draft_book().numbers.tone_chars
    plain = text.replace("\r\n", "\n").strip()
    if len(plain) > most:
        raise BadDraftsError(which="tone", most=most)

    def work(tx: Transaction) -> None:
        before = tones(tx)
        found = tx.stored_value(_SPACE, _TONE)
        kept = {} if found is None else msgspec.json.decode(found[0], type=dict[str, str])
        shipped = playbooks.draft_book().of(tongue).tone.strip()
        kept[tongue] = "" if plain == shipped else plain
        tx.put_stored_value(_SPACE, _TONE, msgspec.json.encode(kept), None)
        if tones(tx) != before:
            connections.log(ctx, tx, 0, who, {"act": "drafts-tone", "language": tongue, "length": len(plain)})

    ctx.store.write(work)


def off(ctx: Context, *, who: Who) -> bool:
    """Ask no model any more and forget its key; False when none was set."""

    def work(tx: Transaction) -> bool:
        before = known(tx)
        if before is None:
            return False
        tx.drop_stored_value(_SPACE, _SERVICE)
        connections.log(
            ctx, tx, 0, who, {"act": "drafts-off", "host": host(before.address), "model": before.model}
        )
        return True

    return ctx.store.write(work)
