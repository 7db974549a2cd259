import pytest

from accounts.models import ParentLink
from accounts.selectors import can_see_student, get_student, visible_students
from accounts.services import parents
from audit.models import Action, AuditEntry
from tests.cast import make_person
from tests.threads import together
from zones.context import zone_context
from zones.problems import NotFound, PermissionRefused

LINK = "/api/v1/parents/link-student"


@pytest.fixture
def mina(in_univ, cast):
    person = make_person("Mina", "parent")
    person.home = in_univ
    return person


def test_ask_approve_see_end(in_univ, cast, mina, api_for):
    parent, student = api_for(mina), api_for(cast.bob)
    assert parent.post(LINK, {"student_email": "BOB@example.com"}).status_code == 202
    assert parent.get("/api/v1/parents/children").json() == []
    assert not can_see_student(mina, cast.bob)

    waiting = [row for row in student.get("/api/v1/students/me/parents").json() if row["status"] == "pending"]
    assert [row["parent"]["email"] for row in waiting] == ["mina@example.com"]
    assert student.post(f"/api/v1/students/approve-parent/{mina.pk}").json()["status"] == "approved"
    (child,) = parent.get("/api/v1/parents/children").json()
    assert child["student"]["id"] == str(cast.bob.pk)
    assert can_see_student(mina, cast.bob)

    assert parent.delete(f"/api/v1/parents/links/{child['id']}").status_code == 204
    assert parent.get("/api/v1/parents/children").json() == []
    assert not can_see_student(mina, cast.bob)
    rows = AuditEntry.objects.filter(resource_type="parent_link").order_by("id")
    assert [(row.action, row.user_label, row.details["status"]) for row in rows] == [
        (Action.CREATE, "mina@example.com", [None, "pending"]),
        (Action.UPDATE, "bob@example.com", ["pending", "approved"]),
        (Action.UPDATE, "mina@example.com", ["approved", "revoked"]),
    ]


def test_nothing_tells_whether_a_student_exists(in_univ, cast, mina, api_for):
    parent = api_for(mina)
    addresses = ["bob@example.com", "nobody@example.com", "alice@example.com", "charlie@example.com"]
    answers = [parent.post(LINK, {"student_email": address}) for address in addresses * 2]
    assert len({(a.status_code, a.content) for a in answers}) == 1
    assert [link.student_id for link in ParentLink.objects.filter(parent=mina)] == [cast.bob.pk]


def test_a_refused_parent_sees_nothing_and_may_ask_again(in_univ, cast, mina, api_for):
    api_for(mina).post(LINK, {"student_email": cast.bob.email})
    assert api_for(cast.bob).post(f"/api/v1/students/refuse-parent/{mina.pk}").json()["status"] == "refused"
    assert not can_see_student(mina, cast.bob)
    api_for(mina).post(LINK, {"student_email": cast.bob.email})
    assert ParentLink.objects.filter(parent=mina, status="pending").count() == 1


def test_one_student_cannot_answer_for_another(in_univ, cast, mina, api_for):
    api_for(mina).post(LINK, {"student_email": cast.bob.email})
    assert api_for(cast.otto).post(f"/api/v1/students/approve-parent/{mina.pk}").status_code == 404
    assert not can_see_student(mina, cast.bob)


def test_nobody_else_ends_a_link(in_univ, cast, api_for):
    link = ParentLink.objects.get(parent=cast.paula)
    assert api_for(cast.otto).delete(f"/api/v1/parents/links/{link.pk}").status_code == 404
    assert api_for(cast.alice).delete(f"/api/v1/parents/links/{link.pk}").status_code == 404
    assert can_see_student(cast.paula, cast.bob)
    assert AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).count() == 2
    assert api_for(cast.bob).delete(f"/api/v1/parents/links/{link.pk}").status_code == 204
    assert not can_see_student(cast.paula, cast.bob)


def test_only_parents_ask(in_univ, cast, api_for):
    assert api_for(cast.alice).post(LINK, {"student_email": cast.bob.email}).status_code == 403
    assert api_for(cast.bob).post(LINK, {"student_email": cast.otto.email}).status_code == 403
    assert not ParentLink.objects.exclude(parent=cast.paula).exists()


def test_who_sees_which_student(in_univ, cast):
    def seen_by(person):
        return set(visible_students(person).values_list("display_name", flat=True))

    assert seen_by(cast.bob) == {"Bob"}
    assert seen_by(cast.paula) == seen_by(cast.alice) == seen_by(cast.anna) == {"Bob"}
    assert seen_by(cast.oscar) == {"Otto"}
    assert seen_by(cast.zoe) == {"Bob", "Otto"}
    assert seen_by(cast.guest) == set()
    # Without an organization there are no students of one's organization either.
    make_person("Lone student")
    assert seen_by(make_person("Lone teacher", "teacher")) == set()


def test_a_student_that_is_not_theirs(in_univ, cast):
    with pytest.raises(NotFound) as refusal:
        get_student(cast.oscar, cast.bob.pk)
    assert refusal.value.audited
    with pytest.raises(PermissionRefused):
        get_student(cast.paula, cast.otto.pk)
    with pytest.raises(PermissionRefused):
        get_student(cast.paula, cast.charlie.pk)
    with pytest.raises(NotFound) as refusal:
        get_student(cast.zoe, cast.charlie.pk)
    assert not refusal.value.audited


def test_two_requests_at_once_leave_one_link(committed, cast, univ):
    def ask():
        parents.request_link(person=cast.paula, student_email=cast.otto.email)

    assert together(univ, ask, ask, ask, ask) == [None] * 4
    with zone_context(univ):
        assert ParentLink.objects.filter(parent=cast.paula, student=cast.otto).count() == 1


def test_approve_and_refuse_at_once_count_once(committed, cast, univ):
    with zone_context(univ):
        parents.request_link(person=cast.paula, student_email=cast.otto.email)
    answers = together(
        univ,
        lambda: parents.approve(person=cast.otto, parent_id=cast.paula.pk),
        lambda: parents.refuse(person=cast.otto, parent_id=cast.paula.pk),
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["NotFound", "ParentLink"]
