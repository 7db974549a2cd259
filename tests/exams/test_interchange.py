"""From an uploaded file to the bank: previewed first, then all that was chosen, or nothing."""

from dataclasses import replace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import TestCase
from django.utils import translation

from accounts.models import User
from audit.models import AuditEntry
from exams.interchange.package import Package, ReadItem
from exams.interchange.table import write
from exams.models import ContentArea, Exam, ImportBatch, Item, ItemVersion
from exams.problems import CodeTaken, FileTooLarge, ImportNotReady, InvalidImport, InvalidItem
from exams.selectors.bank import draft_of
from exams.selectors.interchange import get_import
from exams.services import bank, interchange
from exams.services.interchange import Choices, import_batch, preview
from exams.tasks import work_off_imports
from tests.exams.drafts import areas, item_draft, picture, with_text
from tests.threads import together
from zones.problems import NotFound, PermissionRefused

GIFT = """$CATEGORY: top/Sums

// [id:one]
::one:: 1 + 1 = ? {=2 ~3#no}

// [id:two]
::two:: Say two {=two =zw*}

// [id:three]
::three:: It is {1:calculated}
"""


@pytest.fixture(autouse=True)
def _in_english(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    with translation.override("en"):
        yield


@pytest.fixture
def area(in_univ, cast) -> ContentArea:
    return areas(cast.zoe)["sums"]


def upload(person: User, text: str | bytes = GIFT, name: str = "quiz.txt", **given) -> ImportBatch:
    content = text.encode() if isinstance(text, str) else text
    values = {"language": "en", "organization": person.organization, **given}
    with TestCase.captureOnCommitCallbacks(execute=True):
        return preview(person=person, file=ContentFile(content), file_name=name, **values)


def table_of(*items: ReadItem) -> bytes:
    return write(Package("csv", items), language="en").content


def test_a_preview_shows_what_would_come_and_what_would_be_lost(area, cast):
    batch = upload(cast.alice)
    assert (batch.status, batch.format, batch.items_found, batch.items_ready) == ("previewed", "gift", 3, 2)
    one, two, three = batch.items.all()
    assert (one.code, one.area, one.kind, one.problems) == ("one", area, "single", [])
    assert "Feedback on 1 single answer" in one.losses[0]["words"]
    assert "zw*" in two.losses[0]["words"]
    assert three.draft is None
    assert three.losses[0]["where"] == "line 10"
    assert Item.objects.count() == 0
    assert default_storage.listdir("imports") == ([], [])


def test_an_import_writes_the_items_their_log_and_what_became_of_each(area, cast):
    batch = import_batch(person=cast.alice, batch=upload(cast.alice), choices=Choices(status="active"))
    assert (batch.status, batch.items_made, batch.items_updated) == ("imported", 2, 0)
    item = Item.objects.get(code="one")
    assert (item.organization, item.area, item.status, item.created_by) == (cast.hana, area, "active", cast.alice)
    assert draft_of(item.current).texts["en"].options == ("2", "3")
    assert [row.outcome for row in batch.items.all()] == ["created", "created", "skipped"]
    assert AuditEntry.objects.filter(resource_type="item", action="create").count() == 2
    assert AuditEntry.objects.get(resource_type="import", action="update").details["made"] == 2


def test_a_second_click_changes_nothing(area, cast):
    batch = upload(cast.alice)
    import_batch(person=cast.alice, batch=batch, choices=Choices())
    again = import_batch(person=cast.alice, batch=batch, choices=Choices(existing="create"))
    assert again.items_made == 2
    assert Item.objects.count() == 2


def test_one_item_that_fails_in_the_middle_leaves_nothing_behind(area, cast, monkeypatch):
    batch = upload(cast.alice)
    real = interchange.bank.create_items

    def failing(**given):
        real(**given)
        raise CodeTaken()

    monkeypatch.setattr(interchange.bank, "create_items", failing)
    with pytest.raises(CodeTaken):
        import_batch(person=cast.alice, batch=batch, choices=Choices())
    assert Item.objects.count() == ItemVersion.objects.count() == 0
    batch.refresh_from_db()
    assert batch.status == "previewed"
    monkeypatch.undo()
    assert import_batch(person=cast.alice, batch=batch, choices=Choices()).items_made == 2


def test_an_update_that_fails_takes_the_new_items_back(area, cast):
    """The bank itself refuses one of them; no part of ours is put aside."""
    bank.create_item(person=cast.alice, code="old", area=area, organization=cast.hana, draft=item_draft())
    batch = upload(cast.alice, table_of(ReadItem("new", item_draft(2), area="sums"), ReadItem("old", item_draft(3))))
    row = batch.items.get(code="old")
    row.draft = {**row.draft, "key": 9}
    row.save()
    with pytest.raises(InvalidItem):
        import_batch(person=cast.alice, batch=batch, choices=Choices())
    assert list(Item.objects.values_list("code", flat=True)) == ["old"]
    assert Item.objects.get(code="old").current.number == 1


def test_what_the_bank_has_becomes_a_new_version_or_stays_or_gets_a_code_of_its_own(area, cast):
    made = bank.create_item(person=cast.alice, code="q", area=area, organization=cast.hana, draft=item_draft())
    file = table_of(ReadItem("q", item_draft(5)))
    skipped = import_batch(person=cast.alice, batch=upload(cast.alice, file), choices=Choices(existing="skip"))
    assert (skipped.items_made, skipped.items_updated) == (0, 0)
    updated = import_batch(person=cast.alice, batch=upload(cast.alice, file), choices=Choices())
    assert (updated.items_made, updated.items_updated) == (0, 1)
    made.refresh_from_db()
    assert (made.current.number, draft_of(made.current)) == (2, item_draft(5))
    same = import_batch(person=cast.alice, batch=upload(cast.alice, file), choices=Choices())
    assert same.items.get().outcome == "same"
    new = upload(cast.alice, file, area=area)
    import_batch(person=cast.alice, batch=new, choices=Choices(actions={1: "create"}))
    assert new.items.get().item.code == "q-2"


def test_a_file_in_one_language_keeps_the_others_and_the_parameters(area, cast):
    draft = item_draft(a=1.7, source="calibrated")
    made = bank.create_item(person=cast.alice, code="one", area=area, organization=cast.hana, draft=draft)
    batch = upload(cast.alice, "// [id:one]\n::one:: What now? {=2 ~1 ~3}")
    import_batch(person=cast.alice, batch=batch, choices=Choices())
    made.refresh_from_db()
    now = draft_of(made.current)
    assert now.texts["ko"] == draft.texts["ko"]
    assert (now.texts["en"].stem, now.key) == ("What now?", 1)
    assert (now.a, now.source) == (1.7, "calibrated")


def test_a_code_of_another_organization_is_neither_told_nor_touched(area, cast):
    theirs = bank.create_item(person=cast.oscar, code="one", area=area, organization=cast.duri, draft=item_draft())
    batch = upload(cast.alice)
    assert batch.items.get(position=1).existing is None
    import_batch(person=cast.alice, batch=batch, choices=Choices())
    assert batch.items.get(position=1).item.code == "one-2"
    theirs.refresh_from_db()
    assert theirs.current.number == 1


def test_a_title_is_no_identity(area, cast):
    """Many files have a "Question 1"; none of them may become a version of another's. The same question is the same."""
    first = import_batch(
        person=cast.alice, batch=upload(cast.alice, "::Q1:: 1 + 1 {=2 ~3}", area=area), choices=Choices()
    )
    other = import_batch(
        person=cast.alice, batch=upload(cast.alice, "::Q1:: 2 + 2 {=4 ~3}", area=area), choices=Choices()
    )
    again = import_batch(
        person=cast.alice, batch=upload(cast.alice, "::Q1:: 1 + 1 {=2 ~3}", area=area), choices=Choices()
    )
    assert (first.items_made, other.items_made, again.items_made) == (1, 1, 0)
    assert again.items.get().outcome == "same"
    assert {item.current.number for item in Item.objects.select_related("current")} == {1}


def test_imports_are_confined_to_their_organization(area, cast):
    batch = upload(cast.alice)
    assert get_import(cast.anna, batch.pk) == batch
    assert get_import(cast.zoe, batch.pk) == batch
    with pytest.raises(NotFound):
        get_import(cast.oscar, batch.pk)
    with pytest.raises(NotFound):
        import_batch(person=cast.oscar, batch=batch, choices=Choices())
    with pytest.raises(PermissionRefused):
        get_import(cast.bob, batch.pk)
    with pytest.raises(PermissionRefused):
        upload(cast.bob)
    with pytest.raises(PermissionRefused):
        upload(cast.alice, organization=None)


def test_a_question_without_an_area_is_asked_for_one(in_univ, cast):
    batch = upload(cast.alice)
    with pytest.raises(InvalidImport, match="2 questions have no content area"):
        import_batch(person=cast.alice, batch=batch, choices=Choices())
    with pytest.raises(PermissionRefused):
        import_batch(person=cast.alice, batch=batch, choices=Choices(make_areas=True))
    assert ContentArea.objects.count() == 0
    zone = upload(cast.zoe, organization=None)
    import_batch(person=cast.zoe, batch=zone, choices=Choices(make_areas=True))
    assert ContentArea.objects.get().name == "Sums"


def test_what_cannot_be_read_is_refused_in_words_and_cannot_be_imported(in_univ, cast):
    batch = upload(cast.alice, b"\x00\x01\x02" * 50)
    assert batch.status == "failed"
    assert "binary" in batch.problem
    with pytest.raises(ImportNotReady, match="binary"):
        import_batch(person=cast.alice, batch=batch, choices=Choices())


def test_a_file_that_is_too_large_is_refused_before_it_is_kept(in_univ, cast, settings):
    settings.LARGEST_IMPORT = 10
    with pytest.raises(FileTooLarge):
        upload(cast.alice)
    assert ImportBatch.objects.count() == 0


def test_large_files_are_read_and_imported_by_the_worker(area, cast, monkeypatch):
    monkeypatch.setattr(interchange, "READ_AT_ONCE", 10)
    monkeypatch.setattr(interchange, "IMPORT_AT_ONCE", 1)
    batch = upload(cast.alice)
    assert batch.status == "uploaded"
    with pytest.raises(ImportNotReady):
        import_batch(person=cast.alice, batch=batch, choices=Choices())
    batch = interchange.read_batch(batch.pk)
    batch = import_batch(person=cast.anna, batch=batch, choices=Choices(status="field_test"))
    assert (batch.status, Item.objects.count()) == ("importing", 0)
    assert interchange.finish_importing(batch.pk).items_made == 2
    assert interchange.finish_importing(batch.pk).items_made == 2
    item = Item.objects.get(code="one")
    assert (item.created_by, item.status) == (cast.anna, "field_test")
    entry = AuditEntry.objects.filter(resource_type="item").first()
    assert entry.user_id == cast.anna.pk


def test_a_worker_that_is_refused_says_why_and_the_file_can_be_confirmed_anew(in_univ, cast, monkeypatch):
    monkeypatch.setattr(interchange, "IMPORT_AT_ONCE", 0)
    batch = import_batch(person=cast.alice, batch=upload(cast.alice), choices=Choices())
    batch = interchange.finish_importing(batch.pk)
    assert batch.status == "previewed"
    assert "no content area" in batch.problem


def test_pictures_wait_in_the_preview_and_are_kept_by_the_item(area, cast):
    draft = with_text(replace(item_draft(), assets={"p.png": picture()}), stem="![x](asset:p.png)")
    made = bank.create_item(person=cast.alice, code="q", area=area, organization=cast.hana, draft=draft)
    written = interchange.export_items(person=cast.alice, items=Item.objects.all(), format="moodle", language="en")
    batch = upload(cast.alice, written.content, "x.xml")
    assert bytes(batch.items.get().pictures.get().content) == picture()
    assert batch.items.get().problems == []
    import_batch(person=cast.alice, batch=batch, choices=Choices())
    assert batch.items.get().outcome == "same"
    assert made.versions.count() == 1


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_export_and_import_again_changes_nothing(form, area, cast):
    for number in range(3):
        bank.create_item(
            person=cast.alice, code=f"q-{number}", area=area, organization=cast.hana, draft=item_draft(number)
        )
    written = interchange.export_items(person=cast.alice, items=Item.objects.all(), format=form, language="ko")
    batch = upload(cast.alice, written.content, f"x{written.suffix}")
    import_batch(person=cast.alice, batch=batch, choices=Choices())
    assert {row.outcome for row in batch.items.all()} == {"same"}
    assert AuditEntry.objects.filter(resource_type="export").get().details["items"] == 3


def test_exports_hold_what_one_may_read_and_nothing_else(area, cast):
    bank.create_item(person=cast.oscar, code="theirs", area=area, organization=cast.duri, draft=item_draft())
    bank.create_item(person=cast.alice, code="ours", area=area, organization=cast.hana, draft=item_draft())
    written = interchange.export_items(person=cast.alice, items=Item.objects.all(), format="csv", language="ko")
    assert b"ours" in written.content
    assert b"theirs" not in written.content
    with pytest.raises(PermissionRefused):
        interchange.export_items(person=cast.bob, items=Item.objects.all(), format="csv", language="ko")
    assert Exam.objects.count() == 0


def test_two_confirmations_at_once_make_one_import(committed, in_univ, cast):
    areas(cast.zoe)
    batch = upload(cast.alice)
    results = together(
        in_univ,
        *[lambda: import_batch(person=cast.alice, batch=ImportBatch.objects.get(pk=batch.pk), choices=Choices())] * 4,
    )
    assert {result.status for result in results} == {"imported"}
    assert Item.objects.count() == 2


# --- Files that break our readers, and what comes after them --------------------------------------------------------


def test_a_file_that_breaks_a_reader_is_refused_in_words_and_holds_nobody_up(area, cast, monkeypatch):
    monkeypatch.setattr(interchange, "READ_AT_ONCE", 0)
    broken, sound = upload(cast.alice), upload(cast.alice)
    real = interchange.read

    def break_once(*args, **kwargs):
        monkeypatch.setattr(interchange, "read", real)
        raise RecursionError("deep")

    monkeypatch.setattr(interchange, "read", break_once)
    assert work_off_imports() == 2
    for batch in (broken, sound):
        batch.refresh_from_db()
    assert (broken.status, sound.status) == ("failed", "previewed")
    assert broken.problem == "Something broke on our side; the log of the worker says what."
    assert work_off_imports() == 0


def test_an_import_that_breaks_in_the_worker_can_be_confirmed_again(area, cast, monkeypatch):
    monkeypatch.setattr(interchange, "IMPORT_AT_ONCE", 0)
    batch = upload(cast.alice)
    import_batch(person=cast.alice, batch=batch, choices=Choices())
    with monkeypatch.context() as patch:
        patch.setattr(bank, "create_items", lambda **_kwargs: 1 / 0)
        assert work_off_imports() == 1
    batch.refresh_from_db()
    assert (batch.status, Item.objects.count()) == ("previewed", 0)
    assert batch.problem.startswith("Something broke")
    import_batch(person=cast.alice, batch=batch, choices=Choices())
    assert work_off_imports() == 1
    batch.refresh_from_db()
    assert (batch.status, Item.objects.count()) == ("imported", 2)
