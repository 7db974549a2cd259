"""Reports over many attempts: of one student, of an exam, of everybody whom one may see."""

from rest_framework import serializers

from accounts.permissions import Role
from exams.api.serializers.common import AreaResult, Bin, ExamTitle, OrganizationName, StudentName


class StudentFigures(serializers.Serializer):
    finished = serializers.IntegerField(help_text="Finished attempts.")
    latest = serializers.FloatField(allow_null=True)
    best = serializers.FloatField(allow_null=True)
    mean = serializers.FloatField(allow_null=True)
    change = serializers.FloatField(allow_null=True, help_text="Latest minus first score.")


class ScorePoint(serializers.Serializer):
    attempt_id = serializers.UUIDField()
    exam = ExamTitle()
    finished_at = serializers.DateTimeField()
    score = serializers.FloatField()
    low = serializers.FloatField(help_text="Lower end of its 95 % interval.")
    high = serializers.FloatField()


class ResultRow(serializers.Serializer):
    attempt_id = serializers.UUIDField()
    exam_title = serializers.CharField()
    student_name = serializers.CharField(allow_blank=True)
    finished_at = serializers.DateTimeField()
    score = serializers.IntegerField(allow_null=True)
    percentile = serializers.IntegerField(allow_null=True)
    correct = serializers.IntegerField()
    answered = serializers.IntegerField()


class StudentShown(StudentName):
    organization = OrganizationName(allow_null=True)


class StudentReport(serializers.Serializer):
    student = StudentShown()
    figures = StudentFigures()
    history = ScorePoint(many=True, help_text="Finished attempts with a score, the oldest first.")
    areas = AreaResult(many=True)
    results = ResultRow(many=True, help_text="The newest 50.")


class OpenAttempt(serializers.Serializer):
    id = serializers.UUIDField()
    exam = ExamTitle()
    answered = serializers.IntegerField()
    deadline_at = serializers.DateTimeField(allow_null=True)


class StudentDashboard(StudentReport):
    open_attempts = OpenAttempt(many=True)


class Child(serializers.Serializer):
    student = StudentShown()
    finished = serializers.IntegerField()
    latest = ResultRow(allow_null=True)


class ClassFigures(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    students = serializers.IntegerField()
    finished = serializers.IntegerField()
    in_progress = serializers.IntegerField()
    mean_score = serializers.FloatField(allow_null=True)


class Summary(serializers.Serializer):
    finished = serializers.IntegerField()
    running = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True, help_text="Of the scores.")
    sd = serializers.FloatField(allow_null=True)
    se = serializers.FloatField(allow_null=True, help_text="Mean standard error of ability, in logits.")


class GroupSummary(Summary):
    people = serializers.IntegerField()


class DayCount(serializers.Serializer):
    label = serializers.CharField(help_text="Month/day.")  # type: ignore[assignment]
    value = serializers.IntegerField()


class GroupDashboard(serializers.Serializer):
    summary = GroupSummary()
    distribution = Bin(many=True)
    classes = ClassFigures(many=True)
    activity = DayCount(many=True, help_text="Finished attempts a day, six weeks back.")
    results = ResultRow(many=True)


class Dashboard(serializers.Serializer):
    """One of the three is there: what belongs to the role."""

    role = serializers.ChoiceField(choices=Role.choices)
    student = StudentDashboard(allow_null=True)
    children = Child(many=True, allow_null=True)
    group = GroupDashboard(allow_null=True)


class ExamSummary(Summary):
    started = serializers.IntegerField()


class ItemStatistics(serializers.Serializer):
    item_id = serializers.UUIDField()
    code = serializers.CharField()
    area = serializers.CharField()
    n = serializers.IntegerField(help_text="Answers.")
    facility = serializers.FloatField(help_text="Share of right answers.")
    discrimination = serializers.FloatField(
        allow_null=True, help_text="Correlation of a right answer with the final ability."
    )
    exposure = serializers.FloatField(help_text="Share of the attempts that were given the item.")
    seconds = serializers.FloatField(allow_null=True)
    difficulty = serializers.FloatField(help_text="b of the current version.")
    flags = serializers.ListField(child=serializers.CharField())


class ExamStatistics(serializers.Serializer):
    exam = ExamTitle()
    summary = ExamSummary()
    distribution = Bin(many=True)
    areas = AreaResult(many=True)
    items = ItemStatistics(many=True, help_text="Empty for those who may not read the item bank.")
