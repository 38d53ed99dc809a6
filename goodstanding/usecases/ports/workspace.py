"""Ports of the workspace: its accounts, its team, their settings and the videos of the accounts."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from goodstanding.core.policy.model import Mode, VideoClass


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A served account, as stored."""

    id: int
    connector: str
    external_id: str
    identifier: str
    """How the platform names the account as a comment's author."""
    handle: str
    name: str
    mode: Mode
    zone: str
    language: str
    killed: bool
    can_reply: bool
    can_hide: bool
    can_message: bool
    bucket_milli: int
    bucket_at: int
    spike_paused: bool
    policy_hash: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Someone of the team."""

    id: int
    name: str
    email: str
    password_hash: str
    role: str
    language: str
    created_at: int


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """A video of the registry."""

    id: str
    account_id: int
    title: str
    video_class: VideoClass
    campaign: str


class WorkspaceQueries(Protocol):
    """What may be read of the workspace."""

    def accounts(self) -> list[Account]: ...
    def account_of(self, connector: str, external_id: str) -> Account | None: ...
    def account_ids(self, connector: str, external_ids: Sequence[str]) -> dict[str, int]: ...
    def credentials(self, account_id: int) -> bytes | None: ...
    def setting(self, name: str, *, account_id: int = 0) -> str | None: ...
    def persons(self) -> list[Person]: ...
    def stored_value(self, namespace: str, name: str) -> tuple[bytes, int | None] | None: ...
    def videos(self, account_id: int) -> list[Video]: ...


class WorkspaceChanges(Protocol):
    """What may be changed of the workspace."""

    def ensure_workspace(self, at: int) -> None: ...
    def put_setting(self, name: str, value: str, at: int, *, account_id: int = 0) -> None: ...
    def put_stored_value(self, namespace: str, name: str, value: bytes, expires_at: int | None) -> None: ...
    def drop_stored_value(self, namespace: str, name: str | None) -> None: ...
    def drop_expired_values(self, now: int) -> int: ...
    def add_account(self, account: Account, at: int) -> None: ...
    def change_account(self, account_id: int, changes: Mapping[str, object]) -> None: ...
    def add_person(self, person: Person) -> None: ...
    def change_person(self, person_id: int, changes: Mapping[str, object]) -> None: ...
    def add_videos(self, videos: Sequence[Video], at: int) -> None:
        """Add the videos that are not known yet."""
        ...
