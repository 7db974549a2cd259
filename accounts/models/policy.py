"""What a zone decides for itself about log-in, and about how long its log stays."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class SecurityPolicy(models.Model):
    """One row a zone; while there is none, the defaults hold (docs/decisions/0023)."""

    ONLY = 1

    class UnknownAge(models.TextChoices):
        """Of students whom a school's file brings without saying when they were born."""

        ASK = "ask", _("are asked at their next log-in")
        WAIT = "wait", _("wait until a date of birth or a guardian's consent on paper is there")
        ADULT = "adult", _("are 14 or older: the organizations vouch for it")

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    password_days = models.PositiveSmallIntegerField(
        _("passwords are renewed after days"),
        null=True,
        blank=True,
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Empty: never."),
    )
    teachers_need_factor = models.BooleanField(
        _("teachers need a second factor"),
        default=False,
        db_default=False,
        help_text=_("At once, for who is logged in too. Administrators always need one."),
    )
    session_idle_minutes = models.PositiveSmallIntegerField(
        _("log-in ends after minutes without a click"),
        default=4 * 60,
        validators=[MinValueValidator(5), MaxValueValidator(7 * 24 * 60)],
        help_text=_("Longer than the longest exam part during which nothing is sent."),
    )
    session_hours = models.PositiveSmallIntegerField(
        _("log-in ends after hours at the latest"),
        default=7 * 24,
        validators=[MinValueValidator(1), MaxValueValidator(30 * 24)],
    )
    console_idle_minutes = models.PositiveSmallIntegerField(
        _("in the console: after minutes without a click"),
        default=30,
        validators=[MinValueValidator(5), MaxValueValidator(12 * 60)],
    )
    console_hours = models.PositiveSmallIntegerField(
        _("in the console: after hours at the latest"),
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(24)],
    )

    ask_birth_date = models.BooleanField(
        _("students without a date of birth are asked at log-in"),
        default=False,
        help_text=_("Under 14, the account then waits for a guardian's consent. New students are always asked."),
    )

    roster_unknown_age = models.CharField(
        _("students in a roster without a date of birth"),
        max_length=5,
        choices=UnknownAge,
        default=UnknownAge.ASK,
        db_default=UnknownAge.ASK,
        help_text=_("Under 14, an account waits for a guardian's consent whatever is chosen here."),
    )

    # Two years are what the law asks where more than 50,000 people's data, or resident numbers, are kept (Standards of
    # Measures to Ensure the Safety of Personal Information, Article 8); a fixed least keeps the proof of any zone.
    audit_months = models.PositiveSmallIntegerField(
        _("months that the audit log stays"),
        default=36,
        db_default=36,
        validators=[MinValueValidator(24), MaxValueValidator(240)],
        help_text=_("Whole months before the present one, 24 at least. Older ones leave the database for a file."),
    )

    class Meta:
        verbose_name = _("security policy")
        verbose_name_plural = _("security policy")
        # Two administrators who save at once must not leave two answers.
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="security_policy_once")]

    def __str__(self) -> str:
        return str(_("Rules of this zone"))

    def clean(self) -> None:
        """A log-in cannot stay longer unused than it lasts. Raises ValidationError by field."""
        errors = {}
        for place in ("session", "console"):
            idle, hours = getattr(self, f"{place}_idle_minutes"), getattr(self, f"{place}_hours")
            if idle is not None and hours is not None and idle > 60 * hours:
                said = _("%(idle)s minutes without a click are more than the %(hours)s hours after which it ends.")
                errors[f"{place}_idle_minutes"] = said % {"idle": idle, "hours": hours}
        if errors:
            raise ValidationError(errors)
