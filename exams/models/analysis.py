"""Item and test analyses, computed by a worker and kept until the next one of the same exam and organization."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exams.models.bank import Item, ItemVersion
from exams.models.exam import Exam
from exams.models.runs import Run


class AnalysisRun(Run):
    """One exam as one organization's students answered it, or everybody in the zone."""

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="analyses", verbose_name=_("exam"))
    n_attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    summary = models.JSONField(
        default=dict, editable=False, help_text="The test as a whole: exams.services.analysis says its shape."
    )

    class Meta(Run.Meta):
        abstract = False
        verbose_name = _("analysis")
        verbose_name_plural = _("analyses")
        constraints = [
            # Two people who ask at once, or a person and the nightly task, are given one computation.
            models.UniqueConstraint(
                fields=["exam", "organization"],
                condition=Q(status__in=["queued", "running"]),
                name="analysis_run_open_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            # The newest one of an exam, as its page shows it.
            models.Index(fields=["exam", "organization", "-created_at"], name="analysis_run_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.exam} {self.created_at:%Y-%m-%d}"


class AnalysedItem(models.Model):
    """One item in one analysis. The columns are what lists show; `details` is what its own page draws."""

    run = models.ForeignKey(AnalysisRun, models.CASCADE, related_name="items")
    item = models.ForeignKey(Item, models.CASCADE, related_name="+", verbose_name=_("item"))
    version = models.ForeignKey(ItemVersion, models.CASCADE, related_name="+")
    answers = models.PositiveIntegerField(_("answers"))
    facility = models.FloatField(_("facility"), null=True)
    discrimination = models.FloatField(_("discrimination"), null=True)
    exposure = models.FloatField(_("exposure"))
    flags = ArrayField(models.CharField(max_length=32), default=list)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("analysed item")
        verbose_name_plural = _("analysed items")
        ordering = ["run", "item__code"]
        constraints = [models.UniqueConstraint(fields=["run", "item"], name="analysed_item_once")]
        indexes = [
            # An item's newest analyses, on its page in the console.
            models.Index(fields=["item", "run"], name="analysed_item_runs"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.item}"
