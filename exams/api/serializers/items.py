"""The item bank, for those who write it. Keys and parameters are here, and nowhere that students reach."""

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from exams.api.serializers.catalogue import CODE
from exams.api.serializers.common import AreaName, Finite, OrganizationName, by_language
from exams.drafts import LANGUAGE, CriterionText, DraftKey, DraftPassage, DraftText, ItemDraft
from exams.models import Item, ItemGap, ItemVersion
from exams.selectors.bank import draft_of


class Parameters(serializers.Serializer):
    """Of the item's response model, with D = 1."""

    model = serializers.ChoiceField(choices=ItemVersion.Model.values)
    discrimination = serializers.FloatField(help_text="a")
    difficulty = serializers.FloatField(help_text="b, in logits; the mean of the thresholds where there are any")
    guessing = serializers.FloatField(help_text="c")
    upper = serializers.FloatField(help_text="d, the upper asymptote")
    thresholds = serializers.ListField(
        child=serializers.FloatField(), help_text="In logits, one for each score above 0; none of a logistic item."
    )
    # A field of the serializer by this name, not the option that every field has.
    source = serializers.ChoiceField(choices=ItemVersion.Source.values, source="parameter_source")  # type: ignore[assignment]


class ItemRow(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    area = AreaName()
    organization = OrganizationName(allow_null=True, help_text="Null: the whole zone's.")
    status = serializers.ChoiceField(choices=Item.Status.values)
    version = serializers.IntegerField(source="current.number")
    kind = serializers.ChoiceField(choices=ItemVersion.Kind.values, source="current.kind")
    tags = serializers.ListField(child=serializers.CharField())
    languages = serializers.SerializerMethodField()
    parameters = Parameters(source="current")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_languages(self, item: Item) -> list[str]:
        return [text.language for text in item.current.texts.all()]


class GapOptions(serializers.Serializer):
    gap = serializers.IntegerField(min_value=1, max_value=100)
    options = serializers.ListField(child=serializers.CharField(max_length=5_000), min_length=2, max_length=50)


class CriterionSaid(serializers.Serializer):
    name = serializers.CharField(max_length=200)
    levels = serializers.ListField(
        child=serializers.CharField(max_length=2_000, allow_blank=True),
        required=False,
        default=list,
        max_length=101,
        help_text="What 0, 1, 2 … points stand for; empty, or one for each.",
    )


class KeyRow(serializers.Serializer):
    """One thing that is right about an answer: which members it has goes by the kind of the item, or of the gap.

    multiple, choice: `option`. ordering: `option` and, in `target`, its place. matching: `option` and `target`.
    numeric: `number` ± `tolerance`. text: `text` and, where it differs, `language`.
    """

    gap = serializers.IntegerField(required=False, default=0, min_value=0, max_value=100, help_text="0: of the item.")
    option = serializers.IntegerField(required=False, default=None, allow_null=True, min_value=1, max_value=100)
    target = serializers.IntegerField(required=False, default=None, allow_null=True, min_value=1, max_value=100)
    language = serializers.CharField(required=False, default="", allow_blank=True, max_length=8)
    text = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=500, trim_whitespace=False, help_text="Accepted form."
    )
    number = Finite(required=False, default=None, allow_null=True)
    tolerance = Finite(required=False, default=0.0, min_value=0.0)
    is_relative = serializers.BooleanField(
        required=False, default=False, help_text="The tolerance is a share of the number."
    )
    points = Finite(required=False, default=1.0, help_text="Negative: taken off for a wrong choice.")


class Gap(serializers.Serializer):
    number = serializers.IntegerField(min_value=1, max_value=100)
    kind = serializers.ChoiceField(choices=ItemGap.Kind.values)


class PassageSaid(serializers.Serializer):
    language = serializers.RegexField(LANGUAGE, max_length=8)
    title = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    text = serializers.CharField(max_length=100_000, help_text="Markdown")


class PassageBody(serializers.Serializer):
    """A text that items share. The same code with other words makes its next version."""

    code = serializers.RegexField(CODE, max_length=80)
    texts = serializers.ListField(child=PassageSaid(), min_length=1, max_length=20)


