"""The item bank and exams in the console."""

import re
from typing import Any

from audit.models import Action
from exams.exam_drafts import ConstraintDraft, ModuleDraft
from exams.models import Exam, Item, ItemVersion, ScoreScale
from exams.services.authoring import draft_of
from tests.consoles import written


def fields_of(response) -> dict[str, str]:
    """The values of the item form as a browser would send them back."""
    form = response.context["adminform"].form
    return {name: "" if (value := form[name].value()) is None else value for name in form.fields}


def test_saving_an_item_makes_a_new_version_and_leaves_the_old_one(console, cast, exam):
    browser, item = console(cast.zoe), Item.objects.get(code="sample-1")
    page = f"/exams/item/{item.pk}/change/"
    before = item.current
    said = fields_of(browser.get(page))
    assert browser.post(page, said).status_code == 302
    item.refresh_from_db()
    assert item.current_id == before.pk, "an unchanged form must not make a version"
    said |= {"difficulty": "1.25", "parameter_source": "calibrated", "stem_ko": "$2^3$은 얼마인가?"}
    assert browser.post(page, said).status_code == 302
    item.refresh_from_db()
    assert (item.current.number, item.current.difficulty) == (2, 1.25)
    assert item.current.parameter_source == ItemVersion.Source.CALIBRATED
    assert item.current.texts.get().stem == "$2^3$은 얼마인가?"
    assert ItemVersion.objects.get(pk=before.pk).difficulty == before.difficulty
    (entry,) = written("item")
    assert entry.details == {"code": "sample-1", "version": 2}
    assert browser.get(f"/exams/item/{item.pk}/versions/1/").status_code == 200


def test_an_item_that_cannot_be_shown_is_refused_in_words(console, cast, exam):
    browser, item = console(cast.zoe), Item.objects.get(code="sample-1")
    page = f"/exams/item/{item.pk}/change/"
    answer = browser.post(page, fields_of(browser.get(page)) | {"key": "6"})
    assert answer.status_code == 200
    assert any("6" in error for error in answer.context["adminform"].form.non_field_errors())
    item.refresh_from_db()
    assert item.versions.count() == 1


def test_the_preview_shows_what_is_being_written(console, cast, exam):
    browser, item = console(cast.zoe), Item.objects.get(code="sample-1")
    said = fields_of(browser.get(f"/exams/item/{item.pk}/change/"))
    said |= {"item": str(item.pk), "stem_ko": "$\\frac{1}{2}$ <script>alert(1)</script>", "difficulty": "2"}
    html = browser.post("/exams/item/preview/", said).content.decode()
    assert "<mfrac>" in html
    assert "<script>alert" not in html
    assert 'id="icc-data"' in html
    assert re.search(r"b 2[.,]00", html)
    item.refresh_from_db()
    assert item.versions.count() == 1
    assert console(cast.anna).post("/exams/item/preview/", said).status_code == 403


def test_an_exam_is_published_only_when_it_can_be_given(console, cast, exam):
    browser = console(cast.zoe)
    Exam.objects.filter(pk=exam.pk).update(status=Exam.Status.DRAFT)
    area = exam.blueprint.first()
    exam.blueprint.exclude(pk=area.pk).delete()
    exam.blueprint.update(share=0.5)
    assert browser.get(f"/exams/exam/{exam.pk}/change/").context["problems"]
    browser.post("/exams/exam/", {"action": "publish", "_selected_action": [str(exam.pk)]})
    assert Exam.objects.get(pk=exam.pk).status == Exam.Status.DRAFT
    exam.blueprint.update(share=1.0)
    browser.post("/exams/exam/", {"action": "publish", "_selected_action": [str(exam.pk)]})
    assert Exam.objects.get(pk=exam.pk).status == Exam.Status.PUBLISHED
    browser.post("/exams/exam/", {"action": "archive", "_selected_action": [str(exam.pk)]})
    assert [entry.details["status"] for entry in written("exam")] == [["published", "archived"], ["draft", "published"]]


def rules(**changes: Any) -> dict[str, Any]:
    """What the form of an exam sends of everything that has a default."""
    tables = ("blueprint", "constraints", "modules", "form")
    counts = {f"{table}-{name}_FORMS": 0 for table in tables for name in ("TOTAL", "INITIAL")}
    return {
        "assembly": "areas",
        "criterion": "maximum_information",
        "exposure": "randomesque",
        "exposure_rate": "0.25",
        "estimator": "eap",
        "classification": "",
        "classification_error": "0.05",
        "indifference": "0.2",
        "field_test_items": 0,
        **counts,
        **changes,
    }


