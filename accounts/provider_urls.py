"""Addresses of identity providers, on app. alone. What providers have registered as ours is `…/callback`."""

from django.urls import path

from accounts import provider_pages

# allauth finds the address of each kind's callback by these names.
_KINDS = ("google", "kakao", "naver", "line")

urlpatterns = [
    path("login/with/new", provider_pages.newcomer, name="newcomer"),
    path("login/with/apple/callback", provider_pages.come_back_from_apple, name="apple_callback"),
    path("login/with/apple/finish", provider_pages.come_back, {"slug": "apple"}, name="apple_finish_callback"),
    *(
        path(f"login/with/{kind}/callback", provider_pages.come_back, {"slug": kind}, name=f"{kind}_callback")
        for kind in _KINDS
    ),
    path("login/with/<slug:provider_id>/callback", provider_pages.come_back_openid, name="openid_connect_callback"),
    path("login/with/<slug:slug>", provider_pages.leave, name="leave"),
    path("profile/connections/<int:connection_id>/remove", provider_pages.disconnect, name="disconnect"),
]
