"""Log-in with an identity provider: the way there, the way back, and registering with what it said of somebody."""

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.apple import views as apple
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.kakao.views import KakaoOAuth2Adapter
from allauth.socialaccount.providers.line.views import LineOAuth2Adapter
from allauth.socialaccount.providers.naver.views import NaverOAuth2Adapter
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import openid, page_sessions
from accounts.decorators import page_permission, recently_authenticated
from accounts.entering import enter_as_newcomer, wanted_address
from accounts.federation import NEWCOMER
from accounts.forms import show_problem
from accounts.provider_forms import NewcomerForm
from accounts.services import people, providers
from audit.refusals import record_problem
from zones.context import zone_wide
from zones.problems import Problem

_ADAPTERS: dict[str, Any] = {
    "google": openid.GoogleAdapter,
    "kakao": KakaoOAuth2Adapter,
    "naver": NaverOAuth2Adapter,
    "line": LineOAuth2Adapter,
    "apple": apple.AppleOAuth2Adapter,
}


@never_cache
@require_POST
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """To the provider. A page between, and no redirect: the pages' policy lets forms lead to our own hosts alone."""
    provider = _provider(request, slug)
    wants = request.POST.get("process")
    if wants == "connect":
        if not request.user.is_authenticated:
            return redirect("account_login")
        if not page_sessions.is_recent(request):
            return page_sessions.to_confirmation(request)
    process = AuthProcess.CONNECT if wants == "connect" else AuthProcess.LOGIN
    try:
        response = provider.redirect(request, process, next_url=wanted_address(request) or None)
    except openid.UNREADABLE as error:
        # Its discovery document could not be read.
        return get_adapter(request).refused(request, provider, exception=error)
    if response.status_code != 302 or not response["Location"].startswith(("https://", "http://")):
        return response
    return render(request, "accounts/leaving.html", {"provider": provider.app.name, "address": response["Location"]})


def _provider(request: HttpRequest, slug: str) -> Any:
    try:
        return get_adapter(request).get_provider(request, providers.by_slug(slug).slug)
    except SocialApp.DoesNotExist as error:
        raise Http404(slug) from error


# Whose account it is, of whatever organization, is what is being found out.
@zone_wide()
@never_cache
@require_GET
def come_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Where a provider sends people to, with an answer to what `leave` asked."""
    _provider(request, slug)
    kind = _ADAPTERS.get(slug)
    adapter = kind(request) if kind else openid.OpenIDAdapter(request, slug)
    return openid.CallbackView.adapter_view(adapter)(request)


def come_back_openid(request: HttpRequest, provider_id: str) -> HttpResponse:
    if provider_id in _ADAPTERS:
        raise Http404(provider_id)
    return come_back(request, provider_id)


@csrf_exempt
@never_cache
@require_POST
def come_back_from_apple(request: HttpRequest) -> HttpResponse:
    """Apple's answer is a form sent by its own page, without our cookies; allauth leads it to `come_back`."""
    _provider(request, "apple")
    return apple.apple_post_callback(request, finish_endpoint_name="apple_finish_callback")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def newcomer(request: HttpRequest) -> HttpResponse:
    """Register with what a provider has just said of somebody who is not known here."""
    told = request.session.get(NEWCOMER)
    if not told or request.user.is_authenticated:
        return redirect("account_login")
    provider = providers.by_slug(told["slug"])
    form = NewcomerForm(request.POST or None, told=told, provider=provider)
    if form.is_valid():
        who = providers.Identity(provider, told["uid"], told["email"], told["verified"], told["name"])
        try:
            user = people.register_from_provider(who=who, **form.cleaned_data)
        except Problem as problem:
            show_problem(request, form, problem)
        else:
            del request.session[NEWCOMER]
            if user is None:
                return redirect("registered")
            return enter_as_newcomer(request, user, slug=who.provider.slug, uid=who.uid, then=told["next"])
    context = {"form": form, "provider": provider, "email": told["email"] if told["verified"] else ""}
    return render(request, "accounts/newcomer.html", context)


@page_permission("")
@recently_authenticated
@require_POST
def disconnect(request: HttpRequest, connection_id: int) -> HttpResponse:
    try:
        providers.disconnect(user=request.user, connection_id=connection_id)
    except Problem as problem:
        record_problem(request, problem)
        messages.error(request, str(problem.detail))
    else:
        messages.success(request, _("Disconnected."))
    return redirect("security")
