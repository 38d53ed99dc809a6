"""How often an app may call, counted in fixed windows of virtual time."""

from goodstanding.sandbox.clock import MILLISECONDS
from goodstanding.sandbox.numbers import Level, Limits

_MINUTE_MS = 60 * MILLISECONDS
_DAY_MS = 86_400 * MILLISECONDS


class Throttle:
    """Counts calls; says which limit a call breaks.

    Calls of the app itself (tokens, webhooks, properties) count for the app alone, those of an account also for
    its product and for the account. After a full second the next one is free; a full minute closes its key for
    the penalty time; a full day until midnight UTC.
    """

    def __init__(self, numbers: Limits, *, level: Level = "basic") -> None:
        self.enabled = True
        self.level = level
        self._numbers = numbers
        self._windows: dict[tuple[str, ...], tuple[int, int]] = {}
        self._closed_until: dict[tuple[str, ...], int] = {}

    def refuse(self, *, app_id: str, open_id: str, endpoint: str, product: str, now_ms: int) -> str | None:
        """Count one call and return the name of the limit it breaks, or `None`."""
        if not self.enabled:
            return None
        numbers, most_of_app = self._numbers, self._numbers.levels[self.level]
        checks: list[tuple[tuple[str, ...], int, int]] = [
            (("app second", app_id), MILLISECONDS, most_of_app.app_per_second),
            (("app minute", app_id), _MINUTE_MS, most_of_app.app_per_minute),
            (("app day", app_id), _DAY_MS, most_of_app.app_per_day),
        ]
        if product == "messages":
            checks.append((("messages second", app_id), MILLISECONDS, numbers.messages_per_second))
        elif product != "app":
            checks.append((("accounts minute", app_id), _MINUTE_MS, most_of_app.accounts_per_minute))
            own = ("account minute", open_id, endpoint)
            checks.append((own, _MINUTE_MS, numbers.account_endpoint_per_minute))
        for key, span, most in checks:
            if self._closed_until.get(key, 0) > now_ms:
                return key[0]
            if not self._count(key, now_ms // span, most):
                if span == _MINUTE_MS:
                    self._closed_until[key] = now_ms + numbers.penalty_seconds * MILLISECONDS
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
