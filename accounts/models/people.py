"""People of one zone: organizations, users, classrooms, parents. The platform's own staff live in schema `public`."""

import uuid
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Lower, Now, Upper
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.fields import BlindIndexField, EncryptedDateField, EncryptedTextField
from accounts.permissions import STAFF_ROLES, ZONE_WIDE, Role, role_allows
from accounts.personal_numbers import normal_phone


class Organization(models.Model):
    """A school, academy or company: the second level of tenancy, a column on everything that it owns."""

    class Plan(models.TextChoices):
        FREE = "free", _("free")
        PLUS = "plus", _("plus")
        INSTITUTION = "institution", _("institution")

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120, unique=True)
    code = models.SlugField(
        _("code"), max_length=40, unique=True, help_text=_("People type it when they register, to join.")
    )
    plan = models.CharField(_("plan"), max_length=16, choices=Plan, default=Plan.FREE)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def with_email(self, email: str) -> models.QuerySet["User"]:
        """Whose address this is, in whatever capitals: at most one.

        By its small letters, as the constraint and every count of tries have it. `iexact` compares capitals, and "ſ"
        and "s" have the same one: they would be one account with a count for each spelling.
        """
        return self.alias(_email=Lower("email")).filter(_email=email.strip().lower())

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.with_email(username or "").get()

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=email.strip().lower(), **{"email_verified_at": timezone.now(), **fields})
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, **{"role": Role.SUPER_ADMIN, "display_name": email, **fields})


class Consent(models.TextChoices):
    """How an account stands that only a guardian can let in; empty for everybody else."""

    AWAITED = "awaited", _("awaited")
    GIVEN = "given", _("given")
    WITHDRAWN = "withdrawn", _("withdrawn")


class User(AbstractBaseUser):
    """A person in one zone; the same person in two zones is two accounts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail"), max_length=254)
    display_name = models.CharField(_("name"), max_length=80)
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.STUDENT)
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="users", verbose_name=_("organization")
    )
    language = models.CharField(_("language"), max_length=8, blank=True)
    phone = EncryptedTextField(
        _("telephone"), blank=True, default="", db_default="", help_text=_("In the form +821012345678.")
    )
    phone_index = BlindIndexField(source="phone", normalise=normal_phone)
    # Only where a law obliges to it: settings.RESIDENT_NUMBER_ZONES, asked by accounts.services.contact.
    resident_number = EncryptedTextField(_("resident number"), blank=True, default="", db_default="")
    is_active = models.BooleanField(_("active"), default=True)
    birth_date = EncryptedDateField(_("date of birth"))
    # Asked for by accounts.backends.may_enter alone.
    consent = models.CharField(
        _("guardian's consent"), max_length=9, choices=Consent, blank=True, default="", db_default=""
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    # Nobody logs in before a link that was mailed to them has shown that the address is theirs.
    email_verified_at = models.DateTimeField(_("e-mail confirmed"), null=True, blank=True)
    password_changed_at = models.DateTimeField(_("password changed"), default=timezone.now, db_default=Now())
    # Somebody else chose it: it opens one log-in, which ends with a password of their own.
    password_temporary = models.BooleanField(_("password to be replaced"), default=False, db_default=False)

    # Changed to end all of this person's browser sessions at once: their hash holds it.
    session_epoch = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["email"]
        constraints = [
            # Two registrations of one address in different capitals must not both win.
            models.UniqueConstraint(
                Lower("email"), name="user_email_once", violation_error_message=_("This e-mail is taken.")
            ),
        ]
        indexes = [
            # Those whom a guardian let in, or has to: birthdays, and what is due to be erased.
            models.Index(fields=["consent"], condition=~models.Q(consent=""), name="user_consent"),
            # An organization's people by role: class pages, the console's filters.
            models.Index(fields=["organization", "role"], name="user_org_role"),
            # GET /users and /students: an organization's newest people, a page at a time.
            models.Index(fields=["organization", "-created_at", "-id"], name="user_org_newest"),
            # The console's search by the beginning of an e-mail (istartswith) or of a name (startswith).
            models.Index(OpClass(Upper("email"), name="text_pattern_ops"), name="user_email_begins"),
            models.Index(fields=["display_name"], opclasses=["varchar_pattern_ops"], name="user_name_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.display_name} <{self.email}>"

    def __repr__(self) -> str:
        # Exceptions and logs show objects by it.
        return f"<User: {self.pk}>"

    @property
    def may_enter(self) -> bool:
        """Whether the account is open, its organization too, and no guardian has yet to agree."""
        suspended = self.organization is not None and self.organization.status == Organization.Status.SUSPENDED
        held = self.consent in (Consent.AWAITED, Consent.WITHDRAWN)
        return self.is_active and not suspended and not held

    @property
    def registered_themselves(self) -> bool:
        """Of an account that is not confirmed yet: whether its owner made it. Staff give no lasting password."""
        return self.has_usable_password() and not self.password_temporary

    def get_session_auth_hash(self) -> str:
        """What a browser's session must hold: it ends with another password, and with another epoch."""
        return self._session_hash(settings.SECRET_KEY)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret: str | bytes) -> str:
        value = f"{self.session_epoch}:{self.password}"
        return salted_hmac("accounts.User.session", value, secret=secret, algorithm="sha256").hexdigest()

    def allows(self, permission: str) -> bool:
        """Whether this person may do `permission` ("exam:read")."""
        return self.is_active and role_allows(self.role, permission)

    # What django.contrib.admin asks of a user; the console maps a model's verbs to our own permissions.

    @property
    def is_staff(self) -> bool:
        return self.is_active and self.role in STAFF_ROLES

    @property
    def is_zone_wide(self) -> bool:
        """Whether this person answers for the whole zone, so that no organization confines them."""
        return self.is_active and self.role in ZONE_WIDE

    @property
    def is_superuser(self) -> bool:
        return self.is_active and self.role == Role.SUPER_ADMIN

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class Classroom(models.Model):
    """A class of one organization, with its teachers and students."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="classrooms", verbose_name=_("organization")
    )
    name = models.CharField(_("name"), max_length=120)
    members = models.ManyToManyField(User, through="ClassMembership", related_name="classrooms")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="classroom_name_once")]

    def __str__(self) -> str:
        return self.name


class ClassMembership(models.Model):
    """A user's place in a class."""

    class Kind(models.TextChoices):
        TEACHER = "teacher", _("teacher")
        STUDENT = "student", _("student")

    classroom = models.ForeignKey(Classroom, models.CASCADE, related_name="memberships", verbose_name=_("class"))
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("user"))
    kind = models.CharField(_("as"), max_length=16, choices=Kind)

    class Meta:
        verbose_name = _("class member")
        verbose_name_plural = _("class members")
        constraints = [models.UniqueConstraint(fields=["classroom", "user"], name="class_member_once")]

    def __str__(self) -> str:
        return f"{self.user} – {self.classroom}"


