"""While PostgreSQL is away, people and clients are told to come back, and nobody sees a stack trace."""

import pytest
from django.db import OperationalError

from tests.clients import ApiClient, ZoneClient
from zones import hosts


@pytest.fixture
def outage(cast, monkeypatch):
    """The database refuses the query that finds exams; log-in has happened before."""

    def refuse(*arguments):
        raise OperationalError("connection refused")

    monkeypatch.setattr("exams.api.catalogue.visible_exams", refuse)
    monkeypatch.setattr("exams.pages.taking.exam_cards", refuse)


def test_the_api_says_503_and_when_to_try_again(outage, api_for, cast):
    bob: ApiClient = api_for(cast.bob)
    bob.raise_request_exception = False
    answer = bob.get("/api/v1/exams")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0


def test_a_page_says_503(outage, client_for, cast):
    bob: ZoneClient = client_for(cast.bob)
    bob.raise_request_exception = False
    answer = bob.get("/exams")
    assert answer.status_code == 503
    assert "Traceback" not in answer.content.decode()


def test_the_table_of_hosts_outlives_the_database(univ, monkeypatch):
    assert hosts.resolve("app.univprepai.localhost")
    hosts.forget()

    def refuse(*arguments, **keywords):
        raise OperationalError("connection refused")

    monkeypatch.setattr("zones.hosts.Domain.objects.select_related", refuse)
    assert hosts.resolve("app.univprepai.localhost").zone.schema_name == "univ"
