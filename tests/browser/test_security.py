"""Second factors, passkeys and identity providers in a real browser, and how their pages look."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.browser.city import ROOT, City
from tests.browser.conftest import Visitor
from tests.browser.test_pages import faults
from tests.issuer import running_issuer

SECURITY = "/profile/security"


def shot(visitor: Visitor, name: str) -> None:
    """No fault on the page; and a picture of it where MEGACITY_SHOTS names a folder, at both widths and colours."""
    page = visitor.page
    if folder := os.environ.get("MEGACITY_SHOTS"):
        for width, scheme in ((390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("theme => (document.documentElement.dataset.bsTheme = theme)", scheme)
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
        page.set_viewport_size({"width": 390, "height": 844})
    assert faults(page, visitor) == [], name


def add_app(visitor: Visitor, city: City, name: str) -> None:
    page = visitor.page
    page.goto(city.url(f"{SECURITY}/app"))
    expect(page.locator("img.qr")).to_be_visible()
    city.data["apps"][name] = page.locator("code.secret").inner_text().replace(" ", "")
    shot(visitor, "app")
    page.fill("input[name=code]", city.code(name))
    page.press("input[name=code]", "Enter")
    expect(page.locator(".recovery-codes li")).to_have_count(8)


def test_an_app_is_added_and_asked_for(
    person: Callable[..., Visitor], visitor: Callable[..., Visitor], city: City
) -> None:
    visitor_ = person("Factor")
    add_app(visitor_, city, "factor")
    shot(visitor_, "codes")
    page = visitor_.page
    page.goto(city.url(SECURITY))
    shot(visitor_, "overview")
    other = visitor()
    other.page.goto(city.url("/login"))
    shot(other, "login")
    other.page.fill("input[name=email]", "factor@example.com")
    other.page.fill("input[name=password]", "Passw0rd!x")
    other.page.press("input[name=password]", "Enter")
    other.page.wait_for_url("**/login/code")
    shot(other, "second-step")
    other.second_step("factor")
    other.page.wait_for_url("**/dashboard")


def virtual_key(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_and_is_a_log_in_by_itself(person: Callable[..., Visitor], city: City) -> None:
    visitor = person("Passkey")
    page = visitor.page
    virtual_key(page)
    page.goto(city.url(f"{SECURITY}/passkeys"))
    shot(visitor, "passkey")
    page.fill("input[name=name]", "내 휴대전화")
    page.click("form[data-passkey] button[type=submit]")
    expect(page.locator(".recovery-codes li")).to_have_count(8)
    page.goto(city.url(SECURITY))
    expect(page.locator(".rows")).to_contain_text(["내 휴대전화", ""])
    page.context.clear_cookies()
    page.goto(city.url("/login"))
    page.click("form[data-passkey] button[type=submit]")
    page.wait_for_url("**/dashboard")
    assert visitor.complaints == []


def test_a_log_in_with_an_openid_issuer(visitor: Callable[..., Visitor], city: City) -> None:
    with running_issuer() as issuer:
        command = [sys.executable, "-m", "tests.browser.provider", issuer.address]
        made = subprocess.run(command, cwd=ROOT, env=city.environment, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        issuer.claims = {"sub": "7", "email": "saebom@school.example", "email_verified": True, "name": "김새봄"}
        here = visitor()
        page = here.page

        def consent(route: Route) -> None:
            route.fulfill(status=302, headers={"Location": issuer.authorize(route.request.url)})

        page.route(re.compile(re.escape(issuer.address) + "/authorize.*"), consent)
        page.goto(city.url("/login"))
        page.click("text=하늘학교")
        page.wait_for_url("**/login/with/new")
        shot(here, "newcomer")
        page.fill("input[name=birth_date]", "2001-03-02")
        page.click("main .auth-form form button[type=submit]")
        page.wait_for_url("**/dashboard")
        assert here.complaints == []
