"""A guardian's consent to the account of a child under 14: who is asked, and the record of what was answered."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import EncryptedTextField
from accounts.models.people import User


class GuardianRequest(models.Model):
    """Whom a child named as guardian. It is used to ask, and deleted with the answer or with the account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    child = models.OneToOneField(User, models.CASCADE, related_name="guardian_request", verbose_name=_("student"))
    email = EncryptedTextField(_("guardian's e-mail"))
    language = models.CharField(max_length=8, blank=True)
    # SHA-256 of what the newest mail's link holds; the link itself is stored nowhere.
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("asked"), default=timezone.now, editable=False)
    mailed_at = models.DateTimeField(_("mailed"), default=timezone.now)
    mails = models.PositiveSmallIntegerField(_("mails"), default=1)

    class Meta:
        verbose_name = _("request to a guardian")
        verbose_name_plural = _("requests to guardians")

    def __str__(self) -> str:
        return str(self.child_id)


class GuardianConsent(models.Model):
    """What was answered, by whom, how and to which text: written once (a trigger holds it) and kept three years.

    It names child and guardian by their ids, so that it outlives their accounts; `guardian_name` alone may change: to
    be encrypted under another key, or taken out when that person is erased.
    """

    class Kind(models.TextChoices):
        GIVEN = "given", _("given")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")
        EXPIRED = "expired", _("not answered in time")
        OF_AGE = "of_age", _("no longer needed")

    class Method(models.TextChoices):
        # A link mailed to the address that the child named, opened by somebody who has logged in to a parent's account.
        EMAIL_ACCOUNT = "email_account", _("mailed link and parent's account")
        EMAIL = "email", _("mailed link")
        ACCOUNT = "account", _("parent's account")
        PAPER = "paper", _("on paper, at the organization")
        TIME = "time", _("by time")

    class Relation(models.TextChoices):
        MOTHER = "mother", _("mother")
        FATHER = "father", _("father")
        GUARDIAN = "guardian", _("legal guardian")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(_("time"), default=timezone.now, editable=False)
    kind = models.CharField(_("answer"), max_length=9, choices=Kind)
    method = models.CharField(_("method"), max_length=16, choices=Method)
    child_id = models.UUIDField(_("student id"), db_index=True)
    organization_id = models.UUIDField(_("organization"), null=True)
    guardian_id = models.UUIDField(_("guardian's account"), null=True)
    guardian_name = EncryptedTextField(_("guardian's name"), blank=True)
    relation = models.CharField(_("relation"), max_length=8, choices=Relation, blank=True)
    text_version = models.CharField(_("version of the text"), max_length=16, blank=True)
    reference = models.CharField(_("reference of the paper"), max_length=120, blank=True)
    recorded_by_id = models.UUIDField(_("recorded by"), null=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)

    class Meta:
        verbose_name = _("guardian's consent")
        verbose_name_plural = _("guardians' consents")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.child_id} {self.kind}"
