"""Every kind of item in a real browser: by mouse, touch and keyboard alone; drafts, Hangul, pauses, sizes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.city import City
from tests.browser.conftest import Visitor
from tests.browser.seed import KINDS
from tests.browser.test_exam import answers, attempt_of, expect_answered
from tests.browser.test_pages import clean, faults

DESKTOP = {"width": 1280, "height": 900}
ESSAY = "화석 연료를 태우면 이산화탄소가 늘어난다.\n둘째 문단."


def begin(student: Visitor) -> Page:
    """The first question of the exam with every kind."""
    page = student.page
    page.goto(student.city.url(f"/exams/{student.city.data['kinds']}/start"))
    page.click("#start-button")
    page.wait_for_url("**/attempts/*")
    expect(page.locator(".exam-option")).to_have_count(3)
    return page


def given(city: City, attempt: str) -> dict[int, Any]:
    """What is stored, by position."""
    answer = "json_object_agg(position, COALESCE(answer, to_jsonb(option)))"
    rows = city.value(f"SELECT {answer} FROM exams_response WHERE attempt_id = %s", attempt)
    return {int(position): answer for position, answer in (rows or {}).items()}


def confirm(page: Page, count: int) -> None:
    page.click("#exam-confirm")
    expect_answered(page, count)


def expect_asked(page: Page) -> None:
    """The first press tells what is still empty."""
    expect(page.locator("#exam-state")).to_have_attribute("data-kind", "ask")


def hand_in(page: Page, kind: str, count: int) -> None:
    """Confirm an answer, and once more where a part of it was left out."""
    page.click("#exam-confirm")
    if kind in {"matching", "cloze"}:
        expect_asked(page)
        page.click("#exam-confirm")
    expect_answered(page, count)


FILL: dict[str, Callable[[Page], object]] = {
    "single": lambda page: page.locator(".exam-option").first.click(),
    "multiple": lambda page: page.locator(".exam-option").first.click(),
    "ordering": lambda page: None,
    "matching": lambda page: page.locator(".match-entry select").first.select_option(index=1),
    "numeric": lambda page: page.fill(".written-line", "3"),
    "text": lambda page: page.fill(".written-line", "서울"),
    "cloze": lambda page: page.locator("input.gap-field").first.fill("100"),
    "essay": lambda page: page.fill(".essay-text", ESSAY),
}


def skip(page: Page, position: int) -> None:
    """Answer the question at `position` in the quickest way."""
    kind = KINDS[position - 1].split()[0]
    expect(page.locator(f".answer-{kind}")).to_have_count(1)
    FILL[kind](page)
    hand_in(page, kind, position)


def skip_to(page: Page, position: int) -> None:
    for at in range(1, position):
        skip(page, at)
    expect(page.locator(f".answer-{KINDS[position - 1].split()[0]}")).to_have_count(1)


def words_of(page: Page) -> list[str]:
    return page.locator(".order-row .words").all_inner_texts()


def sort_by(page: Page, wanted: list[str], move: Callable[[int], None]) -> None:
    """Bubble the rows into `wanted`; `move(index)` takes one row a place up."""
    for place, words in enumerate(wanted):
        while (at := words_of(page).index(words)) > place:
            move(at)
            expect(page.locator(".order-row .words").nth(at - 1)).to_have_text(words)


def drag(page: Page, begin: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*begin)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(begin[0], begin[1] + (end[1] - begin[1]) * step / 8)
        page.wait_for_timeout(20)
    page.mouse.up()


def middle(page: Page, selector: str, index: int) -> tuple[float, float]:
    box = page.locator(selector).nth(index).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_every_kind_by_mouse(person: Callable[..., Visitor], city: City) -> None:
    student = person("Mouse", viewport=DESKTOP)
    page = begin(student)
    attempt = attempt_of(page)
    page.locator(".exam-option").nth(1).click()
    confirm(page, 1)
    for index in (0, 2):
        page.locator(".exam-option").nth(index).click()
    confirm(page, 2)
    order = ["원자", "세포", "기관"]
    for place, words in enumerate(order):
        at = words_of(page).index(words)
        if at > place:
            drag(page, middle(page, ".order-row", at), middle(page, ".order-row", place))
            expect(page.locator(".order-row .words").nth(place)).to_have_text(words)
    assert words_of(page) == order
    confirm(page, 3)
    # A press on a card fills the entry that is marked, and goes on to the next.
    for target in ("서울", "도쿄"):
        page.locator(".match-card", has_text=target).click()
    page.click("#exam-confirm")
    expect_asked(page)
    expect(page.locator("#exam-state")).to_contain_text("1")
    confirm(page, 4)
    page.fill(".written-line", "3,14")
    confirm(page, 5)
    page.fill(".written-line", " 서울 ")
    confirm(page, 6)
    gaps = page.locator("#exam-stem .gap-field")
    expect(gaps).to_have_count(3)
    gaps.nth(0).fill("100")
    gaps.nth(1).fill("H2O")
    gaps.nth(2).select_option("중성")
    confirm(page, 7)
    passage = page.locator("#exam-passage-text")
    expect(passage).to_contain_text("한강")
    left, right = passage.bounding_box(), page.locator("#exam-stem").bounding_box()
    assert left["x"] + left["width"] <= right["x"], "the passage stands beside the question"
    passage.evaluate("element => { element.dataset.same = 'yes' }")
    page.fill(".essay-text", ESSAY)
    expect(page.locator(".essay-count")).to_contain_text(str(len(ESSAY)))
    confirm(page, 8)
    expect(page.locator(".answer-text")).to_be_visible()
    expect(passage).to_have_attribute("data-same", "yes")
    page.fill(".written-line", "서울특별시")
    page.click("#exam-confirm")
    page.wait_for_url("**/result")
    stored = given(city, attempt)
    assert stored[1] == 2
    assert stored[2] == {"options": [1, 3]}
    assert stored[3] == {"order": [1, 2, 3]}
    assert stored[4] == {"pairs": [[1, 2], [2, 1]]}
    assert stored[7] == {"gaps": {"1": "100", "2": "H2O", "3": 2}}
    assert stored[8] == {"text": ESSAY}
    right = "SELECT array_agg(position ORDER BY position) FROM exams_response WHERE attempt_id = %s AND is_correct"
    assert city.value(right, attempt) == [1, 2, 3, 4, 5, 6, 7, 9]
    assert student.complaints == []


def test_every_kind_by_keyboard_alone(person: Callable[..., Visitor], city: City) -> None:
    page = begin(person("Keys", viewport=DESKTOP))
    attempt, press = attempt_of(page), page.keyboard.press
    focused = page.locator(":focus")
    press("2")
    press("Enter")
    expect_answered(page, 1)
    press("1")
    press("3")
    press("2")
    press("2")
    press("Enter")
    expect_answered(page, 2)
    order = ["원자", "세포", "기관"]

    def up(at: int) -> None:
        page.locator(".order-row").nth(at).locator("[data-step='-1']").focus()
        press("ArrowUp")
        expect(focused).to_have_attribute("data-step", "-1")

    press("Tab")
    expect(focused).to_have_class(re.compile("order-step"))
    sort_by(page, order, up)
    press("Tab")
    page.locator("#exam-confirm").focus()
    press("Enter")
    expect_answered(page, 3)
    for index, letter in enumerate(("서울", "도쿄")):
        page.locator(".match-entry select").nth(index).focus()
        entry = page.locator(".match-entry select").nth(index).locator("option", has_text=letter).inner_text()
        page.keyboard.type(entry[0])
        expect(page.locator(".match-entry select").nth(index)).not_to_have_value("")
    page.locator("#exam-confirm").focus()
    press("Enter")
    expect_asked(page)
    press("Enter")
    expect_answered(page, 4)
    press("Tab")
    page.keyboard.type("3.14")
    press("Enter")
    expect_answered(page, 5)
    press("Tab")
    page.keyboard.type("서울")
    press("Enter")
    expect_answered(page, 6)
    press("Tab")
    page.keyboard.type("100")
    press("Enter")
    expect(focused).to_have_attribute("aria-label", re.compile("2"))
    page.keyboard.type("H2O")
    press("Enter")
    expect(focused).to_have_attribute("aria-label", re.compile("3"))
    press("ArrowDown")
    press("ArrowDown")
    press("Enter")
    expect_answered(page, 7)
    press("Tab")
    expect(focused).to_have_id("exam-passage-text")
    press("Tab")
    page.keyboard.type("첫 줄")
    press("Enter")
    page.keyboard.type("둘째 줄 1 2 3")
    press("Control+Enter")
    expect_answered(page, 8)
    stored = given(city, attempt)
    assert stored[2] == {"options": [1, 3]}
    assert stored[3] == {"order": [1, 2, 3]}
    assert stored[4] == {"pairs": [[1, 2], [2, 1]]}
    assert stored[7] == {"gaps": {"1": "100", "2": "H2O", "3": 2}}
    assert stored[8] == {"text": "첫 줄\n둘째 줄 1 2 3"}


def test_a_row_is_dragged_by_a_finger_on_its_handle(person: Callable[..., Visitor], city: City) -> None:
    page = begin(person("Touch", has_touch=True, is_mobile=True))
    skip_to(page, 3)
    before = words_of(page)
    x, y = middle(page, ".order-handle", 2)
    _x, top = middle(page, ".order-handle", 0)
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, at: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": at}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(40)

    touch("touchStart", y)
    for step in range(1, 9):
        touch("touchMove", y + (top - 10 - y) * step / 8)
    touch("touchEnd", top)
    expect(page.locator(".order-row .words")).to_have_text([before[2], before[0], before[1]])
    expect(page.locator("#exam-announce")).to_contain_text(before[2])
    assert page.evaluate("scrollY") == 0, "the page does not scroll under the finger"
    # On a phone the number pad has no minus.
    skip_on = page.locator("#exam-confirm")
    skip_on.tap()
    expect_answered(page, 3)
    page.locator(".match-entry select").first.select_option(index=1)
    skip_on.tap()
    expect_asked(page)
    skip_on.tap()
    expect_answered(page, 4)
    page.fill(".written-line", "3")
    page.locator(".written-key").first.tap()
    expect(page.locator(".written-line")).to_have_value("-3")


DRAFTS: dict[str, Callable[[Page], None]] = {
    "multiple": lambda page: page.locator(".exam-option").nth(2).click(),
    "ordering": lambda page: page.locator(".order-row").nth(2).locator("[data-step='-1']").click(),
    "matching": lambda page: page.locator(".match-entry select").nth(1).select_option(index=2),
    "numeric": lambda page: page.fill(".written-line", "3.1"),
    "text": lambda page: page.fill(".written-line", "서"),
    "cloze": lambda page: page.locator("select.gap-field").select_option(index=2),
    "essay": lambda page: page.fill(".essay-text", ESSAY),
}
SHOWN = """() => [...document.querySelectorAll(".exam-question :is(input, select, textarea), .order-row")].map((e) =>
  e.matches("[type=checkbox], [type=radio]") ? e.checked : (e.value ?? e.textContent) || e.textContent)"""


def test_a_draft_of_every_kind_outlives_reload_and_crash(person: Callable[..., Visitor], city: City) -> None:
    student = person("Reload", viewport=DESKTOP)
    page = begin(student)
    attempt = attempt_of(page)
    for position, name in enumerate(KINDS[:8], start=1):
        kind = name.split()[0]
        if kind in DRAFTS:
            expect(page.locator(f".answer-{kind}")).to_have_count(1)
            DRAFTS[kind](page)
            shown = page.evaluate(SHOWN)
            page.reload()
            expect(page.locator(f".answer-{kind}")).to_have_count(1)
            assert page.evaluate(SHOWN) == shown, f"{kind} after a reload"
            # A crash says no goodbye: the tab is gone, another one is opened.
            fresh = student.context.new_page()
            page.close(run_before_unload=False)
            page = fresh
            page.goto(city.url(f"/attempts/{attempt}"))
            expect(page.locator(f".answer-{kind}")).to_have_count(1)
            assert page.evaluate(SHOWN) == shown, f"{kind} in a new tab"
        else:
            page.locator(".exam-option").first.click()
        hand_in(page, kind, position)
    assert given(city, attempt)[8] == {"text": ESSAY}
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('exam-draft'))") == []


def test_enter_belongs_to_the_input_method_while_a_syllable_is_composed(
    person: Callable[..., Visitor], city: City
) -> None:
    page = begin(person("Hangul"))
    attempt = attempt_of(page)
    skip_to(page, 6)
    page.click(".written-line")
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.insertText", {"text": "서"})
    keyboard.send("Input.imeSetComposition", {"text": "우", "selectionStart": 1, "selectionEnd": 1})
    enter = {"key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
    keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keyboard.send("Input.imeSetComposition", {"text": "울", "selectionStart": 1, "selectionEnd": 1})
    keyboard.send("Input.insertText", {"text": "울"})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    # Safari ends the syllable first, and then says 229 of an Enter that is no longer part of it.
    late = '{ key: "Enter", keyCode: 229, bubbles: true, cancelable: true }'
    page.locator(".written-line").evaluate(f"(field) => field.dispatchEvent(new KeyboardEvent('keydown', {late}))")
    page.wait_for_timeout(500)
    expect(page.locator(".written-line")).to_have_value("서울")
    assert answers(city, attempt) == 5, "the Enter that ends a syllable confirms nothing"
    page.keyboard.press("Enter")
    expect_answered(page, 6)
    assert given(city, attempt)[6] == {"text": "서울"}


def test_what_no_number_is_stays_on_the_screen(person: Callable[..., Visitor], city: City) -> None:
    page = begin(person("Axe", viewport=DESKTOP))
    skip_to(page, 5)
    field = page.locator(".written-line")
    field.fill("about 3")
    field.blur()
    expect(field).to_have_attribute("aria-invalid", "true")
    page.click("#exam-confirm")
    expect(page.locator("#exam-state")).to_have_attribute("data-kind", "refused")
    expect(field).to_have_value("about 3")
    field.fill("3")
    confirm(page, 5)


def test_pause_large_print_and_text_size(person: Callable[..., Visitor], city: City) -> None:
    student = person("Rest")
    page = begin(student)
    attempt = attempt_of(page)
    size = "parseFloat(getComputedStyle(document.querySelector('#exam-stem')).fontSize)"
    large = page.evaluate(size)
    assert large >= 26, "large print was granted"
    page.locator(".exam-option").nth(1).click()
    page.click("#exam-pause")
    expect(page.locator("#exam-paused")).to_be_visible()
    expect(page.locator("#exam-form")).to_be_hidden()
    assert faults(page, student) == []
    clock = page.locator("#exam-time").inner_text()
    page.wait_for_timeout(2500)
    assert page.locator("#exam-time").inner_text() == clock, "the clock stands still"
    page.reload()
    expect(page.locator("#exam-paused")).to_be_visible()
    assert city.value("SELECT paused_at IS NOT NULL FROM exams_attempt WHERE id = %s", attempt)
    page.click("#exam-resume")
    expect(page.locator("#exam-paused")).to_be_hidden()
    expect(page.locator(".exam-option input").nth(1)).to_be_checked()
    page.click("[data-bs-toggle=dropdown]")
    page.locator("input[name=text-size][value='0']").check(force=True)
    assert page.evaluate(size) < large
    page.reload()
    assert page.evaluate(size) < large, "the choice is kept"
    confirm(page, 1)


def test_finishing_hands_in_what_is_on_the_screen(person: Callable[..., Visitor], city: City) -> None:
    page = begin(person("Handin"))
    attempt = attempt_of(page)
    page.locator(".exam-option").nth(1).click()
    page.click("#exam-finish")
    expect(page.locator("#exam-dialog-open")).to_be_visible()
    page.click("#exam-dialog button[value=finish]")
    page.wait_for_url("**/result")
    assert given(city, attempt) == {1: 2}


def test_time_up_hands_in_the_essay_that_is_being_written(person: Callable[..., Visitor], city: City) -> None:
    page = begin(person("Lastcall"))
    attempt = attempt_of(page)
    skip_to(page, 8)
    page.fill(".essay-text", ESSAY)
    city.value("UPDATE exams_attempt SET deadline_at = now() + interval '8 seconds' WHERE id = %s RETURNING 1", attempt)
    page.reload()
    page.wait_for_url("**/result")
    assert given(city, attempt)[8] == {"text": ESSAY}
    assert city.value("SELECT finish_reason FROM exams_attempt WHERE id = %s", attempt) == "time"


@pytest.mark.parametrize(
    "look",
    [{}, {"viewport": DESKTOP, "color_scheme": "dark"}, {"has_touch": True, "color_scheme": "dark", "locale": "en-US"}],
)
def test_no_kind_has_a_barrier_or_is_wider_than_the_screen(
    person: Callable[..., Visitor], city: City, look: dict[str, Any]
) -> None:
    student = person("Otto", **look)
    page = begin(student)
    wrong = {}
    for position, name in enumerate(KINDS, start=1):
        wrong[name] = faults(page, student)
        if position < len(KINDS):
            skip(page, position)
    page.click("#exam-finish")
    page.click("#exam-dialog button[value=finish]")
    page.wait_for_url("**/result")
    clean(wrong)


# --- Afterwards ------------------------------------------------------------------------------------------------------


def test_review_of_every_kind_and_the_grade_of_an_essay(person: Callable[..., Visitor], city: City) -> None:
    student = person("Otto")
    result = city.url(f"/attempts/{city.data['answered']}/result")
    student.page.goto(result)
    items = student.page.locator(".review-item")
    expect(items).to_have_count(len(KINDS))
    student.page.evaluate("document.querySelectorAll('.review-item').forEach((item) => (item.open = true))")
    expect(items.nth(1).locator(".answer")).to_have_count(4)
    expect(items.nth(2)).to_contain_text("2")
    expect(items.nth(6).locator(".answer-gap")).to_have_count(3)
    expect(items.nth(7).locator(".chip-warn")).to_be_visible()
    assert faults(student.page, student) == []

    teacher = person("Oscar", viewport=DESKTOP)
    page = teacher.page
    essay = city.value("SELECT id FROM exams_response WHERE attempt_id = %s AND position = 8", city.data["answered"])
    count = page.locator("nav .nav-count")
    waiting = int(count.inner_text())
    page.click("nav a[href='/grading']")
    page.wait_for_url("**/grading")
    assert faults(page, teacher) == []
    page.click(f"a[href='/grading/{essay}']")
    expect(page.locator(".essay-answer")).to_contain_text("이산화탄소")
    assert faults(page, teacher) == []
    page.locator(".scale").nth(0).locator("label").nth(2).click()
    page.locator(".scale").nth(1).locator("input").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#grading-sum")).to_contain_text("3 /")
    page.fill("textarea[name=comment]", "근거가 분명합니다.")
    page.click(".grading-form button[type=submit]")
    page.wait_for_url(lambda url: not url.endswith(f"/{essay}"))
    left = page.locator("nav .nav-count")
    assert (int(left.inner_text()) if left.count() else 0) == waiting - 1

    student.page.goto(result)
    graded = items.nth(7)
    graded.locator("summary").first.click()
    expect(graded.locator(".chip-good")).to_be_visible()
    expect(graded).to_contain_text("근거가 분명합니다.")
    expect(graded.locator(".rubric")).to_contain_text("2")
    assert faults(student.page, student) == []
