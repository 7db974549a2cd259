"""What every long computation that people ask for has in common: a worker does it, and a page shows how far it is."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """A computation that was asked for once and is done once (exams.services.runs claims it).

    `organization` is whose data it reads and who may see it; without one it is the zone's.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("waiting for a worker")
        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")
        FAILED = "failed", _("failed")

    class Step(models.TextChoices):
        NONE = "", "–"
        READING = "reading", _("reading the answers")
        ESTIMATING = "estimating", _("estimating")
        EXAMINING = "examining", _("examining the items")
        SIMULATING = "simulating", _("simulating")
        WRITING = "writing", _("writing the result")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization",
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("organization"),
    )
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.QUEUED, editable=False)
    step = models.CharField(_("step"), max_length=16, choices=Step, default=Step.NONE, blank=True, editable=False)
    progress = models.PositiveSmallIntegerField(
        _("progress (%)"), default=0, editable=False, validators=[MaxValueValidator(100)]
    )
    error = models.TextField(_("why it failed"), blank=True, editable=False)
    claim = models.UUIDField(null=True, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("requested by"),
    )
    created_at = models.DateTimeField(_("requested"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["-created_at", "-id"]

    @property
    def is_open(self) -> bool:
        """Whether there is more to come."""
        return self.status in (self.Status.QUEUED, self.Status.RUNNING)
