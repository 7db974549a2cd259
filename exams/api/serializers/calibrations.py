"""Calibrations and analyses: what is asked for, how far it is, what was found."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exams.flags import flags_of
from exams.models import CalibratedItem, CalibrationRun
from exams.selectors.calibration import SMALLEST, reason_in_words


class FlagShown(serializers.Serializer):
    code = serializers.CharField()
    level = serializers.ChoiceField(choices=["bad", "warn", "note"])
    title = serializers.CharField(help_text="What it is, in the language of the request.")
    advice = serializers.CharField(help_text="What to do about it.")


def flags_shown(codes: list[str]) -> list[dict[str, Any]]:
    return [FlagShown(flag).data for flag in flags_of(codes)]


class CalibrationNew(serializers.Serializer):
    exams = serializers.ListField(
        child=serializers.CharField(max_length=80),
        required=False,
        max_length=500,
        help_text="Codes; none: the answers of every exam.",
    )
    items = serializers.ListField(
        child=serializers.CharField(max_length=80),
        required=False,
        max_length=5_000,
        help_text="Codes of the items to estimate; none: all with answers enough that are no anchors.",
    )
    model = serializers.ChoiceField(choices=CalibrationRun.Model.values, required=False)
    anchoring = serializers.ChoiceField(choices=CalibrationRun.Anchoring.values, required=False)
    min_answers = serializers.IntegerField(min_value=SMALLEST, max_value=10_000_000, required=False)
    since = serializers.DateField(
        required=False, allow_null=True, help_text="Only answers since this day, in the zone's time."
    )
    uses_priors = serializers.BooleanField(required=False)


class CalibrationRow(serializers.Serializer):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=CalibrationRun.Status.values)
    progress = serializers.IntegerField(help_text="Per cent.")
    model = serializers.ChoiceField(choices=CalibrationRun.Model.values)
    anchoring = serializers.ChoiceField(choices=CalibrationRun.Anchoring.values)
    exams = serializers.ListField(child=serializers.CharField())
    items = serializers.ListField(child=serializers.CharField(), help_text="As asked for; empty: all that could be.")
    min_answers = serializers.IntegerField()
    since = serializers.DateField(allow_null=True)
    uses_priors = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_blank=True, help_text="Why it failed; empty when it did not.")


class CalibrationResult(serializers.Serializer):
    item_id = serializers.UUIDField()
    code = serializers.CharField(source="item.code")
    version = serializers.IntegerField(source="version.number", help_text="Whose answers were read.")
    anchor = serializers.BooleanField(source="is_anchor")
    model = serializers.ChoiceField(choices=["1PL", "2PL", "3PL", "4PL", "GRM", "GPCM"])
    answers = serializers.IntegerField()
    discrimination = serializers.FloatField()
    difficulty = serializers.FloatField(help_text="In logits; of an item with thresholds their mean.")
    guessing = serializers.FloatField()
    upper = serializers.FloatField()
    thresholds = serializers.ListField(child=serializers.FloatField())
    se_discrimination = serializers.FloatField(allow_null=True)
    se_difficulty = serializers.FloatField(allow_null=True)
    se_guessing = serializers.FloatField(allow_null=True)
    se_upper = serializers.FloatField(allow_null=True)
    facility = serializers.FloatField(allow_null=True)
    infit = serializers.FloatField(allow_null=True)
    outfit = serializers.FloatField(allow_null=True)
    s_x2_p = serializers.FloatField(allow_null=True)
    flags = serializers.SerializerMethodField()
    activated_at = serializers.DateTimeField(source="accepted_at", allow_null=True)

    @extend_schema_field(FlagShown(many=True))
    def get_flags(self, row: CalibratedItem) -> list[dict[str, Any]]:
        return flags_shown(row.flags)


class ModelCompared(serializers.Serializer):
    model = serializers.ChoiceField(choices=CalibrationRun.Model.values)
    chosen = serializers.BooleanField()
    log_likelihood = serializers.FloatField()
    parameters = serializers.IntegerField()
    aic = serializers.FloatField()
    bic = serializers.FloatField()
    converged = serializers.BooleanField()


class LeftOut(serializers.Serializer):
    code = serializers.CharField()
    answers = serializers.IntegerField()
    why = serializers.SerializerMethodField()

    def get_why(self, row: dict[str, Any]) -> str:
        return reason_in_words(row["reason"])


class CalibrationDetail(CalibrationRow):
    persons = serializers.IntegerField(source="n_persons", help_text="Attempts.")
    answers = serializers.IntegerField(source="n_answers")
    log_likelihood = serializers.FloatField(allow_null=True)
    parameters = serializers.IntegerField(source="n_parameters")
    mean = serializers.FloatField(allow_null=True, help_text="Ability of the group, in logits.")
    sd = serializers.FloatField(allow_null=True)
    converged = serializers.BooleanField(allow_null=True)
    comparison = serializers.SerializerMethodField()
    left_out = serializers.SerializerMethodField()
    results = serializers.SerializerMethodField()

    @extend_schema_field(ModelCompared(many=True))
    def get_comparison(self, run: CalibrationRun) -> list[dict[str, Any]]:
        return list(ModelCompared(run.summary.get("comparison", []), many=True).data)

    @extend_schema_field(LeftOut(many=True))
    def get_left_out(self, run: CalibrationRun) -> list[dict[str, Any]]:
        return list(LeftOut(run.summary.get("left_out", []), many=True).data)

    @extend_schema_field(CalibrationResult(many=True))
    def get_results(self, run: CalibrationRun) -> list[dict[str, Any]]:
        rows = run.results.select_related("item", "version").order_by("is_anchor", "item__code")
        return list(CalibrationResult(rows, many=True).data)


class ActivationNew(serializers.Serializer):
    items = serializers.ListField(
        child=serializers.CharField(max_length=80),
        required=False,
        max_length=5_000,
        help_text="Codes; left out: every item that nothing speaks against.",
    )
    into_use = serializers.BooleanField(required=False, default=False, help_text="Items in field test become active.")


class Activated(serializers.Serializer):
    activated = serializers.ListField(child=serializers.CharField(), help_text="Codes of items with a new version.")
    unchanged = serializers.ListField(child=serializers.CharField(), help_text="Those that had it already.")
