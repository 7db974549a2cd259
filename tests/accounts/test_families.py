from datetime import timedelta
from time import monotonic

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Notice, ParentLink
from accounts.people import Operator
from accounts.selectors import can_see_student, get_student, visible_students
from accounts.services import parents
from accounts.services.mail_limits import evenly
from accounts.tasks import send_mails
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


def test_a_refused_parent_sees_nothing_and_may_ask_again_later_and_not_for_ever(in_univ, cast, mina, api_for):
    parent, student = api_for(mina), api_for(cast.bob)

    def ask_after(days: int) -> int:
        """How many requests wait, when the last answer was so long ago; the student refuses again."""
        ParentLink.objects.filter(parent=mina).update(decided_at=timezone.now() - timedelta(days=days))
        assert parent.post(LINK, {"student_email": cast.bob.email}).status_code == 202
        waiting = ParentLink.objects.filter(parent=mina, status="pending").count()
        if waiting:
            assert student.post(f"/api/v1/students/refuse-parent/{mina.pk}").json()["status"] == "refused"
        assert not can_see_student(mina, cast.bob)
        return waiting

    assert [ask_after(days) for days in (0, 6, 7, 29, 30, 3650)] == [1, 0, 1, 0, 1, 0]


def test_what_a_student_ended_counts_as_a_refusal_and_what_the_parent_ended_does_not(in_univ, cast, api_for):
    link = ParentLink.objects.get(parent=cast.paula)
    api_for(cast.paula).delete(f"/api/v1/parents/links/{link.pk}")
    api_for(cast.paula).post(LINK, {"student_email": cast.bob.email})
    again = ParentLink.objects.get(parent=cast.paula, status="pending")
    api_for(cast.bob).delete(f"/api/v1/parents/links/{again.pk}")
    api_for(cast.paula).post(LINK, {"student_email": cast.bob.email})
    assert not ParentLink.objects.filter(parent=cast.paula, status="pending").exists()


def told(user):
    return sorted(Notice.objects.filter(user=user).values_list("kind", flat=True))


def test_both_ends_are_told_of_everything(in_univ, cast, mina, api_for):
    parent, student = api_for(mina), api_for(cast.bob)
    parent.post(LINK, {"student_email": cast.bob.email})
    assert (told(mina), told(cast.bob)) == ([], ["parent_asks"])
    student.post(f"/api/v1/students/approve-parent/{mina.pk}")
    assert told(mina) == ["parent_approved"]
    student.delete(f"/api/v1/parents/links/{ParentLink.objects.get(parent=mina).pk}")
    assert told(mina) == ["parent_approved", "student_left"]
    assert told(cast.bob) == ["link_ended", "parent_asks"]
    parent = api_for(cast.paula)
    parent.delete(f"/api/v1/parents/links/{ParentLink.objects.get(parent=cast.paula).pk}")
    assert told(cast.paula) == ["link_ended"]
    assert "parent_left" in told(cast.bob)
    mail.outbox.clear()
    send_mails()
    assert sorted(m.to[0] for m in mail.outbox) == [
        "bob@example.com", "bob@example.com", "mina@example.com", "mina@example.com",
    ]  # fmt: skip


def test_a_refused_parent_learns_no_name(in_univ, cast, mina, api_for):
    cast.bob.display_name = "Robert Secret"
    cast.bob.save()
    api_for(mina).post(LINK, {"student_email": cast.bob.email})
    api_for(cast.bob).post(f"/api/v1/students/refuse-parent/{mina.pk}")
    send_mails()
    (to_mina,) = [m for m in mail.outbox if m.to == ["mina@example.com"]]
    assert "Robert" not in to_mina.body + to_mina.alternatives[0][0] + to_mina.subject


