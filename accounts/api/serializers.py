"""What the API of people takes and gives."""

from django.conf import settings
from rest_framework import serializers

from accounts.models import ClassMembership, GuardianConsent, LoginSession, Organization, ParentLink
from accounts.permissions import PERMISSIONS, Role
from accounts.services.people import SELF_CHOSEN
from audit import exporting
from audit.models import Action, AuditEntry

LANGUAGES = [code for code, _name in settings.LANGUAGES]


class OrganizationBrief(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    code = serializers.CharField()


class OrganizationShape(OrganizationBrief):
    plan = serializers.ChoiceField(choices=Organization.Plan.values)
    status = serializers.ChoiceField(choices=Organization.Status.values)
    created_at = serializers.DateTimeField()


class OrganizationNew(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    code = serializers.CharField(max_length=40, help_text="People type it when they register, to join.")
    plan = serializers.ChoiceField(choices=Organization.Plan.values, required=False)


class OrganizationChange(serializers.Serializer):
    name = serializers.CharField(max_length=120, required=False)
    code = serializers.CharField(max_length=40, required=False)
    plan = serializers.ChoiceField(choices=Organization.Plan.values, required=False)
    status = serializers.ChoiceField(choices=Organization.Status.values, required=False)


class PersonBrief(serializers.Serializer):
    id = serializers.UUIDField()
    display_name = serializers.CharField()
    email = serializers.EmailField()


class UserShape(PersonBrief):
    role = serializers.ChoiceField(choices=Role.values)
    organization = OrganizationBrief(allow_null=True)
    language = serializers.CharField(help_text="Empty: the browser's.")
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class Me(UserShape):
    phone = serializers.CharField(help_text="E.164; empty: none. Only its owner reads it here.")
    permissions = serializers.SerializerMethodField()

    def get_permissions(self, user) -> list[str]:
        return sorted(PERMISSIONS[user.role])


class MeChange(serializers.Serializer):
    display_name = serializers.CharField(max_length=80, required=False)
    language = serializers.ChoiceField(choices=["", *LANGUAGES], required=False)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True, help_text="Empty takes it away.")


class PasswordChange(serializers.Serializer):
    current = serializers.CharField(max_length=200, trim_whitespace=False)
    new = serializers.CharField(max_length=200, trim_whitespace=False)


class EmailChange(serializers.Serializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False, help_text="The current one.")


class EmailAsked(serializers.Serializer):
    email = serializers.EmailField(max_length=254)


class Confirmation(serializers.Serializer):
    token = serializers.CharField(max_length=1000, help_text="The last part of the mailed link.")
    password = serializers.CharField(max_length=200, trim_whitespace=False, help_text="That of the registration.")


class PasswordReset(serializers.Serializer):
    token = serializers.CharField(max_length=1000, help_text="The last part of the mailed link.")
    password = serializers.CharField(max_length=200, trim_whitespace=False, help_text="The new one.")


class UserNew(serializers.Serializer):
    display_name = serializers.CharField(max_length=80)
    email = serializers.EmailField()
    password = serializers.CharField(
        max_length=200, trim_whitespace=False, required=False, default=None, allow_null=True
    )
    role = serializers.ChoiceField(choices=Role.values)
    organization = serializers.UUIDField(required=False, allow_null=True, help_text="Left out: your own.")
    language = serializers.ChoiceField(choices=["", *LANGUAGES], required=False, default="")
    birth_date = serializers.DateField(
        required=False,
        allow_null=True,
        help_text="Under 14, a student's account waits for the guardian's consent: users/{id}/guardian-consent.",
    )


class UserChange(serializers.Serializer):
    display_name = serializers.CharField(max_length=80, required=False)
    role = serializers.ChoiceField(choices=Role.values, required=False)
    organization = serializers.UUIDField(required=False)
    is_active = serializers.BooleanField(required=False)


class Login(serializers.Serializer):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class SecondStep(serializers.Serializer):
    challenge = serializers.CharField(max_length=600, help_text="As the first step gave it.")
    code = serializers.CharField(max_length=20, help_text="Six digits of the authenticator app, or a recovery code.")


class LoginPlace(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=LoginSession.Kind.values, help_text="A browser, or a client with tokens.")
    surface = serializers.CharField(help_text="app, admin or api.")
    device = serializers.CharField(help_text="Browser and system, as far as the user agent names them.")
    where = serializers.CharField(help_text="Country (ISO 3166-1), else the network of the address.")
    ip = serializers.IPAddressField(allow_null=True)
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(help_text="To within five minutes.")
    is_current = serializers.BooleanField(help_text="Whether it is the one that asks.")


class EndedPlaces(serializers.Serializer):
    ended = serializers.IntegerField(help_text="In how many places somebody was logged in.")


class Registration(serializers.Serializer):
    display_name = serializers.CharField(max_length=80)
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False)
    role = serializers.ChoiceField(choices=[str(role) for role in SELF_CHOSEN], default=Role.STUDENT)
    organization_code = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    language = serializers.ChoiceField(choices=["", *LANGUAGES], required=False, default="")
    birth_date = serializers.DateField(required=False, allow_null=True, help_text="Students have to say it.")
    guardian_email = serializers.EmailField(
        max_length=254, required=False, allow_blank=True, help_text="Of students under 14, whose guardian is asked."
    )


