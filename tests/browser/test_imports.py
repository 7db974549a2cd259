"""Imports in the console, in a browser: from a file to the bank, on a telephone and on a desk, without barriers."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.accounts.test_rosters import SOUND
from tests.browser.city import City
from tests.browser.conftest import Visitor
from tests.browser.test_pages import AXE, BARRIERS, WIDE

SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
GIFT = """$CATEGORY: $course$/top/대수

::제곱근:: [markdown]$x^2 \\= 9$를 만족하는 양수 $x$는? {=3#맞습니다 ~9 ~81 ~-3}

::짝짓기:: 나라와 수도를 짝지으세요. {=한국 -> 서울 =프랑스 -> 파리 = -> 로마}

::수도:: 한국의 수도는? {=서울 =Seo*}

::계산:: {1:calculated}
"""


def console(visitor: Callable[..., Visitor], city: City, name: str, size: str) -> Visitor:
    made = visitor(viewport=SIZES[size])
    made.open_console(name)
    return made


def check(page: Page, name: str) -> None:
    """Nothing is wider than the page, and nothing bars those who read with other means."""
    if folder := os.environ.get("MEGACITY_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    assert page.evaluate(WIDE) <= 0, name
    page.evaluate(AXE)
    assert page.evaluate(BARRIERS) == [], name


@pytest.mark.parametrize("size", SIZES)
def test_questions_from_a_file_to_the_bank(visitor: Callable[..., Visitor], city: City, size: str) -> None:
    person = console(visitor, city, "zoe", size)
    page = person.page
    page.goto(city.url("/exams/importbatch/add/", "admin"))
    check(page, f"upload-{size}")
    file = {"name": "문제.txt", "mimeType": "text/plain", "buffer": GIFT.replace("::제곱근", f"::{size}").encode()}
    page.set_input_files("input[type=file]", [file])
    page.click("#content input[type=submit]")
    page.wait_for_url("**/change/")
    expect(page.locator(".import-row")).to_have_count(4)
    check(page, f"preview-{size}")
    page.check("input[name=make_areas]") if page.locator("input[name=make_areas]").count() else None
    page.click("#confirm-form input[type=submit]")
    expect(page.locator(".chip-imported")).to_be_visible()
    check(page, f"report-{size}")
    page.goto(city.url("/exams/importbatch/", "admin"))
    check(page, f"list-{size}")
    assert person.complaints == []


@pytest.mark.parametrize("size", SIZES)
def test_a_refused_file_and_a_roster(visitor: Callable[..., Visitor], city: City, size: str) -> None:
    page = console(visitor, city, "anna", size).page
    page.goto(city.url("/exams/importbatch/add/", "admin"))
    page.set_input_files("input[type=file]", [{"name": "x.bin", "mimeType": "x/x", "buffer": bytes(range(256))}])
    page.click("#content input[type=submit]")
    page.wait_for_url("**/change/")
    expect(page.locator(".problems[role=alert]")).to_be_visible()
    check(page, f"refused-{size}")
    page.goto(city.url("/accounts/rosterimport/add/", "admin"))
    check(page, f"roster-upload-{size}")
    page.set_input_files("input[type=file]", [{"name": "roster.zip", "mimeType": "application/zip", "buffer": SOUND}])
    page.locator("#content input[type=submit]").first.click()
    page.wait_for_url("**/change/")
    expect(page.locator("td .chip").first).to_be_visible()
    check(page, f"roster-{size}")


@pytest.mark.parametrize("size", SIZES)
def test_an_export_says_what_it_cannot_hold(visitor: Callable[..., Visitor], city: City, size: str) -> None:
    page = console(visitor, city, "zoe", size).page
    page.goto(city.url(f"/exams/exam/{city.data['exam']}/export/", "admin"))
    page.select_option("select[name=format]", "gift")
    page.click("input[name=_report]")
    expect(page.locator("#report-title")).to_be_visible()
    check(page, f"export-{size}")
