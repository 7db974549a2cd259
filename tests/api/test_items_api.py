"""The item bank through the API."""

import pytest

from audit.models import Action, AuditEntry
from exams.models import Exam, ExamItem, Item, ItemVersion
from tests.api.city import organization_exam
from tests.api.table import VERSION
from tests.sample_exam import make_exam

ITEMS = "/api/v1/items"
# The statement that points the connection at the zone counts among the queries of a request.
NEW = {**VERSION, "code": "sum-1", "area": "hana-area-0"}


@pytest.fixture
def bank(in_univ, cast) -> None:
    """Twelve items of Hana, twelve of the zone."""
    organization_exam(cast.hana)
    make_exam("zone", size=12)


def codes(response) -> list[str]:
    assert response.status_code == 200, response.content
    return sorted(row["code"] for row in response.json()["results"])


def test_authors_see_the_zones_items_and_their_own(cast, api_for, bank):
    assert len(codes(api_for(cast.alice).get(ITEMS))) == 24
    assert len(codes(api_for(cast.anna).get(ITEMS))) == 24
    assert all(code.startswith("zone-") for code in codes(api_for(cast.oscar).get(ITEMS)))
    assert len(codes(api_for(cast.zoe).get(ITEMS))) == 24


def test_students_and_parents_never_see_the_bank(cast, api_for, bank):
    item = Item.objects.first()
    for person in (cast.bob, cast.paula):
        assert api_for(person).get(ITEMS).status_code == 403
        assert api_for(person).get(f"{ITEMS}/{item.pk}").status_code == 403
    assert AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).count() == 4


def test_the_list_is_filtered(cast, api_for, bank):
    api = api_for(cast.alice)
    Item.objects.filter(code="hana-0").update(status="retired")
    assert codes(api.get(f"{ITEMS}?status=retired")) == ["hana-0"]
    assert len(codes(api.get(f"{ITEMS}?area=zone-area-1"))) == 6
    assert codes(api.get(f"{ITEMS}?search=ZONE-1")) == ["zone-1", "zone-10", "zone-11"]
    assert codes(api.get(f"{ITEMS}?language=en")) == []
    assert len(codes(api.get(f"{ITEMS}?language=ko"))) == 24
    assert len(codes(api.get(f"{ITEMS}?organization={cast.hana.pk}"))) == 12
    versions = ItemVersion.objects.filter(difficulty__gte=-0.5, difficulty__lte=0.5)
    found = codes(api.get(f"{ITEMS}?difficulty_min=-0.5&difficulty_max=0.5"))
    assert found == sorted(versions.values_list("item__code", flat=True)) != []


def test_the_list_takes_five_queries_however_long(cast, api_for, bank, django_assert_max_num_queries):
    api = api_for(cast.alice)
    api.get(ITEMS)
    for size in (5, 24):
        # Items; their areas, versions and texts (and organizations, where they have some).
        with django_assert_max_num_queries(5):
            assert len(api.get(f"{ITEMS}?page_size={size}").json()["results"]) == size


def test_one_item_shows_its_current_version(cast, api_for, bank, django_assert_max_num_queries):
    api, item = api_for(cast.alice), Item.objects.get(code="zone-1")
    with django_assert_max_num_queries(10):
        body = api.get(f"{ITEMS}/{item.pk}").json()
    version = body["current"]
    assert (version["number"], version["key"]) == (1, item.current.key)
    assert version["parameters"]["difficulty"] == item.current.difficulty
    assert version["texts"][0]["language"] == "ko"
    assert version["texts"][0]["options"] == ["$1$", "$2$", "$3$", "$4$"]
    assert version["pictures"] == []


def test_an_author_makes_an_item_and_its_next_version(cast, api_for, bank):
    alice = api_for(cast.alice)
    made = alice.post(ITEMS, NEW)
    assert made.status_code == 201, made.content
    item = made.json()
    assert (item["status"], item["organization"]["name"], item["current"]["number"]) == ("draft", "Hana Academy", 1)
    path = f"{ITEMS}/{item['id']}"
    assert alice.post(f"{path}/versions", VERSION).json()["current"]["number"] == 1
    changed = alice.post(f"{path}/versions", {**VERSION, "difficulty": 1.25})
    assert (changed.status_code, changed.json()["current"]["number"]) == (201, 2)
    assert ItemVersion.objects.filter(item=item["id"]).count() == 2
    log = AuditEntry.objects.filter(resource_type="item", resource_id=item["id"])
    assert sorted(log.values_list("action", flat=True)) == [Action.CREATE, Action.UPDATE]
    # The log never holds a key.
    assert all("key" not in entry.details for entry in log)


def test_an_items_status_goes_one_way(cast, api_for, bank):
    alice = api_for(cast.alice)
    path = f"{ITEMS}/{alice.post(ITEMS, NEW).json()['id']}"
    assert alice.post(f"{path}/status", {"status": "active"}).json()["status"] == "active"
    refused = alice.post(f"{path}/status", {"status": "draft"})
    assert (refused.status_code, refused.json()["code"]) == (409, "status_not_allowed")
    assert refused.json()["allowed"] == ["retired"]


def test_an_item_of_a_published_form_is_not_retired(cast, api_for, bank):
    item = Item.objects.get(code="hana-0")
    exam = Exam.objects.create(code="form", title="Form", kind="fixed", status="published", organization=cast.hana)
    ExamItem.objects.create(exam=exam, item=item, position=1)
    refused = api_for(cast.alice).post(f"{ITEMS}/{item.pk}/status", {"status": "retired"})
    assert (refused.status_code, refused.json()["code"]) == (409, "item_in_use")
    assert refused.json()["exams"] == ["form"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": 3}, "invalid_item"),
        ({"discrimination": 0}, "invalid_item"),
        ({"guessing": 0.9}, "invalid_item"),
        ({"area": "nowhere"}, "invalid"),
        ({"texts": []}, "invalid"),
        ({"texts": [VERSION["texts"][0]] * 2}, "invalid"),
        ({"texts": [{**VERSION["texts"][0], "options": ["1", "1"]}]}, "invalid_item"),
        ({"texts": [{**VERSION["texts"][0], "stem": "![](asset:missing.png)"}]}, "invalid_item"),
        ({"source": "guessed"}, "invalid"),
        ({"kind": "cloze", "gaps": [{"number": 1, "kind": "text"}, {"number": 1, "kind": "numeric"}]}, "invalid"),
        ({"texts": [{**VERSION["texts"][0], "gap_options": [{"gap": 1, "options": ["a", "b"]}] * 2}]}, "invalid"),
    ],
)
def test_an_item_that_cannot_be_shown_is_refused(cast, api_for, bank, change, code):
    before = Item.objects.count()
    response = api_for(cast.alice).post(ITEMS, {**NEW, **change})
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert Item.objects.count() == before


def test_a_code_is_given_once(cast, api_for, bank):
    refused = api_for(cast.alice).post(ITEMS, {**NEW, "code": "zone-1"})
    assert (refused.status_code, refused.json()["code"]) == (409, "code_taken")


def test_teachers_do_not_write_the_zones_items(cast, api_for, bank):
    item = Item.objects.get(code="zone-1")
    assert api_for(cast.alice).post(f"{ITEMS}/{item.pk}/versions", VERSION).status_code == 403
    assert api_for(cast.zoe).post(f"{ITEMS}/{item.pk}/versions", VERSION).status_code == 201
