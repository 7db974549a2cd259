"""The item bank, for those who write it. Keys and parameters are here, and nowhere that students reach."""

from typing import Any

from rest_framework import serializers

from exams.api.serializers.catalogue import CODE
from exams.api.serializers.common import AreaName, Finite, OrganizationName, by_language
from exams.drafts import LANGUAGE, DraftText, ItemDraft
from exams.models import Item, ItemVersion


class Parameters(serializers.Serializer):
    """Of the three-parameter logistic model with D = 1."""

    discrimination = serializers.FloatField(help_text="a")
    difficulty = serializers.FloatField(help_text="b, in logits")
    guessing = serializers.FloatField(help_text="c")
    # A field of the serializer by this name, not the option that every field has.
    source = serializers.ChoiceField(choices=ItemVersion.Source.values, source="parameter_source")  # type: ignore[assignment]


class ItemRow(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    area = AreaName()
    organization = OrganizationName(allow_null=True, help_text="Null: the whole zone's.")
    status = serializers.ChoiceField(choices=Item.Status.values)
    version = serializers.IntegerField(source="current.number")
    languages = serializers.SerializerMethodField()
    parameters = Parameters(source="current")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_languages(self, item: Item) -> list[str]:
        return [text.language for text in item.current.texts.all()]


class TextShown(serializers.Serializer):
    language = serializers.CharField()
    stem = serializers.CharField(help_text="Markdown; formulas between dollar signs, pictures as `asset:NAME`.")
    options = serializers.SerializerMethodField()
    explanation = serializers.CharField()

    def get_options(self, text: Any) -> list[str]:
        return [option.text for option in text.options.all()]


class Picture(serializers.Serializer):
    name = serializers.CharField()
    url = serializers.CharField(source="file.url")


class VersionShown(serializers.Serializer):
    number = serializers.IntegerField()
    key = serializers.IntegerField(help_text="Number of the right option, from 1.")
    parameters = Parameters(source="*")
    texts = TextShown(many=True)
    pictures = Picture(many=True, source="assets")
    created_at = serializers.DateTimeField()


class ItemDetail(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    area = AreaName()
    organization = OrganizationName(allow_null=True)
    status = serializers.ChoiceField(choices=Item.Status.values)
    current = VersionShown()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class TextNew(serializers.Serializer):
    language = serializers.RegexField(LANGUAGE, max_length=8)
    stem = serializers.CharField(max_length=20_000)
    options = serializers.ListField(child=serializers.CharField(max_length=5_000), min_length=2, max_length=20)
    explanation = serializers.CharField(max_length=20_000, required=False, default="", allow_blank=True)


class VersionNew(serializers.Serializer):
    """Everything of one version. Pictures of the version before stay as long as a text shows them."""

    texts = serializers.ListField(child=TextNew(), min_length=1, max_length=20)
    key = serializers.IntegerField(min_value=1, max_value=20, help_text="Number of the right option, from 1.")
    discrimination = Finite(help_text="a, 0.05 to 5")
    difficulty = Finite(help_text="b, -6 to 6 logits")
    guessing = Finite(help_text="c, 0 to 0.6")
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=ItemVersion.Source.values, required=False, default=ItemVersion.Source.ASSUMED
    )

    def validate_texts(self, rows: list[dict[str, Any]]) -> dict[str, DraftText]:
        return {
            language: DraftText(said["stem"], tuple(said["options"]), said["explanation"])
            for language, said in by_language(rows).items()
        }


class ItemNew(VersionNew):
    code = serializers.RegexField(CODE, max_length=80)
    area = serializers.RegexField(CODE, max_length=40, help_text="A content area's code.")
    organization = serializers.UUIDField(
        required=False, allow_null=True, help_text="Left out: your own; without one, the zone's."
    )
    status = serializers.ChoiceField(choices=Item.Status.values, required=False, default=Item.Status.DRAFT)


class StatusChange(serializers.Serializer):
    status = serializers.ChoiceField(choices=Item.Status.values)


def draft_from(body: dict[str, Any]) -> ItemDraft:
    """A checked VersionNew as the services take it."""
    return ItemDraft(
        texts=body["texts"],
        key=body["key"],
        a=body["discrimination"],
        b=body["difficulty"],
        c=body["guessing"],
        source=body["source"],
    )
