"""Exams as their readers and their authors see them."""

from dataclasses import asdict, fields
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exams.api.serializers.common import AreaName, Finite, OrganizationName, by_language
from exams.drafts import LANGUAGE
from exams.exam_drafts import ConstraintDraft, ExamDraft, ModuleDraft
from exams.models import Exam, ExamConstraint, ItemVersion

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


class Constraint(serializers.Serializer):
    """Counts what has all of what is named; with nothing named, the whole form."""

    counted = serializers.ChoiceField(choices=ExamConstraint.Counted.values, default="items")
    area = serializers.RegexField(CODE, max_length=40, default="", allow_blank=True, help_text="A content area's code.")
    tag = serializers.RegexField(CODE, max_length=40, default="", allow_blank=True)
    item_kind = serializers.ChoiceField(choices=ItemVersion.Kind.values, default="", allow_blank=True)
    minimum = serializers.IntegerField(min_value=0, max_value=1_000_000, default=None, allow_null=True)
    maximum = serializers.IntegerField(min_value=0, max_value=1_000_000, default=None, allow_null=True)


class Module(serializers.Serializer):
    code = serializers.RegexField(CODE, max_length=40)
    stage = serializers.IntegerField(min_value=1, max_value=10)
    theta_from = Finite(
        default=None,
        allow_null=True,
        help_text="The lowest ability that is routed here; null: its stage's easiest.",
    )
    items = serializers.ListField(child=serializers.RegexField(CODE, max_length=80), max_length=200)


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
    modules = serializers.ListField(child=Module(), required=False, max_length=100, help_text="Of a multistage exam.")
    constraints = serializers.ListField(
        child=Constraint(), required=False, max_length=200, help_text="Of an exam assembled by shadow tests."
    )
    assembly = serializers.ChoiceField(choices=Exam.Assembly.values, required=False)
    estimator = serializers.ChoiceField(choices=Exam.Estimator.values, required=False)
    criterion = serializers.ChoiceField(choices=Exam.Criterion.values, required=False)
    exposure = serializers.ChoiceField(choices=Exam.Exposure.values, required=False)
    exposure_rate = Finite(required=False, help_text="The largest share of students who may be given one item.")
    information_target = Finite(required=False, allow_null=True, help_text="Stop when no item left tells this much.")
    change_target = Finite(required=False, allow_null=True, help_text="Stop when an answer moves ability by less.")
    classification = serializers.ChoiceField(
        choices=Exam.Classification.values,
        required=False,
        allow_blank=True,
        help_text="Stop at a certain class.",
    )
    cut_scores = serializers.ListField(child=Finite(), required=False, max_length=20, help_text="In logits, rising.")
    classification_error = Finite(required=False)
    indifference = Finite(required=False, help_text="Half width about a cut score, in logits.")
    field_test_items = serializers.IntegerField(min_value=0, max_value=50, required=False)
    subscales = serializers.BooleanField(required=False, help_text="Report an ability for each content area.")
    scales = serializers.ListField(
        child=serializers.RegexField(CODE, max_length=40), required=False, max_length=20, help_text="Codes of scales."
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

    def validate_modules(self, rows: list[dict[str, Any]]) -> tuple[ModuleDraft, ...]:
        return tuple(ModuleDraft(**{**row, "items": tuple(row["items"])}) for row in rows)

    def validate_constraints(self, rows: list[dict[str, Any]]) -> tuple[ConstraintDraft, ...]:
        return tuple(ConstraintDraft(**row) for row in rows)

    def validate_cut_scores(self, cuts: list[float]) -> tuple[float, ...]:
        return tuple(cuts)

    def validate_scales(self, codes: list[str]) -> tuple[str, ...]:
        return tuple(sorted(set(codes)))

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
            "modules": [asdict(module) for module in draft.modules],
            "constraints": [asdict(constraint) for constraint in draft.constraints],
        }
