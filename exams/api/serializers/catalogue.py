"""Exams as their readers and their authors see them."""

from dataclasses import fields
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exams.api.serializers.common import AreaName, Finite, OrganizationName, by_language
from exams.drafts import LANGUAGE
from exams.exam_drafts import ExamDraft
from exams.models import Exam

CODE = r"^[-a-zA-Z0-9_]+$"


class ExamRow(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    title = serializers.SerializerMethodField(help_text="In the language of the request.")
    description = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(choices=Exam.Kind.values)
    status = serializers.ChoiceField(choices=Exam.Status.values)
    visibility = serializers.ChoiceField(choices=Exam.Visibility.values)
    organization = OrganizationName(allow_null=True, help_text="Null: the zone's own exam.")
    languages = serializers.ListField(child=serializers.CharField())
    min_items = serializers.IntegerField()
    max_items = serializers.IntegerField()
    time_limit_minutes = serializers.IntegerField(allow_null=True)
    attempts_allowed = serializers.IntegerField(allow_null=True)
    opens_at = serializers.DateTimeField(allow_null=True)
    closes_at = serializers.DateTimeField(allow_null=True)
    is_open = serializers.BooleanField(help_text="Whether it may be started at this moment.")
    created_at = serializers.DateTimeField()

    def get_title(self, exam: Exam) -> str:
        return exam.translated("title")

    def get_description(self, exam: Exam) -> str:
        return exam.translated("description")


class AreaShare(serializers.Serializer):
    area = AreaName()
    share = serializers.FloatField()


class ExamTranslation(serializers.Serializer):
    language = serializers.RegexField(LANGUAGE, max_length=8)
    title = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)


class Share(serializers.Serializer):
    area = serializers.RegexField(CODE, max_length=40, help_text="A content area's code.")
    share = Finite(help_text="0 to 1; all shares sum to 1.")


class ExamChange(serializers.Serializer):
    """What authors decide of an exam; what is left out stays as it is (in a new exam: the default)."""

    title = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    translations = serializers.ListField(child=ExamTranslation(), required=False, max_length=20)
    kind = serializers.ChoiceField(choices=Exam.Kind.values, required=False)
    visibility = serializers.ChoiceField(choices=Exam.Visibility.values, required=False)
    languages = serializers.ListField(child=serializers.CharField(max_length=8), max_length=20, required=False)
    blueprint = serializers.ListField(child=Share(), required=False, max_length=200, help_text="Of an adaptive exam.")
    form = serializers.ListField(
        child=serializers.RegexField(CODE, max_length=80),
        max_length=200,
        required=False,
        help_text="Item codes of a fixed form, in their order.",
    )
    min_items = serializers.IntegerField(min_value=1, max_value=200, required=False)
    max_items = serializers.IntegerField(min_value=1, max_value=200, required=False)
    se_target = Finite(required=False, allow_null=True, help_text="Stop at this standard error; null: by length alone.")
    randomesque = serializers.IntegerField(min_value=1, max_value=50, required=False)
    time_limit_minutes = serializers.IntegerField(min_value=1, max_value=1440, required=False, allow_null=True)
    attempts_allowed = serializers.IntegerField(min_value=1, max_value=10_000, required=False, allow_null=True)
    opens_at = serializers.DateTimeField(required=False, allow_null=True)
    closes_at = serializers.DateTimeField(required=False, allow_null=True)

    def validate_translations(self, rows: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
        return by_language(rows)

    def validate_blueprint(self, rows: list[dict[str, Any]]) -> dict[str, float]:
        shares = {row["area"]: row["share"] for row in rows}
        if len(shares) < len(rows):
            raise serializers.ValidationError(_("A content area is there twice."))
        return shares

    def validate_form(self, codes: list[str]) -> tuple[str, ...]:
        return tuple(codes)

    def validate_languages(self, languages: list[str]) -> tuple[str, ...]:
        return tuple(languages)


class ExamNew(ExamChange):
    code = serializers.RegexField(CODE, max_length=80)
    title = serializers.CharField(max_length=200)
    organization = serializers.UUIDField(
        required=False, allow_null=True, help_text="Left out: your own; without one, the zone's."
    )


class ExamDetail(ExamRow):
    blueprint = AreaShare(many=True)
    updated_at = serializers.DateTimeField()
    draft = serializers.SerializerMethodField(help_text="For those who may change it: what PATCH takes.")

    @extend_schema_field(ExamChange(allow_null=True))
    def get_draft(self, exam: Exam) -> dict[str, Any] | None:
        draft: ExamDraft | None = self.context.get("draft")
        if draft is None:
            return None
        values = {field.name: getattr(draft, field.name) for field in fields(draft)}
        return {
            **values,
            "translations": [{"language": language, **said} for language, said in draft.translations.items()],
            "blueprint": [{"area": area, "share": share} for area, share in draft.blueprint.items()],
        }
