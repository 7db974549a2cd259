"""Calibrations: what was asked of the answers, what was found of each item, and which of it was taken over."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exams.models.bank import Item, ItemVersion
from exams.models.runs import Run


class CalibrationRun(Run):
    """One estimation of item parameters from answers. What it found changes nothing until a person activates it."""

    class Model(models.TextChoices):
        AS_IS = "as-is", _("each item's own model")
        ONE = "1pl", _("1PL: difficulties and one common slope")
        TWO = "2pl", _("2PL: discrimination and difficulty")
        THREE = "3pl", _("3PL: and guessing, where one can guess")
        FOUR = "4pl", _("4PL: and an upper asymptote")
        GRADED = "grm", _("graded response, for items with several scores")
        PARTIAL_CREDIT = "gpcm", _("generalized partial credit, for items with several scores")

    class Anchoring(models.TextChoices):
        CALIBRATED = "calibrated", _("on the scale of the calibrated items")
        ASSUMED = "assumed", _("on the scale of all active items, assumed parameters among them")
        FREE = "free", _("on a scale of its own: ability is N(0, 1) in this group")

    exams = ArrayField(
        models.SlugField(max_length=80),
        default=list,
        blank=True,
        verbose_name=_("exams"),
        help_text=_("Codes; none: the answers of every exam."),
    )
    items = ArrayField(
        models.SlugField(max_length=80),
        default=list,
        blank=True,
        verbose_name=_("items"),
        help_text=_("Codes of the items to estimate; none: all that have answers enough and are no anchors."),
    )
    model = models.CharField(_("model"), max_length=16, choices=Model, default=Model.AS_IS)
    anchoring = models.CharField(_("scale"), max_length=16, choices=Anchoring, default=Anchoring.CALIBRATED)
    min_answers = models.PositiveIntegerField(_("fewest answers"), default=100, validators=[MinValueValidator(10)])
    since = models.DateField(_("answers since"), null=True, blank=True)
    uses_priors = models.BooleanField(
        _("priors"),
        default=True,
        help_text=_("Keep slopes and asymptotes near what is usual where the answers say little."),
    )
    n_persons = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    n_answers = models.PositiveIntegerField(_("answers"), default=0, editable=False)
    n_items = models.PositiveIntegerField(_("items estimated"), default=0, editable=False)
    n_anchors = models.PositiveIntegerField(_("anchors"), default=0, editable=False)
    log_likelihood = models.FloatField(_("log-likelihood"), null=True, editable=False)
    n_parameters = models.PositiveIntegerField(_("parameters"), default=0, editable=False)
    mean = models.FloatField(_("mean ability"), null=True, editable=False)
    sd = models.FloatField(_("standard deviation of ability"), null=True, editable=False)
    converged = models.BooleanField(_("converged"), null=True, editable=False)
    cycles = models.PositiveIntegerField(_("cycles"), default=0, editable=False)
    summary = models.JSONField(
        default=dict, editable=False, help_text="What the report draws: exams.services.calibration says its shape."
    )

    class Meta(Run.Meta):
        abstract = False
        verbose_name = _("calibration")
        verbose_name_plural = _("calibrations")
        indexes = [
            # The list, newest first, of the zone and of one organization.
            models.Index(fields=["organization", "-created_at"], name="calibration_run_newest"),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.created_at):%Y-%m-%d %H:%M} {self.get_model_display()}"


class CalibratedItem(models.Model):
    """One item in one calibration: its parameters (D = 1), how sure they are, how well they fit, what was done.

    `version` is the item's current version when the answers were read. When another one has become current since,
    these parameters are of a question that may not be asked any more: they are not activated.
    """

    run = models.ForeignKey(CalibrationRun, models.CASCADE, related_name="results")
    item = models.ForeignKey(Item, models.CASCADE, related_name="+", verbose_name=_("item"))
    version = models.ForeignKey(ItemVersion, models.CASCADE, related_name="+", verbose_name=_("version"))
    is_anchor = models.BooleanField(_("anchor"), default=False)
    model = models.CharField(_("model"), max_length=8)
    answers = models.PositiveIntegerField(_("answers"))
    discrimination = models.FloatField(_("discrimination (a)"))
    difficulty = models.FloatField(_("difficulty (b)"))
    guessing = models.FloatField(_("guessing (c)"))
    upper = models.FloatField(_("upper asymptote (d)"))
    thresholds = ArrayField(models.FloatField(), default=list, verbose_name=_("thresholds"))
    se_discrimination = models.FloatField(null=True)
    se_difficulty = models.FloatField(null=True)
    se_guessing = models.FloatField(null=True)
    se_upper = models.FloatField(null=True)
    se_thresholds = ArrayField(models.FloatField(null=True), default=list)
    facility = models.FloatField(_("facility"), null=True)
    item_total = models.FloatField(_("discrimination (correlation)"), null=True)
    infit = models.FloatField(_("infit"), null=True)
    outfit = models.FloatField(_("outfit"), null=True)
    s_x2 = models.FloatField("S-X2", null=True)
    s_x2_df = models.PositiveIntegerField(null=True)
    s_x2_p = models.FloatField(null=True)
    observed = models.JSONField(default=list)
    flags = ArrayField(models.CharField(max_length=32), default=list)
    accepted_version = models.ForeignKey(
        ItemVersion, models.SET_NULL, null=True, related_name="+", verbose_name=_("activated as")
    )
    accepted_at = models.DateTimeField(_("activated"), null=True)
    accepted_by = models.CharField(_("activated by"), max_length=254, blank=True)

    class Meta:
        verbose_name = _("calibrated item")
        verbose_name_plural = _("calibrated items")
        ordering = ["run", "item__code"]
        constraints = [models.UniqueConstraint(fields=["run", "item"], name="calibrated_item_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.item}"
