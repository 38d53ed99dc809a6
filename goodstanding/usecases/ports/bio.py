"""Ports of the bio page: the page, its clicks, and the receipts of its form."""

from typing import Protocol

import msgspec


class BioPage(msgspec.Struct, frozen=True, kw_only=True):
    """The page of an account; `body` is its document as JSON."""

    account_id: int
    slug: str
    body: bytes
    live: bool
    updated_at: int


class FormReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody filled in the form. Name and address lie in the vault under `seq`, under the contact's key."""

    id: int
    account_id: int
    contact_id: int
    at: int
    text: str
    """Digest of the exact words shown."""
    purposes: str
    """Those ticked, with a space between."""
    ref: str
    token: str
    """Keyed digest of the token that the visitor's receipt address bears."""
    seq: int
    withdrawn_at: int | None


class BioQueries(Protocol):
    """What may be read of bio pages."""

    def bio_page(self, account_id: int) -> BioPage | None: ...
    def bio_page_of(self, slug: str) -> BioPage | None: ...
    def bio_clicks(self, account_id: int, since_day: int) -> list[tuple[int, int, str, int]]:
        """Return (link, day, campaign, clicks) from a day on; days since 1970."""
        ...

    def form_receipt(self, token: str) -> FormReceipt | None: ...
    def form_receipts(self, account_id: int, limit: int) -> list[FormReceipt]:
        """Return receipts, newest first."""
        ...

    def form_text(self, digest: str) -> bytes | None:
        """Return words that were shown, by their digest."""
        ...


class BioChanges(Protocol):
    """What may be changed of bio pages."""

    def put_bio_page(self, page: BioPage) -> None: ...
    def add_bio_click(self, account_id: int, link_id: int, day: int, ref: str) -> None: ...
    def add_form_receipt(self, row: FormReceipt) -> None: ...
    def withdraw_receipts(self, contact_id: int, at: int) -> int: ...
    def add_form_text(self, account_id: int, digest: str, body: bytes, at: int) -> None: ...
