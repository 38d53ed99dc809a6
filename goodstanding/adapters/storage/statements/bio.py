"""The statements of the bio page."""

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports.bio import BioPage, FormReceipt

_PAGE = "account_id, slug, body, live, updated_at"
_RECEIPT = "id, account_id, contact_id, at, text, purposes, ref, token, seq, withdrawn_at"


def _page(r: Row) -> BioPage:
    return BioPage(account_id=r[0], slug=r[1], body=bytes(r[2]), live=bool(r[3]), updated_at=r[4])


def _receipt(r: Row) -> FormReceipt:
    return FormReceipt(
        id=r[0], account_id=r[1], contact_id=r[2], at=r[3], text=r[4], purposes=r[5], ref=r[6], token=r[7], seq=r[8],
        withdrawn_at=r[9],
    )  # fmt: skip


class BioStatements(Base):
    """What the bio page reads and writes."""

    def bio_page(self, account_id: int) -> BioPage | None:
        sql = f"SELECT {_PAGE} FROM bio_page WHERE workspace_id = ? AND account_id = ?"
        row = self._one(sql, (self.workspace_id, account_id))
        return _page(row) if row else None

    def bio_page_of(self, slug: str) -> BioPage | None:
        row = self._one(
            f"SELECT {_PAGE} FROM bio_page WHERE workspace_id = ? AND slug = ?", (self.workspace_id, slug)
        )
        return _page(row) if row else None

    def bio_clicks(self, account_id: int, since_day: int) -> list[tuple[int, int, str, int]]:
        rows = self._all(
            "SELECT link_id, day, ref, clicks FROM bio_click WHERE workspace_id = ? AND account_id = ? AND day >= ?"
            " ORDER BY day, link_id, ref",
            (self.workspace_id, account_id, since_day),
        )
        return [(r[0], r[1], r[2], r[3]) for r in rows]

    def form_receipt(self, token: str) -> FormReceipt | None:
        sql = f"SELECT {_RECEIPT} FROM form_receipt WHERE workspace_id = ? AND token = ?"
        row = self._one(sql, (self.workspace_id, token))
        return _receipt(row) if row else None

    def form_receipts(self, account_id: int, limit: int) -> list[FormReceipt]:
        sql = f"SELECT {_RECEIPT} FROM form_receipt WHERE workspace_id = ? AND account_id = ? ORDER BY id DESC LIMIT ?"
        return [_receipt(r) for r in self._all(sql, (self.workspace_id, account_id, limit))]

    def form_text(self, digest: str) -> bytes | None:
        sql = "SELECT body FROM form_text WHERE workspace_id = ? AND digest = ?"
        row = self._one(sql, (self.workspace_id, digest))
        return bytes(row[0]) if row else None

    def put_bio_page(self, page: BioPage) -> None:
        self._insert(
            "bio_page", _PAGE, [(page.account_id, page.slug, page.body, int(page.live), page.updated_at)],
            "ON CONFLICT (workspace_id, account_id) DO UPDATE SET slug = excluded.slug, body = excluded.body,"
            " live = excluded.live, updated_at = excluded.updated_at",
        )  # fmt: skip

    def add_bio_click(self, account_id: int, link_id: int, day: int, ref: str) -> None:
        self._insert(
            "bio_click", "account_id, link_id, day, ref, clicks", [(account_id, link_id, day, ref, 1)],
            "ON CONFLICT (workspace_id, account_id, day, link_id, ref) DO UPDATE SET clicks = bio_click.clicks + 1",
        )  # fmt: skip

    def add_form_receipt(self, row: FormReceipt) -> None:
        r = row
        values = (
            r.id,
            r.account_id,
            r.contact_id,
            r.at,
            r.text,
            r.purposes,
            r.ref,
            r.token,
            r.seq,
            r.withdrawn_at,
        )
        self._insert("form_receipt", _RECEIPT, [values])

    def withdraw_receipts(self, contact_id: int, at: int) -> int:
        return self._change(
            "form_receipt", {"withdrawn_at": at}, "contact_id = ? AND withdrawn_at IS NULL", (contact_id,)
        )

    def add_form_text(self, account_id: int, digest: str, body: bytes, at: int) -> None:
        self._insert(
            "form_text", "account_id, digest, body, at", [(account_id, digest, body, at)],
            "ON CONFLICT (workspace_id, digest) DO NOTHING",
        )  # fmt: skip
