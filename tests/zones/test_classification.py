"""Every column of every model is classified; what is forgotten, or no longer there, is an error."""

from dataclasses import replace

import pytest
from django.conf import settings
from django.db import models

from zones import classification
from zones.classification import Erase, Kind, Table, columns, find_gaps, tables
from zones.processing_record import as_markdown


@pytest.fixture
def lines(monkeypatch) -> dict[str, Table]:
    """The tables of all apps, to be changed."""
    copied = dict(tables())
    monkeypatch.setattr(classification, "tables", lambda: copied)
    return copied


def found() -> list[tuple[str, str]]:
    return [(error.id, error.msg) for error in find_gaps()]


def test_nothing_is_forgotten() -> None:
    assert found() == []


def test_a_field_without_a_line_is_an_error(lines) -> None:
    line = lines["accounts.User"]
    lines["accounts.User"] = replace(line, fields={**line.fields, Kind.CONTACT: "email display_name"})
    assert found() == [("zones.E103", "accounts.User.phone is not classified.")]


def test_a_model_without_a_line_is_an_error(lines) -> None:
    del lines["exams.Response"]
    assert found() == [("zones.E102", "exams.Response is not classified.")]


def test_a_line_without_a_field_or_model_is_an_error(lines) -> None:
    line = lines["accounts.Classroom"]
    lines["accounts.Classroom"] = replace(line, fields={**line.fields, Kind.INTERNAL: "nickname"})
    lines["accounts.Pupil"] = line
    assert [number for number, _ in found()] == ["zones.E101", "zones.E104"]


def test_personal_fields_without_a_way_to_erase_them_are_an_error(lines) -> None:
    lines["accounts.Notice"] = replace(lines["accounts.Notice"], erase=Erase.NOTHING)
    assert [number for number, _ in found()] == ["zones.E105"]


def test_a_field_stands_under_one_kind() -> None:
    twice = Table(purpose="", fields={Kind.NONE: "id name", Kind.CONTACT: "name"})
    with pytest.raises(ValueError, match="name is both none and contact"):
        twice.kinds()


def test_what_leads_to_a_person_is_a_column_of_users() -> None:
    """A lookup that no longer works would export and erase nothing, without an error."""
    for model in classification.models():
        for path in classification.table(model).person:
            model._default_manager.filter(**{path: "00000000-0000-0000-0000-000000000000"})


def test_columns_that_point_at_a_person_lead_to_their_rows_or_only_name_an_author() -> None:
    for model in classification.models():
        line, kinds = classification.table(model), classification.table(model).kinds()
        for name, column in columns(model).items():
            target = column.related_model
            if isinstance(target, type) and issubclass(target, models.Model) and target._meta.label == "accounts.User":
                assert name in line.person or kinds[name] == Kind.IDENTIFIER, f"{model._meta.label}.{name}"


def test_the_record_of_processing_is_current() -> None:
    page = settings.BASE_DIR / "docs" / "privacy.md"
    assert page.read_text() == as_markdown(), "Run `manage.py privacy_record`."