class ParentLink(models.Model):
    """A parent's wish to see a student's reports; only an approved link opens them."""

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting for approval")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        REVOKED = "revoked", _("revoked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    parent = models.ForeignKey(User, models.CASCADE, related_name="child_links", verbose_name=_("parent"))
    student = models.ForeignKey(User, models.CASCADE, related_name="parent_links", verbose_name=_("student"))
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.PENDING)
    requested_at = models.DateTimeField(_("requested"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    # Made by a guardian's consent; the student alone decides about it from 14 years on, until `confirm_by`.
    guardian = models.BooleanField(_("guardian"), default=False, db_default=False)
    confirm_by = models.DateField(_("to be confirmed by"), null=True, blank=True)

    class Meta:
        verbose_name = _("parent link")
        verbose_name_plural = _("parent links")
        ordering = ["-requested_at"]
        constraints = [
            # Two requests at once must not leave two open links for the same pair.
            models.UniqueConstraint(
                fields=["parent", "student"],
                condition=models.Q(status__in=["pending", "approved"]),
                name="parent_link_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent} → {self.student} ({self.status})"


class RosterId(models.Model):
    """What another system's roster calls a person or a class, so that its next file means the same ones."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    sourced_id = models.CharField(max_length=255)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="roster_ids")
    classroom = models.ForeignKey(Classroom, models.CASCADE, null=True, related_name="roster_ids")

    class Meta:
        verbose_name = _("roster id")
        verbose_name_plural = _("roster ids")
        constraints = [
            # Two imports at once must not make two people of one.
            models.UniqueConstraint(
                fields=["organization", "sourced_id"], condition=models.Q(user__isnull=False), name="roster_user_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "sourced_id"],
                condition=models.Q(classroom__isnull=False),
                name="roster_class_once",
            ),
        ]

    def __str__(self) -> str:
        return self.sourced_id


class RosterImport(models.Model):
    """One roster on its way: what the file says, and after the import what became of it, line by line."""

    class Status(models.TextChoices):
        PREVIEWED = "previewed", _("to be looked at")
        IMPORTING = "importing", _("being imported")
        IMPORTED = "imported", _("imported")
        FAILED = "failed", _("refused")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", verbose_name=_("organization"))
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    file_name = models.CharField(_("file"), max_length=255)
    status = models.CharField(_("status"), max_length=16, choices=Status)
    problem = models.TextField(_("problem"), blank=True)
    roster = models.JSONField(default=dict)
    report = models.JSONField(default=list, help_text=_("After the import: [[action, kind, name, words]]."))

    class Meta:
        verbose_name = _("roster import")
        verbose_name_plural = _("roster imports")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["organization", "-created_at"], name="roster_org_newest")]

    def __str__(self) -> str:
        return self.file_name


class RefreshSession(models.Model):
    """A refresh token that was issued: its jti, the family it descends from, and whether it was used.

    Rotation claims the row by a conditional update, so of many parallel refreshes one wins.
    """

    jti = models.UUIDField(primary_key=True)
    family = models.UUIDField(db_index=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="refresh_sessions")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    # When the log-in that the family began with has to be repeated; null where it began before families ended.
    family_ends_at = models.DateTimeField(null=True)
    # How that log-in was proved, as RFC 8176 names it, parted by spaces; empty where it began before this was kept.
    amr = models.CharField(max_length=60, blank=True, db_default="", default="")
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("refresh session")
        verbose_name_plural = _("refresh sessions")

    def __str__(self) -> str:
        return str(self.jti)


class RevokedToken(models.Model):
    """The block-list's truth; Redis holds a copy of it. `key` is one of accounts.revocation."""

    key = models.CharField(primary_key=True, max_length=64)
    revoked_at = models.DateTimeField()
    # The list is reloaded by what has not expired, and swept by what has.
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("revoked token")
        verbose_name_plural = _("revoked tokens")

    def __str__(self) -> str:
        return self.key
