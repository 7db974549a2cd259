"""A student takes an exam in a real browser, and things go wrong on the way."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.browser.city import City
from tests.browser.conftest import PATIENCE_MS, Visitor
from tests.browser.seed import LENGTH

# Whether anything is drawn on a canvas before the patience is over: the script that draws loads after the page.
PAINTED = """(canvas, patience) => new Promise((resolve) => {
  const over = performance.now() + patience;
  const look = () => {
    const points = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    if (points.some((value) => value > 0)) resolve(true);
    else if (performance.now() > over) resolve(false);
    else requestAnimationFrame(look);
  };
  look();
})"""


def attempt_of(page: Page) -> str:
    return re.search(r"/attempts/([0-9a-f-]{36})", page.url)[1]


def answers(city: City, attempt: str) -> int:
    return city.value("SELECT count(*) FROM exams_response WHERE attempt_id = %s", attempt)


def choose(page: Page, number: int = 1) -> None:
    page.locator(".exam-option").nth(number - 1).click()
    page.click("#exam-confirm")


def expect_answered(page: Page, count: int) -> None:
    expect(page.locator("#exam-progress")).to_have_attribute("value", str(count))


def expect_result(page: Page) -> None:
    page.wait_for_url("**/result")
    expect(page.locator(".score-value")).to_have_text(re.compile(r"\d+"))


def test_whole_way_by_mouse_and_keyboard(person: Callable[..., Visitor], city: City) -> None:
    walker = person("Walker", viewport={"width": 1280, "height": 900})
    page = walker.page
    page.click("nav a[href='/exams']")
    page.click("a.btn-primary[href$='/start']")
    page.click("#start-button")
    page.wait_for_url("**/attempts/*")
    attempt = attempt_of(page)
    expect(page.locator("#exam-clock")).to_be_visible()
    expect(page.locator("#exam-confirm")).to_be_disabled()
    choose(page, 2)
    expect_answered(page, 1)
    for position in range(2, LENGTH + 1):
        page.keyboard.press("3")
        expect(page.locator(".exam-option input").nth(2)).to_be_checked()
        page.keyboard.press("Enter")
        if position < LENGTH:
            expect_answered(page, position)
    expect_result(page)
    assert answers(city, attempt) == LENGTH
    expect(page.locator("canvas[data-chart=ability]")).to_be_visible()
    expect(page.locator(".review-item")).to_have_count(LENGTH)
    page.locator(".review-item summary").first.click()
    expect(page.locator(".review-item").first.locator(".answer")).to_have_count(4)
    expect(page.locator(".review-item").first.locator(".answer-key")).to_have_count(1)
    assert page.evaluate("document.fonts.check('16px \"STIX Two Math\"')"), "the mathematics has its own font"
    assert walker.complaints == []


def test_start_waits_for_its_script(person: Callable[..., Visitor]) -> None:
    """On a slow line the page is there before its script; a click in between must not be lost."""
    student = person("Slowline")
    release: list[Route] = []
    student.page.route("**/start*.js", lambda route: release.append(route))
    student.page.goto(student.city.url("/exams"))
    student.page.click("a.btn-primary[href$='/start']", no_wait_after=True)
    expect(student.page.locator("#start-button")).to_be_disabled()
    release[0].continue_()
    student.page.click("#start-button")
    student.page.wait_for_url("**/attempts/*")


def test_charts_are_drawn(person: Callable[..., Visitor], city: City) -> None:
    page = person("Bob").page
    page.goto(city.url(f"/attempts/{city.data['result']}/result"))
    canvases = page.locator("canvas[data-chart]")
    assert canvases.count() >= 3
    for index in range(canvases.count()):
        assert canvases.nth(index).evaluate(PAINTED, PATIENCE_MS)


def test_reload_keeps_the_item_and_the_choice(person: Callable[..., Visitor]) -> None:
    page = person("Reader").start_exam()
    choose(page, 1)
    expect_answered(page, 1)
    item = page.locator("#exam-stem").inner_text()
    page.locator(".exam-option").nth(2).click()
    page.reload()
    expect(page.locator("#exam-stem")).to_have_text(item, use_inner_text=True)
    expect(page.locator(".exam-option input").nth(2)).to_be_checked()


def test_second_tab_follows_and_early_submit_asks_first(person: Callable[..., Visitor], city: City) -> None:
    first = person("Tabitha").start_exam()
    second = first.context.new_page()
    second.goto(first.url)
    choose(first, 1)
    expect_answered(second, 1)
    choose(second, 2)
    expect_answered(first, 2)
    attempt = attempt_of(first)
    first.click("#exam-finish")
    expect(first.locator("#exam-dialog")).to_be_visible()
    first.click("#exam-dialog button[value=cancel]")
    expect(first.locator("#exam-dialog")).to_be_hidden()
    assert city.value("SELECT status FROM exams_attempt WHERE id = %s", attempt) == "in_progress"
    first.click("#exam-finish")
    first.click("#exam-dialog button[value=finish]")
    expect_result(first)
    second.wait_for_url("**/result")
    assert answers(city, attempt) == 2
    assert city.value("SELECT finish_reason FROM exams_attempt WHERE id = %s", attempt) == "submitted"


def test_answer_given_offline_arrives_once(person: Callable[..., Visitor], city: City) -> None:
    page = person("Offline").start_exam()
    attempt = attempt_of(page)
    page.context.set_offline(True)
    choose(page, 1)
    expect(page.locator("#exam-state")).to_have_attribute("data-kind", "trouble")
    assert answers(city, attempt) == 0
    page.context.set_offline(False)
    expect_answered(page, 1)
    expect(page.locator("#exam-state")).to_have_attribute("data-kind", "saved")
    assert answers(city, attempt) == 1


def test_goes_on_after_the_server_was_killed(person: Callable[..., Visitor], city: City) -> None:
    page = person("Crash").start_exam()
    attempt = attempt_of(page)
    choose(page, 1)
    expect_answered(page, 1)
    city.kill_web()
    try:
        choose(page, 2)
        expect(page.locator("#exam-state")).to_have_attribute("data-kind", re.compile("busy|trouble"))
    finally:
        city.start_web()
    expect_answered(page, 2)
    assert answers(city, attempt) == 2
    city.wait()


def test_time_up_ends_with_the_result(person: Callable[..., Visitor], city: City) -> None:
    page = person("Timer").start_exam()
    attempt = attempt_of(page)
    choose(page, 1)
    expect_answered(page, 1)
    city.value("UPDATE exams_attempt SET deadline_at = now() + interval '4 seconds' WHERE id = %s RETURNING 1", attempt)
    page.reload()
    expect(page.locator("#exam-clock")).to_have_class(re.compile("is-last"))
    expect_result(page)
    assert city.value("SELECT finish_reason FROM exams_attempt WHERE id = %s", attempt) == "time"
    assert answers(city, attempt) == 1


def test_expired_login_loses_no_answer(person: Callable[..., Visitor], city: City) -> None:
    student = person("Expired")
    page = student.start_exam()
    attempt = attempt_of(page)
    student.context.clear_cookies()
    choose(page, 2)
    page.wait_for_url(re.compile(r"/login\?next="))
    assert answers(city, attempt) == 0
    student.log_in("Expired", f"/attempts/{attempt}")
    expect_answered(page, 1)
    assert answers(city, attempt) == 1
    chosen = "SELECT option FROM exams_response WHERE attempt_id = %s"
    assert city.value(chosen, attempt) == 2


def test_teacher_sees_the_progress(person: Callable[..., Visitor], city: City) -> None:
    page = person("Watched").start_exam()
    choose(page, 1)
    expect_answered(page, 1)
    teacher = person("Alice", viewport={"width": 1280, "height": 900}).page
    expect(teacher.locator("#live-rows")).to_contain_text("Watched")
    teacher.goto(city.url(f"/classes/{city.data['room']}/exams/{city.data['exam']}"))
    row = teacher.locator("#progress-rows tr", has_text="Watched")
    expect(row.locator("progress")).to_have_attribute("value", "1")
    expect(row).to_contain_text(f"1 / {LENGTH}")


def test_class_table_sorts_by_its_headings(person: Callable[..., Visitor], city: City) -> None:
    page = person("Alice", viewport={"width": 1280, "height": 900}).page
    page.goto(city.url(f"/classes/{city.data['room']}"))
    heading = page.locator("table[data-sortable] thead th").first
    names = page.locator("table[data-sortable] tbody th")
    heading.locator("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    ascending = names.all_inner_texts()
    assert ascending == sorted(ascending)
    heading.locator("button").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert names.all_inner_texts() == ascending[::-1]
