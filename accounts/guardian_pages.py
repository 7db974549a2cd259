"""What a guardian sees and does: the page behind the mailed link, and withdrawing from the list of children."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.ages import AGE_OF_CONSENT
from accounts.decorators import page_permission
from accounts.door_forms import BirthDateForm
from accounts.entering import pass_stage, stage_at_hand
from accounts.forms import show_problem
from accounts.models import GuardianConsent, GuardianRequest
from accounts.permissions import Role
from accounts.services import guardian_requests, guardians, parents
from accounts.services.guardian_requests import ANSWER_WITHIN
from accounts.services.guardians import TEXT_VERSION, WITHDRAWN_KEPT
from accounts.stages import BirthDateStage
from zones.context import zone_wide
from zones.problems import Invalid, Problem


def _tick() -> forms.CheckboxInput:
    # No subclass: templates tell a checkbox by the name of its widget.
    return forms.CheckboxInput(attrs={"class": "form-check-input"})


class ConsentForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Your full name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    relation = forms.ChoiceField(
        label=gettext_lazy("You are the child's"),
        choices=GuardianConsent.Relation.choices,
        widget=forms.RadioSelect,
    )
    guardian = forms.BooleanField(
        label=gettext_lazy("I am of age and the legal guardian of this child."), widget=_tick()
    )
    agreed = forms.BooleanField(label=gettext_lazy("I have read the text above and agree."), widget=_tick())

    @property
    def signature(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("name", "relation")}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed link. Opening it changes nothing; what is sent from it does."""
    asked = guardian_requests.find_request(token)
    response = _answer(request, asked, token) if request.method == "POST" else None
    response = response or _show(request, asked, ConsentForm())
    # The address is a secret: no other site learns it as the page that one came from. Not "no-referrer", with which
    # browsers send forms from nowhere ("Origin: null"), which the CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    return response


def _answer(request: HttpRequest, asked: GuardianRequest, token: str) -> HttpResponse | None:
    if request.POST.get("answer") == "refuse":
        guardian_requests.refuse_consent(token=token)
        return render(request, "guardians/refused.html")
    if not request.user.is_authenticated or request.user.role != Role.PARENT:
        return None
    form = ConsentForm(request.POST)
    if form.is_valid():
        try:
            child = guardians.give_consent(person=request.user, token=token, **form.signature)
        except Invalid as problem:
            show_problem(request, form, problem)
        else:
            said = _("%(name)s can log in now. You see the results here.") % {"name": child.display_name}
            messages.success(request, said)
            return redirect("children")
    return _show(request, asked, form)


def _show(request: HttpRequest, asked: GuardianRequest, form: ConsentForm) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "child": asked.child,
        "until": asked.created_at + ANSWER_WITHIN,
        "text": f"guardians/text_{TEXT_VERSION}.html",
        "version": TEXT_VERSION,
        "age": AGE_OF_CONSENT,
        "is_parent": request.user.is_authenticated and request.user.role == Role.PARENT,
    }
    return render(request, "guardians/consent.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def birth_date(request: HttpRequest) -> HttpResponse:
    """The last step of a student's log-in, where the zone asks; a child's log-in ends here."""
    stage = stage_at_hand(request, BirthDateStage.key)
    if stage is None:
        return redirect("account_login")
    form = BirthDateForm(request.POST or None)
    if form.is_valid():
        try:
            # Nobody is logged in yet.
            with zone_wide():
                waits = guardian_requests.state_birth_date(user=stage.login.user, **form.cleaned_data)
        except Problem as problem:
            if "guardian_email" in problem.extra.get("errors", {}):
                form.ask_for_guardian()
            show_problem(request, form, problem)
        else:
            return redirect("guardian-waiting") if waits else pass_stage(stage)
    return render(request, "guardians/birth_date.html", {"form": form})


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """After a child has registered."""
    return render(request, "guardians/waiting.html", {"days": ANSWER_WITHIN.days})


@require_POST
@page_permission("student:read")
def withdraw(request: HttpRequest, child_id: UUID) -> HttpResponse:
    child = guardians.withdraw_consent(person=request.user, child_id=child_id)
    said = _("The account of %(name)s is closed. What it holds is erased in %(days)d days.")
    messages.success(request, said % {"name": child.display_name, "days": WITHDRAWN_KEPT.days})
    return redirect("children")


@require_POST
@page_permission("student:read")
def end_link(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """A parent gives up seeing a student's results."""
    parents.revoke(person=request.user, link_id=link_id)
    messages.success(request, _("The link is ended."))
    return redirect("children")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@page_permission("student:read")
def give_again(request: HttpRequest, child_id: UUID) -> HttpResponse:
    """Consent anew, for an account that this guardian had closed."""
    child = guardians.withdrawn_child(person=request.user, child_id=child_id)
    form = ConsentForm(request.POST or None)
    if form.is_valid():
        try:
            guardians.give_again(person=request.user, child_id=child_id, **form.signature)
        except Invalid as problem:
            show_problem(request, form, problem)
        else:
            messages.success(request, _("%(name)s can log in again.") % {"name": child.display_name})
            return redirect("children")
    context = {
        "form": form,
        "child": child,
        "text": f"guardians/text_{TEXT_VERSION}.html",
        "version": TEXT_VERSION,
        "age": AGE_OF_CONSENT,
        "is_parent": True,
        "again": True,
    }
    return render(request, "guardians/consent.html", context)
