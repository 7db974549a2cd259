"""Exams: what is asked, how it is chosen, when, and for whom."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audit import clock
from exams.models.bank import ContentArea, Item, Localised


class Exam(Localised):
    """An exam of a zone. Without an organization the zone itself gives it."""

    class Kind(models.TextChoices):
        ADAPTIVE = "adaptive", _("adaptive")
        FIXED = "fixed", _("fixed form")

    class Visibility(models.TextChoices):
        PUBLIC = "public", _("public")
        ORGANIZATION = "organization", _("organization only")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.SlugField(_("code"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="exams",
        verbose_name=_("organization"),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.ADAPTIVE)
    visibility = models.CharField(_("visibility"), max_length=16, choices=Visibility, default=Visibility.PUBLIC)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.DRAFT)
    languages = ArrayField(models.CharField(max_length=8), default=list, verbose_name=_("languages"))
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    time_limit_minutes = models.PositiveSmallIntegerField(
        _("time limit (minutes)"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )
    min_items = models.PositiveSmallIntegerField(_("fewest items"), default=20, validators=[MinValueValidator(1)])
    max_items = models.PositiveSmallIntegerField(_("most items"), default=20, validators=[MaxValueValidator(200)])
    se_target = models.FloatField(
        _("stop at standard error"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.1), MaxValueValidator(1.0)],
        help_text=_("Ends an adaptive exam once the ability is known this precisely. Empty: by length alone."),
    )
    randomesque = models.PositiveSmallIntegerField(
        _("randomesque"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text=_("The next item is drawn from this many of the most informative ones."),
    )
    attempts_allowed = models.PositiveSmallIntegerField(
        _("attempts allowed"), null=True, blank=True, help_text=_("Empty: as many as one likes.")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("exam")
        verbose_name_plural = _("exams")
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(min_items__lte=F("max_items")) & Q(min_items__gte=1),
                name="exam_items_in_order",
                violation_error_message=_("The fewest items must not be more than the most."),
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(opens_at__lt=F("closes_at")),
                name="exam_opens_before_it_closes",
                violation_error_message=_("The exam must open before it closes."),
            ),
            # An exam for one organization needs to say which.
            models.CheckConstraint(
                condition=Q(visibility="public") | Q(organization__isnull=False),
                name="exam_organization_named",
                violation_error_message=_("An exam for one organization needs that organization."),
            ),
        ]

    def __str__(self) -> str:
        return self.translated("title")

    @property
    def is_open(self) -> bool:
        """Whether it may be started at this moment."""
        now = clock.now()
        return (
            self.status == self.Status.PUBLISHED
            and (self.opens_at is None or self.opens_at <= now)
            and (self.closes_at is None or now < self.closes_at)
        )


class BlueprintArea(models.Model):
    """The share of one content area in an exam."""

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="blueprint", verbose_name=_("exam"))
    area = models.ForeignKey(ContentArea, models.PROTECT, related_name="+", verbose_name=_("content area"))
    share = models.FloatField(_("share"), validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])

    class Meta:
        verbose_name = _("blueprint area")
        verbose_name_plural = _("blueprint")
        ordering = ["area__position"]
        constraints = [models.UniqueConstraint(fields=["exam", "area"], name="blueprint_area_once")]

    def __str__(self) -> str:
        return f"{self.area}: {self.share:.0%}"


class ExamItem(models.Model):
    """An item of a fixed form, in its place."""

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="form", verbose_name=_("exam"))
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name=_("item"))
    position = models.PositiveSmallIntegerField(_("position"))

    class Meta:
        verbose_name = _("item of the form")
        verbose_name_plural = _("items of the form")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["exam", "position"], name="exam_item_position_once"),
            models.UniqueConstraint(fields=["exam", "item"], name="exam_item_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.item}"


class ItemPool(models.Model):
    """The item versions that an exam drew from at one time, in a fixed order, and the rules it followed then.

    Immutable (trigger in migration 0002): an attempt names its pool and counts items by their index in it, so that
    nobody's attempt changes when the bank or the exam does, and a process may keep a pool's arrays for ever.
    """

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="pools")
    digest = models.CharField(max_length=64)
    versions = ArrayField(models.BigIntegerField())
    rules = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("item pool")
        verbose_name_plural = _("item pools")
        constraints = [
            # Two first starts after a change of the bank must agree on one pool.
            models.UniqueConstraint(fields=["exam", "digest"], name="item_pool_once"),
        ]

    def __str__(self) -> str:
        return f"{self.exam_id} {self.digest[:8]} ({len(self.versions)})"
