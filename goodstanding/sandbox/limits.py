"""How often an app may call, counted in fixed windows of virtual time."""

from goodstanding.sandbox.clock import MILLISECONDS
from goodstanding.sandbox.numbers import Limits

_MINUTE_MS = 60 * MILLISECONDS


class Throttle:
    """Counts calls; says which limit a call breaks. A full minute closes its key for the penalty time."""

    def __init__(self, numbers: Limits) -> None:
        self.enabled = True
        self._numbers = numbers
        self._windows: dict[tuple[str, ...], tuple[int, int]] = {}
        self._closed_until: dict[tuple[str, ...], int] = {}

    def refuse(self, *, app_id: str, open_id: str, endpoint: str, now_ms: int) -> str | None:
        """Count one call and return the name of the limit it breaks, or `None`."""
        if not self.enabled:
            return None
        minute = now_ms // _MINUTE_MS
        second = now_ms // MILLISECONDS
        checks = (
            (("app second", app_id), second, self._numbers.app_per_second),
            (("app minute", app_id), minute, self._numbers.app_per_minute),
            (("account minute", open_id, endpoint), minute, self._numbers.account_endpoint_per_minute),
        )
        for key, window, most in checks:
            if self._closed_until.get(key, 0) > now_ms or not self._count(key, window, most):
                if key[0] != "app second" and self._closed_until.get(key, 0) <= now_ms:
                    self._closed_until[key] = now_ms + self._numbers.penalty_seconds * MILLISECONDS
                return key[0]
        return None

    def reset(self) -> None:
        """Forget all counts and penalties."""
        self._windows.clear()
        self._closed_until.clear()

    def _count(self, key: tuple[str, ...], window: int, most: int) -> bool:
        known, used = self._windows.get(key, (window, 0))
        used = used + 1 if known == window else 1
        self._windows[key] = (window, used)
        return used <= most
