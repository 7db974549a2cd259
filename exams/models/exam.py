"""Exams: what is asked, how it is chosen, when, and for whom."""

import dataclasses
import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audit import clock
from exams.models.bank import ContentArea, Item, Localised
from exams.scales import Scale


class Exam(Localised):
    """An exam of a zone. Without an organization the zone itself gives it."""

    class Kind(models.TextChoices):
        ADAPTIVE = "adaptive", _("adaptive")
        FIXED = "fixed", _("fixed form")
        MULTISTAGE = "multistage", _("multistage")

    class Visibility(models.TextChoices):
        PUBLIC = "public", _("public")
        ORGANIZATION = "organization", _("organization only")

    class Estimator(models.TextChoices):
        EAP = "eap", _("expected a posteriori")
        MAP = "map", _("maximum a posteriori")
        ML = "ml", _("maximum likelihood")
        WLE = "wle", _("weighted likelihood (Warm)")
        EAP_SUM = "eap_sum", _("expected a posteriori by sum score")

    class Criterion(models.TextChoices):
        INFORMATION = "maximum_information", _("maximum information")
        KULLBACK_LEIBLER = "kullback_leibler", _("Kullback–Leibler information")
        POSTERIOR_VARIANCE = "expected_posterior_variance", _("minimum expected posterior variance")
        A_STRATIFIED = "a_stratified", _("a-stratified")
        URRY = "urry", _("Urry: the nearest difficulty")
        RANDOM = "random", _("random")

    class Exposure(models.TextChoices):
        NONE = "none", _("none")
        RANDOMESQUE = "randomesque", _("randomesque")
        SYMPSON_HETTER = "sympson_hetter", _("Sympson–Hetter")
        PROGRESSIVE = "progressive_restricted", _("progressive–restricted")
        ELIGIBILITY = "eligibility", _("item eligibility")

    class Assembly(models.TextChoices):
        AREAS = "areas", _("shares of content areas")
        SHADOW = "shadow", _("shadow tests under all constraints")

    class Classification(models.TextChoices):
        NONE = "", _("none")
        SPRT = "sprt", _("sequential probability ratio")
        INTERVAL = "interval", _("confidence interval")

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
    estimator = models.CharField(_("estimator of ability"), max_length=16, choices=Estimator, default=Estimator.EAP)
    criterion = models.CharField(
        _("choice of the next item"), max_length=32, choices=Criterion, default=Criterion.INFORMATION
    )
    assembly = models.CharField(_("assembly"), max_length=16, choices=Assembly, default=Assembly.AREAS)
    exposure = models.CharField(_("exposure control"), max_length=24, choices=Exposure, default=Exposure.RANDOMESQUE)
    exposure_rate = models.FloatField(
        _("highest exposure"),
        default=0.25,
        validators=[MinValueValidator(0.01), MaxValueValidator(1.0)],
        help_text=_("No item is given to more than this share of the students (not with randomesque)."),
    )
    information_target = models.FloatField(
        _("stop below information"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.001), MaxValueValidator(10.0)],
        help_text=_("Ends an adaptive exam when no item that is left would tell this much."),
    )
    change_target = models.FloatField(
        _("stop below change"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.001), MaxValueValidator(1.0)],
        help_text=_("Ends an adaptive exam when the last answer moved the ability by less (logits)."),
    )
    classification = models.CharField(
        _("classification"), max_length=16, choices=Classification, default=Classification.NONE, blank=True
    )
    cut_scores = ArrayField(
        models.FloatField(),
        default=list,
        blank=True,
        verbose_name=_("cut scores"),
        help_text=_("In logits, rising: where one class ends and the next begins."),
    )
    classification_error = models.FloatField(
        _("error of classification"),
        default=0.05,
        validators=[MinValueValidator(0.001), MaxValueValidator(0.5)],
        help_text=_("Of each kind: the share of students that may be put on the wrong side."),
    )
    indifference = models.FloatField(
        _("half width of indifference"),
        default=0.2,
        validators=[MinValueValidator(0.01), MaxValueValidator(2.0)],
        help_text=_("Of the sequential probability ratio test, in logits on either side of a cut score."),
    )
    field_test_items = models.PositiveSmallIntegerField(
        _("field test items"),
        default=0,
        validators=[MaxValueValidator(50)],
        help_text=_("So many items in field test are slipped into each attempt, unscored."),
    )
    subscales = models.BooleanField(
        _("report content areas"), default=False, help_text=_("An ability for each content area beside the whole.")
    )
    scales: models.ManyToManyField = models.ManyToManyField(
        "ScoreScale", blank=True, related_name="exams", verbose_name=_("score scales")
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


class ScoreScale(Localised):
    """A transformation of ability that scores are reported on. An attempt stores the one that it was reported by.

    linear: mean + sd * theta; standard: mean + sd * (theta - norm_mean) / norm_sd (T: 50 and 10); stanine and
    percentile: the place in a norm group with N(norm_mean, norm_sd); table: `points`, straight lines between them.
    """

    class Kind(models.TextChoices):
        LINEAR = "linear", _("linear in ability")
        STANDARD = "standard", _("standard score")
        STANINE = "stanine", _("stanine")
        PERCENTILE = "percentile", _("percentile")
        TABLE = "table", _("conversion table")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    mean = models.FloatField(_("mean"), default=50.0)
    sd = models.FloatField(_("standard deviation"), default=10.0, validators=[MinValueValidator(0.0001)])
    norm_mean = models.FloatField(_("mean ability of the norm group"), default=0.0)
    norm_sd = models.FloatField(
        _("standard deviation of its ability"), default=1.0, validators=[MinValueValidator(0.01)]
    )
    minimum = models.FloatField(_("lowest score"), null=True, blank=True)
    maximum = models.FloatField(_("highest score"), null=True, blank=True)
    decimals = models.PositiveSmallIntegerField(_("decimals"), default=0, validators=[MaxValueValidator(3)])
    points = models.JSONField(
        _("points"), default=list, blank=True, help_text=_("Of a table: [ability, score] pairs, both rising.")
    )

    class Meta:
        verbose_name = _("score scale")
        verbose_name_plural = _("score scales")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.translated("name")

    @property
    def transformation(self) -> Scale:
        """What it does to an ability. Raises ValueError for a row that no service has checked."""
        names = (field.name for field in dataclasses.fields(Scale) if field.name != "points")
        return Scale(**{name: getattr(self, name) for name in names}, points=tuple(map(tuple, self.points)))


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


class ExamConstraint(models.Model):
    """What every form of an exam assembled by shadow tests must keep to: so many items, or words, of a kind.

    Counts the items that have all of what is named; with nothing named, all items of the form. The two counts of
    passages take no names: how many passages a form shows, and how many items it gives of each one that it shows.
    """

    class Counted(models.TextChoices):
        ITEMS = "items", _("items")
        WORDS = "words", _("words")
        PASSAGES = "passages", _("passages")
        PASSAGE_ITEMS = "passage_items", _("items of each passage")

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="constraints", verbose_name=_("exam"))
    counted = models.CharField(_("counted"), max_length=16, choices=Counted, default=Counted.ITEMS)
    area = models.ForeignKey(
        ContentArea, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("content area")
    )
    tag = models.SlugField(_("tag"), max_length=40, blank=True)
    item_kind = models.CharField(_("kind of item"), max_length=16, blank=True)
    minimum = models.PositiveIntegerField(_("at least"), null=True, blank=True)
    maximum = models.PositiveIntegerField(_("at most"), null=True, blank=True)

    class Meta:
        verbose_name = _("constraint")
        verbose_name_plural = _("constraints")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(minimum__isnull=False) | Q(maximum__isnull=False))
                & (Q(minimum__isnull=True) | Q(maximum__isnull=True) | Q(minimum__lte=F("maximum"))),
                name="exam_constraint_bounds",
                violation_error_message=_("A constraint needs a bound, and its least must not be above its most."),
            ),
            models.CheckConstraint(
                condition=Q(counted__in=["items", "words"]) | Q(area__isnull=True, tag="", item_kind=""),
                name="exam_constraint_of_passages",
                violation_error_message=_("A count of passages takes no content area, tag or kind of item."),
            ),
        ]

    def __str__(self) -> str:
        parts = [str(self.area) if self.area_id else "", self.tag, self.item_kind]
        bounds = f"{self.minimum or 0}–{'' if self.maximum is None else self.maximum}"
        return f"{' '.join(filter(None, parts)) or '*'} {self.get_counted_display()} {bounds}"


