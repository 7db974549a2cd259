"""Simulations: virtual students through an exam's own configuration, and what came of it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exams.models.exam import Exam
from exams.models.runs import Run


class SimulationRun(Run):
    """One simulation of an exam. The exposure parameters that it found change nothing until a person saves them.

    `result` is what exams.psychometrics.analysis.simulation makes of it, with `items`, the codes of the pool.
    """

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="simulations", verbose_name=_("exam"))
    students = models.PositiveIntegerField(
        _("students"),
        default=1000,
        validators=[MinValueValidator(20), MaxValueValidator(50_000)],
        help_text=_("Virtual ones, who answer by the response models of the items."),
    )
    mean = models.FloatField(
        _("mean ability"), default=0.0, validators=[MinValueValidator(-3.0), MaxValueValidator(3.0)]
    )
    sd = models.FloatField(
        _("standard deviation of ability"),
        default=1.0,
        validators=[MinValueValidator(0.1), MaxValueValidator(3.0)],
    )
    seed = models.PositiveBigIntegerField(
        _("seed"), default=1, validators=[MaxValueValidator(2**53)], help_text=_("The same seed, the same students.")
    )
    finds_exposure = models.BooleanField(
        _("find exposure parameters"),
        default=False,
        help_text=_("Of Sympson–Hetter control, by repeated simulation; then the exam is simulated with them."),
    )
    result = models.JSONField(default=dict, editable=False)
    saved_at = models.DateTimeField(_("exposure parameters saved"), null=True, editable=False)
    saved_by = models.CharField(_("saved by"), max_length=254, blank=True, editable=False)

    class Meta(Run.Meta):
        abstract = False
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")
        indexes = [
            # The list, newest first, of the zone and of one organization.
            models.Index(fields=["organization", "-created_at"], name="simulation_run_newest"),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.created_at):%Y-%m-%d %H:%M} {self.exam}"
