"""Every process is killed in the middle of a stream of answers; none that was acknowledged is lost, none comes twice.

Students answer over HTTP and do what a browser's journal does: send the same call with the same key until it is
acknowledged.
"""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from tests.concurrency.city import HOST, LENGTH, PATIENCE, STUDENTS, ZONE, City
from tests.concurrency.sitting import timeless

pytestmark = pytest.mark.slow

# The rest is answered after all the crashes, when each student has come back to their item.
BEFORE = LENGTH - 2
THINK_SECONDS = 0.05


@pytest.fixture(scope="module")
def city() -> Iterator[City]:
    city = City()
    try:
        city.open()
        yield city
    finally:
        city.close()


class Student:
    """`acknowledged` holds each answer that got its receipt; `refusals` every reply but success and "come back"."""

    def __init__(self, city: City, token: str) -> None:
        headers = {"Host": HOST, "Authorization": f"Bearer {token}"}
        self.client = httpx.Client(base_url=city.address, headers=headers, timeout=10)
        self.exam = city.data["exam"]
        self.acknowledged: list[dict[str, Any]] = []
        self.refusals: list[str] = []
        self.retries = 0
        self.state: dict[str, Any] = {}

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = self.client.request(method, f"/api/v1{path}", json=body)
            except httpx.TransportError:
                self.retries += 1
                time.sleep(0.1)
                continue
            if answer.is_success:
                return answer.json()
            self.retries += 1
            if answer.status_code != 503:
                self.refusals.append(f"{answer.status_code} {answer.text[:300]}")
            time.sleep(0.1)
        raise AssertionError(f"{path} was not answered within {PATIENCE} s; {self.refusals[-3:]}")

    def start(self) -> None:
        self.state = self.send("POST", f"/exams/{self.exam}/start", {"client_key": str(uuid.uuid4())})

    def answer(self) -> None:
        item = self.state["item"]
        said = {"position": item["position"], "item": item["id"], "option": item["position"] % 4 + 1}
        body = {"client_key": str(uuid.uuid4()), **said}
        self.state = self.send("POST", f"/attempts/{self.state['id']}/answer", body)
        assert self.state["receipt"]["position"] == body["position"]
        self.acknowledged.append(body)

    def sit(self) -> None:
        while len(self.acknowledged) < BEFORE:
            self.answer()
            time.sleep(THINK_SECONDS)

    def repeat(self) -> dict[str, Any]:
        return self.send("POST", f"/attempts/{self.state['id']}/answer", self.acknowledged[-1])

    def resume(self) -> dict[str, Any]:
        return self.send("GET", f"/attempts/{self.state['id']}")


def wait_for(students: list[Student], answers: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while sum(len(student.acknowledged) for student in students) < answers:
        assert time.monotonic() < deadline, "the students do not get on"
        time.sleep(0.005)


def stored(city: City, attempt: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(city.postgres.url) as connection:
        statement = (
            f"SELECT client_key::text, position, version_id::text, option FROM {ZONE}.exams_response"
            " WHERE attempt_id = %s ORDER BY position"
        )
        return connection.execute(statement, [attempt]).fetchall()


def log_of_answers(city: City) -> int:
    with psycopg.connect(city.postgres.url) as connection:
        row = connection.execute(
            f"SELECT count(*) FROM {ZONE}.audit_auditentry WHERE details->>'event' = 'answer'"
        ).fetchone()
        return int(row[0])


def test_the_database_writes_through_as_in_production(city):
    with psycopg.connect(city.postgres.url) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)


def test_no_crash_loses_or_doubles_an_answer(city):
    students = [Student(city, token) for token in city.data["tokens"]]
    for student in students:
        student.start()
    total = STUDENTS * BEFORE
    with ThreadPoolExecutor(STUDENTS) as pool:
        sittings = [pool.submit(student.sit) for student in students]
        for number, name in enumerate(("web", "valkey", "postgres"), start=1):
            wait_for(students, total * number // 4)
            city.kill(name)
            # Long enough for every student to meet the outage.
            time.sleep(0.5)
            city.start(name)
        for sitting in sittings:
            sitting.result()

    assert sum(student.retries for student in students) >= 2 * STUDENTS
    # While something is away people are told to come back; nothing else goes wrong.
    assert [refusal for student in students for refusal in student.refusals] == []
    for student in students:
        assert stored(city, student.state["id"]) == [
            (said["client_key"], said["position"], said["item"], said["option"]) for said in student.acknowledged
        ]
        # Sent once more, as after a lost reply: the same reply, nothing new.
        assert timeless(student.repeat()) == timeless(student.state)
        assert student.resume()["item"] == student.state["item"]
    assert log_of_answers(city) == total

    city.kill("web")
    city.start("web")
    for student in students:
        # In a new process, which knows nothing but the database.
        assert student.resume()["item"] == student.state["item"]
        while student.state["item"]:
            student.answer()
        assert (student.state["finish_reason"], student.state["result"]["answered"]) == ("length", LENGTH)
        assert len(stored(city, student.state["id"])) == LENGTH
