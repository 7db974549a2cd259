"""Erasing a person from the zone's console: what would be erased, then the person's e-mail typed in, then a worker."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from accounts.console_words import place_words
from accounts.forms import show_problem
from accounts.models import User
from accounts.permissions import ZONE_WIDE
from accounts.services import erasing
from accounts.step_up import asks_again
from zones.problems import Problem


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        min_length=erasing.LEAST_REASON,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The audit log keeps it beside your name: who asked for the erasure, and how. Name nobody."),
    )


class ConfirmForm(ReasonForm):
    email = forms.CharField(
        label=_("E-mail of this person"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        help_text=_("Type it in, so that nobody else is meant. This cannot be undone."),
    )


class Erasing:
    """What UserAdmin gains: a page with two steps for administrators of the zone."""

    admin_site: Any

    def may_erase(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return user.role in ZONE_WIDE and user.allows("user:delete")

    def erasing_urls(self) -> list[Any]:
        return [path("<id>/erase/", self.admin_site.admin_view(self.erase), name="accounts_user_erase")]

    def erase(self, request: HttpRequest, id: str) -> HttpResponse:
        page: Any = self
        person: Any = request.user
        user = page.get_object(request, id)
        if user is None:
            return page._get_obj_does_not_exist_redirect(request, page.opts, id)
        if not (self.may_erase(request) and page.has_change_permission(request, user)):
            raise PermissionDenied
        if way := asks_again(request):
            return way
        form = (ConfirmForm if "email" in request.POST else ReasonForm)(request.POST or None)
        found = None
        if form.is_valid():
            try:
                if isinstance(form, ConfirmForm):
                    erasing.ask(person=person, user=user, **form.cleaned_data)
                    messages.success(request, _("The account is closed; a worker is erasing the person."))
                    return redirect("admin:accounts_user_changelist")
                found = erasing.preview(person=person, user=user, **form.cleaned_data)
                form = ConfirmForm(initial=form.cleaned_data)
            except Problem as problem:
                show_problem(request, form, problem)
        return self._erasing_page(request, user, form, found)

    def _erasing_page(
        self, request: HttpRequest, user: User, form: forms.Form, found: erasing.Erasure | None
    ) -> HttpResponse:
        page: Any = self
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("Erase this person"),
            "opts": page.opts,
            "original": user,
            "form": form,
            "found": sorted((place_words(place), number) for place, number in found.done.items()) if found else None,
            "last_step": isinstance(form, ConfirmForm),
        }
        return TemplateResponse(request, "admin/accounts/user/erase.html", context)
