"""The append-only log: who did what to which thing, where from and when."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Cast
from django.db.models.query import ModelIterable
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
    EXPORT = "export", _("export")


class TransactionId(models.Func):
    """The number of the transaction that writes the row (PostgreSQL's xid8, which never comes again)."""

    function = "pg_current_xact_id"
    output_field = models.TextField()


class AuditOrigin(models.Model):
    """Who acted and from where. Rows of the log hold its key alone (audit.origins), so that a person can be forgotten.

    A trigger (migration 0005) refuses UPDATE; only forgetting a person deletes one.
    """

    key = models.CharField(primary_key=True, max_length=44, editable=False)
    salt = models.BinaryField()
    # What is deleted when this person is forgotten.
    user_id = models.UUIDField(_("user id"), null=True, db_index=True)
    label = models.CharField(_("user"), max_length=254, blank=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    user_agent = models.CharField(_("user agent"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("origin")
        verbose_name_plural = _("origins")

    def __str__(self) -> str:
        return self.key


class LogQuerySet(models.QuerySet["AuditEntry"]):
    """Rows with label, address and user agent in place of the key that the database holds (one more question)."""

    def _fetch_all(self) -> None:
        from audit.origins import resolve

        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh and self._iterable_class is ModelIterable:
            resolve(self._result_cache or [])


class AuditEntry(models.Model):
    """One row of the log. It names people by id and by the key of an origin, and outlives them.

    Triggers refuse UPDATE, DELETE and TRUNCATE, whoever asks. In the database the table is partitioned by month and its
    primary key is (id, at); ids come from one sequence (audit.partitions).
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
    # Which transaction wrote the row: seals take whole transactions (audit.sealing). 0: before there were seals.
    txid = models.BigIntegerField(
        db_default=Cast(Cast(TransactionId(), models.TextField()), models.BigIntegerField()), editable=False
    )
    # The application's proof that it wrote the row (audit.stamps); none on rows from before there were stamps.
    stamp = models.BinaryField(null=True, editable=False)

    objects = LogQuerySet.as_manager()

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
            # What is to be sealed next.
            models.Index(fields=["txid"], name="audit_transaction"),
        ]

    def __str__(self) -> str:
        who = self.user_label or "–"
        when = timezone.localtime(self.at).strftime("%Y-%m-%d %H:%M:%S")
        return f"{when} {who} {self.get_action_display()}"


class AuditSeal(models.Model):
    """The signed head of a zone's log after a number of whole transactions; each seal holds the one before it.

    It covers the rows whose transaction is in [since, until). `hash` is over everything else in the row but the
    signature (audit.sealing.header), `digests` are the SHA-256 of the rows (32 bytes each) in the order of their ids.
    """

    # Counts from 1 without gaps. Two sealers at once: the second one's insert is refused.
    number = models.BigIntegerField(_("number"), primary_key=True)
    since = models.BigIntegerField(_("from transaction"))
    until = models.BigIntegerField(_("up to transaction"))
    # Rows from this id on were numbered by the present cluster's transactions (see audit.sealing.reseal_restored).
    first_id = models.BigIntegerField(_("first id"), default=0)
    rows = models.IntegerField(_("rows"))
    # Rows of the first seal that were there before stamps were.
    unstamped = models.IntegerField(_("rows without a stamp"), default=0)
    ids = ArrayField(models.BigIntegerField(), verbose_name=_("ids: first, last, first, last, …"))
    digests = models.BinaryField()
    previous = models.BinaryField()
    hash = models.BinaryField()
    key_id = models.CharField(_("key"), max_length=16)
    signature = models.BinaryField()
    made_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ["number"]

    def __str__(self) -> str:
        return f"#{self.number}"


class AuditArchive(models.Model):
    """A partition that was taken out of the database and into a file; its rows' ids, so that nobody misses them."""

    partition = models.CharField(_("partition"), max_length=63, unique=True)
    rows = models.BigIntegerField(_("rows"))
    ids = ArrayField(models.BigIntegerField(), verbose_name=_("ids: first, last, first, last, …"))
    file = models.CharField(_("file"), max_length=255)
    sha256 = models.BinaryField()
    key_id = models.CharField(_("key"), max_length=16)
    signature = models.BinaryField()
    made_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("archive")
        verbose_name_plural = _("archives")
        ordering = ["partition"]

    def __str__(self) -> str:
        return self.partition
