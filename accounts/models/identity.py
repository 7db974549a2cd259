"""How people get in beside their password: the zone's identity providers, where they are logged in, known devices."""

import uuid
from datetime import datetime

from django.conf import settings
from django.core.validators import MaxValueValidator, URLValidator
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from accounts import crypto
from accounts.permissions import Role


class IdentityProvider(models.Model):
    """An OAuth2 or OpenID provider with which the people of this zone may log in.

    The client secret and Apple's key are encrypted; nothing reads them back but the call to the provider.
    """

    class Kind(models.TextChoices):
        GOOGLE = "google", "Google"
        KAKAO = "kakao", "Kakao"
        NAVER = "naver", "Naver"
        LINE = "line", "LINE"
        APPLE = "apple", "Apple"
        OPENID = "openid_connect", _("OpenID issuer")

    # What newcomers may become without anybody of the staff having a hand in it.
    NEWCOMERS = [(role.value, role.label) for role in (Role.STUDENT, Role.PARENT)]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("provider"), max_length=20, choices=Kind)
    slug = models.SlugField(
        _("name in addresses"), max_length=40, help_text=_("Part of the callback's address; it cannot change later.")
    )
    name = models.CharField(_("name on the button"), max_length=40)
    client_id = models.CharField(_("client id"), max_length=191)
    secret = models.TextField(_("client secret"), blank=True, editable=False)
    issuer = models.URLField(
        _("issuer"),
        blank=True,
        validators=[URLValidator(schemes=["https", "http"])],
        help_text=_("For an OpenID issuer: exactly as its discovery document names itself."),
    )
    acr_values = models.CharField(
        _("asked authentication contexts"),
        max_length=200,
        blank=True,
        help_text=_("One of these (acr), parted by spaces, must be what the issuer confirms. Empty: none is asked."),
    )
    max_age_minutes = models.PositiveIntegerField(
        _("longest time since the log-in there, in minutes"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(366 * 24 * 60)],
        help_text=_("People who logged in there earlier do so again. 0: each time. Empty: it does not matter."),
    )
    apple_team = models.CharField(_("Apple team id"), max_length=20, blank=True)
    apple_key_id = models.CharField(_("Apple key id"), max_length=20, blank=True)
    is_enabled = models.BooleanField(_("enabled"), default=False)
    trusts_email = models.BooleanField(
        _("its verified e-mails are trusted"),
        default=False,
        help_text=_("Whoever proves an e-mail address there enters the account here that has verified the same one."),
    )
    email_domains = models.JSONField(
        _("allowed e-mail domains"), default=list, blank=True, help_text=_("Empty: every domain.")
    )
    accepts_newcomers = models.BooleanField(_("newcomers may register"), default=True)
    role = models.CharField(_("role of newcomers"), max_length=16, choices=NEWCOMERS, default=Role.STUDENT)
    organization = models.ForeignKey(
        "accounts.Organization", models.SET_NULL, null=True, blank=True, verbose_name=_("organization of newcomers")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("identity provider")
        verbose_name_plural = _("identity providers")
        ordering = ["name"]
        constraints = [
            # A callback's address leads to one provider.
            models.UniqueConstraint(fields=["slug"], name="identity_provider_slug_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def _context(self) -> str:
        # A secret that was copied to another row cannot be read there.
        return f"identity_provider:{self.pk}"

    def keep_secret(self, text: str) -> None:
        """Store the client secret (Apple: the private key in PEM), encrypted."""
        self.secret = crypto.encrypt(text, context=self._context)

    def open_secret(self) -> str:
        return crypto.decrypt(self.secret, context=self._context) if self.secret else ""


class LoginSession(models.Model):
    """A place where somebody is logged in: a browser's session or a family of refresh tokens, whose id is this one's.

    Django's session table and accounts.RefreshSession say whether it still is; this row tells a person which it is.
    """

    class Kind(models.TextChoices):
        PAGE = "page", _("browser")
        API = "api", _("app")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="login_sessions")
    kind = models.CharField(max_length=8, choices=Kind)
    # To find Django's session when this one is ended from elsewhere.
    session_key = models.CharField(max_length=40, blank=True)
    surface = models.CharField(max_length=8, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    ip = models.GenericIPAddressField(null=True)
    country = models.CharField(max_length=2, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("login session")
        verbose_name_plural = _("login sessions")
        indexes = [
            # Where somebody is logged in now, newest first.
            models.Index(
                fields=["user", "-last_seen_at"], condition=models.Q(ended_at=None), name="login_session_open"
            ),
            # The nightly sweep of what has ended or was not seen for long.
            models.Index(fields=["last_seen_at"], name="login_session_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class KnownDevice(models.Model):
    """A browser or app with which somebody has logged in before; `key` is the hash of its device cookie."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="known_devices")
    key = models.CharField(max_length=64)
    agent = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)
    first_seen_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("known device")
        verbose_name_plural = _("known devices")
        constraints = [
            # Two log-ins at once from one device in one country are one row.
            models.UniqueConstraint(fields=["user", "key", "country"], name="known_device_once"),
        ]

    def __str__(self) -> str:
        return self.agent


class SpentToken(models.Model):
    """A signed token that may be used once, and was: its id, until it would have expired anyway."""

    id = models.UUIDField(primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("spent token")
        verbose_name_plural = _("spent tokens")

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def spend(cls, token_id: uuid.UUID, expires_at: datetime) -> bool:
        """Whether this call was the first to use the token; of several at once one is."""
        try:
            with transaction.atomic():
                cls.objects.create(id=token_id, expires_at=expires_at)
        except IntegrityError:
            return False
        return True
