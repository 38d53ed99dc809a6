"""Rows as the tests need them: every field has a value, and only what matters is named."""

from goodstanding.usecases import ports

NOW = 1_790_000_000_000


def account(**changes):
    values = {
        "id": 1, "connector": "tiktok", "external_id": "-000Own", "identifier": "+Own", "handle": "own", "name": "Own",
        "mode": "automatic", "zone": "UTC", "language": "nl", "killed": False, "can_reply": True, "can_hide": True,
        "can_message": False, "bucket_milli": 20_000, "bucket_at": NOW, "spike_paused": False, "policy_hash": "sha256:0",
    }  # fmt: skip
    return ports.Account(**values | changes)


def contact(number, **changes):
    values = {
        "id": number, "account_id": 1, "external_id": f"+Viewer{number}", "handle": f"viewer{number}", "suppressed": False,
        "holdout": False, "wrote_at": None, "labels": "", "answer": "given", "marketing": "absent",
    }  # fmt: skip
    return ports.Contact(**values | changes)


def event(number, **changes):
    values = {
        "id": number, "account_id": 1, "connector": "tiktok", "external_id": f"c{number}", "action": "insert",
        "kind": "comment", "contact_id": 1, "video_id": "v1", "parent_id": "", "text": "hoe duur?", "language": "nl",
        "source": "webhook", "at": NOW, "received_at": NOW, "own": False, "state": "public", "answered": False,
    }  # fmt: skip
    return ports.Event(**values | changes)


def outgoing(number, **changes):
    values = {
        "id": number, "account_id": 1, "event_id": number, "act": "reply", "ordinal": 0, "contact_id": 1,
        "video_id": "v1", "target_id": f"c{number}", "rule": "r", "template": "t", "variant": 0, "language": "nl",
        "text": f"Antwoord {number}", "state": "planned", "code": "", "not_before": NOW, "attempt_at": None,
        "settled_at": None, "fence": 0, "provider_ref": "", "approved_by": None, "approved_hash": None,
        "approved_until": None, "created_at": NOW,
    }  # fmt: skip
    return ports.Outgoing(**values | changes)


def case(number, **changes):
    values = {
        "id": number, "account_id": 1, "event_id": number, "outgoing_id": None, "queue": "moderation", "code": "DOUBT",
        "state": "open", "resolution": "", "created_at": NOW, "due_at": NOW + number, "claimed_by": None,
        "claim_until": None, "version": 0, "resolved_by": None, "resolved_at": None,
    }  # fmt: skip
    return ports.Case(**values | changes)


def act(number, **changes):
    values = {
        "id": number, "account_id": 1, "person_id": 1, "kind": "approve", "event_id": 1, "case_id": None,
        "outgoing_id": None, "data": "", "at": NOW, "undone_at": None,
    }  # fmt: skip
    return ports.Act(**values | changes)


def delivery(number, **changes):
    values = {
        "id": number, "account_id": 1, "connector": "tiktok", "digest": b"%032d" % number, "received_at": NOW,
        "body": b"cipher",
    }  # fmt: skip
    return ports.Delivery(**values | changes)


def decision(event_id, **changes):
    values = {
        "account_id": 1, "event_id": event_id, "seq": event_id, "policy_hash": "sha256:0", "outcome": "none", "rule": "",
        "code": "NO_TRIGGER", "at": NOW,
    }  # fmt: skip
    return ports.DecisionRow(**values | changes)


def audit_row(seq, **changes):
    values = {
        "seq": seq,
        "account_id": 1,
        "kind": "event",
        "at": NOW,
        "event_id": seq,
        "body": b"{}",
        "hash": b"h%031d" % seq,
    }
    return ports.AuditRow(**values | changes)
