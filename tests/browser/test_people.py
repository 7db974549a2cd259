"""Parents, languages and the WebSocket, as a browser meets them."""

import re
from collections.abc import Callable
from datetime import date

from playwright.sync_api import Page, expect

from tests.browser.city import City
from tests.browser.conftest import Visitor
from tests.browser.test_pages import clean, faults
from tests.cast import PASSWORD


def test_parent_sees_results_only_after_approval(person: Callable[..., Visitor], city: City) -> None:
    parent = person("Pia").page
    student = city.value("SELECT id FROM accounts_user WHERE email = 'kim@example.com'")
    parent.goto(city.url("/children"))
    parent.fill("input[name=student_email]", "kim@example.com")
    parent.click("main form button[type=submit]")
    expect(parent.locator("main .alert")).to_be_visible()
    expect(parent.locator("a[href^='/children/']")).to_have_count(0)
    assert parent.goto(city.url(f"/children/{student}")).status in (403, 404)

    kim = person("Kim").page
    kim.goto(city.url("/profile"))
    kim.click("button[value=approve]")
    expect(kim.locator("button[value=end]")).to_have_count(1)

    parent.goto(city.url("/children"))
    parent.click("a[href^='/children/']")
    parent.wait_for_url(city.url(f"/children/{student}"))
    expect(parent.locator("h1")).to_have_text("Kim")


def _enter(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.fill(f"input[name={name}]", value)


def test_a_child_registers_and_gets_in_when_the_guardian_agrees(
    person: Callable[..., Visitor], visitor: Callable[..., Visitor], city: City
) -> None:
    email, password, guardian = "dana@example.com", "Hangang!2026", "gina.home@example.com"
    child = visitor()
    page = child.page
    page.goto(city.url("/register"))
    born = f"{date.today().year - 12}-01-01"
    _enter(page, display_name="김다나", email=email, password=password, birth_date=born)
    page.click("main button[type=submit]")
    expect(page.locator(".errorlist")).to_have_count(1)
    _enter(page, password=password, guardian_email=guardian)
    page.click("main button[type=submit]")
    page.wait_for_url("**/register/waiting")
    clean({"waiting": faults(page, child)})
    (link,) = [line for line in city.letter_to(guardian).splitlines() if "/guardian/" in line]
    page.goto(city.url("/login"))
    _enter(page, email=email, password=password)
    page.click("main button[type=submit]")
    expect(page.locator("main [role=alert]")).to_be_visible()

    # The mail's link leads to the log-in, and back.
    gina = visitor()
    gina.page.goto(link)
    clean({"consent": faults(gina.page, gina)})
    gina.page.click("main a[href^='/login']")
    gina.page.wait_for_url(re.compile(r"/login\?"))
    _enter(gina.page, email="gina@example.com", password=PASSWORD)
    gina.page.click("main button[type=submit]")
    gina.page.wait_for_url("**/guardian/*")
    clean({"signing": faults(gina.page, gina)})
    _enter(gina.page, name="김보람")
    gina.page.check("input[name=relation][value=mother]")
    gina.page.check("input[name=guardian]")
    gina.page.check("input[name=agreed]")
    gina.page.click("button[value=give]")
    gina.page.wait_for_url("**/children")
    clean({"children": faults(gina.page, gina)})
    gina.page.click("a.bell")
    gina.page.wait_for_url("**/notices")
    clean({"notices": faults(gina.page, gina)})

    (confirm,) = [line for line in city.letter_to(email).splitlines() if "/confirm/" in line]
    page.goto(confirm)
    _enter(page, password=password)
    page.click("main button[type=submit]")
    page.wait_for_url("**/dashboard")


def test_language_follows_the_browser_and_the_choice(visitor: Callable[..., Visitor], city: City) -> None:
    page = visitor().page
    page.goto(city.url("/login"))
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.locator("label[for=id_password]")).to_have_text("비밀번호")
    page.click(".site-tools .dropdown > button")
    page.click("button[name=language][value=en]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("label[for=id_password]")).to_have_text("Password")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "en")

    english = visitor(locale="en-GB").page
    english.goto(city.url("/login"))
    expect(english.locator("html")).to_have_attribute("lang", "en")


SOCKET = """([address, first]) => new Promise((resolve) => {
  const heard = [];
  const socket = new WebSocket(address);
  if (first) socket.onopen = () => socket.send(JSON.stringify(first));
  socket.onmessage = (event) => {
    heard.push(JSON.parse(event.data));
    if (heard.at(-1).type === "welcome") socket.send(JSON.stringify({ type: "time" }));
    if (heard.at(-1).type === "time") socket.close();
  };
  socket.onclose = (event) => resolve({ heard, code: event.code });
})"""


def speak(page: Page, address: str, first: object = None) -> dict:
    return page.evaluate(SOCKET, [address.replace("http:", "ws:"), first])


def test_socket_welcomes_who_has_logged_in(person: Callable[..., Visitor], city: City) -> None:
    page = person("Watcher").page
    welcome, time = speak(page, city.url("/ws"))["heard"]
    assert welcome["type"] == "welcome"
    assert (welcome["zone"], welcome["role"]) == ("univ", "student")
    assert abs(page.evaluate("at => Date.now() - Date.parse(at)", time["server_time"])) < 30_000


def test_socket_refuses_strangers(visitor: Callable[..., Visitor], city: City) -> None:
    page = visitor().page
    page.goto(city.url("/login"))
    told = speak(page, city.url("/ws"), {"type": "time"})
    assert told == {"heard": [{"type": "error", "code": "not_authenticated"}], "code": 4401}


def test_socket_of_an_unknown_host_says_so(visitor: Callable[..., Visitor], city: City) -> None:
    page = visitor(bypass_csp=True).page
    page.goto(city.url("/login"))
    told = speak(page, city.url("/ws", domain="nowhere.localhost"))
    assert told == {"heard": [{"type": "error", "code": "unknown_host"}], "code": 4404}
