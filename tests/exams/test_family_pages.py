"""A parent's pages show each child's own newest result, however many children there are."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ParentLink, User
from tests.exams.many import enrol, sit
from tests.sample_exam import make_exam


def approve(parent: User, *students: User) -> None:
    ParentLink.objects.bulk_create(
        ParentLink(parent=parent, student=student, status=ParentLink.Status.APPROVED) for student in students
    )


def test_a_busy_sibling_hides_nobodys_result(in_univ, cast, client_for):
    exam, now = make_exam(), timezone.now()
    quiet, busy = enrol(cast.room, 2)
    approve(cast.paula, quiet, busy)
    first = sit([quiet], exam, given=5, at=now - timedelta(days=40)).attempts[0]
    for day in range(30):
        sit([busy], exam, given=5, seed=day, at=now - timedelta(days=day))
    cards = {card["name"]: card for card in client_for(cast.paula).get("/children").context["children"]}
    assert (cards[quiet.display_name]["last_score"], cards[quiet.display_name]["attempts"]) == (round(first.score), 1)
    assert cards[busy.display_name]["attempts"] == 30


def test_the_number_of_queries_does_not_depend_on_the_children(in_univ, cast, client_for):
    exam, browser = make_exam(), client_for(cast.paula)
    children = enrol(cast.room, 6)
    sit(children, exam, given=5)
    browser.get("/dashboard")
    counts = []
    for more in (children[:1], children[1:]):
        # The statement that points the connection at the zone is among these, and not among the page's.
        approve(cast.paula, *more)
        with CaptureQueriesContext(connection) as queries:
            page = browser.get("/dashboard")
        counts.append(len(queries))
    assert len(page.context["children"]) == 7
    # The first look also reads the exam's group, which is kept for a minute.
    assert counts[1] <= counts[0]
