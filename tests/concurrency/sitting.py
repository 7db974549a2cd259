"""One student's exam in few words: what a test sends, and what it finds in the tables afterwards."""

import uuid
from datetime import timedelta
from typing import Any

from accounts.models import User
from exams.models import Attempt, Response
from exams.problems import Reply
from exams.services import answering, delivery

LONG_AGO = timedelta(days=1)


def begin(person: User, exam: Any) -> Reply:
    return delivery.start(person=person, exam_id=exam.pk, client_key=uuid.uuid4())


def call(state: Reply, option: int = 1, key: uuid.UUID | None = None, **changes: Any) -> dict[str, Any]:
    """The arguments of an answer to the item that `state` shows."""
    item = state["item"]
    said = {"attempt_id": uuid.UUID(state["id"]), "position": item["position"], "item": int(item["id"])}
    return {**said, "option": option, "client_key": key or uuid.uuid4(), **changes}


def give(person: User, state: Reply, option: int = 1, **changes: Any) -> Reply:
    return answering.answer(person=person, **call(state, option, **changes))


def give_many(person: User, state: Reply, count: int) -> Reply:
    for number in range(count):
        state = give(person, state, option=number % 2 + 1)
    return state


def hand_in(person: User, state: Reply) -> Reply:
    return delivery.submit(person=person, attempt_id=uuid.UUID(state["id"]), client_key=uuid.uuid4())


def timeless(reply: Reply) -> Reply:
    """The reply without the one part that tells when it was asked for."""
    return {name: value for name, value in reply.items() if name != "server_time"}


def row(state: Reply) -> Attempt:
    return Attempt.objects.get(pk=state["id"])


def responses(state: Reply) -> list[Response]:
    return list(Response.objects.filter(attempt=state["id"]).order_by("position"))
