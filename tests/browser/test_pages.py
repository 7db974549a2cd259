"""Every page that each role can reach by links: no complaint in the console, nothing wider than a phone, no barrier."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.city import City
from tests.browser.conftest import Visitor
from zones.provisioning import development_domain
from zones.registry import ZONES

AXE = (Path(__file__).parent / "vendor" / "axe-core-4.10.3" / "axe.min.js").read_text()
# A colour that is half way to another one is nobody's fault; what turns for ever is not waited for.
BARRIERS = """async () => {
  const moving = document.getAnimations().filter((each) => Number.isFinite(each.effect.getComputedTiming().endTime));
  await Promise.allSettled(moving.map((each) => each.finished));
  const found = await axe.run(document, { resultTypes: ["violations"], preload: false });
  const told = (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.any[0]?.message ?? ""}`);
  return found.violations.flatMap(told);
}"""
FAINT = BARRIERS.replace("resultTypes", 'runOnly: ["color-contrast"], resultTypes')
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LINKS = "() => [...document.querySelectorAll('a[href]')].map((a) => new URL(a.getAttribute('href'), a.baseURI).href)"


def kind(path: str) -> str:
    is_id = [part.isdigit() or (len(part) == 36 and part.count("-") == 4) for part in path.split("/")]
    return "/".join("*" if known else part for part, known in zip(path.split("/"), is_id, strict=True))


def faults(page: Page, visitor: Visitor) -> list[str]:
    told, visitor.complaints[:] = list(visitor.complaints), []
    if (wide := page.evaluate(WIDE)) > 0:
        told.append(f"{wide} px wider than the screen")
    if page.locator("h1").count() != 1:
        told.append(f"{page.locator('h1').count()} first headings")
    page.evaluate(AXE)
    return told + page.evaluate(BARRIERS)


def crawl(visitor: Visitor, begin: list[str]) -> dict[str, list[str]]:
    """One page of each kind of the same host that links lead to, with what is wrong with it."""
    page, waiting, seen, found = visitor.page, list(begin), set(), {}
    host = urlsplit(begin[0]).netloc
    while waiting:
        url = waiting.pop(0)
        parts = urlsplit(url)
        if parts.netloc != host or kind(parts.path) in seen:
            continue
        response = page.goto(url)
        arrived = urlsplit(page.url).path
        if kind(arrived) in seen:
            continue
        # Pages of one kind differ in their data alone.
        seen |= {kind(parts.path), kind(arrived)}
        found[arrived] = faults(page, visitor)
        if response.status != 200:
            found[arrived].append(f"status {response.status}")
        waiting += page.evaluate(LINKS)
    return found


def clean(found: dict[str, list[str]]) -> None:
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_landing_pages(visitor: Callable[..., Visitor], city: City) -> None:
    found = crawl(visitor(), [city.url("/", "www")])
    assert len(found) >= 3
    clean(found)


def test_every_brand_can_be_read_on_light_and_on_dark(visitor: Callable[..., Visitor], city: City) -> None:
    """The colours of each zone's domains, as Chromium mixes them: text at least 4.5 to 1, large text 3 to 1."""
    page = visitor(reduced_motion="reduce").page
    faint = {}
    for zone in ZONES:
        page.goto(city.url("/", "www", development_domain(zone.domains[0])))
        page.evaluate(AXE)
        for scheme in ("light", "dark"):
            page.evaluate("scheme => document.documentElement.dataset.bsTheme = scheme", scheme)
            faint[f"{zone.zone_id} {scheme}"] = page.evaluate(FAINT)
    assert len(faint) == 2 * len(ZONES) == 16
    clean(faint)


def test_map_of_the_city(visitor: Callable[..., Visitor], city: City) -> None:
    stranger = visitor()
    found = crawl(stranger, [city.url("/", "", "localhost")])
    expect(stranger.page.locator(".city-card")).to_have_count(9)
    clean(found)


def test_pages_before_the_log_in(visitor: Callable[..., Visitor], city: City) -> None:
    found = crawl(visitor(), [city.url("/login"), city.url("/register")])
    assert {"/login", "/register", "/password/reset", "/confirm"} <= set(found)
    clean(found)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Bob", {"/dashboard", "/exams", "/analytics", "/profile", "/exams/*/start", "/attempts/*/result"}),
        (
            "Alice",
            {
                "/dashboard",
                "/grading",
                "/classes",
                "/classes/*",
                "/classes/*/exams/*",
                "/analytics",
                "/attempts/*/result",
            },
        ),
        ("Oscar", {"/dashboard", "/grading", "/grading/*", "/analytics"}),
        ("Paula", {"/dashboard", "/children", "/children/*", "/attempts/*/result"}),
        ("Anna", {"/dashboard", "/classes", "/analytics"}),
    ],
)
def test_pages_of_a_role(person: Callable[..., Visitor], city: City, name: str, expected: set[str]) -> None:
    found = crawl(person(name), [city.url("/dashboard")])
    assert expected <= {kind(path) for path in found}
    clean(found)


def test_dark_pages(person: Callable[..., Visitor], city: City) -> None:
    student = person("Bob", color_scheme="dark")
    result = f"/attempts/{city.data['result']}/result"
    found = {}
    for path in ("/dashboard", result):
        student.page.goto(city.url(path))
        found[path] = faults(student.page, student)
    clean(found)


def test_page_of_the_exam(person: Callable[..., Visitor], city: City) -> None:
    student = person("Bob")
    page = student.start_exam()
    wrong = {"question": faults(page, student)}
    page.locator(".exam-option").first.click()
    expect(page.locator(".exam-option input").first).to_be_checked()
    wrong["chosen"] = faults(page, student)
    page.click("#exam-finish")
    expect(page.locator("#exam-dialog")).to_be_visible()
    wrong["dialog"] = faults(page, student)
    clean(wrong)


@pytest.mark.parametrize(("path", "status"), [("/nothing-here", 404), ("/classes", 403)])
def test_error_pages(person: Callable[..., Visitor], city: City, path: str, status: int) -> None:
    student = person("Watcher")
    assert student.page.goto(city.url(path)).status == status
    # Chromium itself writes the status of the page into the console.
    clean({path: [fault for fault in faults(student.page, student) if f"status of {status}" not in fault]})


def test_unknown_host_is_styled_without_another_file(visitor: Callable[..., Visitor], city: City) -> None:
    stranger = visitor()
    assert stranger.page.goto(city.url("/", domain="nowhere.localhost")).status == 404
    clean({"/": [fault for fault in faults(stranger.page, stranger) if "status of 404" not in fault]})
    assert "Pretendard" in stranger.page.evaluate("getComputedStyle(document.body).fontFamily")
