from dataclasses import replace
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from audit.models import Action, AuditEntry
from exams.drafts import AreaDraft, NewItem
from exams.models import ContentArea, Item, ItemVersion
from exams.problems import CodeTaken, InvalidItem, ItemInUse, StatusNotAllowed
from exams.selectors.bank import current_versions, draft_of
from exams.services.authoring import create_exam, publish_exam
from exams.services.bank import create_item, create_items, new_version, save_areas, set_status
from tests.exams.drafts import areas, exam_draft, item_draft, picture, with_text
from tests.threads import together
from zones.problems import NotFound, PermissionRefused


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def area(in_univ, cast) -> ContentArea:
    return areas(cast.zoe)["sums"]


@pytest.fixture
def item(area, cast) -> Item:
    return create_item(person=cast.alice, code="sum-1", area=area, organization=cast.hana, draft=item_draft())


def test_a_new_item_is_a_draft_with_its_first_version_and_a_row_in_the_log(item, cast):
    version = item.current
    assert (item.status, item.organization, item.created_by) == ("draft", cast.hana, cast.alice)
    assert (version.number, version.key, version.parameter_source) == (1, 2, "assumed")
    assert draft_of(version) == item_draft()
    entry = AuditEntry.objects.get(resource_type="item")
    assert (entry.action, entry.resource_id, entry.organization_id) == (Action.CREATE, str(item.pk), cast.hana.pk)


