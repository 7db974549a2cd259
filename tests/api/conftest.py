"""A city for a whole module: each request is undone, so that none of them changes what the next one meets."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from tests.api import city as building
from tests.conftest import fresh_start
from zones.context import get_zone


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker) -> Iterator[building.City]:
    with django_db_blocker.unblock(), transaction.atomic():
        fresh_start()
        made = building.build(get_zone("univ"), get_zone("college"))
        connection.set_tenant(made.univ)
        yield made
        transaction.set_rollback(True)
    connection.set_schema_to_public()
