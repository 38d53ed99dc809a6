"""Imports in a real browser: a data download and a report with questions, with scripts and without."""

import gzip
from pathlib import Path

import pytest
from world import PASSWORD

from goodstanding.usecases import imports
from tests import exports

pytestmark = pytest.mark.browser
VENDOR = Path(__file__).parents[1] / "vendor"
REPORT = "Date,Video Views,Likes\nJanuary 1,1.500,undefined\nJanuary 2,2,-3\n"


def enter(page, address):
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail address").fill("lotte@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/")


def upload(page, address, kind, path):
    page.goto(f"{address}/imports")
    page.get_by_label(kind, exact=True).check()
    page.locator("#file").set_input_files(str(path))
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("heading", level=1, name=path.name).wait_for()


def check(page):
    page.evaluate(gzip.decompress((VENDOR / "axe.min.js.gz").read_bytes()).decode())
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})")["violations"]
    assert [(one["id"], [n["html"][:120] for n in one["nodes"]][:2]) for one in found] == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_download_and_a_report_come_in_and_go_again(open_page, world, address, tmp_path, scripts):
    world.owner()
    archive, report = tmp_path / "TikTok_Data.zip", tmp_path / "Overview.csv"
    archive.write_bytes(exports.export_zip(2026, count=50))
    report.write_text(REPORT)
    page = open_page(java_script_enabled=scripts)
    enter(page, address)
    page.get_by_role("link", name="Imports").click()
    page.get_by_text("Nothing has been imported yet.").wait_for()

    upload(page, address, "TikTok data download", archive)
    page.get_by_text("64 things would be new.").wait_for()
    page.get_by_role("button", name="Take it in").click()
    page.get_by_text("64 things are new.").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the original").click()
    assert Path(download.value.path()).read_bytes() == archive.read_bytes()
    assert download.value.suggested_filename == "TikTok_Data.zip"
    upload(page, address, "TikTok data download", archive)
    page.get_by_text("64 are there already.").wait_for()

    upload(page, address, "TikTok Studio report", report)
    page.get_by_text("Some things must be known first.").wait_for()
    page.get_by_label("1.500,00").check()
    page.get_by_label("Year", exact=True).fill("2026")
    page.get_by_role("button", name="That is right, look again").click()
    page.get_by_text("3 things would be new.").wait_for()
    page.get_by_role("button", name="Take it in").click()
    page.get_by_text("3 things are new.").wait_for()
    page.get_by_role("button", name="Take this import back").click()
    page.get_by_text("What only this import brought is gone.").wait_for()
    states = [
        one.state
        for one in world.ctx.store.read(lambda q: q.imported_files(account_id=None, before=0, limit=9))
    ]
    assert states == ["undone", "checked", "done"]
    assert imports.counts_of(imports.imported(world.ctx, 1)).added == 64


def test_the_pages_are_accessible(open_page, world, address, tmp_path):
    world.owner()
    report, comments = tmp_path / "Overview.csv", tmp_path / "comments.csv"
    report.write_text(REPORT)
    comments.write_text("text,date\n,2026-01-01\nok,2026-01-01\n")
    page = open_page(bypass_csp=True)
    enter(page, address)
    page.goto(f"{address}/imports")
    check(page)
    upload(page, address, "TikTok Studio report", report)
    check(page)
    upload(page, address, "Received comments", comments)
    check(page)
    page.get_by_role("button", name="Take it in").click()
    page.get_by_role("heading", name="1 problem").wait_for()
    check(page)
    page.goto(f"{address}/imports")
    check(page)