class TextBody(serializers.Serializer):
    """An item in one language: Markdown, formulas between dollar signs, pictures as `asset:NAME`, gaps as `[[1]]`."""

    language = serializers.RegexField(LANGUAGE, max_length=8)
    stem = serializers.CharField(max_length=20_000)
    options = serializers.ListField(
        child=serializers.CharField(max_length=5_000), required=False, default=list, max_length=50
    )
    targets = serializers.ListField(
        child=serializers.CharField(max_length=5_000),
        required=False,
        default=list,
        max_length=50,
        help_text="The second column of a matching item.",
    )
    gap_options = serializers.ListField(child=GapOptions(), required=False, default=list, max_length=100)
    criteria = serializers.ListField(
        child=CriterionSaid(), required=False, default=list, max_length=20, help_text="In the order of the rubric."
    )
    explanation = serializers.CharField(max_length=20_000, required=False, default="", allow_blank=True)


class Picture(serializers.Serializer):
    name = serializers.CharField()
    url = serializers.CharField(source="file.url")


class VersionShown(serializers.Serializer):
    """The contents of a version as VersionNew takes them, with its number, parameters and pictures."""

    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=ItemVersion.Kind.values)
    key = serializers.IntegerField(allow_null=True, help_text="Of single choice: the right option, from 1.")
    keys = KeyRow(many=True)
    gaps = Gap(many=True)
    rubric = serializers.ListField(child=serializers.IntegerField(), help_text="Most points of each criterion.")
    scoring = serializers.ChoiceField(choices=ItemVersion.Scoring.values)
    max_score = serializers.IntegerField()
    case_sensitive = serializers.BooleanField()
    parameters = Parameters()
    texts = TextBody(many=True)
    passage = PassageBody(allow_null=True)
    words = serializers.IntegerField(help_text="Of the longest language, without the passage.")
    pictures = Picture(many=True)
    created_at = serializers.DateTimeField()

    def to_representation(self, version: ItemVersion) -> dict[str, Any]:
        draft = draft_of(version)
        return super().to_representation(
            {
                "number": version.number,
                "kind": draft.kind,
                "key": draft.key,
                "keys": [asdict(key) for key in draft.keys],
                "gaps": [{"number": number, "kind": kind} for number, kind in draft.gaps.items()],
                "rubric": draft.rubric,
                "scoring": draft.scoring,
                "max_score": draft.max_score,
                "case_sensitive": draft.case_sensitive,
                "parameters": version,
                "texts": [_text_shown(language, text) for language, text in draft.texts.items()],
                "passage": _passage_shown(draft.passage),
                "words": version.words,
                "pictures": list(version.assets.all()),
                "created_at": version.created_at,
            }
        )


def _text_shown(language: str, text: DraftText) -> dict[str, Any]:
    return {
        "language": language,
        "stem": text.stem,
        "options": text.options,
        "targets": text.targets,
        "gap_options": [{"gap": gap, "options": options} for gap, options in text.gap_options.items()],
        "criteria": [asdict(criterion) for criterion in text.criteria],
        "explanation": text.explanation,
    }


def _passage_shown(passage: DraftPassage | None) -> dict[str, Any] | None:
    if passage is None:
        return None
    return {
        "code": passage.code,
        "texts": [
            {"language": language, "title": passage.titles.get(language, ""), "text": text}
            for language, text in passage.texts.items()
        ],
    }


