"""Attempts and responses: what students did. A response is written once and never changed."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from exams.models.bank import ItemVersion
from exams.models.exam import Exam, ItemPool


class Attempt(models.Model):
    """One sitting of one exam by one student, with the state that the next step starts from.

    `state` is the engine's state (exams.cat.session.CatState as JSON; indices count in `pool`). Its `item` is the one
    on the student's screen: whoever resumes gets that very item.
    """

    class Status(models.TextChoices):
        IN_PROGRESS = "in_progress", _("in progress")
        FINISHED = "finished", _("finished")

    class FinishReason(models.TextChoices):
        LENGTH = "length", _("all items answered")
        PRECISION = "precision", _("measured precisely enough")
        TIME = "time", _("time ran out")
        SUBMITTED = "submitted", _("handed in")
        CLOSED = "closed", _("the exam closed")
        POOL_EXHAUSTED = "pool_exhausted", _("no item left")
        INFORMATION = "information", _("no item left that would tell enough")
        CHANGE = "change", _("the ability no longer changed")
        CLASSIFICATION = "classification", _("the class was certain enough")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    exam = models.ForeignKey(Exam, models.PROTECT, related_name="attempts", verbose_name=_("exam"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="attempts", verbose_name=_("student")
    )
    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, null=True, related_name="attempts", verbose_name=_("organization")
    )
    pool = models.ForeignKey(ItemPool, models.PROTECT, related_name="attempts")
    language = models.CharField(_("language"), max_length=8)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.IN_PROGRESS)
    finish_reason = models.CharField(_("ended because"), max_length=16, choices=FinishReason, blank=True)
    started_at = models.DateTimeField(_("started"))
    deadline_at = models.DateTimeField(_("deadline"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    last_activity_at = models.DateTimeField(_("last activity"))
    seed = models.BigIntegerField()
    state = models.JSONField()
    presented_at = models.DateTimeField(null=True)
    answered = models.PositiveSmallIntegerField(_("answered"), default=0)
    correct = models.PositiveSmallIntegerField(_("correct"), default=0)
    theta = models.FloatField(_("ability"), null=True)
    se = models.FloatField(_("standard error"), null=True)
    score = models.FloatField(_("score"), null=True)
    report = models.JSONField(
        _("report"),
        default=dict,
        blank=True,
        help_text=_("Scores on the exam's scales with the scales' transformations, abilities by area, the class."),
    )
    ungraded = models.PositiveSmallIntegerField(_("answers to grade"), default=0)
    extra_time_percent = models.PositiveSmallIntegerField(_("extra time (%)"), default=0)
    pause_seconds_left = models.PositiveIntegerField(_("pause left (s)"), default=0)
    paused_at = models.DateTimeField(_("paused since"), null=True)
    large_print = models.BooleanField(_("large print"), default=False)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-started_at"]
        constraints = [
            # Two starts at once (a double click, two devices) must not open two attempts.
            models.UniqueConstraint(
                fields=["exam", "user"], condition=Q(status="in_progress"), name="attempt_open_once"
            ),
            models.CheckConstraint(
                condition=Q(status="in_progress", finished_at__isnull=True)
                | Q(status="finished", finished_at__isnull=False),
                name="attempt_finished_has_time",
            ),
        ]
        indexes = [
            # A student's own attempts at an exam; the dashboard.
            models.Index(fields=["user", "exam", "-started_at"], name="attempt_user_exam"),
            # The group that a score is compared with.
            models.Index(fields=["exam", "score"], condition=Q(status="finished"), name="attempt_exam_score"),
            # The worker's sweep for attempts that were left open.
            models.Index(fields=["deadline_at"], condition=Q(status="in_progress"), name="attempt_overdue"),
            # The console's list, newest first, whole zone and one organization.
            models.Index(fields=["-started_at", "id"], name="attempt_newest"),
            models.Index(fields=["organization", "-started_at"], name="attempt_org_newest"),
            # Teachers' list of what waits for a grade.
            models.Index(fields=["exam", "started_at"], condition=Q(ungraded__gt=0), name="attempt_ungraded"),
        ]

    def __str__(self) -> str:
        started = date_format(timezone.localtime(self.started_at), "SHORT_DATETIME_FORMAT")
        return f"{self.exam} – {self.user} – {started}"

    @property
    def is_finished(self) -> bool:
        return self.status == self.Status.FINISHED

    @property
    def scored(self) -> int:
        """Of the answers, those that count: all but the items in field test and the answers not graded yet."""
        return self.report.get("scored", self.answered)


class Response(models.Model):
    """One acknowledged answer, with the parameters that it was scored by and the ability after it.

    Single choice stores `option`, every other kind `answer` as exams.scoring writes it. `score` is None until a person
    has graded the answer (see Grade); an unscored one (`is_scored` false) is of an item in field test and counts for
    nothing but its calibration. Append-only (trigger in migration 0002).
    """

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="responses")
    position = models.PositiveSmallIntegerField(_("position"))
    version = models.ForeignKey(ItemVersion, models.PROTECT, related_name="responses")
    option = models.PositiveSmallIntegerField(_("option"), null=True)
    answer = models.JSONField(_("answer"), null=True)
    score = models.PositiveSmallIntegerField(_("score"), null=True)
    is_scored = models.BooleanField(_("scored"), default=True)
    is_correct = models.BooleanField(_("correct"))
    discrimination = models.FloatField()
    difficulty = models.FloatField()
    guessing = models.FloatField()
    theta = models.FloatField(_("ability after"))
    se = models.FloatField(_("standard error after"))
    presented_at = models.DateTimeField()
    answered_at = models.DateTimeField(_("answered"))
    elapsed_ms = models.PositiveIntegerField(null=True)
    client_key = models.UUIDField()

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        ordering = ["attempt", "position"]
        constraints = [
            # One answer a position, and one item once: whatever two tabs send at the same time.
            models.UniqueConstraint(fields=["attempt", "position"], name="response_position_once"),
            models.UniqueConstraint(fields=["attempt", "version"], name="response_item_once"),
            # The same answer sent again is found by its key.
            models.UniqueConstraint(fields=["attempt", "client_key"], name="response_client_key_once"),
            models.CheckConstraint(condition=Q(answered_at__gte=F("presented_at")), name="response_after_presented"),
        ]
        indexes = [
            # Item statistics.
            models.Index(fields=["version", "is_correct"], name="response_version"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} #{self.position}"


class Grade(models.Model):
    """What a person gave an essay, by the criteria of its rubric. The newest counts; none is changed (append-only)."""

    response = models.ForeignKey(Response, models.CASCADE, related_name="grades")
    points = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("points"), help_text=_("In the order of the criteria.")
    )
    score = models.PositiveSmallIntegerField(_("score"))
    comment = models.TextField(_("comment"), blank=True)
    grader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("graded by")
    )
    grader_name = models.CharField(_("name of the grader"), max_length=200)
    created_at = models.DateTimeField(_("graded"))

    class Meta:
        verbose_name = _("grade")
        verbose_name_plural = _("grades")
        ordering = ["response", "-id"]

    def __str__(self) -> str:
        return f"{self.response_id}: {self.score}"


class Accommodation(models.Model):
    """What makes exams fair for one student: it holds for every exam that is started while it stands."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="accommodation",
        verbose_name=_("student"),
    )
    extra_time_percent = models.PositiveSmallIntegerField(
        _("extra time (%)"), default=0, validators=[MaxValueValidator(300)]
    )
    pause_minutes = models.PositiveSmallIntegerField(
        _("pauses (minutes an exam)"),
        default=0,
        validators=[MaxValueValidator(240)],
        help_text=_("The clock stands still and the question is covered, for so many minutes in all."),
    )
    large_print = models.BooleanField(_("large print"), default=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("accommodation")
        verbose_name_plural = _("accommodations")

    def __str__(self) -> str:
        return str(self.user)


class IdempotentCall(models.Model):
    """The reply to a start or a submit, kept by the client's key: the same call again gets the same reply."""

    user_id = models.UUIDField()
    operation = models.CharField(max_length=16)
    client_key = models.UUIDField()
    body_hash = models.CharField(max_length=64)
    reply = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("idempotent call")
        verbose_name_plural = _("idempotent calls")
        constraints = [
            models.UniqueConstraint(fields=["user_id", "operation", "client_key"], name="idempotent_call_once")
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.client_key}"