def test_opening_the_mailed_link_approves_nothing(in_univ, cast, mina, api_for, client_for):
    api_for(mina).post(LINK, {"student_email": cast.bob.email})
    send_mails()
    (asked,) = mail.outbox
    path = next(line for line in asked.body.splitlines() if "univprepai" in line).partition(":8000")[2]
    assert client_for(None, zone=in_univ).get(path).status_code == 302
    assert client_for(cast.bob).get(path).status_code == 200
    assert not can_see_student(mina, cast.bob)
    assert client_for(cast.bob).get(f"/profile/parents/{mina.pk}").status_code == 405


@pytest.mark.parametrize("status", ["pending", "refused", "revoked"])
def test_only_an_approved_link_opens_reports_and_attempts(in_univ, cast, mina, api_for, client_for, status):
    ParentLink.objects.create(parent=mina, student=cast.bob, status=status)
    api, page = api_for(mina), client_for(mina)
    assert api.get(f"/api/v1/students/{cast.bob.pk}/reports").status_code == 403
    assert page.get(f"/children/{cast.bob.pk}").status_code == 403
    assert api.get("/api/v1/attempts").json()["results"] == []
    assert api.get("/api/v1/students").json()["results"] == []
    assert api.get("/api/v1/analytics/dashboard").json()["children"] == []


def test_a_revoked_link_closes_what_is_open_at_once(in_univ, cast, api_for, client_for):
    api, page = api_for(cast.paula), client_for(cast.paula)
    report, child = f"/api/v1/students/{cast.bob.pk}/reports", f"/children/{cast.bob.pk}"
    assert api.get(report).status_code == page.get(child).status_code == 200
    assert "no-store" in page.get(child)["Cache-Control"]
    link = ParentLink.objects.get(parent=cast.paula)
    assert client_for(cast.bob).post(f"/profile/parents/{cast.paula.pk}", {"decision": "end"}).status_code == 302
    assert api.get(report).status_code == page.get(child).status_code == 403
    assert page.post(f"/children/links/{link.pk}/end").status_code == 404


def test_a_parent_ends_a_link_on_the_page(in_univ, cast, client_for):
    page = client_for(cast.paula)
    link = ParentLink.objects.get(parent=cast.paula)
    assert f"/children/links/{link.pk}/end" in page.get("/children").content.decode()
    assert page.post(f"/children/links/{link.pk}/end").status_code == 302
    assert not can_see_student(cast.paula, cast.bob)


def test_a_closed_student_is_not_shown_and_a_moved_one_stays(in_univ, cast):
    cast.bob.organization = cast.duri
    cast.bob.save()
    assert can_see_student(cast.paula, cast.bob)
    cast.bob.is_active = False
    cast.bob.save()
    assert not can_see_student(cast.paula, cast.bob)


def test_a_closed_parents_request_waits_no_longer(in_univ, cast, mina, api_for):
    api_for(mina).post(LINK, {"student_email": cast.bob.email})
    mina.is_active = False
    mina.save()
    assert api_for(cast.bob).post(f"/api/v1/students/approve-parent/{mina.pk}").status_code == 404


def test_requests_are_limited(limits, in_univ, cast, mina, api_for):
    parent = api_for(mina)
    answers = [parent.post(LINK, {"student_email": f"s{number}@example.com"}) for number in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert int(answers[-1]["Retry-After"]) > 3600


def test_an_answer_takes_as_long_whether_or_not_there_is_a_student(settings):
    settings.EVEN_ANSWER_SECONDS = 0.05
    begun = monotonic()
    with evenly():
        pass
    with pytest.raises(RuntimeError), evenly():
        raise RuntimeError
    assert monotonic() - begun >= 0.1


def test_staff_do_not_approve_in_a_students_place(in_univ, cast, mina, api_for):
    api_for(mina).post(LINK, {"student_email": cast.bob.email})
    for person in (cast.alice, cast.anna, cast.zoe):
        assert api_for(person).post(f"/api/v1/students/approve-parent/{mina.pk}").status_code in (403, 404)
    with pytest.raises(NotFound):
        parents.approve(person=Operator(), parent_id=mina.pk)
    assert not can_see_student(mina, cast.bob)


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
