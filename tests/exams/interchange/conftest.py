"""These tests compare words, so they run in English, whose words are in the code."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(scope="module", autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield
