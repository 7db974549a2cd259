"""Demo data: made once, by the real services, and enough for every page."""

import time
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from statistics import correlation, mean

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Count, F, Max, Min

from accounts.models import ClassMembership, Classroom, Organization, ParentLink, User
from audit import clock
from audit.models import AuditEntry
from exams.models import Attempt, BlueprintArea, ContentArea, Exam, ExamItem, Item, ItemText, ItemVersion, Response
from exams.selectors.readiness import readiness_problems
from megacity.demo import accounts
from megacity.demo.bank import load
from megacity.demo.banks import seed_items
from megacity.demo.history import SPAN
from megacity.demo.seeding import Seeded, seed_zone
from tests import databases
from zones.context import get_zone, public_context

STUDENTS = 14
TABLES = (
    Organization, User, Classroom, ClassMembership, ParentLink, ContentArea, Item, ItemVersion, ItemText, Exam,
    BlueprintArea, ExamItem, Attempt, Response, AuditEntry,
)  # fmt: skip

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def history(django_db_setup, django_db_blocker) -> Iterator[Seeded]:
    """Zone college with few students, seeded once; the tests of this module look at it and change nothing."""
    with django_db_blocker.unblock():
        try:
            yield seed_zone(get_zone("college"), students=STUDENTS)
        finally:
            databases.empty()


@pytest.fixture
def seeded(history) -> Iterator[Seeded]:
    connection.set_tenant(get_zone("college"))
    yield history
    connection.set_schema_to_public()


def counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in TABLES}


def demo(account: accounts.DemoAccount) -> User:
    return User.objects.get(email=account.email)


def test_a_second_run_doubles_nothing_and_is_quick(seeded):
    before, begun, said = counts(), time.monotonic(), StringIO()
    call_command("seed_demo", zone=["college"], students=STUDENTS, stdout=said)
    assert time.monotonic() - begun < 3
    connection.set_tenant(get_zone("college"))
    assert counts() == before
    assert f"{before['Response']} answers" in said.getvalue()
    with public_context():
        root = User.objects.get()
    assert (root.email, root.role, root.is_superuser) == (accounts.SUPER_ADMIN.email, "super_admin", True)


