"""Settings of one process: where the data is, how it is reached. Read once at the start."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformSettings:
    """The operator's own TikTok app, or a sandbox that speaks like it."""

    base: str = "https://business-api.tiktok.com/open_api/v1.3"
    client_id: str = ""
    secret: str = field(default="", repr=False)
    paced: bool = True
    """Keep the platform's call limits on our side; off only against the sandbox."""
    consent_page: str = ""
    """The page where a creator gives consent; empty for the one that belongs to `base`."""
    permissions: tuple[str, ...] = ("accounts",)
    """What the platform lets the app do, beside `client_id` and `secret`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticSettings:
    """The second opinion on what is uncertain; needs `goodstanding[semantic]`."""

    on: bool = False
    seconds: float = 6.0
    """Processor seconds it may take in a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One installation."""

    data: Path
    database: str = field(default="", repr=False)
    """`postgresql://…`; empty for the SQLite file in `data`."""
    workspace_id: int = 1
    master_key: str = field(default="", repr=False)
    """64 hex digits; empty for the file `master.key` in `data`."""
    host: str = "127.0.0.1"
    port: int = 8420
    public_url: str = ""
    """Where the world reaches this server; empty for the one that is remembered, if one is."""
    metrics_token: str = field(default="", repr=False)
    """What opens `/metrics` from elsewhere; empty for nothing: only this machine may ask."""
    lan: bool = False
    """Phones on the same network may come in."""
    platform: PlatformSettings = field(default_factory=PlatformSettings)
    semantic: SemanticSettings = field(default_factory=SemanticSettings)
    private_hosts: frozenset[str] = frozenset()
    """Hosts that outgoing calls may reach although their address is private."""
    demo_speed: float = 0.0
    """Above 0 the demo's own clock runs, so many times faster than real time."""
    demo_start: int = 0
    """Where the demo's clock starts, UTC milliseconds."""
    send_concurrency: int = 1

    @property
    def database_file(self) -> Path:
        """The SQLite file."""
        return self.data / "goodstanding.db"

    @property
    def keys_file(self) -> Path:
        """The key file beside it."""
        return self.data / "keys.db"
