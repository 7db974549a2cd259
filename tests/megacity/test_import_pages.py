"""The console's pages of imports and exports: upload, preview, import, report; what others may not see."""

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from exams.models import ImportBatch, Item
from exams.services import bank
from exams.services.interchange import preview
from tests.exams.drafts import areas, item_draft
from tests.sample_exam import make_exam

GIFT = (
    "// [id:one]\n::one:: **1** + 1 = ? {=2 ~3#no}\n\n::two:: <script>alert(1)</script>? {=a ~b}\n\n"
    "// [id:three]\n::three:: {1:x}\n"
)
LIST = "/exams/importbatch/"


@pytest.fixture
def anna(in_univ, cast, client_for, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    areas(cast.zoe)
    return client_for(cast.anna, surface="admin")


def upload(browser, cast, text=GIFT, **given):
    data = {"file": ContentFile(text.encode(), name="quiz.txt"), "format": "auto", "language": "en", **given}
    return browser.post(f"{LIST}add/", {"organization": str(cast.hana.pk), **data})


def area(cast) -> str:
    return str(areas(cast.zoe)["sums"].pk)


def test_upload_preview_import_and_report(anna, cast):
    assert b"QTI 3.0" in anna.get(f"{LIST}add/").content
    response = upload(anna, cast, area=area(cast))
    batch = ImportBatch.objects.get()
    page = f"{LIST}{batch.pk}/change/"
    assert response["Location"] == page
    shown = anna.get(page).content.decode()
    assert "<script>alert" not in shown
    assert shown.count("import-row") == 3
    assert 'class="is-key"' in shown
    assert len(anna.get(f"{page}?only=problems").context["rows"]) == 1
    confirm = {"existing": "update", "status": "active", "leave_out": ["2", "9" * 5000, "²", "x"]}
    assert anna.post(f"{LIST}{batch.pk}/confirm/", confirm)["Location"] == page
    anna.post(f"{LIST}{batch.pk}/confirm/", confirm)
    assert list(Item.objects.values_list("code", "status", "organization")) == [("one", "active", cast.hana.pk)]
    report = anna.get(page)
    assert report.context["confirm"] is None
    assert f"/exams/item/{Item.objects.get().pk}/change/" in report.content.decode()
    assert anna.get(LIST).status_code == 200


def test_what_is_refused_is_said_on_the_page(anna, cast, settings):
    response = upload(anna, cast, text="그냥 글")
    assert "이" in anna.get(response["Location"]).content.decode()
    assert ImportBatch.objects.get().status == "failed"
    upload(anna, cast)
    batch = ImportBatch.objects.get(status="previewed")
    answer = anna.post(f"{LIST}{batch.pk}/confirm/", {"existing": "update", "status": "draft"}, follow=True)
    assert answer.status_code == 200
    assert [str(message) for message in answer.context["messages"]]
    assert Item.objects.count() == 0
    settings.LARGEST_IMPORT, settings.UPLOAD_ENVELOPE = 100, 0
    assert upload(anna, cast).status_code == 200
    assert ImportBatch.objects.count() == 2
    assert anna.post(f"{LIST}{batch.pk}/confirm/", {"existing": "nonsense"}).status_code == 302


def test_another_organizations_import_is_not_there(anna, cast):
    batch = preview(
        person=cast.oscar, file=ContentFile(GIFT.encode()), file_name="q", language="en", organization=cast.duri
    )
    assert anna.get(f"{LIST}{batch.pk}/change/").status_code == 404
    assert anna.post(f"{LIST}{batch.pk}/confirm/", {"existing": "update", "status": "draft"}).status_code == 404
    assert AuditEntry.objects.filter(action="permission_denied").count() == 2
    # A hidden field that was tampered with is no way to another organization either.
    assert upload(anna, cast, organization=str(cast.duri.pk)).status_code == 200
    assert ImportBatch.objects.count() == 1
    assert list(anna.get(LIST).context["cl"].result_list) == []


def test_a_page_of_twenty_questions_costs_a_bounded_number_of_queries(anna, cast):
    upload(anna, cast, text="".join(f"::q{n}:: {n} + 1 {{={n + 1} ~0}}\n\n" for n in range(30)), area=area(cast))
    page = f"{LIST}{ImportBatch.objects.get().pk}/change/"
    anna.get(page)
    with CaptureQueriesContext(connection) as queries:
        response = anna.get(page)
    assert len(response.context["rows"]) == 20
    assert len(queries) <= 14


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_templates_can_be_read_again(anna, form):
    response = anna.get(f"{LIST}template.{form}")
    assert response.status_code == 200
    from exams.interchange.formats import read
    from exams.item_problems import item_problems

    package = read(response.content, name="x", language="ko")
    assert len(package.items) == 8
    assert [item_problems(item.draft) for item in package.items] == [[]] * 8
    assert anna.get(f"{LIST}template.docx").status_code == 404


def test_chosen_items_are_exported_with_a_report(anna, cast):
    places = areas(cast.zoe)
    ours = bank.create_item(
        person=cast.anna, code="ours", area=places["sums"], organization=cast.hana, draft=item_draft()
    )
    theirs = bank.create_item(
        person=cast.oscar, code="theirs", area=places["sums"], organization=cast.duri, draft=item_draft()
    )
    page = anna.post("/exams/item/", {"action": "export", "_selected_action": [str(ours.pk)]})
    assert page.context["ids"] == [ours.pk]
    chosen = {"item": [str(ours.pk), str(theirs.pk), "x"], "format": "gift", "language": "en"}
    report = anna.post("/exams/item/export/", {**chosen, "_report": "1"})
    assert [code for code, _words in report.context["report"]] == ["ours"]
    file = anna.post("/exams/item/export/", {**chosen, "_download": "1"})
    assert b"::ours::" in file.content
    assert b"theirs" not in file.content
    assert anna.get("/exams/item/export/").status_code == 405


def test_an_exam_is_exported_by_those_who_see_it(anna, cast, client_for):
    exam = make_exam("hana", organization=cast.hana, visibility="organization")
    address = f"/exams/exam/{exam.pk}/export/"
    assert anna.get(address).status_code == 200
    file = anna.post(address, {"format": "qti", "language": "ko", "_download": "1"})
    assert file["Content-Type"] == "application/zip"
    assert "hana" in file["Content-Disposition"]
    exam = make_exam("duri", organization=cast.duri, visibility="organization")
    assert anna.get(f"/exams/exam/{exam.pk}/export/").status_code == 404
