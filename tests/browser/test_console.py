"""Pages of the Admin Console about items, people, security and the log: no complaint, nothing too wide, no barrier."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.city import City
from tests.browser.conftest import Visitor
from tests.browser.test_pages import clean, faults

PAGES = (
    "/accounts/securitypolicy/1/change/",
    "/accounts/identityprovider/",
    "/accounts/identityprovider/add/",
    "/accounts/apiclient/",
    "/accounts/apiclient/add/",
    "/accounts/user/",
    "/accounts/user/{bob}/change/",
    "/accounts/user/{bob}/reveal/",
    "/accounts/user/{bob}/password/",
    "/accounts/user/{bob}/erase/",
    "/accounts/user/by-phone/",
    "/accounts/outgoingmail/",
    "/audit/auditentry/",
    "/audit/auditentry/export/",
    "/profile/security",
)


def width(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box
    return box["width"]


def test_log_in_to_the_console(visitor: Callable[..., Visitor], city: City) -> None:
    stranger = visitor()
    page = stranger.page
    page.goto(city.url("/login/", "admin"))
    wrong = faults(page, stranger)
    assert width(page, ".other-ways button") == pytest.approx(width(page, "#login-form input[type=submit]"), abs=1)
    clean({"/login/": wrong})


def test_pages_about_people_security_and_the_log(visitor: Callable[..., Visitor], city: City) -> None:
    administrator = visitor()
    page, found = administrator.page, {}
    administrator.open_console("Zoe")
    for path in (path.format_map(city.data) for path in PAGES):
        page.goto(city.url(path, "admin"))
        found[path] = faults(page, administrator)
    page.goto(city.url("/accounts/apiclient/add/", "admin"))
    page.fill("input[name=name]", "학교 연동")
    page.check("input[name=permissions][value='report:read']")
    page.click("input[name=_save]")
    page.locator(".secret-list").wait_for()
    found["secret"] = faults(page, administrator)
    clean(found)


def draws(answer: Response, model: str) -> bool:
    """Whether this is a preview under `model`; one that was asked for before may still be on its way."""
    form = answer.request.post_data or ""
    return answer.url.endswith("/preview/") and bool(re.search(rf'(^|&)model={model}\b|name="model"\s+{model}\b', form))


def test_console_of_items_by_kind(visitor: Callable[..., Visitor], city: City) -> None:
    """Only the fields of the chosen kind are shown, and the preview can be answered."""
    author = visitor(viewport={"width": 1440, "height": 900})
    page = author.page
    author.open_console("Zoe")
    item = city.value("SELECT id FROM exams_item WHERE code = 'cloze'")
    page.goto(city.url(f"/exams/item/{item}/change/", "admin"))
    expect(page.locator("[data-gap-row='3']")).to_be_visible()
    expect(page.locator("[data-gap-row='4']")).to_be_hidden()
    expect(page.locator(".item-view .gap-field").first).to_be_visible()
    author.complaints.clear()
    page.select_option("#id_kind", "multiple")
    expect(page.locator("[data-gap-row='3']")).to_be_hidden()
    for number, words in enumerate(("하나", "둘", "셋"), start=1):
        page.fill(f"#id_option_ko_{number}", words)
    expect(page.locator("[data-option-words='3']")).to_have_text("셋")
    page.fill("#id_points_1", "1")
    expect(page.locator(".item-view .exam-option-checkbox").nth(2)).to_be_visible()
    # The preview is drawn anew, with what is missing under this model in words.
    with page.expect_response(lambda answer: draws(answer, model="grm")):
        page.select_option("#id_model", "grm")
    expect(page.locator("#id_thresholds")).to_be_visible()
    expect(page.locator("#id_guessing")).to_be_hidden()
    page.evaluate("document.activeElement.blur()")
    # What was written last is asked for 700 ms later, and may draw it once more.
    page.wait_for_timeout(800)
    expect(page.locator(".htmx-request, .item-view:not([data-answerable])")).to_have_count(0)
    assert [said for said in faults(page, author) if "color-contrast" not in said or ".item-view" in said] == []
    assert json.loads(page.locator(".item-json").first.inner_text() or page.locator(".item-json").first.text_content())
