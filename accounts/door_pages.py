"""Before log-in: log-in itself, registration and its confirmation, forgotten and expired passwords, invitations."""

from abc import ABC, abstractmethod
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import logout as close_session
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.door_forms import ConfirmForm, EmailForm, LoginForm, NewPasswordForm, RegistrationForm
from accounts.entering import enter_by_password, pass_stage, stage_at_hand, wanted_address
from accounts.forms import show_problem
from accounts.links import Link, Purpose, read_link
from accounts.services import confirming, passwords, people
from accounts.services import login as login_services
from accounts.stages import RenewedPasswordStage
from audit.console.attempts import note_forged_choices
from audit.refusals import record_refusal
from zones.context import zone_wide
from zones.problems import ComeBackLater, Problem

GET_AND_POST = ["GET", "HEAD", "POST"]
# Where a registration was going, until it is confirmed in the same browser: a guardian's way to the child's consent.
_WANTED = "wanted_address"


def _page(request: HttpRequest, template: str, context: dict[str, Any], problem: Problem | None = None) -> HttpResponse:
    """The page; after a refusal that time mends with its status and Retry-After."""
    response = render(request, f"accounts/{template}.html", context)
    if isinstance(problem, ComeBackLater):
        response.status_code = problem.status
        response["Retry-After"] = str(problem.retry_after)
    # A link's secret stands in the address of some of these pages. Stricter, browsers would send their forms with the
    # origin "null", which the CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    return response


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(GET_AND_POST)
def log_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(wanted_address(request) or settings.LOGIN_REDIRECT_URL)
    form, refused = LoginForm(request.POST or None), None
    if form.is_valid():
        try:
            user = login_services.check_credentials(**form.cleaned_data, ip=request.client_ip)
        except Problem as problem:
            show_problem(request, form, problem)
            refused = problem
        else:
            return enter_by_password(request, user, then=wanted_address(request))
    return _page(request, "login", {"form": form, "next": wanted_address(request), "refused": refused}, refused)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(GET_AND_POST)