def test_an_exam_is_saved_with_its_blueprint(console, cast, exam):
    area = exam.blueprint.first().area
    form = rules() | {
        "code": "neu",
        "title": "새 시험",
        "title_en": "New exam",
        "kind": "adaptive",
        "visibility": "public",
        "languages": ["ko"],
        "min_items": 5,
        "max_items": 10,
        "randomesque": 5,
        "blueprint-TOTAL_FORMS": 1,
        "blueprint-INITIAL_FORMS": 0,
        "blueprint-0-area": area.pk,
        "blueprint-0-share": "1",
    }
    answer = console(cast.zoe).post("/exams/exam/add/", form)
    assert answer.status_code == 302, answer.context["errors"]
    made = Exam.objects.get(code="neu")
    assert (made.status, made.translations, made.languages) == ("draft", {"en": {"title": "New exam"}}, ["ko"])
    assert [(row.area_id, row.share) for row in made.blueprint.all()] == [(area.pk, 1.0)]
    assert [entry.resource_id for entry in written("exam", Action.CREATE)] == [str(made.pk)]


def test_modules_constraints_and_scales_are_saved_with_the_exam(console, cast, exam):
    scale = ScoreScale.objects.create(code="t", name="T", kind="standard")
    form = {"code": "neu", "title": "단계", "visibility": "public", "languages": ["ko"], "randomesque": 5}
    form |= rules(assembly="shadow", kind="multistage", min_items=4, max_items=4, cut_scores="-0.5, 1", subscales="on")
    form |= {"scales": [scale.pk], "modules-TOTAL_FORMS": 2, "constraints-TOTAL_FORMS": 1}
    for number, codes in enumerate(["sample-1\nsample-0", "sample-2, sample-3"]):
        form |= {f"modules-{number}-code": f"m{number}", f"modules-{number}-stage": number + 1}
        form |= {f"modules-{number}-theta_from": "", f"modules-{number}-item_codes": codes}
    form |= {"constraints-0-counted": "words", "constraints-0-tag": "algebra", "constraints-0-maximum": 400}
    answer = console(cast.zoe).post("/exams/exam/add/", form)
    assert answer.status_code == 302, answer.context["errors"]
    draft = draft_of(Exam.objects.get(code="neu"))
    assert draft.modules == (
        ModuleDraft("m0", 1, ("sample-1", "sample-0")),
        ModuleDraft("m1", 2, ("sample-2", "sample-3")),
    )
    assert draft.constraints == (ConstraintDraft("words", tag="algebra", maximum=400),)
    assert (draft.cut_scores, draft.scales, draft.subscales) == ((-0.5, 1.0), ("t",), True)
    page = console(cast.zoe).get(f"/exams/exam/{Exam.objects.get(code='neu').pk}/change/")
    assert "sample-1\nsample-0" in page.content.decode()


def test_scales_are_made_in_the_console_by_the_zones_staff_alone(console, cast, in_univ):
    form = {"code": "score", "name": "환산점수", "name_en": "Scaled score", "kind": "table", "mean": 50, "sd": 10}
    form |= {"norm_mean": 0, "norm_sd": 1, "decimals": 0, "points": "-2 100\n0 150\n2;200"}
    assert console(cast.anna).post("/exams/scorescale/add/", form).status_code == 403
    faulty = console(cast.zoe).post("/exams/scorescale/add/", {**form, "points": "one two"})
    assert faulty.status_code == 200
    assert console(cast.zoe).post("/exams/scorescale/add/", form).status_code == 302
    made = ScoreScale.objects.get()
    assert (made.points, made.translations) == ([[-2, 100], [0, 150], [2, 200]], {"en": {"name": "Scaled score"}})
    change = console(cast.zoe).post(f"/exams/scorescale/{made.pk}/change/", {**form, "points": "-2 100\n2 90"})
    assert change.status_code == 302
    made.refresh_from_db()
    assert made.points == [[-2, 100], [0, 150], [2, 200]]
    assert "150" in console(cast.anna).get("/exams/scorescale/").content.decode()
