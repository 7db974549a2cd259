"""Bodies that nobody would send: whatever they hold, the answer is one of ours."""

import json

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.permissions import Role
from tests.api.city import City
from tests.api.table import TABLE, Endpoint
from zones.redis import client as redis_client

TEXTS = st.text(max_size=30) | st.sampled_from(["\x00", "ko", "1e999", "-0", "\u202e", "가" * 300])
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**31, 2**63, -(2**63), 10**400])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
WRITES = [endpoint for endpoint in TABLE if endpoint.body]
# Whoever may do the most gets the farthest; what is a student's alone, is asked for by one.
ASKS = {"attempts/<uuid:attempt_id>/answer": Role.STUDENT, "attempts/<uuid:attempt_id>/submit": Role.STUDENT}


@st.composite
def changed(draw: st.DrawFn, good: dict) -> dict:
    """A good body with some of its members replaced, left out or added, at any depth of its first list."""
    body = dict(good)
    for name in draw(st.lists(st.sampled_from(sorted(good)), min_size=1, max_size=3, unique=True)):
        if isinstance(body[name], list) and body[name] and isinstance(body[name][0], dict) and draw(st.booleans()):
            body[name] = [draw(changed(body[name][0])), *body[name][1:]]
        elif draw(st.integers(0, 4)):
            body[name] = draw(JSON)
        else:
            del body[name]
    return body


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda e: f"{e.method} {e.path}")
def test_no_body_ends_in_a_server_error(city: City, endpoint: Endpoint):
    things = city.things["own"]
    path = "/api/v1/" + endpoint.path
    for name in ("exam_id", "item_id", "user_id", "classroom_id"):
        path = path.replace(f"<uuid:{name}>", things[name])
    path = path.replace("<uuid:attempt_id>", things["running"]).replace("<uuid:import_id>", things["import_id"])
    client = city.client(ASKS.get(endpoint.path, Role.SUPER_ADMIN), of=city.univ, at=city.univ)

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(body=changed(endpoint.body(things)) | JSON)
    def fuzz(body: object) -> None:
        # Floats that JSON cannot write are sent as the words that careless clients send.
        raw = json.dumps(body).encode()
        redis_client().flushdb()
        with transaction.atomic():
            response = client.generic(endpoint.method, path, raw, content_type="application/json")
            transaction.set_rollback(True)
        assert response.status_code < 500, raw
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json"
            assert response.json()["code"]

    fuzz()
    connection.set_tenant(city.univ)
