"""A signed webhook that was worked out elsewhere, by hand: what both tests of the signature are held to."""

KEY = "sandbox-app-secret"
T = 1790000003
BODY = (
    rb'{"client_key":"7412345678901234567","event":"comment.update","create_time":1790000000,'
    rb'"user_openid":"-000SandboxCreatorOpenId","content":"{\"comment_id\":7247303576418566913,'
    rb"\"video_id\":7203946942097902849,\"parent_comment_id\":0,\"comment_type\":\"comment\","
    rb"\"comment_action\":\"insert\",\"timestamp\":1790000000123,\"unique_identifier\":\"+SandboxViewer01\","
    rb'\"text\":\"Waar is de link?\"}"}'
)
BODY_SHA256 = "093bcd7d0a76eb4dd1b3791d7b3db09fc79418ca6cefcd937c655ac85731cdda"
HEADER = "t=1790000003,s=f93542482d699a0a6f0c636eb9a767349137aa3e3cf1c09024f19b1d2a2ada50"
COMMENT = {
    "app_id": "7412345678901234567",
    "open_id": "-000SandboxCreatorOpenId",
    "action": "insert",
    "at_ms": 1790000000123,
    "comment_id": "7247303576418566913",
    "video_id": "7203946942097902849",
    "parent_comment_id": "",
    "unique_identifier": "+SandboxViewer01",
    "text": "Waar is de link?",
}
"""What the body tells."""


def check_reading(holds):
    """`holds(header, body, key)`: an implementation takes the example for true, and nothing else."""
    assert holds(HEADER, BODY, KEY)
    assert not holds(HEADER, BODY.replace(b"link", b"lick"), KEY)
    assert not holds(HEADER, BODY + b" ", KEY)
    assert not holds(HEADER, BODY, "another-secret")
    assert not holds(HEADER.replace("t=1790000003", "t=1790000004"), BODY, KEY)