class ExamModule(models.Model):
    """A block of items of a multistage exam. Its stage's module with the highest `theta_from` not above the ability."""

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="modules", verbose_name=_("exam"))
    code = models.SlugField(_("code"), max_length=40)
    stage = models.PositiveSmallIntegerField(_("stage"), validators=[MinValueValidator(1), MaxValueValidator(10)])
    theta_from = models.FloatField(
        _("from ability"),
        null=True,
        blank=True,
        help_text=_("In logits; empty: the easiest of its stage, for everybody below the next one."),
    )

    class Meta:
        verbose_name = _("module")
        verbose_name_plural = _("modules")
        ordering = ["stage", F("theta_from").asc(nulls_first=True)]
        constraints = [
            models.UniqueConstraint(fields=["exam", "code"], name="exam_module_code_once"),
            # Two modules that begin at one ability would leave open which is given.
            models.UniqueConstraint(
                fields=["exam", "stage", "theta_from"], name="exam_module_route_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.code}"


class ExposureParameter(models.Model):
    """The Sympson–Hetter probability that an item chosen in this exam is given, found by simulation."""

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="exposure_parameters", verbose_name=_("exam"))
    item = models.ForeignKey(Item, models.CASCADE, related_name="+", verbose_name=_("item"))
    value = models.FloatField(_("probability"), validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])

    class Meta:
        verbose_name = _("exposure parameter")
        verbose_name_plural = _("exposure parameters")
        constraints = [
            models.UniqueConstraint(fields=["exam", "item"], name="exposure_parameter_once"),
            models.CheckConstraint(condition=Q(value__gte=0) & Q(value__lte=1), name="exposure_parameter_range"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.value:.3f}"


class ExamItem(models.Model):
    """An item of a fixed form, or of a module, in its place."""

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="form", verbose_name=_("exam"))
    module = models.ForeignKey(
        ExamModule, models.CASCADE, null=True, blank=True, related_name="items", verbose_name=_("module")
    )
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
