"""The page before an exam says when it may be started, and offers to start it only then."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation
from django.utils.formats import date_format

from tests.sample_exam import make_exam

NOW = timezone.now().replace(second=0, microsecond=0)
HOUR, FORM = timedelta(hours=1), b'id="start-form"'


@pytest.mark.parametrize(
    ("fields", "offered", "told"),
    [
        ({}, True, None),
        ({"closes_at": NOW + HOUR}, True, NOW + HOUR),
        ({"opens_at": NOW + HOUR}, False, NOW + HOUR),
        ({"closes_at": NOW - HOUR}, False, None),
    ],
)
def test_the_button_is_there_while_the_exam_is_open(in_univ, cast, client_for, fields, offered, told):
    exam = make_exam(**fields)
    page = client_for(cast.bob).get(f"/exams/{exam.pk}/start", HTTP_ACCEPT_LANGUAGE="en")
    assert (page.status_code, FORM in page.content) == (200, offered)
    if told:
        with translation.override("en"):
            assert date_format(timezone.localtime(told), "SHORT_DATETIME_FORMAT") in page.content.decode()
