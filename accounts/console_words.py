"""What the consoles call kinds of mail and permissions, beside the names that programs know them by."""

from typing import Any

from django.apps import apps
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

MAILS: dict[str, Any] = {
    "export_ready": gettext_lazy("own data packed"),
    "parent_asks": gettext_lazy("a parent's request"),
    "parent_approved": gettext_lazy("a parent's request approved"),
    "parent_refused": gettext_lazy("a parent's request refused"),
    "parent_left": gettext_lazy("link ended by the parent"),
    "student_left": gettext_lazy("link ended by the student"),
    "link_ended": gettext_lazy("link ended"),
    "guardian_asked": gettext_lazy("guardian asked for consent"),
    "guardian_reminded": gettext_lazy("guardian reminded"),
    "consent_refused": gettext_lazy("consent refused"),
    "consent_expired": gettext_lazy("no consent in time"),
    "consent_given": gettext_lazy("consent given"),
    "consent_recorded": gettext_lazy("consent confirmed to the guardian"),
    "consent_withdrawn": gettext_lazy("consent withdrawn"),
    "consent_withdrawn_by_you": gettext_lazy("withdrawal confirmed to the guardian"),
    "consent_not_needed": gettext_lazy("no consent needed any more"),
    "confirm_parent": gettext_lazy("student of 14 asked to confirm"),
    "child_of_age": gettext_lazy("parent told that the child is 14"),
    "confirm_email": gettext_lazy("confirmation of an e-mail"),
    "address_in_use": gettext_lazy("address that has an account"),
    "reset_password": gettext_lazy("link to a new password"),
    "reset_unknown": gettext_lazy("address without an account"),
    "invited": gettext_lazy("invitation"),
    "confirm_new_email": gettext_lazy("confirmation of a new e-mail"),
    "email_changing": gettext_lazy("e-mail is to change"),
    "email_changed": gettext_lazy("e-mail changed"),
    "password_changed": gettext_lazy("password changed"),
    "new_device": gettext_lazy("log-in from a new device"),
    "factor_added": gettext_lazy("second factor added"),
    "factor_removed": gettext_lazy("second factor removed"),
    "factor_renewed": gettext_lazy("new recovery codes"),
    "factor_reset": gettext_lazy("second factors reset"),
    "recovery_code_used": gettext_lazy("recovery code used"),
    "provider_connected": gettext_lazy("log-in provider connected"),
    "provider_disconnected": gettext_lazy("log-in provider disconnected"),
}

_THINGS: dict[str, Any] = {
    "attempt": gettext_lazy("attempts"),
    "class": gettext_lazy("classes"),
    "exam": gettext_lazy("exams"),
    "item": gettext_lazy("items"),
    "org": gettext_lazy("organizations"),
    "profile": gettext_lazy("own profile"),
    "report": gettext_lazy("reports"),
    "student": gettext_lazy("students"),
    "user": gettext_lazy("users"),
    "zone": gettext_lazy("the zone"),
}
_DEEDS: dict[str, Any] = {
    "*": pgettext_lazy("permission", "everything"),
    "create": pgettext_lazy("permission", "create"),
    "read": pgettext_lazy("permission", "read"),
    "update": pgettext_lazy("permission", "change"),
    "delete": pgettext_lazy("permission", "delete"),
}


_PLACES: dict[str, Any] = {"files": gettext_lazy("files"), "sessions": gettext_lazy("sessions of browsers")}


def mail_words(kind: str) -> Any:
    return MAILS.get(kind, kind)


def permission_words(name: str) -> str:
    """ "exam:read" as people call it, with the name that the API and its documents use."""
    thing, _colon, deed = name.partition(":")
    if thing not in _THINGS or deed not in _DEEDS:
        return name
    said = {"thing": _THINGS[thing], "deed": _DEEDS[deed], "name": name}
    return capfirst(_("%(thing)s: %(deed)s (%(name)s)") % said)


def place_words(place: str) -> str:
    """ "accounts.KnownDevice", "exams.Grade.comment" or "files", as an erasure counts them, in words."""
    label, *field = place.split(".", 2)[1:] or [""]
    if not label:
        return capfirst(str(_PLACES.get(place, place)))
    try:
        model = apps.get_model(place.split(".")[0], label)
    except LookupError:
        return place
    names = [model._meta.verbose_name_plural, *(model._meta.get_field(name).verbose_name for name in field)]
    return capfirst(": ".join(map(str, names)))


class MailKindFilter(SimpleListFilter):
    """By the kinds that were sent here, in words."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        there = model_admin.get_queryset(request).order_by().values_list("kind", flat=True).distinct()
        return sorted(((kind, mail_words(kind)) for kind in there), key=lambda pair: str(pair[1]))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(kind=self.value()) if self.value() else queryset
