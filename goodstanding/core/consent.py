"""Consent: the state computed from consent events. Withdrawal always wins."""

from typing import Literal

ConsentState = Literal["given", "withdrawn", "absent"]
