"""A person's own data, packed for them to fetch."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.fields import EncryptedTextField
from accounts.models.people import User


class DataExport(models.Model):
    """Asked for by the person, made by a worker, fetched for seven days, then deleted.

    A worker claims a row by a conditional update of `claimed_at`; a claim that was lost with its worker ends by itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="data_exports", verbose_name=_("user"))
    created_at = models.DateTimeField(_("requested"), auto_now_add=True)
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    # The ZIP in base64, encrypted: it holds in one place what the database keeps apart.
    archive = EncryptedTextField(blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("data export")
        verbose_name_plural = _("data exports")
        ordering = ["-created_at"]
        constraints = [
            # Two clicks ask once.
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(finished_at__isnull=True), name="data_export_open_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
