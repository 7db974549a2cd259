"""Where the city has a virus scanner, every way in for files shows them to it, and keeps none without its verdict."""

from collections.abc import Iterator

import pytest
from django.core.files.base import ContentFile

from accounts.models import RosterImport
from accounts.services.roster import preview_roster
from audit.models import Action, AuditEntry
from exams.models import ImportBatch
from exams.services import bank
from tests.clients import client_for
from tests.exams.drafts import areas
from tests.exams.kinds import KINDS
from tests.scanner import INFECTED, NAME, small_scanner
from zones.problems import Invalid, Unavailable

GIFT = b"// [id:one]\n::one:: 1 + 1 = {=2 ~3#no}\n"
ROSTER = b"email,name,role\nada@school.kr,Ada,student\n"


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    with small_scanner() as url:
        yield url


@pytest.fixture
def scanner(running, settings, tmp_path, in_univ):
    settings.CLAMD_URL, settings.MEDIA_ROOT = running, tmp_path


@pytest.fixture
def away(scanner, settings):
    settings.CLAMD_URL = "tcp://127.0.0.1:1"


def told():
    rows = AuditEntry.objects.filter(action=Action.PERMISSION_DENIED)
    return [(row.resource_type, row.details["code"]) for row in rows]


def sent(api, content):
    data = {"file": ContentFile(content, name="quiz"), "language": "en", "area": "sums"}
    return super(type(api), api).post("/api/v1/imports", data)


@pytest.fixture
def questions(cast, in_univ, api_for):
    areas(cast.zoe)
    return api_for(cast.alice)


def test_questions_that_are_infected_are_refused_in_words_and_noted(scanner, questions):
    answer = sent(questions, GIFT + b"// " + INFECTED)
    assert (answer.status_code, answer.json()["code"]) == (400, "infected_file")
    assert NAME in answer.json()["detail"]
    assert told() == [("import", "infected_file")]
    assert not ImportBatch.objects.exists()
    assert sent(questions, GIFT).json()["items_ready"] == 1


def test_nothing_is_kept_while_the_scanner_is_away(away, questions):
    answer = sent(questions, GIFT)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "scanner_away", "60")
    assert told() == [("import", "scanner_away")]
    assert not ImportBatch.objects.exists()


def preview(cast, content) -> RosterImport:
    file = ContentFile(content)
    return preview_roster(person=cast.anna, file=file, file_name="people.csv", organization=cast.hana)


def test_rosters_are_shown_to_it_too(scanner, cast):
    with pytest.raises(Invalid, match=NAME):
        preview(cast, ROSTER + INFECTED)
    assert told() == [("roster", "infected_file")]
    assert not RosterImport.objects.exists()
    assert preview(cast, ROSTER).status == RosterImport.Status.PREVIEWED


def test_no_roster_is_kept_while_it_is_away(away, cast):
    with pytest.raises(Unavailable):
        preview(cast, ROSTER)
    assert told() == [("roster", "scanner_away")]
    assert not RosterImport.objects.exists()


@pytest.mark.parametrize(("state", "code"), [("scanner", "infected_file"), ("away", "scanner_away")])
def test_a_picture_is_refused_at_its_field(request, cast, in_univ, state, code):
    request.getfixturevalue(state)
    item = bank.create_item(person=cast.zoe, code="one", area=areas(cast.zoe)["sums"], draft=KINDS["numeric"])
    page, console = f"/exams/item/{item.pk}/change/", client_for(cast.zoe, "admin")
    form = console.get(page).context["adminform"].form
    said = {name: form[name].value() for name in form.fields}
    said = {name: "" if value is None else value for name, value in said.items() if value is not False}
    answer = console.post(page, said | {"picture": ContentFile(b"\x89PNG" + INFECTED, name="a.png")})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["picture"]
    assert told() == [("item", code)]
    assert item.versions.count() == 1
