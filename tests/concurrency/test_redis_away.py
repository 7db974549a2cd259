"""Redis holds copies. It may be emptied or be away in the middle of an attempt, and nobody's answers suffer."""

import json
import uuid

import pytest
from django.core.cache import cache

from exams import live
from exams.models import Response
from tests.concurrency.sitting import begin, give, give_many, responses, row
from tests.sample_exam import make_exam
from zones import redis as zone_redis
from zones.redis import client as redis_client

LENGTH = 6


@pytest.fixture
def exam(in_univ, cast):
    return make_exam(size=12, min_items=LENGTH, max_items=LENGTH)


@pytest.fixture
def away(settings):
    """Call it, and nothing answers at Redis's address any more; where it was it is again afterwards."""

    def leave():
        # Port 1 is the reserved tcpmux: nobody listens, and a connection is refused at once.
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        settings.CACHES = {**settings.CACHES, "default": {**settings.CACHES["default"], "LOCATION": settings.REDIS_URL}}
        zone_redis.client.cache_clear()

    yield leave
    zone_redis.client.cache_clear()


class Student:
    """Goes through an exam by the API, a step at a time."""

    def __init__(self, client):
        self.client = client
        self.state = {}

    def start(self, exam):
        self.state = self.post(f"/api/v1/exams/{exam.pk}/start", 201, client_key=str(uuid.uuid4()))

    def answer(self):
        item = self.state["item"]
        said = {"position": item["position"], "item": item["id"], "option": item["position"] % 2 + 1}
        self.state = self.post(self.path("/answer"), 200, client_key=str(uuid.uuid4()), **said)

    def resume(self):
        answer = self.client.get(self.path())
        assert answer.status_code == 200, answer.content
        return answer.json()

    def path(self, step=""):
        return f"/api/v1/attempts/{self.state['id']}{step}"

    def post(self, path, expected, **body):
        answer = self.client.post(path, body)
        assert answer.status_code == expected, answer.content
        return answer.json()


def test_emptied_in_the_middle_nothing_is_lost(cast, exam, api_for):
    student = Student(api_for(cast.bob))
    student.start(exam)
    for _ in range(LENGTH):
        item = student.state["item"]
        redis_client().flushall()
        assert student.resume()["item"] == item
        redis_client().flushall()
        student.answer()
    assert (student.state["status"], student.state["result"]["answered"]) == ("finished", LENGTH)
    assert [answer.position for answer in responses(student.state)] == list(range(1, LENGTH + 1))


def test_unreachable_in_the_middle_answers_go_on(cast, exam, api_for, away):
    student = Student(api_for(cast.bob))
    student.start(exam)
    student.answer()
    away()
    with pytest.raises(zone_redis.redis.ConnectionError):
        redis_client().ping()
    for _ in range(LENGTH - 1):
        assert student.resume()["item"] == student.state["item"]
        student.answer()
    assert student.state["finish_reason"] == "length"
    assert Response.objects.filter(attempt=student.state["id"]).count() == LENGTH


def test_unreachable_from_the_start_an_exam_can_be_taken(cast, exam, api_for, away):
    away()
    student = Student(api_for(cast.bob))
    student.start(exam)
    student.answer()
    handed_in = student.post(student.path("/submit"), 200, client_key=str(uuid.uuid4()))
    assert (handed_in["status"], handed_in["result"]["answered"]) == ("finished", 1)


def test_unreachable_a_browser_with_a_session_goes_on(cast, exam, client_for, away):
    bob = client_for(cast.bob)
    state = begin(cast.bob, exam)
    assert bob.get(f"/api/v1/attempts/{state['id']}").status_code == 200
    away()
    assert cache.get("anything") is None
    assert bob.get(f"/api/v1/attempts/{state['id']}").json()["item"] == state["item"]
    item = state["item"]
    said = {"position": item["position"], "item": item["id"], "option": 1, "client_key": str(uuid.uuid4())}
    answer = bob.post(f"/api/v1/attempts/{state['id']}/answer", said, content_type="application/json")
    assert (answer.status_code, answer.json()["receipt"]["position"]) == (200, 1)


def test_limits_that_cannot_be_counted_stop_nobody(cast, exam, api_for, away, limits):
    away()
    student = Student(api_for(cast.bob))
    student.start(exam)
    student.answer()


def test_live_copies_come_from_the_rows_and_are_put_back(cast, exam):
    state = give_many(cast.bob, begin(cast.bob, exam), 3)
    pk = row(state).pk
    name = f"univ:cat:{pk}:state"
    written = json.loads(redis_client().get(name))
    redis_client().flushall()
    [copy] = live.states([pk]).values()
    assert copy == written == live.snapshot(row(state))
    assert copy["answered"] == 3
    assert copy["administered"] == row(state).state["administered"]
    assert json.loads(redis_client().get(name)) == copy
    assert 0 < redis_client().ttl(name) <= live.SECONDS


def test_live_copies_that_are_there_need_no_rows(cast, exam, django_assert_num_queries):
    state = give(cast.bob, begin(cast.bob, exam))
    pk = row(state).pk
    with django_assert_num_queries(1):
        # Asks for the rows of no attempts, which Django answers by itself; one that is missing costs one query.
        assert set(live.states([pk])) == {pk}
        redis_client().flushall()
        assert live.states([pk])[pk]["answered"] == 1


def test_live_copies_come_from_the_rows_while_redis_is_away(cast, exam, away):
    state = give(cast.bob, begin(cast.bob, exam))
    away()
    pk = row(state).pk
    assert live.states([pk]) == {pk: live.snapshot(row(state))}
