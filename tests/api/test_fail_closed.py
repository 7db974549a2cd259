"""What cannot be recorded does not happen: every write of the API, with a log that takes no row."""

from collections.abc import Callable

import pytest

from tests.api.city import ROLES, City
from tests.api.table import TABLE, Endpoint
from tests.api.test_matrix import expected
from tests.fail_closed import LOG, changes

# What is not told to the log, each with the reason.
UNRECORDED = {
    ("POST", "notices/read"): "one's own notices are marked as read: nothing that others see or miss",
    ("POST", "notices/<uuid:notice_id>/read"): "the same for one notice",
}
WRITES = [e for e in TABLE if e.method != "GET" and e.ok < 300 and (e.method, e.path) not in UNRECORDED]


def sent(city: City, endpoint: Endpoint) -> Callable[[], int]:
    """The endpoint's call by somebody who may; it returns the status of the answer."""
    things = city.things["own"]
    role = next(role for role in ROLES if expected(endpoint, role, "own") == endpoint.ok)
    client = city.client(role, of=city.univ, at=city.univ)
    path = endpoint.path
    for part in [part for part in path.split("/") if part.startswith("<")]:
        name = part[1:-1].partition(":")[2]
        path = path.replace(part, things[endpoint.use.get(name, name)])

    def call() -> int:
        body = (endpoint.body(things),) if endpoint.body else ()
        client.raise_request_exception = False
        try:
            return getattr(client, endpoint.method.lower())(f"/api/v1/{path}", *body).status_code
        finally:
            client.raise_request_exception = True
            client.cookies.clear()

    return call


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda e: f"{e.method} {e.path}")
def test_a_write_that_cannot_be_recorded_does_not_happen(city: City, endpoint: Endpoint):
    call = sent(city, endpoint)
    status, changed = changes(city.univ, call, full=True)
    assert changed == set()
    if status != 503:
        # It did not need the log: because there is nothing that it writes.
        assert changes(city.univ, call, full=False)[1] <= LOG
