"""The statements of the registry."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports.registry import Campaign

if TYPE_CHECKING:
    from goodstanding.core.registry import CampaignClass

_CAMPAIGN = "id, account_id, title, class, approver_id, created_at, version"


def _campaign(r: Row) -> Campaign:
    return Campaign(
        id=r[0],
        account_id=r[1],
        title=r[2],
        campaign_class=cast("CampaignClass", r[3]),
        approver_id=r[4],
        created_at=r[5],
        version=r[6],
    )


class RegistryStatements(Base):
    """Campaigns and the class of posts."""

    def campaigns(self, account_id: int) -> list[Campaign]:
        rows = self._all(
            f"SELECT {_CAMPAIGN} FROM campaign WHERE workspace_id = ? AND account_id = ? ORDER BY id DESC",
            (self.workspace_id, account_id),
        )
        return [_campaign(r) for r in rows]

    def campaign(self, account_id: int, campaign_id: str) -> Campaign | None:
        row = self._one(
            f"SELECT {_CAMPAIGN} FROM campaign WHERE workspace_id = ? AND account_id = ? AND id = ?",
            (self.workspace_id, account_id, campaign_id),
        )
        return None if row is None else _campaign(row)

    def add_campaign(self, row: Campaign) -> bool:
        values = (
            row.id, row.account_id, row.title, row.campaign_class, row.approver_id, row.created_at, row.version,
        )  # fmt: skip
        return (
            self._insert(
                "campaign", _CAMPAIGN, [values], "ON CONFLICT (workspace_id, account_id, id) DO NOTHING"
            )
            == 1
        )

    def change_campaign(
        self, account_id: int, campaign_id: str, version: int, changes: Mapping[str, object]
    ) -> bool:
        where = "account_id = ? AND id = ? AND version = ?"
        whole = {**changes, "version": version + 1}
        return self._change("campaign", whole, where, (account_id, campaign_id, version)) == 1

    def change_video(self, account_id: int, video_id: str, changes: Mapping[str, object]) -> bool:
        return self._change("video", changes, "account_id = ? AND id = ?", (account_id, video_id)) == 1

    def class_campaign_videos(self, account_id: int, campaign_id: str, video_class: str) -> int:
        where = "account_id = ? AND campaign = ? AND class <> ?"
        return self._change("video", {"class": video_class}, where, (account_id, campaign_id, video_class))
