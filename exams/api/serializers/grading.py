"""Essays, rubrics and grades."""

from typing import Any

from rest_framework import serializers

from exams.api.serializers.common import ExamTitle, StudentName
from exams.selectors.grading import most_points


class MostPoints(serializers.IntegerField):
    def get_attribute(self, response: Any) -> int:
        return most_points(response)


class GradingRow(serializers.Serializer):
    id = serializers.IntegerField()
    attempt_id = serializers.UUIDField()
    exam = ExamTitle(source="attempt.exam")
    student = StudentName(source="attempt.user")
    item_code = serializers.CharField()
    position = serializers.IntegerField(help_text="Of the question in the attempt, from 1.")
    answered_at = serializers.DateTimeField()
    graded = serializers.BooleanField()
    score = serializers.IntegerField(source="newest_score", allow_null=True, help_text="Of the newest grade.")
    max_score = MostPoints()


class Question(serializers.Serializer):
    language = serializers.CharField()
    passage_html = serializers.CharField(source="passage", allow_blank=True, help_text="Empty without a passage.")
    stem_html = serializers.CharField(source="stem")
    explanation_html = serializers.CharField(source="explanation", allow_blank=True)


class Criterion(serializers.Serializer):
    name = serializers.CharField()
    most = serializers.IntegerField(help_text="Most points.")
    levels = serializers.ListField(
        child=serializers.CharField(allow_blank=True), help_text="What 0, 1, 2 … points stand for; may be empty."
    )
    points = serializers.IntegerField(allow_null=True, help_text="Of the newest grade.")


class GradeShown(serializers.Serializer):
    score = serializers.IntegerField()
    points = serializers.ListField(child=serializers.IntegerField())
    comment = serializers.CharField(allow_blank=True)
    grader = serializers.CharField(source="grader_name")
    graded_at = serializers.DateTimeField(source="created_at")


class GradingSheet(serializers.Serializer):
    response = GradingRow()
    question = Question(source="content")
    text = serializers.CharField(help_text="The answer, as it was typed.")
    criteria = Criterion(many=True)
    grades = GradeShown(many=True, help_text="The newest first: that one counts.")


class GradeNew(serializers.Serializer):
    points = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=100),
        min_length=1,
        max_length=20,
        help_text="One number for each criterion of the rubric, in its order.",
    )
    comment = serializers.CharField(max_length=5_000, required=False, default="", allow_blank=True)
