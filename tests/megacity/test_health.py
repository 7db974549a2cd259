"""Probes answer whoever asks the process itself."""

import redis
from django.test import Client


def test_live_answers_on_any_host():
    assert Client().get("/health", headers={"host": "10.0.0.7:8001"}).json() == {"status": "ok"}


def test_ready_names_each_part(database):
    answer = Client().get("/health/ready", headers={"host": "10.0.0.7"})
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "migrations": "ok", "cache": "ok"}


def test_ready_is_degraded_without_redis(database, monkeypatch):
    away = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.1)
    monkeypatch.setattr("megacity.health.client", lambda: away)
    answer = Client().get("/health/ready", headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.json()["status"], answer.json()["cache"]) == (200, "degraded", "unavailable")


def test_metrics_count_requests_by_zone(database, client_for):
    client_for(None, surface="www", zone="univ").get("/about")
    text = Client().get("/metrics", headers={"host": "10.0.0.7"}).content.decode()
    assert 'http_requests_total{endpoint="about",method="GET",status="200",surface="www",zone="univ"}' in text


def test_metrics_are_hidden_behind_a_gateway(database):
    answer = Client().get("/metrics", headers={"host": "10.0.0.7", "x-forwarded-for": "203.0.113.9"})
    assert answer.status_code == 404