class ItemDetail(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    area = AreaName()
    organization = OrganizationName(allow_null=True)
    status = serializers.ChoiceField(choices=Item.Status.values)
    tags = serializers.ListField(child=serializers.CharField())
    enemies = serializers.SerializerMethodField(help_text="Codes of items that no exam shows together with this one.")
    current = VersionShown()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_enemies(self, item: Item) -> list[str]:
        return sorted(enemy.code for enemy in item.enemies.all())


class VersionNew(serializers.Serializer):
    """Everything of one version. Pictures of the version before stay as long as a text shows them.

    Single choice has `key`, every other kind but the essay `keys`; an essay has `rubric` and, in its texts, `criteria`.
    A highest score above 1 needs the model `grm` or `gpcm` with one of `thresholds` for each score above 0.
    """

    kind = serializers.ChoiceField(choices=ItemVersion.Kind.values, required=False, default=ItemVersion.Kind.SINGLE)
    texts = serializers.ListField(child=TextBody(), min_length=1, max_length=20)
    key = serializers.IntegerField(
        min_value=1,
        max_value=100,
        required=False,
        default=None,
        allow_null=True,
        help_text="Of single choice: number of the right option, from 1.",
    )
    keys = serializers.ListField(child=KeyRow(), required=False, default=list, max_length=500)
    gaps = serializers.ListField(child=Gap(), required=False, default=list, max_length=100)
    rubric = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=100),
        required=False,
        default=list,
        max_length=20,
        help_text="Of an essay: the most points of each criterion; the highest score is their sum.",
    )
    scoring = serializers.ChoiceField(
        choices=ItemVersion.Scoring.values, required=False, default=ItemVersion.Scoring.EXACT
    )
    max_score = serializers.IntegerField(min_value=1, max_value=100, required=False, default=1)
    case_sensitive = serializers.BooleanField(required=False, default=False)
    model = serializers.ChoiceField(
        choices=ItemVersion.Model.values, required=False, default=ItemVersion.Model.LOGISTIC
    )
    discrimination = Finite(help_text="a, 0.05 to 5")
    difficulty = Finite(
        required=False, help_text="b, -6 to 6 logits. May be left out where there are thresholds: it is their mean."
    )
    guessing = Finite(required=False, default=0.0, help_text="c, 0 to 0.6")
    upper = Finite(required=False, default=1.0, help_text="d, 0.6 to 1")
    thresholds = serializers.ListField(child=Finite(), required=False, default=list, max_length=100)
    passage = PassageBody(required=False, default=None, allow_null=True)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=ItemVersion.Source.values, required=False, default=ItemVersion.Source.ASSUMED
    )

    def validate_gaps(self, rows: list[dict[str, Any]]) -> dict[int, str]:
        return {gap: row["kind"] for gap, row in _by_gap(rows, "number").items()}

    def validate_texts(self, rows: list[dict[str, Any]]) -> dict[str, DraftText]:
        return {language: _text_from(said) for language, said in by_language(rows).items()}

    def validate_passage(self, said: dict[str, Any] | None) -> DraftPassage | None:
        if said is None:
            return None
        texts = by_language(said["texts"])
        return DraftPassage(
            said["code"],
            {language: row["text"] for language, row in texts.items()},
            {language: row["title"] for language, row in texts.items()},
        )

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        thresholds = said["thresholds"]
        if "difficulty" not in said and not thresholds:
            raise ValidationError({"difficulty": [_("This field is required.")]})
        said.setdefault("difficulty", sum(thresholds) / len(thresholds) if thresholds else 0.0)
        return said


def _by_gap(rows: list[dict[str, Any]], name: str) -> dict[int, dict[str, Any]]:
    """The rows by their gap; raises ValidationError for a gap that is there twice."""
    found = {row[name]: row for row in rows}
    if len(found) < len(rows):
        numbers = [row[name] for row in rows]
        twice = next(number for number in numbers if numbers.count(number) > 1)
        raise ValidationError(_("Gap %(gap)s is there twice.") % {"gap": twice})
    return found


def _text_from(said: dict[str, Any]) -> DraftText:
    return DraftText(
        stem=said["stem"],
        options=tuple(said["options"]),
        explanation=said["explanation"],
        targets=tuple(said["targets"]),
        gap_options={gap: tuple(row["options"]) for gap, row in _by_gap(said["gap_options"], "gap").items()},
        criteria=tuple(CriterionText(row["name"], tuple(row["levels"])) for row in said["criteria"]),
    )


class ItemNew(VersionNew):
    code = serializers.RegexField(CODE, max_length=80)
    area = serializers.RegexField(CODE, max_length=40, help_text="A content area's code.")
    organization = serializers.UUIDField(
        required=False, allow_null=True, help_text="Left out: your own; without one, the zone's."
    )
    status = serializers.ChoiceField(choices=Item.Status.values, required=False, default=Item.Status.DRAFT)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, default=list, max_length=50
    )


class ItemChange(serializers.Serializer):
    """What of an item is not part of its versions. What is left out stays as it is."""

    tags = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        max_length=50,
        help_text="What constraints of an exam may count besides content areas.",
    )
    enemies = serializers.ListField(
        child=serializers.CharField(max_length=80),
        required=False,
        max_length=200,
        help_text="Codes of items that no exam may show together with this one.",
    )


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
        kind=body["kind"],
        keys=tuple(DraftKey(**row) for row in body["keys"]),
        gaps=body["gaps"],
        rubric=tuple(body["rubric"]),
        scoring=body["scoring"],
        max_score=body["max_score"],
        case_sensitive=body["case_sensitive"],
        model=body["model"],
        d=body["upper"],
        thresholds=tuple(body["thresholds"]),
        passage=body["passage"],
    )
