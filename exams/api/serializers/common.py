"""Shapes that several topics share."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from exams.models import Exam


class OrganizationName(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class StudentName(serializers.Serializer):
    id = serializers.UUIDField()
    display_name = serializers.CharField()


class AreaName(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.SerializerMethodField(help_text="In the language of the request.")

    def get_name(self, area: Any) -> str:
        return str(area)


class ExamTitle(serializers.Serializer):
    id = serializers.UUIDField()
    title = serializers.SerializerMethodField(help_text="In the language of the request.")
    kind = serializers.ChoiceField(choices=Exam.Kind.values)

    def get_title(self, exam: Any) -> str:
        return str(exam)


class Bin(serializers.Serializer):
    """`from` is a word of Python, so that the field is added by name."""

    to = serializers.IntegerField(help_text="Excluded.")
    count = serializers.IntegerField()

    def get_fields(self) -> dict[str, serializers.Field]:
        return {"from": serializers.IntegerField(), **super().get_fields()}


class AreaResult(serializers.Serializer):
    area = serializers.CharField()
    correct = serializers.IntegerField()
    answered = serializers.IntegerField()
    expected = serializers.FloatField(help_text="Right answers that the model expects at the final ability.")


class Finite(serializers.FloatField):
    """A number that a database column and a JSON reader can hold: JSON's 1e999 and the word NaN are none."""

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if value != value or value in (float("inf"), float("-inf")):
            self.fail("invalid")
        return value


def by_language(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """[{"language": "ko", …}, …] → {"ko": {…}}; raises ValidationError for a language that is there twice."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        rest = dict(row)
        language = rest.pop("language")
        if language in found:
            raise ValidationError(_("%(language)r is there twice.") % {"language": language})
        found[language] = rest
    return found