def test_the_planner_knows_the_new_rows(seeded):
    """For a role that owns nothing, ANALYZE passes tables over with a mere warning."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = to_regclass('college.exams_response')")
        known = cursor.fetchone()[0]
    assert known == pytest.approx(Response.objects.count(), rel=0.1)


def test_the_bank_is_there_whole_and_its_parameters_are_assumed(seeded):
    bank = load("college")
    assert set(Item.objects.filter(status="active").values_list("code", flat=True)) == {i.code for i in bank.items}
    assert set(ItemVersion.objects.values_list("parameter_source", flat=True)) == {"assumed"}
    assert set(ItemText.objects.values_list("language").annotate(Count("pk"))) == {
        ("ko", len(bank.items)),
        ("en", len(bank.items)),
    }
    assert ContentArea.objects.get(code=bank.areas[0].code).translated("name", "en") == bank.areas[0].en


def test_a_question_that_its_author_changed_becomes_a_new_version(seeded):
    bank = load("college")
    changed = replace(bank, items=(replace(bank.items[0], b=2.5), *bank.items[1:]))
    with transaction.atomic():
        assert seed_items(changed, demo(accounts.ZONE_ADMIN)) == 1
        current = Item.objects.get(code=bank.items[0].code).current
        assert (current.number, current.difficulty) == (2, 2.5)
        transaction.set_rollback(True)


def test_every_exam_is_published_and_can_be_given(seeded):
    assert seeded.not_ready == []
    exams = list(Exam.objects.all())
    assert {exam.status for exam in exams} == {"published"}
    assert {exam.code: readiness_problems(exam) for exam in exams} == {exam.code: [] for exam in exams}
    for organization in Organization.objects.all():
        assert organization.exams.filter(visibility="organization").exists()
    assert Exam.objects.get(code="college-practice").time_limit_minutes is None


def test_the_demo_accounts_log_in_and_belong_together(seeded):
    for account in accounts.IN_EVERY_ZONE:
        user = demo(account)
        assert user.role == account.role
        assert authenticate(None, username=account.email, password=account.password) == user
        assert account.email in accounts.summary(8000)
    student, teacher = demo(accounts.STUDENT), demo(accounts.TEACHER)
    room = student.classrooms.get()
    assert ClassMembership.objects.filter(classroom=room, user=teacher, kind="teacher").exists()
    assert ParentLink.objects.get(parent=demo(accounts.PARENT)).student == student
    assert ParentLink.objects.get(parent=demo(accounts.PARENT)).status == "approved"
    assert ParentLink.objects.filter(status="pending").count() == 2


def test_each_organization_has_classes_with_teachers_and_students(seeded):
    assert Organization.objects.count() == 2
    for organization in Organization.objects.all():
        assert organization.users.filter(role="org_admin").count() == 1
        assert organization.users.filter(role="student").count() == STUDENTS
        for room in organization.classrooms.all():
            kinds = list(room.memberships.values_list("kind", flat=True))
            assert kinds.count("teacher") == 1
            assert kinds.count("student") >= STUDENTS // 3
    assert Classroom.objects.count() == 5


def test_the_demo_student_has_a_full_dashboard_and_nothing_open(seeded):
    attempts = demo(accounts.STUDENT).attempts.all()
    assert {attempt.status for attempt in attempts} == {"finished"}
    assert len(attempts) >= 6
    assert len({attempt.exam_id for attempt in attempts}) >= 4


def test_attempts_ended_in_every_way_and_some_are_still_open(seeded):
    finished = Attempt.objects.filter(status="finished")
    assert set(finished.values_list("finish_reason", flat=True)) >= {"length", "submitted", "time"}
    running = Attempt.objects.filter(status="in_progress")
    assert running.filter(deadline_at=None, answered__gt=0).exists()
    assert running.filter(deadline_at__gt=clock.now(), answered__gt=0).exists()
    assert User.objects.filter(role="student", attempts=None).count() == 2


def test_the_weeks_went_by_as_the_clock_says(seeded):
    now = clock.now()
    times = Attempt.objects.aggregate(first=Min("started_at"), last=Max("started_at"))
    assert now - SPAN <= times["first"] < now - SPAN * 0.7
    assert now - times["last"] < SPAN * 0.1
    assert not Attempt.objects.filter(finished_at__gt=now).exists()
    assert not Attempt.objects.filter(user__created_at__gte=F("started_at")).exists()
    # Strictly one after the other, each within the attempt that it belongs to.
    assert not Response.objects.filter(answered_at__lte=F("presented_at")).exists()
    assert not Response.objects.filter(presented_at__lt=F("attempt__started_at")).exists()
    assert not Response.objects.filter(answered_at__gt=F("attempt__deadline_at")).exists()
    elapsed = Response.objects.aggregate(least=Min("elapsed_ms"), most=Max("elapsed_ms"))
    assert 14_000 < elapsed["least"] < elapsed["most"] <= 90_000


def test_the_log_tells_of_every_answer_at_its_own_time_and_by_its_own_person(seeded):
    answer = Response.objects.select_related("attempt__user").order_by("?").first()
    entry = AuditEntry.objects.get(
        resource_id=str(answer.attempt_id), details__event="answer", details__position=answer.position
    )
    assert entry.at == answer.answered_at
    assert (entry.user_id, entry.user_label) == (answer.attempt.user_id, answer.attempt.user.email)
    assert AuditEntry.objects.filter(details__event="answer").count() == seeded.answers


def test_the_estimates_follow_the_true_abilities(seeded):
    estimates: dict[object, list[float]] = {}
    for user, theta in Attempt.objects.filter(answered__gte=8).values_list("user_id", "theta"):
        estimates.setdefault(user, []).append(theta)
    students = [pk for pk in seeded.abilities if pk in estimates]
    assert len(students) > STUDENTS
    true = [seeded.abilities[pk] for pk in students]
    assert correlation(true, [mean(estimates[pk]) for pk in students]) > 0.75


def test_demo_accounts_are_printed():
    said = StringIO()
    call_command("demo_accounts", port=8123, stdout=said)
    assert accounts.PASSWORD in said.getvalue()
    for account in accounts.ACCOUNTS:
        assert account.email in said.getvalue()
