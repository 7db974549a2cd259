"""The city, Chromium, and people who have logged in.

Everything here lives as long as this package's tests and no longer: while Playwright runs, its event loop makes Django
refuse database calls in this thread.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.city import City
from tests.cast import PASSWORD

PHONE = {"width": 390, "height": 844}
ARGUMENTS = [
    "--no-sandbox",
    "--host-resolver-rules=MAP *.localhost 127.0.0.1",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
]
# A busy machine is slow, not wrong.
PATIENCE_MS = 20_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("MEGACITY_BROWSER"):
        pytest.fail("MEGACITY_BROWSER is set, but there is no Chromium.")
    if found is None:
        pytest.skip("there is no Chromium here: the pages were not tried in a browser")
    return found


@pytest.fixture(scope="package")
def city(chromium: str, django_db_setup: None) -> Iterator[City]:
    city = City()
    try:
        city.open()
        yield city
    finally:
        city.close()


@pytest.fixture(scope="package")
def browser(chromium: str, city: City) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


class Visitor:
    """A browser with its own cookies. What its pages complain of in the console is collected in `complaints`."""

    def __init__(self, context: BrowserContext, city: City) -> None:
        self.context, self.city = context, city
        self.complaints: list[str] = []
        context.on("console", self._hear)
        context.on(
            "weberror", lambda error: self.complaints.append(f"{error.page.url if error.page else ''} {error.error}")
        )
        self.page = context.new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.page.url if message.page else ''} {message.text}")

    def log_in(self, name: str, next_path: str = "") -> Page:
        page = self.page
        if not page.url.startswith(self.city.url("/login")):
            page.goto(self.city.url("/login"))
        page.fill("input[name=email]", f"{name.lower()}@example.com")
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        if name.lower() in self.city.data["apps"]:
            self.second_step(name)
        page.wait_for_url(f"**{next_path or '/dashboard'}")
        return page

    def open_console(self, name: str) -> Page:
        """Through both steps of staff's log-in, with the app of which tests/browser/seed.py told."""
        page = self.page
        page.goto(self.city.url("/login/", "admin"))
        page.fill("input[name=username]", f"{name.lower()}@example.com")
        page.fill("input[name=password]", PASSWORD)
        page.click("form#login-form input[type=submit], form#login-form button[type=submit]")
        self.second_step(name)
        page.wait_for_url(self.city.url("/", "admin"))
        return page

    def second_step(self, name: str) -> None:
        self.page.fill("input[name=code]", self.city.code(name.lower()))
        self.page.press("input[name=code]", "Enter")

    def start_exam(self) -> Page:
        """From the list of exams to the first question."""
        self.page.goto(self.city.url("/exams"))
        self.page.click("a.btn-primary[href$='/start']")
        self.page.click("#start-button")
        self.page.wait_for_url("**/attempts/*")
        expect(self.page.locator(".exam-option")).to_have_count(4)
        return self.page


@pytest.fixture
def visitor(browser: Browser, city: City) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors: Korean, on a phone, unless the arguments (those of a Playwright context) say otherwise."""
    contexts: list[BrowserContext] = []

    def make(**options: object) -> Visitor:
        context = browser.new_context(**({"locale": "ko-KR", "viewport": PHONE} | options))
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        return Visitor(context, city)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def person(visitor: Callable[..., Visitor]) -> Callable[..., Visitor]:
    """`person("Bob")`: a visitor who has logged in."""

    def make(name: str, **options: object) -> Visitor:
        made = visitor(**options)
        made.log_in(name)
        return made

    return make