def register(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    role = request.GET.get("role")
    chosen = {"role": role if role in people.SELF_CHOSEN else people.SELF_CHOSEN[0]}
    form, refused = RegistrationForm(request.POST or None, initial=chosen), None
    if form.is_valid():
        try:
            waits = people.register(**form.cleaned_data, ip=request.client_ip)
        except Problem as problem:
            if "guardian_email" in problem.extra.get("errors", {}):
                form.ask_for_guardian()
            show_problem(request, form, problem)
            refused = problem
        else:
            if wanted := wanted_address(request):
                request.session[_WANTED] = wanted
            return redirect("guardian-waiting" if waits else "registered")
    note_forged_choices(request, [form])
    return _page(request, "register", {"form": form, "next": wanted_address(request)}, refused)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        with transaction.atomic():
            login_services.record_logout(via="page")
            close_session(request)
    response = redirect(settings.LOGIN_URL)
    response["Clear-Site-Data"] = login_services.CLEARED
    return response


def sent(request: HttpRequest, about: str) -> HttpResponse:
    """What was mailed, in words that are the same whether anything was."""
    return _page(request, "sent", {"about": about})


@method_decorator(never_cache, name="dispatch")
class AskForMail(ABC, View):
    """A form of one e-mail; a service sends what there is to send."""

    about = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, EmailForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = EmailForm(request.POST)
        if not form.is_valid():
            return self._show(request, form)
        try:
            self.send(**form.cleaned_data, ip=request.client_ip)
        except Problem as problem:
            show_problem(request, form, problem)
            return self._show(request, form, problem)
        return redirect(f"{self.about}-sent")

    @abstractmethod
    def send(self, *, email: str, ip: str | None) -> None:
        """What is asked for, mailed to whoever has this address."""

    def _show(self, request: HttpRequest, form: forms.Form, problem: Problem | None = None) -> HttpResponse:
        return _page(request, "ask_mail", {"form": form, "about": self.about}, problem)


class AskForConfirmation(AskForMail):
    about = "confirmation"

    def send(self, *, email: str, ip: str | None) -> None:
        confirming.send_again(email=email, ip=ip)


class AskForReset(AskForMail):
    about = "reset"

    def send(self, *, email: str, ip: str | None) -> None:
        passwords.ask_reset(email=email, ip=ip)


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class FollowLink(View):
    """Whoever opens a mailed link sees a form; sending it uses the link."""

    purpose: Purpose
    form_class: type[forms.Form] = NewPasswordForm
    template = "choose_password"

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        link = read_link(self.purpose, token)
        return self._show(request, link, self.form_class()) if link else self._void(request)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        link, form = read_link(self.purpose, token), self.form_class(request.POST)
        if link is None:
            return self._void(request)
        if not form.is_valid():
            return self._show(request, link, form)
        try:
            return self.use(request, token, form)
        except Problem as problem:
            if problem.code == "link_void":
                # Used a moment ago, by whoever sent it at the same time.
                return self._void(request)
            show_problem(request, form, problem)
            return self._show(request, link, form, problem)

    def use(self, request: HttpRequest, token: str, form: forms.Form) -> HttpResponse:
        """With a link that was good a moment ago and a form that is; the service looks at the link again."""
        passwords.set_by_link(purpose=self.purpose, token=token, new=form.cleaned_data["password"])
        return redirect("password-chosen" if self.purpose is Purpose.INVITE else "password-set")

    def _show(self, request: HttpRequest, link: Link, form: forms.Form, problem: Problem | None = None) -> HttpResponse:
        context = {"form": form, "purpose": self.purpose.value, "email": link.email or link.user.email}
        return _page(request, self.template, context, problem)

    def _void(self, request: HttpRequest) -> HttpResponse:
        record_refusal(code="link_void", status=410, method=request.method or "", path=request.path)
        response = _page(request, "link_void", {"purpose": self.purpose.value})
        response.status_code = 410
        return response


class ConfirmRegistration(FollowLink):
    purpose, form_class, template = Purpose.CONFIRM, ConfirmForm, "confirm"

    def use(self, request: HttpRequest, token: str, form: forms.Form) -> HttpResponse:
        said = form.cleaned_data["password"]
        user = confirming.confirm_registration(token=token, password=said, ip=request.client_ip)
        # A child's account waits for its guardian.
        then = request.session.pop(_WANTED, "")
        return enter_by_password(request, user, then=then) if user.may_enter else redirect("guardian-waiting")


class ResetPassword(FollowLink):
    purpose = Purpose.RESET


class AcceptInvitation(FollowLink):
    purpose = Purpose.INVITE


class ConfirmNewEmail(FollowLink):
    purpose, form_class, template = Purpose.MOVE, forms.Form, "confirm_email"

    def use(self, request: HttpRequest, token: str, form: forms.Form) -> HttpResponse:
        confirming.confirm_new_email(token=token)
        return redirect("email-changed")


@never_cache
@sensitive_post_parameters()
@require_http_methods(GET_AND_POST)
def renew_password(request: HttpRequest) -> HttpResponse:
    """The last step of a log-in whose password has had its time; nobody is logged in before it is done."""
    stage = stage_at_hand(request, RenewedPasswordStage.key)
    if stage is None:
        return redirect("account_login")
    form, user = NewPasswordForm(request.POST or None), stage.login.user
    if form.is_valid():
        try:
            with zone_wide():
                passwords.set_password(user=user, new=form.cleaned_data["password"], how="renewed", field="password")
        except Problem as problem:
            show_problem(request, form, problem)
        else:
            return pass_stage(stage)
    context = {"form": form, "purpose": "renew", "email": user.email, "temporary": user.password_temporary}
    return _page(request, "choose_password", context)


def said(request: HttpRequest, what: str) -> HttpResponse:
    return _page(request, "done", {"what": what})
