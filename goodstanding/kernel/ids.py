"""Identifiers. Integers are ours; strings are the platform's and opaque."""

from typing import NewType

WorkspaceId = NewType("WorkspaceId", int)
AccountId = NewType("AccountId", int)
PersonId = NewType("PersonId", int)
ContactId = NewType("ContactId", int)
EventId = NewType("EventId", int)
OutgoingId = NewType("OutgoingId", int)
CaseId = NewType("CaseId", int)
PolicyHash = NewType("PolicyHash", str)
"""`sha256:` and the hex digest of the policy's canonical JSON."""
