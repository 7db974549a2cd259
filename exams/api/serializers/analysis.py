"""The analysis of an exam: the test as a whole, and each of its items."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exams.api.serializers.calibrations import FlagShown, flags_shown
from exams.api.serializers.common import ExamTitle
from exams.models import AnalysedItem, AnalysisRun
from exams.selectors.analysis import groups_of


class Reliability(serializers.Serializer):
    marginal = serializers.FloatField(allow_null=True, help_text="Of the ability estimates.")
    alpha = serializers.FloatField(allow_null=True, help_text="Null where everybody was given other items.")
    omega = serializers.FloatField(allow_null=True)
    sem = serializers.FloatField(allow_null=True, help_text="Standard error of the sum score, in points.")


class ModelFit(serializers.Serializer):
    """M2 of the items that everybody was given."""

    statistic = serializers.FloatField()
    df = serializers.IntegerField()
    p = serializers.FloatField(allow_null=True)
    rmsea = serializers.FloatField(allow_null=True)
    srmsr = serializers.FloatField(allow_null=True)
    students = serializers.IntegerField()


class DependentPair(serializers.Serializer):
    first = serializers.CharField(help_text="An item's code.")
    second = serializers.CharField()
    q3 = serializers.FloatField()
    students = serializers.IntegerField()


class ExposureShown(serializers.Serializer):
    tests = serializers.IntegerField()
    length = serializers.FloatField(help_text="Items a test.")
    overlap = serializers.FloatField(allow_null=True, help_text="Mean share of items that two tests have in common.")
    used = serializers.FloatField(help_text="Share of the pool that was given.")
    highest = serializers.FloatField(help_text="The highest exposure of an item.")


class GroupCompared(serializers.Serializer):
    id = serializers.CharField(help_text="Key of `dif` in the items.")
    grouping = serializers.ChoiceField(choices=["language", "organization", "class"])
    name = serializers.CharField(source="label")
    reference = serializers.CharField(source="against")
    n_focal = serializers.IntegerField()
    n_reference = serializers.IntegerField()


class Dif(serializers.Serializer):
    group = serializers.CharField()
    ets = serializers.CharField(allow_blank=True, help_text="A negligible, B slight, C large; empty: not known.")
    delta = serializers.FloatField(allow_null=True, help_text="MH D-DIF; negative: harder for the group.")
    delta_se = serializers.FloatField(allow_null=True)
    p = serializers.FloatField(allow_null=True)
    uniform_p = serializers.FloatField(allow_null=True, help_text="Of the logistic regression.")
    nonuniform_p = serializers.FloatField(allow_null=True)
    lord_p = serializers.FloatField(allow_null=True)


class OptionChosen(serializers.Serializer):
    option = serializers.IntegerField()
    key = serializers.BooleanField()
    count = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    ability = serializers.FloatField(allow_null=True, help_text="Mean ability of those who chose it.")
    discrimination = serializers.FloatField(allow_null=True)


class ItemAnalysed(serializers.Serializer):
    item_id = serializers.UUIDField()
    code = serializers.CharField(source="item.code")
    version = serializers.IntegerField(source="version.number")
    answers = serializers.IntegerField()
    facility = serializers.FloatField(allow_null=True)
    discrimination = serializers.FloatField(allow_null=True, help_text="Correlation of the score with ability.")
    exposure = serializers.FloatField()
    infit = serializers.FloatField(source="details.infit", allow_null=True)
    outfit = serializers.FloatField(source="details.outfit", allow_null=True)
    options = OptionChosen(source="details.options", many=True)
    dif = serializers.SerializerMethodField()
    flags = serializers.SerializerMethodField()

    @extend_schema_field(Dif(many=True))
    def get_dif(self, row: AnalysedItem) -> list[dict[str, Any]]:
        return [Dif({"group": key, **values}).data for key, values in row.details["dif"].items()]

    @extend_schema_field(FlagShown(many=True))
    def get_flags(self, row: AnalysedItem) -> list[dict[str, Any]]:
        return flags_shown(row.flags)


class AnalysisShown(serializers.Serializer):
    computed_at = serializers.DateTimeField(source="finished_at")
    attempts = serializers.IntegerField(source="n_attempts")
    answers = serializers.IntegerField(source="summary.answers")
    reliability = Reliability(source="summary.reliability")
    fit = ModelFit(source="summary.fit", allow_null=True)
    dependence = DependentPair(source="summary.dependence.pairs", many=True)
    exposure = ExposureShown(source="summary.exposure")
    groups = serializers.SerializerMethodField()
    items = serializers.SerializerMethodField()

    @extend_schema_field(GroupCompared(many=True))
    def get_groups(self, run: AnalysisRun) -> list[dict[str, Any]]:
        return list(GroupCompared(groups_of(run), many=True).data)

    @extend_schema_field(ItemAnalysed(many=True))
    def get_items(self, run: AnalysisRun) -> list[dict[str, Any]]:
        return list(ItemAnalysed(run.items.select_related("item", "version"), many=True).data)


class ExamAnalysed(serializers.Serializer):
    exam = ExamTitle()
    waiting = serializers.BooleanField(help_text="A new one is being computed.")
    analysis = AnalysisShown(allow_null=True, help_text="The newest; null when there is none yet.")
