"""What people are told: notices in the app, and the mails that wait to be sent."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from accounts.notice_kinds import KINDS


class Notice(models.Model):
    """One thing that a person is told in the app. `kind` is a key of accounts.notice_kinds.KINDS."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="notices", verbose_name=_("user"))
    kind = models.CharField(_("kind"), max_length=40)
    context = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    read_at = models.DateTimeField(_("read"), null=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-created_at"]
        indexes = [
            # The page of notices, newest first.
            models.Index(fields=["user", "-created_at"], name="notice_newest"),
            # The number at the bell, on every page.
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="notice_unread"),
            # The sweep.
            models.Index(fields=["created_at"], name="notice_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} – {self.user_id}"

    @property
    def title(self) -> str:
        return KINDS[self.kind].title(self.context)

    @property
    def words(self) -> str:
        return KINDS[self.kind].text(self.context)

    @property
    def path(self) -> str:
        """Where in the app it leads; "" for nowhere."""
        return self.context.get("path") or KINDS[self.kind].path


# The purpose that a mail's context is encrypted for (accounts.crypto).
SEALED_AS = "mail"


class OutgoingMail(models.Model):
    """A mail on its way, written in the transaction of what it tells of.

    `context` is encrypted, since it may hold links that open an account, and wiped once the mail has left or is given
    up. A worker claims a row by a conditional update; a claim that was lost with its worker ends at `next_try_at`.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+", verbose_name=_("user"))
    address = models.EmailField(_("e-mail"), max_length=254)
    language = models.CharField(_("language"), max_length=8)
    kind = models.CharField(_("kind"), max_length=40)
    context = models.TextField(blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.QUEUED)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now)
    give_up_at = models.DateTimeField(_("given up at"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    error = models.CharField(_("error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_at"]
        indexes = [
            # What is due: asked for every half minute in every zone.
            models.Index(fields=["next_try_at"], condition=models.Q(state__in=["queued", "sending"]), name="mail_due"),
            # The console's list, and the sweep.
            models.Index(fields=["-created_at"], name="mail_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.address}"
