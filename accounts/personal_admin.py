"""Personal numbers in the console: masked where people are shown, in full for whoever says why."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from accounts.forms import show_problem
from accounts.models import User
from accounts.permissions import ZONE_WIDE
from accounts.personal_numbers import (
    masked_phone,
    masked_resident_number,
    normal_phone,
    normal_resident_number,
    shown_phone,
)
from accounts.services import contact
from accounts.step_up import asks_again
from zones.context import current_zone_id
from zones.problems import Problem

PHONES_SHOWN = 20


def may_have_resident_number(role: str) -> bool:
    """Whether this zone has a law that asks for resident numbers, and this role is trusted with them."""
    return role in ZONE_WIDE and current_zone_id() in settings.RESIDENT_NUMBER_ZONES


class NumbersForm(forms.Form):
    """New numbers for somebody; what is stored is never put into the page."""

    new_phone = forms.CharField(
        label=_("New telephone number"), required=False, max_length=40, help_text=_("Left empty, it stays.")
    )
    new_resident_number = forms.CharField(
        label=_("New resident number"), required=False, max_length=20, help_text=_("Left empty, it stays.")
    )
    issued_anew = forms.BooleanField(
        label=_("Issued or changed since October 2020"),
        required=False,
        help_text=_("Such a number has no check digit."),
    )

    def clean_new_phone(self) -> str:
        text = self.cleaned_data["new_phone"].strip()
        return normal_phone(text) if text else ""

    def clean_issued_anew(self) -> bool:
        anew: bool = self.cleaned_data["issued_anew"]
        if text := self.cleaned_data.get("new_resident_number", "").strip():
            try:
                self.cleaned_data["new_resident_number"] = normal_resident_number(text, issued_anew=anew)
            except ValidationError as error:
                self.add_error("new_resident_number", error)
        return anew


class RevealForm(forms.Form):
    field = forms.ChoiceField(label=_("What"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The audit log keeps it beside your name."),
    )

    def __init__(self, *args: Any, role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        both = [("phone", _("telephone")), ("resident_number", _("resident number"))]
        choice: Any = self.fields["field"]
        choice.choices = both if may_have_resident_number(role) else both[:1]


class PhoneForm(forms.Form):
    phone = forms.CharField(label=_("Telephone"), max_length=40)

    def clean_phone(self) -> str:
        return normal_phone(self.cleaned_data["phone"])


class PersonalNumbers:
    """What UserAdmin gains: masked numbers, in full after a reason, and a search by telephone."""

    admin_site: Any

    def contact_fields(self, request: HttpRequest) -> list[str]:
        phone = ["phone_masked", "new_phone"]
        number = ["resident_number_masked", "new_resident_number", "issued_anew"]
        return phone + (number if may_have_resident_number(request.user.role) else [])

    @admin.display(description=_("telephone"))
    def phone_masked(self, user: User) -> str:
        return masked_phone(user.phone) or "–"

    @admin.display(description=_("resident number"))
    def resident_number_masked(self, user: User) -> str:
        return masked_resident_number(user.resident_number) or "–"

    def save_numbers(self, request: HttpRequest, user: User, said: dict[str, Any]) -> None:
        if said.get("new_phone"):
            contact.set_phone(person=request.user, user=user, phone=said["new_phone"])
        if said.get("new_resident_number"):
            number, anew = said["new_resident_number"], said["issued_anew"]
            contact.set_resident_number(person=request.user, user=user, number=number, issued_anew=anew)

    def number_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("by-phone/", wrap(self.by_phone), name="accounts_user_by_phone"),
            path("<id>/reveal/", wrap(self.reveal), name="accounts_user_reveal"),
        ]

    @method_decorator(never_cache)
    @sensitive_variables("shown")
    def reveal(self, request: HttpRequest, id: str) -> HttpResponse:
        """Asks for the reason; shows the number once, in the answer to it."""
        page: Any = self
        user = page.get_object(request, id)
        if user is None:
            return page._get_obj_does_not_exist_redirect(request, page.opts, id)
        if not page.has_change_permission(request, user):
            raise PermissionDenied
        if way := asks_again(request):
            return way
        form = RevealForm(request.POST or None, role=request.user.role)
        shown = ""
        if form.is_valid():
            try:
                value = contact.reveal(person=request.user, user=user, **form.cleaned_data)
            except Problem as problem:
                show_problem(request, form, problem)
            else:
                shown = (shown_phone(value) if form.cleaned_data["field"] == "phone" else value) or "–"
        return self._page(request, "reveal", _("Show a number in full"), form=form, shown=shown, original=user)

    @method_decorator(sensitive_post_parameters("phone"))
    def by_phone(self, request: HttpRequest) -> HttpResponse:
        """Who has this number? Asked by POST: a number is kept out of addresses, which are logged."""
        page: Any = self
        if not page.has_view_permission(request):
            raise PermissionDenied
        form = PhoneForm(request.POST or None)
        found = None
        if form.is_valid():
            people = page.get_queryset(request).filter(phone_index__seals=form.cleaned_data["phone"])
            found = list(people[:PHONES_SHOWN])
        return self._page(request, "by_phone", _("Find by telephone"), form=form, found=found)

    def _page(self, request: HttpRequest, name: str, title: Any, **more: Any) -> HttpResponse:
        page: Any = self
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "title": title, "opts": page.opts, **more}
        return TemplateResponse(request, f"admin/accounts/user/{name}.html", context)
