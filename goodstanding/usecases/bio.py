"""The bio page: the lawful way from a comment to a contact where private messages are closed.

Clicks are counted a link and a day, with nothing about who clicked. The form keeps consent with its proof: the exact
words shown (under their digest), what was ticked, when; name and address lie in the vault under a key of the contact's
own. Whoever fills it in is a contact of the form: that somebody calls themselves by a handle is no proof, so they are
never merged with a commenter.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Literal

import msgspec

from goodstanding.core.bio import (
    OTHER_REF,
    PURPOSES,
    Document,
    Tongue,
    check,
    clean_email,
    clean_ref,
    digest_of,
    text_shown,
)
from goodstanding.core.consent import Purpose
from goodstanding.core.pasted import same_words
from goodstanding.core.tasks import is_handle
from goodstanding.kernel.problems import GoodstandingError, Invalid
from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases import consents, joining, playbooks
from goodstanding.usecases.audit import Draft, append, disclose
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.moderation import GoneError
from goodstanding.usecases.ports import Contact, Queries, Transaction
from goodstanding.usecases.ports.bio import BioPage, FormReceipt

FORM: Who = ("system", "bio-form")
"""Who acts when a visitor fills in the form: nobody is signed in there."""
RATE = "form-rate"
NAME_MAX = 100
RECEIPTS_SHOWN = 50
_decode = msgspec.json.Decoder(Document).decode


class SlugTakenError(GoodstandingError):
    """Another account's page has this address; field: slug."""

    code = "BIO_SLUG_TAKEN"


class FormError(GoodstandingError):
    """The form was not taken, and nothing was kept; field: why.

    `closed` there is no such form, `old` the page was open too long, `bot` a field nobody sees was filled in, `often` too
    many at once, `purpose` nothing was ticked, `address` neither an e-mail address nor a handle, `age` no answer,
    `young` under the age.
    """

    code = "FORM"


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a visitor filled in."""

    token: str
    name: str = ""
    email: str = ""
    handle: str = ""
    purposes: tuple[str, ...] = ()
    old_enough: str = ""
    """`yes`, `no`, or nothing when not answered."""
    trap: str = ""
    """The field that no person sees."""
    ref: str = ""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it is shown."""

    page: BioPage
    document: Document


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt with what was given, as the operator sees it; empty where it was erased."""

    receipt: FormReceipt
    name: str
    address: str


def empty_document() -> Document:
    """Return the page that an operator begins with."""
    return Document(words=dict(playbooks.form_book().words))


def page_for(q: Queries, account_id: int) -> Shown | None:
    """Return an account's page, live or not."""
    page = q.bio_page(account_id)
    return None if page is None else Shown(page=page, document=_decode(page.body))


def shown(q: Queries, slug: str) -> Shown | None:
    """Return the page at this address when it is live."""
    page = q.bio_page_of(slug)
    return None if page is None or not page.live else Shown(page=page, document=_decode(page.body))


def save(ctx: Context, account_id: int, slug: str, document: Document, *, live: bool, who: Who) -> None:
    """Keep an account's page; raises `Invalid` with everything that is wrong, `SlugTakenError`, `GoneError`."""
    problems = check(slug, document)
    if problems:
        raise Invalid(problems)

    def work(tx: Transaction) -> None:
        if account_id not in {one.id for one in tx.accounts()}:
            raise GoneError(id=account_id)
        holder = tx.bio_page_of(slug)
        if holder is not None and holder.account_id != account_id:
            raise SlugTakenError(slug=slug)
        now, body = ctx.clock.now(), msgspec.json.encode(document)
        tx.put_bio_page(BioPage(account_id=account_id, slug=slug, body=body, live=live, updated_at=now))
        said: dict[str, object] = {
            "act": "bio-page",
            "live": int(live),
            "page": hashlib.sha256(body).hexdigest(),
        }
        append(ctx, tx, [Draft(account_id=account_id, kind="policy", at=now, actor=who, body=said)])

    ctx.store.write(work)


def follow(ctx: Context, slug: str, link_id: int, ref: str, *, is_person: bool = True) -> str | None:
    """Count a click and return where the link leads; None when there is no such link.

    What a browser fetches beforehand, before anybody pressed, is not counted.
    """

    def work(q: Queries) -> tuple[int, str] | None:
        found = shown(q, slug)
        link = (
            next((one for one in found.document.links if one.id == link_id and one.shown), None)
            if found
            else None
        )
        return None if found is None or link is None else (found.page.account_id, link.url)

    answer = ctx.store.read(work)
    if answer is None:
        return None
    account_id, url = answer
    if not is_person:
        return url
    day, plain = ctx.clock.now() // DAY, clean_ref(ref)
    ctx.store.write(
        lambda tx: tx.add_bio_click(account_id, link_id, day, _known_ref(tx, account_id, day, plain))
    )
    return url


