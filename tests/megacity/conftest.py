"""A console, and an exam that is in it."""

import pytest

from exams.models import Exam
from tests.sample_exam import make_exam


@pytest.fixture
def console(in_univ, client_for):
    """console(person) → their browser on admin. of univ."""
    return lambda person, zone=None: client_for(person, surface="admin", zone=zone)


@pytest.fixture
def exam(in_univ, cast) -> Exam:
    return make_exam()
