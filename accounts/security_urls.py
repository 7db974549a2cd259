"""Addresses that every surface with pages of people has, app. and admin. alike."""

from django.urls import path

from accounts import entering_pages, security_pages

urlpatterns = [
    # Under this name allauth's stage sends people to the second step.
    path("login/code", entering_pages.second_step, name="mfa_authenticate"),
    path("login/passkey", entering_pages.passkey_login, name="passkey-login"),
    path("profile/confirm", security_pages.confirm, name="confirm"),
    path("profile/security", security_pages.overview, name="security"),
    path("profile/security/app", security_pages.add_app, name="add-app"),
    path("profile/security/app/remove", security_pages.remove_app, name="remove-app"),
    path("profile/security/codes", security_pages.renew_codes, name="renew-codes"),
    path("profile/security/passkeys", security_pages.add_passkey, name="add-passkey"),
    path("profile/security/passkeys/<int:passkey_id>/name", security_pages.rename_passkey, name="rename-passkey"),
    path("profile/security/passkeys/<int:passkey_id>/remove", security_pages.remove_passkey, name="remove-passkey"),
    path("profile/security/sessions", security_pages.end_sessions, name="end-sessions"),
    path("profile/security/sessions/<uuid:session_id>", security_pages.end_session, name="end-session"),
]
