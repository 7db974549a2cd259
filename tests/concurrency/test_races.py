"""Calls for one attempt at the same moment: real threads, real commits."""

import re
import uuid

import pytest
from django.db import IntegrityError

from audit.models import AuditEntry
from exams.models import Attempt, IdempotentCall, Response
from exams.problems import AttemptFinished, AttemptsExhausted, NotCurrentItem
from exams.services import answering, delivery
from tests.cast import make_person
from tests.concurrency.sitting import begin, call, give, hand_in, responses, row, timeless
from tests.sample_exam import make_exam
from tests.threads import together
from zones.context import zone_context

THREADS = 8


@pytest.fixture
def exam(committed, univ):
    with zone_context(univ):
        yield make_exam(size=12, min_items=5, max_items=5)


def starting(person, exam, key=None):
    key = key or uuid.uuid4()
    return lambda: delivery.start(person=person, exam_id=exam.pk, client_key=key)


def answering_as(person, arguments):
    return lambda: answering.answer(person=person, **arguments)


def test_a_start_clicked_twice_opens_one_attempt_and_gives_one_reply(cast, univ, exam):
    replies = together(univ, *[starting(cast.bob, exam, uuid.uuid4())] * THREADS)
    assert all(reply == replies[0] for reply in replies)
    assert Attempt.objects.get().pk == uuid.UUID(replies[0]["id"])
    assert IdempotentCall.objects.count() == 1


def test_starts_on_many_devices_open_one_attempt_at_one_item(cast, univ, exam):
    replies = together(univ, *[starting(cast.bob, exam) for _ in range(THREADS)])
    assert {reply["id"] for reply in replies} == {str(Attempt.objects.get().pk)}
    assert {reply["item"]["id"] for reply in replies} == {replies[0]["item"]["id"]}
    assert AuditEntry.objects.filter(details__event="start").count() == 1


def test_starts_on_many_devices_use_the_only_attempt_once(cast, univ, exam):
    exam.attempts_allowed = 1
    exam.save()
    replies = together(univ, *[starting(cast.bob, exam) for _ in range(THREADS)])
    assert [reply["id"] for reply in replies] == [str(Attempt.objects.get().pk)] * THREADS


@pytest.fixture
def meanwhile(monkeypatch, univ):
    """Something that happens on another connection after a start has looked for open and used attempts."""

    def arrange(call):
        original = delivery.current_pool

        def late(exam):
            monkeypatch.setattr(delivery, "current_pool", original)
            [done] = together(univ, call)
            assert not isinstance(done, Exception), done
            return original(exam)

        monkeypatch.setattr(delivery, "current_pool", late)

    return arrange


def test_a_start_overtaken_by_another_comes_to_its_attempt(cast, exam, meanwhile):
    meanwhile(lambda: begin(cast.bob, exam))
    assert begin(cast.bob, exam)["id"] == str(Attempt.objects.get().pk)


def test_a_start_overtaken_by_a_whole_attempt_gets_no_second_one(cast, exam, meanwhile):
    exam.attempts_allowed = 1
    exam.save()
    meanwhile(lambda: hand_in(cast.bob, begin(cast.bob, exam)))
    with pytest.raises(AttemptsExhausted):
        begin(cast.bob, exam)
    assert Attempt.objects.get().is_finished


def test_a_submit_clicked_twice_ends_once_and_gives_one_reply(cast, univ, exam):
    state = give(cast.bob, begin(cast.bob, exam))
    arguments = {"person": cast.bob, "attempt_id": row(state).pk, "client_key": uuid.uuid4()}
    replies = together(univ, *[lambda: delivery.submit(**arguments)] * THREADS)
    assert all(reply == replies[0] for reply in replies)
    assert (replies[0]["status"], replies[0]["finish_reason"]) == ("finished", "submitted")
    assert AuditEntry.objects.filter(details__event="finish").count() == 1


def test_submits_with_keys_of_their_own_tell_of_the_same_end(cast, univ, exam):
    state = give(cast.bob, begin(cast.bob, exam))
    replies = together(univ, *[lambda: hand_in(cast.bob, state)] * THREADS)
    assert all(timeless(reply) == timeless(replies[0]) for reply in replies)
    assert AuditEntry.objects.filter(details__event="finish").count() == 1


def test_one_answer_sent_by_all_at_once_is_one_response_and_one_reply(cast, univ, exam):
    state = begin(cast.bob, exam)
    replies = together(univ, *[answering_as(cast.bob, call(state, key=uuid.uuid4()))] * THREADS)
    assert all(timeless(reply) == timeless(replies[0]) for reply in replies)
    assert (replies[0]["receipt"]["position"], replies[0]["item"]["position"]) == (1, 2)
    assert len(responses(state)) == row(state).answered == 1
    assert AuditEntry.objects.filter(details__event="answer").count() == 1


