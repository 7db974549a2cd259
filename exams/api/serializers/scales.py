"""Score scales as authors see and write them."""

from typing import Any

from rest_framework import serializers

from exams.api.serializers.catalogue import CODE
from exams.api.serializers.common import Finite, by_language
from exams.drafts import LANGUAGE
from exams.models import ScoreScale


class ScaleTranslation(serializers.Serializer):
    language = serializers.RegexField(LANGUAGE, max_length=8)
    name = serializers.CharField(max_length=120)


class ScaleChange(serializers.Serializer):
    """What is left out stays as it is (in a new scale: the default)."""

    name = serializers.CharField(max_length=120, required=False)
    translations = serializers.ListField(child=ScaleTranslation(), required=False, max_length=20)
    kind = serializers.ChoiceField(choices=ScoreScale.Kind.values, required=False)
    mean = Finite(required=False, help_text="Of linear and standard scores.")
    sd = Finite(required=False)
    norm_mean = Finite(required=False, help_text="Mean ability of the norm group, in logits.")
    norm_sd = Finite(required=False)
    minimum = Finite(required=False, allow_null=True, help_text="Lowest score; null: no limit.")
    maximum = Finite(required=False, allow_null=True)
    decimals = serializers.IntegerField(min_value=0, max_value=3, required=False)
    points = serializers.ListField(
        child=serializers.ListField(child=Finite(), min_length=2, max_length=2),
        required=False,
        max_length=200,
        help_text="Of a table: [ability, score] pairs, both rising.",
    )

    def validate_translations(self, rows: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
        return by_language(rows)

    def validate_points(self, points: list[list[float]]) -> tuple[tuple[float, float], ...]:
        return tuple((theta, score) for theta, score in points)


class ScaleNew(ScaleChange):
    code = serializers.RegexField(CODE, max_length=40)
    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=ScoreScale.Kind.values)


class ScaleDetail(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField(help_text="In the zone's first language.")
    translations = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(choices=ScoreScale.Kind.values)
    mean = serializers.FloatField()
    sd = serializers.FloatField()
    norm_mean = serializers.FloatField()
    norm_sd = serializers.FloatField()
    minimum = serializers.FloatField(allow_null=True)
    maximum = serializers.FloatField(allow_null=True)
    decimals = serializers.IntegerField()
    points = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))

    def get_translations(self, scale: ScoreScale) -> list[dict[str, str]]:
        return [{"language": language, **said} for language, said in scale.translations.items()]