def _known_ref(q: Queries, account_id: int, day: int, ref: str) -> str:
    """Return the campaign to count under: after so many of a day further names are counted together."""
    refs = {one for _, at, one, _ in q.bio_clicks(account_id, day) if at == day}
    full = len(refs) >= playbooks.form_book().numbers.refs_per_day
    return ref if not ref or ref in refs or not full else OTHER_REF


def form_token(ctx: Context, slug: str, found: Shown, tongue: Tongue) -> str:
    """Return the token that a form bears: it binds the exact words shown, ends after some time, and works once."""
    digest = digest_of(text_shown(found.document, tongue, playbooks.form_book()))
    issued, nonce = ctx.clock.now(), ctx.chance.draw(12).hex()
    return f"{tongue}.{issued}.{nonce}.{digest}.{_mark(ctx, slug, tongue, issued, nonce, digest)}"


def _mark(ctx: Context, slug: str, tongue: str, issued: int, nonce: str, digest: str) -> str:
    return ctx.chance.keyed_digest("form", f"{slug}.{tongue}.{issued}.{nonce}.{digest}").hex()


def _read_token(ctx: Context, slug: str, token: str) -> tuple[Tongue, str]:
    """Return the language and the digest of the words that a token binds; raises `FormError`."""
    parts = token.split(".")
    if not token.isascii() or len(parts) != 5 or not parts[1].isdigit() or len(parts[1]) > 15:  # noqa: PLR2004 - the parts above; exact in every JSON reader
        raise FormError(why="old")
    language, issued, nonce, digest, mark = parts
    tongue: Tongue = "nl" if language == "nl" else "en"
    if not hmac.compare_digest(mark, _mark(ctx, slug, language, int(issued), nonce, digest)):
        raise FormError(why="old")
    age = ctx.clock.now() - int(issued)
    if not 0 <= age <= playbooks.form_book().numbers.token_minutes * MINUTE:
        raise FormError(why="old")
    return tongue, digest


def receipt_name(ctx: Context, token: str) -> str:
    """Return the address of a receipt: made from the form's token, so that a second press leads to the same one."""
    return ctx.chance.keyed_digest("receipt", token).hex()[:40]


def fill_in(ctx: Context, slug: str, given: Given, *, visitor: str) -> str:
    """Keep what a visitor agreed to and return the address of the receipt; a second press returns the same.

    `visitor` tells visitors apart for the number an hour, and is kept as a keyed hash for that hour only. Raises
    `FormError`; then nothing is kept, also not for somebody who says to be too young.
    """
    name = receipt_name(ctx, given.token)
    kept = _digest(ctx, name)
    if ctx.store.read(lambda q: q.form_receipt(kept)) is not None:
        return name
    tongue, digest = _read_token(ctx, slug, given.token)
    purposes = _judge(given)
    kind, address = _address(given)

    def work(tx: Transaction) -> None:
        found = shown(tx, slug)
        if found is None or not found.document.form:
            raise FormError(why="closed")
        words = text_shown(found.document, tongue, playbooks.form_book())
        if digest_of(words) != digest:
            raise FormError(why="old")  # the operator changed the words meanwhile
        tx.lock_audit()  # two processes may get the same press: one after the other
        if tx.form_receipt(kept) is not None:
            return
        _count(ctx, tx, slug, visitor)
        now, account_id = ctx.clock.now(), found.page.account_id
        tx.add_form_text(account_id, digest, words, now)
        contact = _contact(ctx, tx, account_id, kind, address, now)
        values: dict[str, bytes] = {kind: address.encode()}
        handle = same_words(given.handle).lstrip("@").lower()
        if is_handle(handle):
            values["handle"] = handle.encode()
        if plain := same_words(given.name)[:NAME_MAX]:
            values["name"] = plain.encode()
        seq = _agree(ctx, tx, contact, purposes, digest=digest, receipt=kept, values=values)
        tx.add_form_receipt(
            FormReceipt(
                id=tx.ids("form_receipt"), account_id=account_id, contact_id=contact.id, at=now, text=digest,
                purposes=" ".join(purposes), ref=clean_ref(given.ref), token=kept, seq=seq, withdrawn_at=None,
            )
        )  # fmt: skip

    ctx.store.write(work)
    return name


def receipt(ctx: Context, slug: str, name: str) -> tuple[Shown, FormReceipt, bytes]:
    """Return a receipt with its page and the words that were shown; raises `GoneError`.

    A receipt holds also when its page was taken off or moved since: taking back stays as easy as giving was.
    """

    def work(q: Queries) -> tuple[Shown, FormReceipt, bytes]:
        kept = q.form_receipt(_digest(ctx, name))
        found = page_for(q, kept.account_id) if kept is not None else None
        words = q.form_text(kept.text) if kept is not None else None
        holder = q.bio_page_of(slug)
        if found is None or kept is None or words is None:
            raise GoneError(id=0)
        if holder is not None and holder.account_id != kept.account_id:
            raise GoneError(id=0)  # another account's page: its name does not stand over this receipt
        return found, kept, words

    return ctx.store.read(work)


