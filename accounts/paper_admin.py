"""A guardian's consent on paper, recorded in the zone's console by who files it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from accounts.forms import show_problem
from accounts.models import Consent, GuardianConsent, User
from accounts.services import guardians
from zones.problems import Problem


class PaperForm(forms.Form):
    name = forms.CharField(
        label=_("Guardian's name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    relation = forms.ChoiceField(label=_("Relation to the child"), choices=GuardianConsent.Relation.choices)
    reference = forms.CharField(
        label=_("Where the paper is"),
        max_length=120,
        help_text=_("The folder and number under which your organization files the signed consent."),
    )


class PaperConsents:
    """What UserAdmin gains: a page that opens the account of a child under 14 whose guardian has signed."""

    admin_site: Any

    def awaits_paper(self, user: User | None) -> bool:
        return user is not None and user.consent in (Consent.AWAITED, Consent.WITHDRAWN)

    def paper_urls(self) -> list[Any]:
        return [path("<id>/paper/", self.admin_site.admin_view(self.paper), name="accounts_user_paper")]

    def paper(self, request: HttpRequest, id: str) -> HttpResponse:
        page: Any = self
        person: Any = request.user
        user = page.get_object(request, id)
        if user is None:
            return page._get_obj_does_not_exist_redirect(request, page.opts, id)
        if not page.has_change_permission(request, user):
            raise PermissionDenied
        form = PaperForm(request.POST or None)
        if form.is_valid():
            try:
                guardians.record_paper(person=person, child=user, **form.cleaned_data)
            except Problem as problem:
                show_problem(request, form, problem)
            else:
                messages.success(request, _("The consent is recorded, and the account is open."))
                return redirect("admin:accounts_user_change", user.pk)
        request.current_app = self.admin_site.name
        title = _("Guardian's consent on paper")
        context = {**self.admin_site.each_context(request), "title": title, "opts": page.opts}
        context |= {"original": user, "form": form, "awaited": self.awaits_paper(user)}
        return TemplateResponse(request, "admin/accounts/user/paper.html", context)
