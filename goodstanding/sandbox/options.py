"""What may be changed while a sandbox runs."""

import msgspec


class Options(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Behaviour that may be changed while the sandbox runs, most of it assumed rather than documented."""

    block_links: bool = True
    """Refuse links in a conversation the account has not answered yet."""
    conversations_per_day: int | None = None
    """Conversations an account may write in a UTC day; the shipped number when not given."""
    legacy_pin: bool = False
    """Answer the pin call of older clients."""
    short_pages: bool = True
    """Let lists come short although there is more."""
    bounce_returning: bool = True
    """Send a returning user back from the consent page without a code, unless `disable_auto_auth=1` is asked."""
