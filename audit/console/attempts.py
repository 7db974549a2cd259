"""What a console's page never offers and a request names all the same: refused in silence by Django, recorded here."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest

from audit.refusals import record_refusal
from zones.context import exists_in_zone


def note_forged_choices(request: HttpRequest, forms: Iterable[BaseForm]) -> None:
    """A row when a sent form names a choice that its page did not offer: another organization, a role above one's own.

    A page that was open while the choice went away looks the same; the log then has one row too many.
    """
    if request.method != "POST":
        return
    sent = [form for form in forms if form.is_bound]
    errors = [error for form in sent for found in form.errors.as_data().values() for error in found]
    if any(error.code in ("invalid_choice", "invalid_pk_value") for error in errors):
        note(request, "choice_not_offered", 400)


def forms_on(page: Any) -> list[BaseForm]:
    """The forms that a console's page shows, those of Django's inlines included."""
    context = getattr(page, "context_data", None) or {}
    shown = [getattr(each, "form", each) for name, each in context.items() if name in ("form", "adminform", "export")]
    inlines = [form for inline in context.get("inline_admin_formsets", ()) for form in inline.formset.forms]
    return [form for form in [*shown, *inlines] if isinstance(form, BaseForm)]


def note_unoffered_action(request: HttpRequest, offered: Iterable[str], visible: QuerySet[Model]) -> None:
    """A row when an action is sent that this person's list does not offer, or for a row that it does not show."""
    name = request.POST.get("action", "")
    if name and name not in offered:
        note(request, "permission_denied", 403)
    elif name and _names_hidden(request.POST.getlist(ACTION_CHECKBOX_NAME), visible):
        note(request, "not_found", 404)


def _names_hidden(chosen: list[str], visible: QuerySet[Model]) -> bool:
    column, keys = visible.model._meta.pk, set()
    for text in chosen:
        try:
            keys.add(column.to_python(text))
        except ValidationError:
            continue
    hidden = keys - set(visible.filter(pk__in=keys).values_list("pk", flat=True)) if keys else None
    return bool(hidden) and exists_in_zone(visible.model, pk__in=hidden)


def note(request: HttpRequest, code: str, status: int) -> None:
    record_refusal(code=code, status=status, method=request.method or "", path=request.path)
