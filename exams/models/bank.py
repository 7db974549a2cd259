"""The item bank. An item is an identity; what a student sees and what it measures is an immutable version of it."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Localised(models.Model):
    """A name in the zone's first language, with translations beside it: {"en": {"name": …}}."""

    translations = models.JSONField(_("translations"), default=dict, blank=True)

    class Meta:
        abstract = True

    def translated(self, field: str, language: str | None = None) -> str:
        code = (language or get_language() or "").partition("-")[0]
        return self.translations.get(code, {}).get(field) or getattr(self, field)


class ContentArea(Localised):
    """What an item is about; blueprints are shares of content areas."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("content area")
        verbose_name_plural = _("content areas")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.translated("name")


class Item(models.Model):
    """A question's identity through its versions. Without an organization it belongs to the whole zone."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        FIELD_TEST = "field_test", _("field test")
        ACTIVE = "active", _("active")
        RETIRED = "retired", _("retired")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.SlugField(_("code"), max_length=80, unique=True)
    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="items",
        verbose_name=_("organization"),
    )
    area = models.ForeignKey(ContentArea, models.PROTECT, related_name="items", verbose_name=_("content area"))
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.DRAFT)
    current = models.ForeignKey(
        "ItemVersion", models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("current version")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("item bank")
        ordering = ["code"]
        indexes = [
            # The pool of an exam: the active items of its content areas.
            models.Index(fields=["area", "status"], name="item_area_status"),
        ]

    def __str__(self) -> str:
        return self.code


class ItemVersion(models.Model):
    """One immutable version: key and parameters of the three-parameter logistic model (D = 1).

    A trigger (migration 0002) refuses UPDATE and DELETE of versions, texts, options and pictures.
    """

    class Source(models.TextChoices):
        ASSUMED = "assumed", _("assumed")
        CALIBRATED = "calibrated", _("calibrated")

    item = models.ForeignKey(Item, models.CASCADE, related_name="versions", verbose_name=_("item"))
    number = models.PositiveIntegerField(_("version"))
    key = models.PositiveSmallIntegerField(_("key"), help_text=_("Position of the right option, from 1."))
    discrimination = models.FloatField(
        _("discrimination (a)"), validators=[MinValueValidator(0.05), MaxValueValidator(5.0)]
    )
    difficulty = models.FloatField(_("difficulty (b)"), validators=[MinValueValidator(-6.0), MaxValueValidator(6.0)])
    guessing = models.FloatField(_("guessing (c)"), validators=[MinValueValidator(0.0), MaxValueValidator(0.6)])
    parameter_source = models.CharField(_("parameters"), max_length=16, choices=Source, default=Source.ASSUMED)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("item version")
        verbose_name_plural = _("item versions")
        ordering = ["item", "-number"]
        constraints = [
            # Two people saving the same item at once must not both become version n.
            models.UniqueConstraint(fields=["item", "number"], name="item_version_once"),
            models.CheckConstraint(
                condition=Q(discrimination__gt=0) & Q(guessing__gte=0) & Q(guessing__lt=1) & Q(key__gte=1),
                name="item_version_3pl",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item.code} v{self.number}"


class ItemText(models.Model):
    """A version's words in one language (Markdown; mathematics between dollar signs; pictures as `asset:NAME`)."""

    version = models.ForeignKey(ItemVersion, models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=8)
    stem = models.TextField(_("stem"))
    explanation = models.TextField(_("explanation"), blank=True)

    class Meta:
        verbose_name = _("item text")
        verbose_name_plural = _("item texts")
        constraints = [models.UniqueConstraint(fields=["version", "language"], name="item_text_language_once")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.language}"


class ItemOption(models.Model):
    """One option in one language; `position` counts from 1 and is the same in every language."""

    text_of = models.ForeignKey(ItemText, models.CASCADE, related_name="options")
    position = models.PositiveSmallIntegerField(_("position"))
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["text_of", "position"], name="item_option_position_once")]

    def __str__(self) -> str:
        return f"{self.position}. {self.text[:40]}"


def asset_path(asset: "ItemAsset", filename: str) -> str:
    # Unguessable, so that a picture does not tell of an exam that has not begun.
    return f"items/{uuid.uuid4().hex}/{filename}"


class ItemAsset(models.Model):
    """A picture of a version, shown where its text says `asset:NAME`."""

    version = models.ForeignKey(ItemVersion, models.CASCADE, related_name="assets")
    name = models.CharField(_("name"), max_length=120)
    file = models.ImageField(_("picture"), upload_to=asset_path, max_length=200)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="item_asset_name_once")]

    def __str__(self) -> str:
        return self.name
