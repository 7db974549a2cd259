"""The city of the API's matrix, with the pages' browsers."""

from collections.abc import Iterator

import pytest

from tests.api.conftest import city as city
from tests.security.asking import Browsers


@pytest.fixture(scope="module")
def browsers(city) -> Iterator[Browsers]:
    return Browsers(city)
