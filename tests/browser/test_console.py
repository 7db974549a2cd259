"""Pages of the Admin Console about people, security and the log: no complaint, nothing too wide, no barrier."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

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