def test_of_different_answers_to_one_item_one_wins(cast, univ, exam):
    state = begin(cast.bob, exam)
    sent = [call(state, option=number % 4 + 1) for number in range(THREADS)]
    replies = together(univ, *[answering_as(cast.bob, arguments) for arguments in sent])
    [winner] = [number for number, reply in enumerate(replies) if isinstance(reply, dict)]
    [stored] = responses(state)
    assert (stored.client_key, stored.option) == (sent[winner]["client_key"], sent[winner]["option"])
    refused = [reply for number, reply in enumerate(replies) if number != winner]
    assert {type(reply) for reply in refused} == {NotCurrentItem}
    # Each is told where the attempt is now.
    assert {(reply.extra["position"], reply.extra["item"]) for reply in refused} == {(2, replies[winner]["item"]["id"])}


def test_an_answer_and_a_submit_at_once_leave_one_order_of_the_two(cast, univ, exam):
    state = give(cast.bob, begin(cast.bob, exam))
    answered, submitted = together(univ, lambda: give(cast.bob, state), lambda: hand_in(cast.bob, state))
    assert submitted["status"] == "finished"
    assert isinstance(answered, dict | AttemptFinished), answered
    given = 2 if isinstance(answered, dict) else 1
    assert submitted["result"]["answered"] == row(state).answered == len(responses(state)) == given
    assert row(state).is_finished


def test_a_start_and_a_submit_at_once_end_the_attempt_and_open_at_most_one_more(cast, univ, exam):
    state = give(cast.bob, begin(cast.bob, exam))
    started, submitted = together(univ, starting(cast.bob, exam), lambda: hand_in(cast.bob, state))
    assert (submitted["id"], submitted["status"]) == (state["id"], "finished")
    assert row(state).is_finished
    still_open = Attempt.objects.filter(status=Attempt.Status.IN_PROGRESS)
    # Either the start came first and found the old attempt, or it came second and opened a new one.
    assert [str(attempt.pk) for attempt in still_open] == ([] if started["id"] == state["id"] else [started["id"]])


def test_many_students_answer_at_once_and_nobody_waits_for_or_gets_anothers(cast, univ, exam):
    people = [cast.bob, cast.otto, *[make_person(f"Student {number}") for number in range(THREADS - 2)]]
    states = [begin(person, exam) for person in people]
    sent = [call(state) for state in states]
    replies = together(univ, *map(answering_as, people, sent))
    assert [reply["id"] for reply in replies] == [state["id"] for state in states]
    stored = dict(Response.objects.values_list("client_key", "attempt__user_id"))
    assert stored == {said["client_key"]: person.pk for said, person in zip(sent, people, strict=True)}


# Every call reads the attempt, then all of them go on: the moment in which a missing lock does its harm.
AT_ONCE = ("FROM exams_attempt WHERE", "FROM exams_attempt CROSS JOIN pg_sleep(0.3) WHERE")


@pytest.mark.parametrize("locked", [True, False])
def test_the_lock_is_what_turns_a_race_into_a_clean_refusal(cast, univ, exam, monkeypatch, locked):
    statement = answering._LOCK.replace(*AT_ONCE)
    assert "pg_sleep" in statement
    monkeypatch.setattr(answering, "_LOCK", statement if locked else statement.replace(" FOR UPDATE", ""))
    state = begin(cast.bob, exam)
    replies = together(univ, *[answering_as(cast.bob, call(state)) for _ in range(3)])
    refused = [reply for reply in replies if isinstance(reply, Exception)]
    # Without it the table's constraint is what keeps the second answer out, and its author gets an error.
    assert [type(reply) for reply in refused] == [NotCurrentItem if locked else IntegrityError] * 2
    assert locked or all(re.search("response_(position|item)_once", str(reply)) for reply in refused)
    assert len(responses(state)) == 1


@pytest.mark.parametrize("locked", [True, False])
def test_the_lock_is_what_lets_a_retry_meet_its_first_try(cast, univ, exam, monkeypatch, locked):
    statement = answering._LOCK.replace(*AT_ONCE)
    monkeypatch.setattr(answering, "_LOCK", statement if locked else statement.replace(" FOR UPDATE", ""))
    state = begin(cast.bob, exam)
    replies = together(univ, *[answering_as(cast.bob, call(state, key=uuid.uuid4()))] * 3)
    assert sum(isinstance(reply, dict) for reply in replies) == (3 if locked else 1)
    assert len(responses(state)) == 1
