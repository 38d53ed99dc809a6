"""The dated tables of TikTok's codes, limits and fields: golden, and every code has one meaning."""

import tomllib
from importlib.resources import files

import pytest

from goodstanding.adapters.tiktok import errors, limits
from goodstanding.adapters.tiktok.accounts_api import fields
from goodstanding.core.calling import CallLimits, Product

FOLDER = files("goodstanding.playbooks") / "platform"


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (0, "ok"), (20001, "partial"), (40000, "fix"), (40001, "capability"), (40002, "fix"), (40007, "absent"),
        (40011, "split"), (40016, "wait"), (40050, "verify"), (40053, "absent"), (40064, "freeze"), (40100, "wait"),
        (40101, "reauthorise"), (40102, "refresh"), (40103, "reauthorise"), (40104, "fix"), (40105, "refresh"),
        (40106, "reauthorise"), (40107, "reauthorise"), (40110, "reauthorise"), (40113, "stop"), (40115, "reauthorise"),
        (40118, "capability"), (40124, "operator"), (40132, "wait"), (40133, "wait"), (40201, "retry"), (40202, "retry"),
        (40902, "retry"), (40908, "refused"), (41001, "operator"), (50000, "verify"), (50002, "verify"), (51065, "verify"),
        (51305, "verify"), (60001, "wait"), (49999, "refused"), (59999, "verify"), (69999, "wait"), (29999, "verify"),
        (77777, "refused"), (-1, "refused"),
    ],
)  # fmt: skip
def test_a_code_means(code, meaning):
    assert errors.class_of(code) == meaning


def test_no_code_stands_in_two_classes():
    classes = tomllib.loads((FOLDER / errors.FILE).read_text())["classes"]
    every = [code for codes in classes.values() for code in codes]
    assert len(every) == len(set(every)) > 50
    assert set(classes) <= set(errors.CLASSES)


def test_the_lowest_level_is_what_every_app_starts_with():
    assert limits.call_limits() == CallLimits(
        per_second=10, per_minute=600, per_day=864_000, account_endpoint_per_minute=40,
        products=(Product(prefix="/business/", per_minute=600), Product(prefix="/business/message/", per_second=10)),
        headroom_percent=90, reading_percent=80, pause_minute=300_000,
    )  # fmt: skip
    assert limits.call_limits("premium").per_minute == 1_800
    assert limits.levels() == ("basic", "advanced", "premium", "ultimate")
    with pytest.raises(KeyError):
        limits.call_limits("none")


def test_the_pace_brings_the_time():
    now = [1_790_000_000_000]
    pace = limits.Pace(limits.call_limits(), lambda: now[0])
    assert [pace.wait(1, "/business/get/") for _ in range(10)] == [0] * 9 + [1_000]
    now[0] += 1_000
    assert pace.wait(1, "/business/get/") == 0
    assert pace.throttled(1, "/business/get/") == 300_000


@pytest.mark.parametrize("name", [errors.FILE, limits.FILE, "tiktok-fields-2026-11.toml"])
def test_every_table_says_when_it_was_read(name):
    found = tomllib.loads((FOLDER / name).read_text())
    assert found["version"] == "2026-11"
    assert str(found["date"]) == "2026-11-21"


def test_fields_are_grouped_by_scope_without_a_double():
    assert fields().video["video.list"][0] == "item_id"
    for groups in (fields().account, fields().video):
        every = [name for names in groups.values() for name in names]
        assert len(every) == len(set(every))
    assert not {"profile_image", "thumbnail_url"} & {
        n for g in (fields().account, fields().video) for ns in g.values() for n in ns
    }
    assert (fields().pages["comments"], fields().pages["comment_ids"], fields().pages["videos"]) == (
        30,
        30,
        20,
    )
