"""From a registration to the first page, and from a forgotten password to a new one, by the mails that are sent."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.city import City
from tests.browser.conftest import Visitor
from tests.browser.test_pages import clean, faults

ADDRESS, CHOSEN, ANOTHER = "saebom@example.com", "Hangang!2026", "Namsan-tower!88"


def seen(page: Page, name: str) -> None:
    """A picture for who wants to look (SHOTS=folder), at both widths and in both lights."""
    if folder := os.environ.get("SHOTS"):
        for width in (390, 1280):
            for light in ("light", "dark"):
                page.set_viewport_size({"width": width, "height": 844})
                page.evaluate("light => document.documentElement.dataset.bsTheme = light", light)
                page.screenshot(path=Path(folder) / f"{name}-{width}-{light}.png")
        page.set_viewport_size({"width": 390, "height": 844})


def link_in(letter: str, city: City) -> str:
    """The link of a mail, on the port where this city answers."""
    (path,) = re.findall(r"http://app\.univprepai\.localhost:\d+(/\S*[\w-]{20,}\S*)", letter)
    return city.url(path)


def test_from_registration_to_log_in_and_back_after_forgetting(visitor: Callable[..., Visitor], city: City) -> None:
    stranger = visitor()
    page, found = stranger.page, {}

    def look(name: str) -> None:
        found[name] = faults(page, stranger)
        seen(page, name)

    page.goto(city.url("/login"))
    look("login")
    page.goto(city.url("/register"))
    page.fill("input[name=display_name]", "새봄")
    page.fill("input[name=email]", ADDRESS)
    page.fill("input[name=password]", CHOSEN)
    page.fill("input[name=birth_date]", "2001-03-02")
    page.click("[data-shows=id_password]")
    expect(page.locator("#id_password")).to_have_attribute("type", "text")
    look("register")
    page.click("main form[data-once] button[type=submit]")
    page.wait_for_url("**/register/sent")
    look("sent")

    page.goto(link_in(city.letter_to(ADDRESS), city))
    look("confirm")
    page.fill("input[name=password]", CHOSEN)
    page.click("main form[data-once] button[type=submit]")
    page.wait_for_url("**/dashboard")
    page.goto(city.url("/profile"))
    look("profile")

    again = visitor()
    stranger, page = again, again.page
    page.goto(city.url("/login"))
    page.click("a[href='/password/reset']")
    page.wait_for_url("**/password/reset")
    look("ask")
    page.fill("input[name=email]", ADDRESS)
    page.click("main form[data-once] button[type=submit]")
    page.wait_for_url("**/password/reset/sent")
    link = link_in(city.letter_to(ADDRESS), city)
    page.goto(link)
    page.fill("input[name=password]", "Password1!")
    page.click("main form[data-once] button[type=submit]")
    expect(page.locator(".errorlist")).to_be_visible()
    look("choose")
    page.fill("input[name=password]", ANOTHER)
    page.click("main form[data-once] button[type=submit]")
    page.wait_for_url("**/password/set")
    look("done")
    assert page.goto(link).status == 410
    again.complaints.clear()
    look("void")
    page.goto(city.url("/login"))
    page.fill("input[name=email]", ADDRESS)
    page.fill("input[name=password]", ANOTHER)
    page.click("main button[type=submit]")
    page.wait_for_url("**/dashboard")
    clean(found)
