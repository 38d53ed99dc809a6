"""The registry of campaigns and the posts that belong to them."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from goodstanding.core.registry import CampaignClass


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign of one account. Its posts are of its class, all of them."""

    id: str
    """Follows the naming convention (`core.registry`)."""
    account_id: int
    title: str
    campaign_class: CampaignClass
    approver_id: int | None
    """The person who approves for this campaign."""
    created_at: int
    version: int


class RegistryQueries(Protocol):
    """What may be read of the registry."""

    def campaigns(self, account_id: int) -> list[Campaign]: ...
    def campaign(self, account_id: int, campaign_id: str) -> Campaign | None: ...


class RegistryChanges(Protocol):
    """What may be written of the registry."""

    def add_campaign(self, row: Campaign) -> bool:
        """Add a campaign; False when the account has one of this id."""
        ...

    def change_campaign(
        self, account_id: int, campaign_id: str, version: int, changes: Mapping[str, object]
    ) -> bool:
        """Change a campaign at this version (and count it up); False when it has moved on."""
        ...

    def change_video(self, account_id: int, video_id: str, changes: Mapping[str, object]) -> bool: ...
    def class_campaign_videos(self, account_id: int, campaign_id: str, video_class: str) -> int:
        """Give all posts of a campaign this class; returns how many."""
        ...