FAULTS = {
    "the key": (replace(item_draft(), key=4), "3 options"),
    "key zero": (replace(item_draft(), key=0), "3 options"),
    "one option": (
        replace(item_draft(), texts={"en": replace(item_draft().texts["en"], options=("1",))}),
        "two options",
    ),
    "numbers of options": (with_text(item_draft(), options=("1", "2")), "same number"),
    "no text": (replace(item_draft(), texts={}), "no text"),
    "an empty stem": (with_text(item_draft(), stem=" "), "en, stem: is empty"),
    "an empty option": (with_text(item_draft(), options=("1", "", "3")), "en, option 2: is empty"),
    "an option twice": (with_text(item_draft(), options=("1", "2", " 2")), "'2' is there 2 times"),
    "discrimination": (replace(item_draft(), a=0.0), "0.05"),
    "difficulty": (replace(item_draft(), b=7.0), "6.0"),
    "guessing": (replace(item_draft(), c=0.9), "0.6"),
    "not a number": (replace(item_draft(), b=float("nan")), "nan"),
    "a formula": (with_text(item_draft(), stem=r"What is $\frac{1$?"), r"\frac{1"),
    "an unknown command": (with_text(item_draft(), explanation=r"$\nonsense{x}$"), r"\nonsense{x}"),
    "a missing picture": (with_text(item_draft(), stem="![a plot](asset:plot.png)"), "'plot.png', which is not there"),
    "an unused picture": (replace(item_draft(), assets={"plot.png": picture()}), "not shown"),
    "a broken picture": (
        replace(with_text(item_draft(), stem="![a plot](asset:plot.png)"), assets={"plot.png": b"<svg onload=x>"}),
        "no picture that can be read",
    ),
    "a path": (replace(item_draft(), assets={"../plot.png": picture()}), "no name for a picture"),
    "a language": (replace(item_draft(), texts={"English": item_draft().texts["en"]}), "no language code"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_nothing_is_saved(name, area, cast):
    draft, words = FAULTS[name]
    with pytest.raises(InvalidItem) as refused:
        create_item(person=cast.zoe, code="faulty", area=area, draft=draft)
    assert any(words in problem for problem in refused.value.extra["problems"]), refused.value.extra["problems"]
    assert not Item.objects.exists()
    assert not ItemVersion.objects.exists()


def test_all_faults_come_at_once(area, cast):
    draft = replace(with_text(item_draft(), stem=""), a=9.0, key=5)
    with pytest.raises(InvalidItem) as refused:
        create_item(person=cast.zoe, code="bad code!", area=area, draft=draft)
    assert len(refused.value.extra["problems"]) == 4


def test_a_code_is_taken_once_in_the_zone(item, area, cast):
    with pytest.raises(CodeTaken):
        create_item(person=cast.oscar, code="sum-1", area=area, organization=cast.duri, draft=item_draft())
    twice = [NewItem("sum-2", area.pk, item_draft(), "draft"), NewItem("sum-2", area.pk, item_draft(), "draft")]
    with pytest.raises(CodeTaken):
        create_items(person=cast.zoe, items=twice)
    assert Item.objects.count() == 1


def test_a_new_version_leaves_the_old_one_as_it_was(item, cast):
    first = item.current
    second = new_version(person=cast.alice, item=item, draft=replace(item_draft(), b=1.5))
    assert (second.number, second.difficulty) == (2, 1.5)
    assert Item.objects.get().current == item.current == second
    assert draft_of(ItemVersion.objects.get(pk=first.pk)) == item_draft()
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        ItemVersion.objects.filter(pk=first.pk).update(difficulty=0)


def test_saving_without_a_change_makes_no_version_and_no_row(item, cast):
    rows = AuditEntry.objects.count()
    assert new_version(person=cast.alice, item=item, draft=item_draft()) == item.current
    assert (ItemVersion.objects.count(), AuditEntry.objects.count()) == (1, rows)


def test_a_picture_stays_while_the_text_shows_it_and_changes_by_its_bytes(area, cast):
    shown = with_text(item_draft(), stem="![a plot](asset:plot.png)")
    item = create_item(person=cast.zoe, code="plot", area=area, draft=replace(shown, assets={"plot.png": picture()}))
    same = new_version(person=cast.zoe, item=item, draft=replace(shown, assets={"plot.png": picture()}))
    assert same.number == 1
    kept = new_version(person=cast.zoe, item=item, draft=replace(shown, b=2.0))
    assert kept.assets.get().file.name == same.assets.get().file.name
    other = new_version(person=cast.zoe, item=item, draft=replace(shown, b=2.0, assets={"plot.png": picture("blue")}))
    assert (other.number, other.assets.get().file.read()) == (3, picture("blue"))
    assert new_version(person=cast.zoe, item=item, draft=item_draft()).assets.count() == 0


def test_two_people_who_save_at_once_make_two_versions(committed, in_univ, cast):
    item = create_item(person=cast.zoe, code="race", area=areas(cast.zoe)["sums"], draft=item_draft())

    def save(difficulty: float) -> int:
        return new_version(person=cast.zoe, item=item, draft=replace(item_draft(), b=difficulty)).number

    numbers = together(in_univ, *(partial(save, b) for b in (0.5, 1.0, 1.5, 2.0)))
    assert sorted(numbers) == [2, 3, 4, 5]
    assert Item.objects.get().current.number == 5


@pytest.mark.parametrize(
    ("steps", "allowed"),
    [
        (["field_test", "active", "retired", "active"], True),
        (["active", "retired"], True),
        (["retired"], True),
        (["field_test", "draft"], False),
        (["active", "draft"], False),
        (["active", "field_test"], False),
        (["nonsense"], False),
    ],
)
def test_an_item_goes_its_way_and_no_other(steps, allowed, item, cast):
    for step in steps[:-1]:
        set_status(person=cast.alice, item=item, status=step)
    before = item.status
    if allowed:
        assert set_status(person=cast.alice, item=item, status=steps[-1]).status == steps[-1]
        assert AuditEntry.objects.first().details["status"] == [before, steps[-1]]
    else:
        with pytest.raises(StatusNotAllowed):
            set_status(person=cast.alice, item=item, status=steps[-1])
        assert Item.objects.get().status == before


def test_an_item_of_a_published_form_cannot_be_retired(item, cast):
    set_status(person=cast.alice, item=item, status="active")
    form = exam_draft(kind="fixed", visibility="organization", blueprint={}, form=("sum-1",))
    exam = create_exam(person=cast.alice, code="form", draft=form, organization=cast.hana)
    publish_exam(person=cast.alice, exam=exam)
    with pytest.raises(ItemInUse, match="form"):
        set_status(person=cast.alice, item=item, status="retired")


def test_teachers_write_in_their_own_organization_alone(item, area, cast):
    with pytest.raises(PermissionRefused):
        create_item(person=cast.alice, code="zone-wide", area=area, draft=item_draft())
    with pytest.raises(NotFound):
        create_item(person=cast.alice, code="theirs", area=area, organization=cast.duri, draft=item_draft())
    for change in (
        lambda: new_version(person=cast.oscar, item=item, draft=item_draft(2)),
        lambda: set_status(person=cast.oscar, item=item, status="active"),
    ):
        with pytest.raises(NotFound) as refused:
            change()
        assert refused.value.audited
    zone_wide = create_item(person=cast.zoe, code="zone-wide", area=area, draft=item_draft())
    with pytest.raises(PermissionRefused):
        new_version(person=cast.alice, item=zone_wide, draft=item_draft(2))
    assert new_version(person=cast.anna, item=item, draft=item_draft(2)).number == 2


@pytest.mark.parametrize("name", ["bob", "paula", "guest", "charlie"])
def test_students_parents_and_strangers_write_nothing(name, item, area, cast):
    person = getattr(cast, name)
    with pytest.raises(PermissionRefused):
        create_item(person=person, code="mine", area=area, organization=cast.hana, draft=item_draft())
    with pytest.raises(PermissionRefused):
        new_version(person=person, item=item, draft=item_draft(2))


def test_platform_staff_without_an_account_in_the_zone_may_write(area, cast):
    cast.charlie.role = "super_admin"
    item = create_item(person=cast.charlie, code="from-above", area=area, draft=item_draft())
    assert item.created_by is None
    connection.check_constraints()


def test_two_hundred_items_take_a_few_statements(area, cast, django_assert_max_num_queries):
    items = [NewItem(f"bulk-{n}", area.pk, item_draft(n), "active") for n in range(200)]
    # One row of the log for each item, and a handful of statements for all the rest.
    with django_assert_max_num_queries(220):
        create_items(person=cast.zoe, items=items)
    versions = current_versions(["bulk-7", "bulk-199", "unknown"])
    assert {code: draft_of(version) for code, version in versions.items()} == {
        "bulk-7": item_draft(7),
        "bulk-199": item_draft(199),
    }


def test_areas_are_renamed_and_not_doubled(area, cast):
    save_areas(person=cast.zoe, areas=[AreaDraft("sums", "더하기", {"en": "Adding"})])
    renamed = ContentArea.objects.get(code="sums")
    assert (renamed.pk, renamed.name, renamed.translated("name", "en")) == (area.pk, "더하기", "Adding")
    with pytest.raises(PermissionRefused):
        save_areas(person=cast.alice, areas=[AreaDraft("mine", "내 것")])
