"""The append-only log: who did what to which thing, where from and when."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    CREATE = "create", _("create")
    READ = "read", _("read")
    UPDATE = "update", _("update")
    DELETE = "delete", _("delete")
    LOGIN = "login", _("log-in")
    LOGOUT = "logout", _("log-out")
    PERMISSION_DENIED = "permission_denied", _("permission denied")


class AuditEntry(models.Model):
    """One row of the log. It names people by id and by text, and outlives them.

    A trigger (migration 0002) refuses UPDATE and DELETE, whoever asks.
    """

    at = models.DateTimeField(_("time"), db_default=models.functions.Now(), editable=False)
    zone_id = models.CharField(_("zone"), max_length=31)
    organization_id = models.UUIDField(_("organization"), null=True)
    user_id = models.UUIDField(_("user id"), null=True)
    user_label = models.CharField(_("user"), max_length=254, blank=True)
    action = models.CharField(_("action"), max_length=20, choices=Action)
    resource_type = models.CharField(_("resource"), max_length=60)
    resource_id = models.CharField(_("resource id"), max_length=64, blank=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    user_agent = models.CharField(_("user agent"), max_length=300, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-at", "-id"]
        indexes = [
            # The log read backwards in time, as the console and GET /admin/audit-logs show it.
            models.Index(fields=["-at", "-id"], name="audit_time"),
            # What did this person do? Which refusals were there last night?
            models.Index(fields=["user_id", "-at"], name="audit_user_time"),
            models.Index(fields=["action", "-at"], name="audit_action_time"),
            # An organization's own log.
            models.Index(fields=["organization_id", "-at"], name="audit_org_time"),
            # The history of one thing, in the console. Attempts are left out: an answer's row pays for each index.
            models.Index(
                fields=["resource_id", "-at"],
                condition=~models.Q(resource_type="attempt"),
                name="audit_resource",
            ),
        ]

    def __str__(self) -> str:
        who = self.user_label or "–"
        when = timezone.localtime(self.at).strftime("%Y-%m-%d %H:%M:%S")
        return f"{when} {who} {self.action} {self.resource_type} {self.resource_id}"
