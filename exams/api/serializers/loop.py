"""What the exam loop takes and gives, for checking and for the OpenAPI document."""

from rest_framework import serializers

from exams.models import Attempt, Exam


class StartRequest(serializers.Serializer):
    client_key = serializers.UUIDField(help_text="Chosen by the client; the same call again gets the same reply.")
    language = serializers.CharField(max_length=8, required=False, default="", allow_blank=True)


class AnswerRequest(serializers.Serializer):
    client_key = serializers.UUIDField(help_text="Chosen by the client for this answer, kept until it is acknowledged.")
    position = serializers.IntegerField(min_value=1, max_value=1000)
    item = serializers.RegexField(r"^\d{1,18}$", help_text="The id that came with the question.")
    option = serializers.IntegerField(min_value=1, max_value=100)
    elapsed_ms = serializers.IntegerField(min_value=0, max_value=2_147_483_647, required=False, allow_null=True)


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


class ItemShown(serializers.Serializer):
    id = serializers.CharField()
    position = serializers.IntegerField()
    stem_html = serializers.CharField()
    options = OptionShown(many=True)
    language = serializers.CharField()


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
