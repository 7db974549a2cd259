"""Files of other systems on their way into the bank: what was read, what a person chose, and what became of it."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


def upload_path(batch: "ImportBatch", filename: str) -> str:
    # Unguessable, and without the sender's name for it: the file holds keys.
    return f"imports/{uuid.uuid4().hex}"


class ImportBatch(models.Model):
    """One uploaded file. Its contents are the rows below it; the file itself is deleted once it has been read."""

    class Status(models.TextChoices):
        """uploaded → previewed → importing → imported; a file that cannot be read has failed."""

        UPLOADED = "uploaded", _("being read")
        PREVIEWED = "previewed", _("to be looked at")
        IMPORTING = "importing", _("being imported")
        IMPORTED = "imported", _("imported")
        FAILED = "failed", _("refused")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", models.CASCADE, null=True, related_name="+", verbose_name=_("organization")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    file_name = models.CharField(_("file"), max_length=255)
    file = models.FileField(upload_to=upload_path, max_length=200, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"))
    format = models.CharField(_("format"), max_length=16, blank=True)
    language = models.CharField(_("language"), max_length=8)
    area = models.ForeignKey(
        "exams.ContentArea", models.SET_NULL, null=True, related_name="+", verbose_name=_("content area")
    )
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.UPLOADED)
    problem = models.TextField(_("problem"), blank=True, help_text=_("Why it was refused, or could not be imported."))
    losses = models.JSONField(default=list, help_text=_("Of the file as a whole: [{words, where}]."))
    choices = models.JSONField(default=dict, help_text=_("What a person chose when they confirmed."))
    has_parameters = models.BooleanField(
        default=False,
        help_text=_("The file says how the questions measure; else existing items keep their parameters."),
    )
    items_found = models.PositiveIntegerField(_("questions"), default=0)
    items_ready = models.PositiveIntegerField(_("importable"), default=0)
    items_with_losses = models.PositiveIntegerField(_("with losses"), default=0)
    items_made = models.PositiveIntegerField(_("new"), default=0)
    items_updated = models.PositiveIntegerField(_("new versions"), default=0)
    tests_made = models.PositiveIntegerField(_("exams"), default=0)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at"]
        indexes = [
            # What the worker looks for: files to read, confirmed ones to import.
            models.Index(
                fields=["created_at"],
                condition=models.Q(status__in=["uploaded", "importing"]),
                name="import_to_be_done",
            ),
            # A page of the list, and the API's.
            models.Index(fields=["organization", "-created_at"], name="import_org_newest"),
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportItem(models.Model):
    """One question of the file as it would be imported, and what became of it."""

    class Action(models.TextChoices):
        CREATE = "create", _("new item")
        UPDATE = "update", _("new version")
        SKIP = "skip", _("leave out")

    class Outcome(models.TextChoices):
        CREATED = "created", _("made")
        UPDATED = "updated", _("new version made")
        SAME = "same", _("the same as it was")
        SKIPPED = "skipped", _("left out")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField(_("number"))
    identifier = models.CharField(_("name in the file"), max_length=500, blank=True)
    title = models.CharField(_("title"), max_length=500, blank=True)
    code = models.CharField(_("code"), max_length=80)
    area_name = models.CharField(_("area in the file"), max_length=500, blank=True)
    area = models.ForeignKey("exams.ContentArea", models.SET_NULL, null=True, related_name="+")
    tags = ArrayField(models.CharField(max_length=40), default=list)
    kind = models.CharField(_("kind"), max_length=16, blank=True)
    draft = models.JSONField(null=True, help_text=_("exams.interchange.storing says how; without it: unreadable."))
    losses = models.JSONField(default=list, help_text=_("[{words, where}]"))
    problems = ArrayField(models.TextField(), default=list, help_text=_("Why it cannot be imported as it is."))
    existing = models.ForeignKey("exams.Item", models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome, blank=True)
    item = models.ForeignKey("exams.Item", models.SET_NULL, null=True, related_name="+", verbose_name=_("item"))

    class Meta:
        verbose_name = _("imported question")
        verbose_name_plural = _("imported questions")
        ordering = ["position"]
        constraints = [
            # The worker may be sent the same file twice at once; one of the two writes its rows.
            models.UniqueConstraint(fields=["batch", "position"], name="import_item_once")
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.code}"


class ImportPicture(models.Model):
    """A picture of a question that is not imported yet; kept in the row, since nobody but its importer may see it."""

    of = models.ForeignKey(ImportItem, models.CASCADE, related_name="pictures")
    name = models.CharField(max_length=120)
    content = models.BinaryField()

    class Meta:
        verbose_name = _("picture of an import")
        verbose_name_plural = _("pictures of imports")
        constraints = [models.UniqueConstraint(fields=["of", "name"], name="import_picture_once")]

    def __str__(self) -> str:
        return self.name


class ImportTest(models.Model):
    """A test of the file: a fixed form, which becomes an exam that is not yet published."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="tests")
    position = models.PositiveIntegerField(_("number"))
    identifier = models.CharField(_("name in the file"), max_length=500, blank=True)
    title = models.CharField(_("title"), max_length=200)
    code = models.CharField(_("code"), max_length=80)
    form = models.JSONField(default=list, help_text=_("Positions of its questions in this import, in order."))
    time_limit_minutes = models.PositiveIntegerField(null=True)
    losses = models.JSONField(default=list)
    exam = models.ForeignKey("exams.Exam", models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("imported test")
        verbose_name_plural = _("imported tests")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="import_test_once")]

    def __str__(self) -> str:
        return self.title