class TokenReply(serializers.Serializer):
    access = serializers.CharField(help_text="For `Authorization: Bearer …`.")
    token_type = serializers.ChoiceField(choices=["Bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds.")
    user = Me()


class LinkRequest(serializers.Serializer):
    student_email = serializers.EmailField()


class PaperConsent(serializers.Serializer):
    reference = serializers.CharField(max_length=120, help_text="Where the signed paper is filed.")
    name = serializers.CharField(max_length=80, help_text="The guardian's.")
    relation = serializers.ChoiceField(choices=GuardianConsent.Relation.values)


class Said(serializers.Serializer):
    detail = serializers.CharField()


class NoticeShape(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.CharField(help_text="A stable name of what happened.")
    title = serializers.CharField()
    words = serializers.CharField(allow_blank=True)
    path = serializers.CharField(allow_blank=True, help_text="Where in the app it leads; empty for nowhere.")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class Marked(serializers.Serializer):
    marked = serializers.IntegerField(help_text="How many.")


class ParentLinkShape(serializers.Serializer):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ParentLink.Status.values)
    requested_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class MyParent(ParentLinkShape):
    parent = PersonBrief()


class ChildPerson(PersonBrief):
    organization = OrganizationBrief(allow_null=True)


class MyChild(ParentLinkShape):
    student = ChildPerson()


class ClassroomShape(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    organization = OrganizationBrief()
    teachers = serializers.IntegerField(help_text="How many.")
    students = serializers.IntegerField(help_text="How many.")
    created_at = serializers.DateTimeField()


class ClassroomNew(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    organization = serializers.UUIDField(required=False, help_text="Left out: your own.")


class ClassroomChange(serializers.Serializer):
    name = serializers.CharField(max_length=120)


class MemberShape(serializers.Serializer):
    user = PersonBrief()
    kind = serializers.ChoiceField(choices=ClassMembership.Kind.values)


class MemberNew(serializers.Serializer):
    user_id = serializers.UUIDField()


class AuditExportShape(serializers.Serializer):
    format = serializers.ChoiceField(choices=sorted(exporting.FORMATS), default="csv")
    reason = serializers.CharField(
        min_length=exporting.LEAST_REASON,
        max_length=exporting.MOST_REASON,
        help_text="What the export is for; it is kept in the log.",
    )


class AuditShape(serializers.ModelSerializer):
    action = serializers.ChoiceField(choices=Action.values)

    class Meta:
        model = AuditEntry
        fields = [
            "id",
            "at",
            "zone_id",
            "organization_id",
            "user_id",
            "user_label",
            "action",
            "resource_type",
            "resource_id",
            "ip",
            "user_agent",
            "details",
        ]
