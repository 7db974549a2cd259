"""Fixtures of all tests: the database, the zones, the cast and their clients."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from audit import origins
from tests import clients, databases, schedule
from tests.cast import Cast, make_cast
from zones import hosts
from zones import limits as limits_of_zones
from zones.context import get_zone
from zones.models import Zone
from zones.redis import client as redis_client

# A law does not fail because the machine was busy while its examples were made.
hypothesis_settings.register_profile("city", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("city")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=schedule.in_order)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> schedule.Files | None:
    return schedule.Files(config, log) if config.option.dist == "loadfile" else None


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker) -> Iterator[None]:
    """Instead of pytest-django's: a copy of the template database (see tests/databases.py)."""
    with django_db_blocker.unblock(), databases.test_database():
        yield


@pytest.fixture
def committed(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Real commits, for tests of concurrency and of other processes; everything is emptied afterwards."""
    with django_db_blocker.unblock():
        fresh_start()
        try:
            yield
        finally:
            databases.empty()


@pytest.fixture
def database(request) -> Iterator[None]:
    """The database as this test wants it: rolled back, or `committed` if it asks for that."""
    if "committed" in request.fixturenames:
        request.getfixturevalue("committed")
    else:
        request.getfixturevalue("db")
        fresh_start()
    yield
    # The next test starts in the control plane, wherever this one ended.
    connection.set_schema_to_public()


def fresh_start() -> None:
    """Nothing in Valkey, and the table of hosts read."""
    redis_client().flushdb()
    limits_of_zones.forget_everything_known()
    hosts.forget()
    origins.forget_remembered()
    # Read now, so that no test counts this query.
    hosts.resolve(clients.host("univ"))


@pytest.fixture
def univ(database) -> Zone:
    return get_zone("univ")


@pytest.fixture
def college(database) -> Zone:
    return get_zone("college")


@pytest.fixture
def in_univ(univ: Zone) -> Zone:
    """The test itself runs in zone univ."""
    connection.set_tenant(univ)
    return univ


@pytest.fixture
def cast(univ: Zone, college: Zone) -> Cast:
    return make_cast(univ, college)


@pytest.fixture
def client_for(database) -> Callable[..., clients.ZoneClient]:
    return clients.client_for


@pytest.fixture
def api_for(database) -> Callable[..., clients.ApiClient]:
    return clients.api_for


@pytest.fixture
def limits(settings) -> None:
    """Rate limits are on, as in production."""
    settings.RATE_LIMITS_ENABLED = True
