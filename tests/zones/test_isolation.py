"""A random walk through zones and organizations, with all protections, with some, and with none.

`python -m tests.isolation` is the long one: 50 zones, a million operations, also over HTTP, WebSocket and Celery.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from tests import servers
from tests.isolation.canaries import Planted, plant
from tests.isolation.walk import Walked, protected_by, walk
from zones.context import get_zone
from zones.postgresql.base import DatabaseWrapper
from zones.scope import confined_role, wide_role

LOGIN = {"USER": f"megacity_test_walker_{servers.WORKER}", "PASSWORD": "only-for-tests"}


@pytest.fixture
def zones(committed) -> list[Planted]:
    return [plant(get_zone(name), number) for number, name in enumerate(("univ", "college"))]


@pytest.fixture
def login(committed) -> dict[str, Any]:
    """A login as processes have it in production: without any rights but to become the zones' roles."""
    roles = [role(zone) for zone in ("public", "univ", "college") for role in (confined_role, wide_role)]
    with psycopg.connect(servers.address(settings.DATABASES["default"]["NAME"]), autocommit=True) as control:
        if not control.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [LOGIN["USER"]]).fetchone():
            create = sql.SQL("CREATE ROLE {} LOGIN NOINHERIT PASSWORD {}")
            control.execute(create.format(sql.Identifier(LOGIN["USER"]), sql.Literal(LOGIN["PASSWORD"])))
        names = sql.SQL(", ").join(map(sql.Identifier, roles))
        control.execute(sql.SQL("GRANT {} TO {}").format(names, sql.Identifier(LOGIN["USER"])))
    return LOGIN


def walked(zones: list[Planted], login: dict[str, Any], protections: str, operations: int = 800) -> Walked:
    with protected_by(protections):
        done = walk(zones, operations=operations, threads=4, seed=1, login=login)
    assert done.errors == []
    assert done.total >= operations
    return done


def test_it_finds_leaks_where_nothing_protects(zones):
    """The owner of the tables, without the zones' roles: what one organization has, all see, and other schemas too."""
    done = walked(zones, {}, "no role")
    assert any("by_other_schema" in leak for leak in done.leaks)
    assert any("duri of univ" in leak and "hana in univ" in leak for leak in done.leaks)


def test_nothing_is_seen_from_elsewhere(zones, login):
    done = walked(zones, login, "everything", 2500)
    assert done.leaks == []
    assert done.markers > 5000
    assert done.refused["InsufficientPrivilege"] > 50


@pytest.mark.parametrize("protections", ["no search_path", "no role", "no context", "no search_path, no role"])
def test_with_one_protection_less_there_is_no_row_or_an_error(zones, login, protections):
    done = walked(zones, login, protections)
    assert done.leaks == []
    assert done.refused.total() > 50


def test_so_it_is_with_connections_from_a_pool(zones, login):
    pooled = {
        **login,
        "CONN_MAX_AGE": 0,
        "OPTIONS": {**connection.settings_dict["OPTIONS"], "pool": {"min_size": 0, "max_size": 3}},
    }
    try:
        done = walked(zones, pooled, "everything")
    finally:
        _close_pool()
    assert done.leaks == []
    assert done.markers > 1000


def _close_pool() -> None:
    pools = DatabaseWrapper._connection_pools
    for pool in pools.values():
        pool.close()
    pools.clear()


@pytest.fixture(autouse=True)
def clean(committed) -> Iterator[None]:
    yield
    connection.set_schema_to_public()
