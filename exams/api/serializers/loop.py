"""What the exam loop takes and gives, for checking and for the OpenAPI document."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from exams.models import Attempt, Exam, ItemGap, ItemVersion
from exams.scoring import LONGEST_ESSAY


class StartRequest(serializers.Serializer):
    client_key = serializers.UUIDField(help_text="Chosen by the client; the same call again gets the same reply.")
    language = serializers.CharField(max_length=8, required=False, default="", allow_blank=True)


@extend_schema_field(
    {
        "type": "object",
        "description": "By the item's kind. Ids are those that came with the question; of an ordering item the ids of "
        "options, and of a matching item those of targets, are their places on the screen.",
        "properties": {
            "options": {"type": "array", "items": {"type": "integer"}, "description": "multiple: what was chosen"},
            "order": {"type": "array", "items": {"type": "integer"}, "description": "ordering: all, first to last"},
            "pairs": {
                "type": "array",
                "items": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
                "description": "matching: [option, target]; an option may be left out",
            },
            "gaps": {
                "type": "object",
                "additionalProperties": {"type": ["integer", "string"]},
                "description": "cloze: by the gap's number an option's id or what was written; may be left open",
            },
            "text": {"type": "string", "maxLength": LONGEST_ESSAY, "description": "numeric, text, essay"},
        },
    }
)
class AnyAnswer(serializers.DictField):
    """An object whose members exams.scoring reads, since they go by the kind of the item."""


class AnswerRequest(serializers.Serializer):
    client_key = serializers.UUIDField(help_text="Chosen by the client for this answer, kept until it is acknowledged.")
    position = serializers.IntegerField(min_value=1, max_value=1000)
    item = serializers.RegexField(r"^\d{1,18}$", help_text="The id that came with the question.")
    option = serializers.IntegerField(
        min_value=1, max_value=100, required=False, help_text="Of single choice: the id of the chosen option."
    )
    answer = AnyAnswer(required=False, help_text="Of every other kind; see AnyAnswer.")
    elapsed_ms = serializers.IntegerField(min_value=0, max_value=2_147_483_647, required=False, allow_null=True)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        if ("option" in said) == ("answer" in said):
            raise ValidationError({"answer": [_("Give either an option or an answer.")]})
        return said


class SubmitRequest(serializers.Serializer):
    client_key = serializers.UUIDField()


class ExamBrief(serializers.Serializer):
    id = serializers.UUIDField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=Exam.Kind.values)


class Progress(serializers.Serializer):
    answered = serializers.IntegerField()
    minimum = serializers.IntegerField()
    maximum = serializers.IntegerField()


class OptionShown(serializers.Serializer):
    id = serializers.IntegerField()
    html = serializers.CharField()


class GapShown(serializers.Serializer):
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=ItemGap.Kind.values)
    options = OptionShown(many=True, help_text="Of a gap to choose for.")


class ItemShown(serializers.Serializer):
    id = serializers.CharField()
    position = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=ItemVersion.Kind.values)
    language = serializers.CharField()
    passage_html = serializers.CharField(allow_null=True, help_text="What this and other questions are about.")
    stem_html = serializers.CharField(help_text='A gap\'s place is `<span class="gap" data-gap="1"></span>`.')
    options = OptionShown(many=True)
    targets = OptionShown(many=True, help_text="The second column of a matching question.")
    gaps = GapShown(many=True)


class AttemptResult(serializers.Serializer):
    theta = serializers.FloatField(allow_null=True, help_text="Ability in logits.")
    se = serializers.FloatField(allow_null=True, help_text="Its standard error.")
    score = serializers.FloatField(allow_null=True, help_text="500 + 100 theta, between 0 and 1000.")
    percentile = serializers.FloatField(allow_null=True, help_text="0 to 100, among all who finished this exam.")
    correct = serializers.IntegerField()
    answered = serializers.IntegerField(help_text="Answers that counted.")


class PauseLeft(serializers.Serializer):
    seconds_left = serializers.IntegerField(help_text="Of all pauses; while one lasts: what was left when it began.")
    paused_at = serializers.DateTimeField(allow_null=True, help_text="While a pause lasts, `item` is null.")


class AccommodationHeld(serializers.Serializer):
    extra_time_percent = serializers.IntegerField(help_text="The deadline has it already.")
    large_print = serializers.BooleanField()


class AttemptState(serializers.Serializer):
    id = serializers.UUIDField()
    exam = ExamBrief()
    status = serializers.ChoiceField(choices=["in_progress", "finished"])
    started_at = serializers.DateTimeField()
    deadline_at = serializers.DateTimeField(allow_null=True)
    server_time = serializers.DateTimeField()
    progress = Progress()
    item = ItemShown(allow_null=True)
    pause = PauseLeft(allow_null=True, help_text="Null without any pause left.")
    accommodation = AccommodationHeld(allow_null=True)
    finish_reason = serializers.ChoiceField(choices=Attempt.FinishReason.values, allow_null=True)
    result = AttemptResult(allow_null=True)


class Receipt(serializers.Serializer):
    position = serializers.IntegerField()
    answered_at = serializers.DateTimeField()


class AnswerState(AttemptState):
    receipt = Receipt()
