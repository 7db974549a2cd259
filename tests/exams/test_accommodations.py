"""Extra time, pauses and large print: granted by administrators, pinned when an exam starts, shown to the student."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from audit import clock
from audit.models import AuditEntry
from exams.models import Accommodation, Attempt
from exams.problems import AttemptPaused, DeadlinePassed, NoPauseLeft
from exams.services import delivery, pauses
from exams.services.accommodations import grant, remove
from exams.services.finishing import finish_overdue
from tests.cast import make_person
from tests.concurrency.sitting import begin, give, give_many, hand_in, row
from tests.sample_exam import make_exam
from zones.problems import Invalid, NotFound, PermissionRefused

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LENGTH = {"size": 12, "min_items": 6, "max_items": 6}


@pytest.fixture
def exam(in_univ, cast):
    return make_exam(**LENGTH, time_limit_minutes=30)


@pytest.fixture
def granted(cast, in_univ) -> Accommodation:
    return grant(person=cast.anna, student=cast.bob, extra_time_percent=50, pause_minutes=10, large_print=True)


def pause(person, state):
    return pauses.pause(person=person, attempt_id=uuid.UUID(state["id"]))


def go_on(person, state):
    return pauses.go_on(person=person, attempt_id=uuid.UUID(state["id"]))


# --- Granting ------------------------------------------------------------------------------------------------------


def test_a_grant_is_written_down_changed_and_taken_away(cast, granted):
    entry = AuditEntry.objects.filter(resource_type="accommodation").first()
    assert (entry.action, entry.organization_id) == ("create", cast.hana.pk)
    assert entry.details == {"extra_time_percent": [0, 50], "pause_minutes": [0, 10], "large_print": [False, True]}
    changed = grant(person=cast.zoe, student=cast.bob, extra_time_percent=25, pause_minutes=10, large_print=True)
    assert changed.extra_time_percent == 25
    assert AuditEntry.objects.filter(resource_type="accommodation").first().details == {"extra_time_percent": [50, 25]}
    rows = AuditEntry.objects.count()
    grant(person=cast.zoe, student=cast.bob, extra_time_percent=25, pause_minutes=10, large_print=True)
    assert AuditEntry.objects.count() == rows
    remove(person=cast.anna, student=cast.bob)
    assert not Accommodation.objects.exists()
    assert AuditEntry.objects.filter(resource_type="accommodation").first().action == "delete"
    remove(person=cast.anna, student=cast.bob)


def test_administrators_grant_within_their_organization_alone(cast, in_univ):
    for person in (cast.alice, cast.bob, cast.paula, cast.guest):
        with pytest.raises(PermissionRefused):
            grant(person=person, student=cast.bob, large_print=True)
    with pytest.raises(NotFound) as refused:
        grant(person=cast.anna, student=cast.otto, large_print=True)
    assert refused.value.audited
    with pytest.raises(Invalid):
        grant(person=cast.zoe, student=cast.alice, large_print=True)
    assert not Accommodation.objects.exists()


@pytest.mark.parametrize(("field", "value"), [("extra_time_percent", 301), ("pause_minutes", 241)])
def test_too_much_is_refused_by_name(cast, in_univ, field, value):
    with pytest.raises(Invalid) as refused:
        grant(person=cast.anna, student=cast.bob, **{field: value})
    assert field in refused.value.extra["errors"]


# --- Extra time ----------------------------------------------------------------------------------------------------


def test_extra_time_is_pinned_when_the_exam_starts(cast, exam, granted):
    state = begin(cast.bob, exam)
    attempt = row(state)
    assert attempt.deadline_at - attempt.started_at == 45 * MINUTE
    assert (attempt.extra_time_percent, attempt.pause_seconds_left, attempt.large_print) == (50, 600, True)
    assert state["accommodation"] == {"extra_time_percent": 50, "large_print": True}
    remove(person=cast.anna, student=cast.bob)
    again = delivery.resume(person=cast.bob, attempt_id=attempt.pk)
    assert (again["deadline_at"], again["accommodation"]) == (state["deadline_at"], state["accommodation"])
    other = begin(cast.otto, exam)
    assert (row(other).deadline_at - row(other).started_at, other["accommodation"]) == (30 * MINUTE, None)


def test_extra_time_goes_beyond_the_end_of_the_exam(cast, granted):
    now = timezone.now()
    exam = make_exam(**LENGTH, time_limit_minutes=30, closes_at=now + 10 * MINUTE)
    with clock.at(now):
        state = begin(cast.bob, exam)
    deadline = row(state).deadline_at
    assert deadline - now == 15 * MINUTE
    with clock.at(now + 12 * MINUTE):
        state = give(cast.bob, state)
    with clock.at(deadline + SECOND), pytest.raises(DeadlinePassed):
        give(cast.bob, state)
    assert row(state).finish_reason == "closed"


def test_ones_own_time_that_runs_out_is_told_from_the_end_of_the_exam(cast, granted):
    now = timezone.now()
    exam = make_exam(**LENGTH, time_limit_minutes=30, closes_at=now + HOUR)
    with clock.at(now):
        state = begin(cast.bob, exam)
    with clock.at(now + 46 * MINUTE):
        assert finish_overdue() == 1
    assert row(state).finish_reason == "time"


# --- Pauses --------------------------------------------------------------------------------------------------------


def test_a_pause_covers_the_question_and_moves_the_deadline(cast, exam, granted):
    begun = timezone.now()
    with clock.at(begun):
        state = begin(cast.bob, exam)
    with clock.at(begun + 5 * MINUTE):
        paused = pause(cast.bob, state)
    assert (paused["item"], paused["status"]) == (None, "in_progress")
    assert paused["pause"] == {"seconds_left": 600, "paused_at": (begun + 5 * MINUTE).isoformat()}
    with clock.at(begun + 6 * MINUTE), pytest.raises(AttemptPaused):
        give(cast.bob, state)
    with clock.at(begun + 8 * MINUTE):
        shown = delivery.resume(person=cast.bob, attempt_id=row(state).pk)
        assert (shown["item"], shown["pause"]["paused_at"]) == (None, paused["pause"]["paused_at"])
        back = go_on(cast.bob, state)
    assert back["item"] == state["item"]
    assert back["pause"] == {"seconds_left": 420, "paused_at": None}
    assert row(state).deadline_at == begun + 48 * MINUTE
    with clock.at(begun + 9 * MINUTE):
        give(cast.bob, state)
    # How long the answer took leaves the pause out.
    response = Attempt.objects.get(pk=state["id"]).responses.get()
    assert response.answered_at - response.presented_at == 6 * MINUTE


def test_pausing_and_going_on_again_changes_nothing(cast, exam, granted):
    begun = timezone.now()
    with clock.at(begun):
        state = begin(cast.bob, exam)
        first = pause(cast.bob, state)
    with clock.at(begun + MINUTE):
        assert pause(cast.bob, state)["pause"] == first["pause"]
        go_on(cast.bob, state)
    deadline = row(state).deadline_at
    with clock.at(begun + 3 * MINUTE):
        assert go_on(cast.bob, state)["pause"] == {"seconds_left": 540, "paused_at": None}
    assert row(state).deadline_at == deadline


def test_an_overlong_pause_ends_by_itself(cast, exam, granted):
    begun = timezone.now()
    with clock.at(begun):
        state = begin(cast.bob, exam)
    with clock.at(begun + MINUTE):
        pause(cast.bob, state)
    with clock.at(begun + 21 * MINUTE):
        shown = delivery.resume(person=cast.bob, attempt_id=row(state).pk)
    assert (shown["item"], shown["pause"]) == (state["item"], None)
    assert row(state).deadline_at == begun + 55 * MINUTE
    with clock.at(begun + 22 * MINUTE):
        with pytest.raises(NoPauseLeft):
            pause(cast.bob, state)
        assert give(cast.bob, state)["receipt"]["position"] == 1


def test_an_answer_after_an_overlong_pause_needs_nobody_to_go_on_first(cast, exam, granted):
    begun = timezone.now()
    with clock.at(begun):
        state = begin(cast.bob, exam)
        pause(cast.bob, state)
    with clock.at(begun + 12 * MINUTE):
        assert give(cast.bob, state)["pause"] is None
    assert row(state).deadline_at == begun + 55 * MINUTE


def test_the_sweep_waits_for_a_pause_and_for_the_deadline_that_it_moved(cast, exam, granted):
    begun = timezone.now()
    with clock.at(begun):
        state = give_many(cast.bob, begin(cast.bob, exam), 2)
    with clock.at(begun + 44 * MINUTE):
        pause(cast.bob, state)
    for minutes in (50, 53, 54.9):
        with clock.at(begun + minutes * MINUTE):
            assert finish_overdue() == 0
    with clock.at(begun + 55 * MINUTE + SECOND):
        assert finish_overdue() == 1
    attempt = row(state)
    assert (attempt.finish_reason, attempt.finished_at, attempt.paused_at) == ("time", begun + 55 * MINUTE, None)
    assert attempt.answered == 2


def test_who_hands_in_while_pausing_has_handed_in(cast, exam, granted):
    state = give_many(cast.bob, begin(cast.bob, exam), 2)
    pause(cast.bob, state)
    done = hand_in(cast.bob, state)
    assert (done["status"], done["finish_reason"], done["pause"]) == ("finished", "submitted", None)
    assert row(state).paused_at is None


def test_a_repeated_answer_is_confirmed_during_a_pause_without_the_next_question(cast, exam, granted):
    state, key = begin(cast.bob, exam), uuid.uuid4()
    reply = give(cast.bob, state, client_key=key)
    pause(cast.bob, reply)
    again = give(cast.bob, state, client_key=key)
    assert (again["receipt"], again["item"]) == (reply["receipt"], None)


def test_a_repeated_start_shows_no_question_during_a_pause(cast, exam, granted):
    call = {"person": cast.bob, "exam_id": exam.pk, "client_key": uuid.uuid4()}
    state = delivery.start(**call)
    pause(cast.bob, state)
    assert (state["item"]["position"], delivery.start(**call)["item"]) == (1, None)
    go_on(cast.bob, state)
    assert delivery.start(**call) == state


def test_pauses_of_a_moment_use_up_the_time_of_pauses(cast, exam, granted):
    moment = begun = timezone.now()
    with clock.at(begun):
        state = begin(cast.bob, exam)
    for _pause in range(600):
        with clock.at(moment):
            pause(cast.bob, state)
        moment += 0.4 * SECOND
        with clock.at(moment):
            go_on(cast.bob, state)
    with clock.at(moment), pytest.raises(NoPauseLeft):
        pause(cast.bob, state)
    assert row(state).deadline_at == begun + 45 * MINUTE + 240 * SECOND


def test_without_a_grant_there_is_no_pause(cast, exam):
    state = begin(cast.bob, exam)
    assert state["pause"] is None
    with pytest.raises(NoPauseLeft):
        pause(cast.bob, state)


def test_nobody_pauses_for_somebody_else(cast, exam, granted):
    state = begin(cast.bob, exam)
    for person in (cast.otto, make_person("Nara", organization=cast.hana)):
        with pytest.raises(NotFound):
            pause(person, state)
    with pytest.raises(PermissionRefused):
        pause(cast.alice, state)


def test_the_api_says_why_an_answer_is_refused(cast, exam, granted, api_for):
    state = begin(cast.bob, exam)
    bob, path = api_for(cast.bob), f"/api/v1/attempts/{state['id']}"
    assert bob.post(f"{path}/pause").status_code == 200
    body = {"client_key": str(uuid.uuid4()), "position": 1, "item": state["item"]["id"], "option": 1}
    refused = bob.post(f"{path}/answer", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "attempt_paused")
    assert bob.post(f"{path}/resume").json()["item"] == state["item"]
    assert bob.post(f"{path}/answer", body).status_code == 200


# --- Pages ---------------------------------------------------------------------------------------------------------


def test_the_student_reads_of_it_before_an_exam_and_in_the_profile(cast, exam, granted, client_for):
    bob = client_for(cast.bob)
    page = bob.get(f"/exams/{exam.pk}/start", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "You have 50 % more time: 45 minutes." in page
    assert "You may pause for 10 minutes in all." in page
    profile = bob.get("/profile", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "50 % more" in profile
    assert "in large print" in profile
    other = client_for(cast.otto).get(f"/exams/{exam.pk}/start", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "more time" not in other


def test_the_console_grants_and_takes_away(cast, exam, client_for):
    anna = client_for(cast.anna, surface="admin")
    with translation.override("en"):
        page = anna.post(
            "/exams/accommodation/add/",
            {"user": str(cast.bob.pk), "extra_time_percent": 50, "pause_minutes": 0},
        )
    assert page.status_code == 302
    assert Accommodation.objects.get().extra_time_percent == 50
    refused = anna.post(
        "/exams/accommodation/add/", {"user": str(cast.otto.pk), "extra_time_percent": 50, "pause_minutes": 0}
    )
    assert refused.status_code == 200
    anna.post(f"/exams/accommodation/{cast.bob.pk}/delete/", {"post": "yes"})
    assert not Accommodation.objects.exists()
