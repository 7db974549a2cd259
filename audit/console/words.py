"""What the log calls things, in the words of people. In its rows stand names that programs search by; these stay."""

from functools import cache
from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# What no model is named after: resources of the log that are events, runs or files.
_OTHERS: dict[str, Any] = {
    "analysis": _("item analysis"),
    "audit_log": _("audit log"),
    "audit_partition": _("month of the log"),
    "calibration": _("calibration"),
    "class_member": _("member of a class"),
    "export": _("data export"),
    "import": _("import"),
    "request": pgettext_lazy("resource of the log", "request"),
    "roster": _("class list"),
    "session": pgettext_lazy("resource of the log", "log-in"),
    "socket": _("live connection"),
}

# The names of details that people meet most.
_DETAILS: dict[str, Any] = {
    "answered": _("answered"),
    "asked": pgettext_lazy("detail of the log", "asked for"),
    "by": pgettext_lazy("detail of the log", "by"),
    "changed": pgettext_lazy("detail of the log", "changed"),
    "class": _("class"),
    "code": pgettext_lazy("detail of the log", "code"),
    "confirmed": pgettext_lazy("detail of the log", "confirmed"),
    "email": _("e-mail"),
    "event": _("event"),
    "exam": _("exam"),
    "factor": _("second factor"),
    "filters": _("filters"),
    "finished": pgettext_lazy("detail of the log", "finished by"),
    "format": _("format"),
    "guardian": _("guardian"),
    "how": pgettext_lazy("detail of the log", "how"),
    "is_active": _("open"),
    "label": _("name"),
    "left": pgettext_lazy("detail of the log", "left"),
    "method": _("method"),
    "name": _("name"),
    "new_device": _("new device"),
    "number": _("number"),
    "of": pgettext_lazy("detail of the log", "of"),
    "parent": _("parent"),
    "path": _("address"),
    "permission": _("permission"),
    "plan": _("plan"),
    "position": _("position"),
    "reason": _("reason"),
    "repeated": _("repeated"),
    "role": _("role"),
    "score": _("score"),
    "status": _("status"),
    "student": _("student"),
    "text_version": _("version of the text"),
    "user": _("user"),
    "version": _("version"),
    "via": pgettext_lazy("detail of the log", "by way of"),
}


@cache
def _models() -> dict[str, Any]:
    return {model._meta.model_name or "": model._meta.verbose_name for model in apps.get_models()}


def resource_words(name: str) -> Any:
    """ "parent_link" as people call it; a name that nobody knows stays as it is."""
    return _OTHERS.get(name) or _models().get(name.replace("_", "")) or name


def detail_words(name: str) -> Any:
    """The name of a detail as people call it; one that is not in the table stays as it is."""
    return _DETAILS.get(name, name)
