"""The item bank. An item is an identity; what a student sees and what it measures is an immutable version of it."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
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
    tags = ArrayField(
        models.SlugField(max_length=40),
        default=list,
        blank=True,
        verbose_name=_("tags"),
        help_text=_("What constraints of an exam may count besides content areas."),
    )
    enemies = models.ManyToManyField(
        "self",
        blank=True,
        verbose_name=_("enemy items"),
        help_text=_("Items that give this one away: no exam shows both."),
    )
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
            # GET /items: the newest of the bank, a page at a time.
            models.Index(fields=["-created_at", "-id"], name="item_newest"),
        ]

    def __str__(self) -> str:
        return self.code


class Passage(models.Model):
    """A text that several items ask about. Immutable: a changed one is the next number of its code."""

    code = models.SlugField(_("code"), max_length=80)
    number = models.PositiveIntegerField(_("version"), default=1)
    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="passages",
        verbose_name=_("organization"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("passage")
        verbose_name_plural = _("passages")
        ordering = ["code", "-number"]
        constraints = [models.UniqueConstraint(fields=["code", "number"], name="passage_version_once")]

    def __str__(self) -> str:
        return f"{self.code} v{self.number}"


class PassageText(models.Model):
    """A passage in one language (Markdown; its pictures are those of the items that show it)."""

    passage = models.ForeignKey(Passage, models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=8)
    title = models.CharField(_("title"), max_length=200, blank=True)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("passage text")
        verbose_name_plural = _("passage texts")
        constraints = [models.UniqueConstraint(fields=["passage", "language"], name="passage_text_language_once")]

    def __str__(self) -> str:
        return f"{self.passage_id} {self.language}"


class ItemVersion(models.Model):
    """One immutable version: what is asked and how, its key, and the parameters of its response model (D = 1).

    A trigger (migrations 0002 and 0004) refuses UPDATE and DELETE of versions and of all that belongs to them.
    """

    class Kind(models.TextChoices):
        """How it is answered: the interactions of QTI 3 that carry a score."""

        SINGLE = "single", _("single choice")
        MULTIPLE = "multiple", _("multiple choice")
        ORDERING = "ordering", _("ordering")
        MATCHING = "matching", _("matching")
        NUMERIC = "numeric", _("number")
        TEXT = "text", _("short text")
        CLOZE = "cloze", _("gaps in a text")
        ESSAY = "essay", _("essay")

    class Model(models.TextChoices):
        LOGISTIC = "logistic", _("logistic (1 to 4 parameters)")
        GRADED = "grm", _("graded response")
        PARTIAL_CREDIT = "gpcm", _("generalized partial credit")

    class Scoring(models.TextChoices):
        EXACT = "exact", _("all or nothing")
        PARTIAL = "partial", _("partial credit")

    class Source(models.TextChoices):
        ASSUMED = "assumed", _("assumed")
        CALIBRATED = "calibrated", _("calibrated")

    item = models.ForeignKey(Item, models.CASCADE, related_name="versions", verbose_name=_("item"))
    number = models.PositiveIntegerField(_("version"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.SINGLE)
    passage = models.ForeignKey(
        Passage, models.PROTECT, null=True, blank=True, related_name="versions", verbose_name=_("passage")
    )
    key = models.PositiveSmallIntegerField(
        _("key"), null=True, help_text=_("Position of the right option, from 1; of single choice alone.")
    )
    scoring = models.CharField(_("scoring"), max_length=16, choices=Scoring, default=Scoring.EXACT)
    max_score = models.PositiveSmallIntegerField(
        _("highest score"), default=1, help_text=_("Score categories run from 0 to this.")
    )
    case_sensitive = models.BooleanField(_("capital letters matter"), default=False)
    model = models.CharField(_("response model"), max_length=16, choices=Model, default=Model.LOGISTIC)
    discrimination = models.FloatField(
        _("discrimination (a)"), validators=[MinValueValidator(0.05), MaxValueValidator(5.0)]
    )
    difficulty = models.FloatField(
        _("difficulty (b)"),
        validators=[MinValueValidator(-6.0), MaxValueValidator(6.0)],
        help_text=_("Of an item with several score categories: the mean of its thresholds."),
    )
    guessing = models.FloatField(_("guessing (c)"), validators=[MinValueValidator(0.0), MaxValueValidator(0.6)])
    upper = models.FloatField(
        _("upper asymptote (d)"), default=1.0, validators=[MinValueValidator(0.6), MaxValueValidator(1.0)]
    )
    thresholds = ArrayField(
        models.FloatField(),
        default=list,
        blank=True,
        verbose_name=_("thresholds"),
        help_text=_("In logits, one for each score above 0: of the graded and the partial credit model alone."),
    )
    parameter_source = models.CharField(_("parameters"), max_length=16, choices=Source, default=Source.ASSUMED)
    words = models.PositiveIntegerField(
        _("words"), default=0, help_text=_("Of stem and options in the longest language; without the passage.")
    )
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
                condition=Q(discrimination__gt=0)
                & Q(guessing__gte=0)
                & Q(guessing__lt=F("upper"))
                & Q(upper__lte=1)
                & Q(max_score__gte=1),
                name="item_version_parameters",
            ),
            # Single choice is scored by this column alone, on the way of every answer.
            models.CheckConstraint(
                condition=Q(kind="single", key__gte=1) | (~Q(kind="single") & Q(key__isnull=True)),
                name="item_version_key_of_single_choice",
            ),
            # A logistic item is right or wrong; the others have a threshold for each score above 0.
            models.CheckConstraint(
                condition=Q(model="logistic", thresholds__len=0, max_score=1)
                | (~Q(model="logistic") & Q(thresholds__len=F("max_score"))),
                name="item_version_thresholds",
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
    gap = models.PositiveSmallIntegerField(
        _("gap"), default=0, help_text=_("Of the gap with this number in the text; 0: of the item itself.")
    )
    is_target = models.BooleanField(
        _("target"), default=False, help_text=_("In the second column, which the first is matched with.")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ["gap", "is_target", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["text_of", "gap", "is_target", "position"], name="item_option_position_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.text[:40]}"


class ItemGap(models.Model):
    """A gap in the text of a cloze item, where its stem says `[[number]]`."""

    class Kind(models.TextChoices):
        CHOICE = "choice", _("choice")
        TEXT = "text", _("short text")
        NUMERIC = "numeric", _("number")

    version = models.ForeignKey(ItemVersion, models.CASCADE, related_name="gaps")
    number = models.PositiveSmallIntegerField(_("gap"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)

    class Meta:
        verbose_name = _("gap")
        verbose_name_plural = _("gaps")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["version", "number"], name="item_gap_once")]

    def __str__(self) -> str:
        return f"{self.version_id} [[{self.number}]]"


class ItemKey(models.Model):
    """One thing that is right about an answer, and what it is worth. Single choice has its own column instead.

    Which columns are used goes by the item's kind (exams.scoring says how they are read): multiple choice `option`;
    ordering `option` and, in `target`, its place; matching `option` and `target`; a number `number`, `tolerance`;
    short text `text` and, where it differs by language, `language`; a gap whichever of these its kind has.
    """

    version = models.ForeignKey(ItemVersion, models.CASCADE, related_name="answer_keys")
    gap = models.PositiveSmallIntegerField(_("gap"), default=0)
    option = models.PositiveSmallIntegerField(_("option"), null=True)
    target = models.PositiveSmallIntegerField(_("target"), null=True)
    language = models.CharField(_("language"), max_length=8, blank=True)
    text = models.CharField(_("accepted form"), max_length=500, blank=True)
    number = models.FloatField(_("number"), null=True)
    tolerance = models.FloatField(_("tolerance"), default=0.0)
    is_relative = models.BooleanField(
        _("relative"), default=False, help_text=_("The tolerance is a share of the number.")
    )
    points = models.FloatField(_("points"), default=1.0, help_text=_("Negative: taken off for a wrong choice."))

    class Meta:
        verbose_name = _("answer key")
        verbose_name_plural = _("answer keys")
        ordering = ["gap", "id"]
        constraints = [models.CheckConstraint(condition=Q(tolerance__gte=0), name="item_key_tolerance")]

    def __str__(self) -> str:
        return f"{self.version_id} [[{self.gap}]] {self.points}"


class RubricCriterion(models.Model):
    """One criterion that an essay is graded by, from 0 to `max_points`."""

    version = models.ForeignKey(ItemVersion, models.CASCADE, related_name="rubric")
    position = models.PositiveSmallIntegerField(_("position"))
    max_points = models.PositiveSmallIntegerField(_("most points"), validators=[MinValueValidator(1)])

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("rubric")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["version", "position"], name="rubric_criterion_once")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.position}"


class RubricText(models.Model):
    """A criterion in one language: its name and what each number of points, from 0, stands for."""

    criterion = models.ForeignKey(RubricCriterion, models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=8)
    name = models.CharField(_("name"), max_length=200)
    levels = ArrayField(models.TextField(blank=True), default=list, verbose_name=_("levels"))

    class Meta:
        verbose_name = _("criterion text")
        verbose_name_plural = _("criterion texts")
        constraints = [models.UniqueConstraint(fields=["criterion", "language"], name="rubric_text_language_once")]

    def __str__(self) -> str:
        return self.name


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