def withdraw(ctx: Context, slug: str, name: str) -> None:
    """Take back what a receipt says, for every purpose: as easily as it was given. Raises `GoneError`."""
    _, kept, _ = receipt(ctx, slug, name)

    def work(tx: Transaction) -> None:
        tx.lock_audit()  # in the order of the form, which locks the log first
        contact, now = tx.contact(kept.contact_id), ctx.clock.now()
        if contact is None or tx.withdraw_receipts(kept.contact_id, now) == 0:
            return
        source = f"{kept.token}:withdrawn:{now}"  # whoever agreed again may take that back, too
        consents.withdraw(ctx, tx, contact, source="form", source_id=source, at=now, who=FORM)

    ctx.store.write(work)


def people(ctx: Context, account_id: int) -> list[Person]:
    """Return the latest receipts of an account with what was given, read from the vault."""

    def work(q: Queries) -> list[Person]:
        receipts = q.form_receipts(account_id, RECEIPTS_SHOWN)
        rows = q.vault_rows([one.seq for one in receipts])
        found = []
        for one in receipts:
            sealed = disclose(ctx, rows, one.seq)
            values = (
                {} if sealed is None else {name: value.decode() for name, (_, value) in sealed.values.items()}
            )
            address = values.get("email") or (f"@{values['handle']}" if "handle" in values else "")
            found.append(Person(receipt=one, name=values.get("name", ""), address=address))
        return found

    return ctx.store.read(work)


def _judge(given: Given) -> tuple[Purpose, ...]:
    if given.trap:
        raise FormError(why="bot")
    if given.old_enough != "yes":
        raise FormError(why="young" if given.old_enough == "no" else "age")
    purposes = tuple(one for one in PURPOSES if one in given.purposes)
    if not purposes:
        raise FormError(why="purpose")
    return purposes


def _address(given: Given) -> tuple[Literal["email", "handle"], str]:
    email, handle = clean_email(given.email), same_words(given.handle).lstrip("@").lower()
    if given.email.strip() and not email:
        raise FormError(why="address")
    if email:
        return "email", email
    if not is_handle(handle):
        raise FormError(why="address")
    return "handle", handle


def _contact(ctx: Context, tx: Transaction, account_id: int, kind: str, address: str, now: int) -> Contact:
    """Return the contact of this address, made when it is new; nothing of the address stands in the row."""
    external = joining.form_id(ctx, account_id, kind, address)
    known = tx.contacts_by_external(account_id, [external]).get(external)
    if known is not None:
        return known
    digest = ctx.chance.keyed_digest("suppression", f"{account_id}:{external}")
    contact = Contact(
        id=tx.ids("contact"), account_id=account_id, external_id=external, handle="",
        suppressed=bool(tx.suppressed(account_id, [digest])), holdout=False, wrote_at=None, labels="", answer="given",
        marketing="absent",
    )  # fmt: skip
    ctx.vault.ensure([contact.id])
    tx.add_contacts([contact], now)
    if kind == "handle":
        joining.met_by_name(ctx, tx, [contact], [address])
    return contact


def _agree(
    ctx: Context,
    tx: Transaction,
    contact: Contact,
    purposes: Sequence[Purpose],
    *,
    digest: str,
    receipt: str,
    values: dict[str, bytes],
) -> int:
    """Record a yes to each purpose; returns the entry that bears what was filled in, which is the first one's."""
    seqs: list[int] = []
    for purpose in purposes:
        answered = consents.Answered(
            contact=contact, purpose=purpose, answer="given", text_version=digest, source="form", source_id=receipt,
            at=ctx.clock.now(), values={} if seqs else values,
        )  # fmt: skip
        recorded = consents.record(ctx, tx, answered, who=FORM)
        assert recorded is not None  # a receipt is recorded once: its token was looked for under the lock
        seqs.append(recorded.seq)
    return seqs[0]


def _digest(ctx: Context, name: str) -> str:
    return ctx.chance.keyed_digest("receipt-kept", name).hex()


def _count(ctx: Context, tx: Transaction, slug: str, visitor: str) -> None:
    """Count a form against the hour of its visitor and of its page; raises `FormError` beyond either."""
    numbers, now = playbooks.form_book().numbers, ctx.clock.now()
    for what, most in (
        (f"visitor:{visitor}", numbers.per_visitor_hour),
        (f"page:{slug}", numbers.per_page_hour),
    ):
        name = ctx.chance.keyed_digest("form-rate", what).hex()
        kept = tx.stored_value(RATE, name)
        before = msgspec.json.decode(kept[0], type=list[int]) if kept else []
        times = [at for at in before if at > now - HOUR]
        if len(times) >= most:
            raise FormError(why="often")
        tx.put_stored_value(RATE, name, msgspec.json.encode([*times, now]), now + HOUR)
