"""Attempts in lists, and the report of a finished one."""

from rest_framework import serializers

from exams.api.serializers.common import AreaResult, Bin, ExamTitle, StudentName
from exams.models import Attempt, ItemVersion


class AttemptRow(serializers.Serializer):
    """`score`, `theta`, `se` and `correct` are null until the attempt is finished: they would tell which were right."""

    id = serializers.UUIDField()
    exam = ExamTitle()
    student = StudentName(source="user")
    status = serializers.ChoiceField(choices=Attempt.Status.values)
    finish_reason = serializers.SerializerMethodField()
    started_at = serializers.DateTimeField()
    deadline_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    last_activity_at = serializers.DateTimeField()
    answered = serializers.IntegerField()
    correct = serializers.SerializerMethodField()
    score = serializers.FloatField(allow_null=True, help_text="500 + 100 theta, between 0 and 1000.")
    theta = serializers.SerializerMethodField()
    se = serializers.SerializerMethodField()

    def get_finish_reason(self, attempt: Attempt) -> str | None:
        return attempt.finish_reason or None

    def get_correct(self, attempt: Attempt) -> int | None:
        return attempt.correct if attempt.is_finished else None

    def get_theta(self, attempt: Attempt) -> float | None:
        return attempt.theta if attempt.is_finished else None

    def get_se(self, attempt: Attempt) -> float | None:
        return attempt.se if attempt.is_finished else None


class ReportResult(serializers.Serializer):
    score = serializers.FloatField(allow_null=True)
    se_score = serializers.FloatField(allow_null=True, help_text="Standard error on the reporting scale.")
    theta = serializers.FloatField(allow_null=True)
    se = serializers.FloatField(allow_null=True)
    percentile = serializers.FloatField(allow_null=True)
    correct = serializers.IntegerField()
    answered = serializers.IntegerField()
    group_mean = serializers.FloatField(allow_null=True, help_text="Of all who finished this exam with a score.")
    group_n = serializers.IntegerField()


class Step(serializers.Serializer):
    position = serializers.IntegerField()
    theta = serializers.FloatField(help_text="Ability after this answer.")
    low = serializers.FloatField(help_text="Lower end of its 95 % interval.")
    high = serializers.FloatField()
    difficulty = serializers.FloatField()
    correct = serializers.BooleanField()


class Distribution(serializers.Serializer):
    bins = Bin(many=True)
    own = serializers.FloatField(allow_null=True)


class ReviewOption(serializers.Serializer):
    html = serializers.CharField()
    chosen = serializers.BooleanField()
    key = serializers.BooleanField()


class ReviewPlace(serializers.Serializer):
    html = serializers.CharField()
    right = serializers.BooleanField()
    place = serializers.IntegerField(help_text="The right place, from 1.")


class ReviewPair(serializers.Serializer):
    option_html = serializers.CharField()
    target_html = serializers.CharField(allow_null=True, help_text="What it was matched with.")
    right = serializers.BooleanField()
    key_html = serializers.CharField(allow_null=True, help_text="Null: it belongs to no target.")


class ReviewGap(serializers.Serializer):
    number = serializers.IntegerField()
    html = serializers.CharField(allow_null=True, help_text="Null: left open.")
    right = serializers.BooleanField()
    key_html = serializers.CharField()


class ReviewCriterion(serializers.Serializer):
    name = serializers.CharField()
    most = serializers.IntegerField()
    levels = serializers.ListField(child=serializers.CharField(allow_blank=True))
    points = serializers.IntegerField(allow_null=True)
    level = serializers.CharField(allow_blank=True, help_text="What the points stand for.")


class ReviewGrade(serializers.Serializer):
    score = serializers.IntegerField()
    comment = serializers.CharField(allow_blank=True)
    grader = serializers.CharField()
    graded_at = serializers.DateTimeField()


class ReviewItem(serializers.Serializer):
    """One question, its answer and what is right. What does not belong to the question's kind is empty."""

    position = serializers.IntegerField()
    area = serializers.CharField()
    kind = serializers.ChoiceField(choices=ItemVersion.Kind.values)
    language = serializers.CharField()
    passage_html = serializers.CharField(allow_null=True)
    stem_html = serializers.CharField()
    correct = serializers.BooleanField(help_text="Right in every part.")
    score = serializers.IntegerField(allow_null=True, help_text="Null until an essay is graded.")
    max_score = serializers.IntegerField()
    scored = serializers.BooleanField(help_text="False for a question on trial, which counts for nothing.")
    pending = serializers.BooleanField(help_text="Waits for a grade.")
    options = ReviewOption(many=True, help_text="Single and multiple choice.")
    order = ReviewPlace(many=True, help_text="Ordering: as it was put.")
    pairs = ReviewPair(many=True, help_text="Matching.")
    gaps = ReviewGap(many=True, help_text="Of a text with gaps.")
    text = serializers.CharField(allow_null=True, help_text="A number, short text or essay as it was typed.")
    accepted = serializers.ListField(child=serializers.CharField(), help_text="Of a number or short text.")
    criteria = ReviewCriterion(many=True, help_text="Of an essay.")
    grade = ReviewGrade(allow_null=True)
    explanation_html = serializers.CharField(allow_blank=True)
    difficulty = serializers.FloatField()
    seconds = serializers.IntegerField(allow_null=True)


class ScaleScore(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField(help_text="In the language of the request.")
    value = serializers.FloatField()
    se = serializers.FloatField(allow_null=True, help_text="Standard error; null for stanines, which are classes.")
    low = serializers.FloatField(allow_null=True, help_text="Lower end of its 95 % interval.")
    high = serializers.FloatField(allow_null=True)


class SubscaleScore(serializers.Serializer):
    area = serializers.CharField()
    items = serializers.IntegerField(help_text="Answers that the ability was estimated from.")
    theta = serializers.FloatField()
    se = serializers.FloatField(allow_null=True)
    score = serializers.FloatField(help_text="500 + 100 theta, between 0 and 1000.")
    low = serializers.FloatField(allow_null=True, help_text="Lower end of the score's 95 % interval.")
    high = serializers.FloatField(allow_null=True)
    scales = ScaleScore(many=True)


class ClassReached(serializers.Serializer):
    number = serializers.IntegerField(help_text="From 1, the lowest.")
    of = serializers.IntegerField()
    low = serializers.FloatField(allow_null=True, help_text="The scores that bound the class; null: no bound.")
    high = serializers.FloatField(allow_null=True)


class AttemptReport(serializers.Serializer):
    attempt = AttemptRow()
    result = ReportResult()
    scales = ScaleScore(many=True, help_text="As they were when the attempt began.")
    subscales = SubscaleScore(many=True, help_text="Abilities by content area, of exams that report them.")
    classification = ClassReached(allow_null=True, help_text="Of exams with cut scores.")
    trajectory = Step(many=True)
    distribution = Distribution(allow_null=True)
    areas = AreaResult(many=True)
    review = ReviewItem(many=True)
