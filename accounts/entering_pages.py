"""The second step of a log-in, and the log-in with a passkey alone."""

from allauth.mfa.stages import AuthenticateStage
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.entering import enter_by_passkey, pass_stage, stage_at_hand, wanted_address
from accounts.forms import show_problem
from accounts.models import User
from accounts.security_forms import CodeForm, CredentialForm
from accounts.services import factors, passkeys
from accounts.showing import PASSKEY_STATE, ask_passkey, passkey_shown
from audit.refusals import record_problem
from zones.problems import Problem, Throttled


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """A code, a recovery code or a passkey of whoever gave the right password (or came from a provider) just now."""
    stage = None if request.user.is_authenticated else stage_at_hand(request, AuthenticateStage.key)
    if stage is None:
        return redirect("account_login")
    user, party = stage.login.user, passkeys.relying_party(request)
    form = CodeForm(request.POST or None)
    throttled = None
    if request.method == "POST":
        try:
            if _shown(request, user, party, form):
                return pass_stage(stage)
        except Problem as problem:
            form.full_clean()
            form.errors.pop("code", None)
            show_problem(request, form, problem)
            throttled = problem if isinstance(problem, Throttled) else None
    response = _ask(request, user, party, form, 429 if throttled else 200)
    if throttled:
        response["Retry-After"] = str(throttled.retry_after)
    return response


def _shown(request: HttpRequest, user: User, party: passkeys.RelyingParty, form: CodeForm) -> bool:
    if passkey_shown(request, user, party):
        return True
    if form.is_valid():
        factors.check_code(user=user, code=form.cleaned_data["code"])
        return True
    return False


def _ask(request: HttpRequest, user: User, party: passkeys.RelyingParty, form: CodeForm, status: int) -> HttpResponse:
    kinds = factors.kinds(user)
    context = {
        "form": form,
        "has_app": factors.Kind.TOTP in kinds,
        "options": ask_passkey(request, user, party),
    }
    return render(request, "accounts/second_step.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def passkey_login(request: HttpRequest) -> HttpResponse:
    """GET: what the browser is to be asked, as JSON; POST: its answer, which stands for e-mail, password and code."""
    party = passkeys.relying_party(request)
    if request.method == "GET":
        options, request.session[PASSKEY_STATE] = passkeys.begin_proving(user=None, party=party)
        return JsonResponse(options)
    form = CredentialForm(request.POST)
    if form.is_valid():
        state = request.session.pop(PASSKEY_STATE, None)
        try:
            user = passkeys.prove(user=None, party=party, state=state, **form.cleaned_data)
        except Problem as problem:
            record_problem(request, problem)
            messages.error(request, str(problem.detail))
            return redirect("account_login")
        return enter_by_passkey(request, user, then=wanted_address(request))
    messages.error(request, _("The browser gave no passkey."))
    return redirect("account_login")
