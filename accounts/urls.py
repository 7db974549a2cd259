from django.urls import include, path

from accounts import door_pages, export_pages, guardian_pages, notice_pages, pages, security_pages
from accounts.provider_urls import urlpatterns as providers
from accounts.security_urls import urlpatterns as security

urlpatterns = [
    # Under this name allauth's stages send people back to the beginning.
    path("login", door_pages.log_in, name="account_login"),
    path("logout", door_pages.log_out, name="logout"),
    path("register", door_pages.register, name="register"),
    path("register/sent", door_pages.sent, {"about": "registration"}, name="registered"),
    path("", include("accounts.door_urls")),
    path("confirm/<str:token>", door_pages.ConfirmRegistration.as_view(), name="confirm-registration"),
    path("invitation/<str:token>", door_pages.AcceptInvitation.as_view(), name="accept-invitation"),
    path("password/reset", door_pages.AskForReset.as_view(), name="ask-reset"),
    path("password/reset/sent", door_pages.sent, {"about": "reset"}, name="reset-sent"),
    path("password/reset/<str:token>", door_pages.ResetPassword.as_view(), name="reset-password"),
    path("password/chosen", door_pages.said, {"what": "invitation"}, name="password-chosen"),
    path("password/set", door_pages.said, {"what": "password"}, name="password-set"),
    path("profile", pages.profile, name="profile"),
    path("profile/password", pages.password, name="password"),
    path("profile/email", pages.email, name="change-email"),
    path("profile/email/changed", door_pages.said, {"what": "email"}, name="email-changed"),
    path("profile/email/<str:token>", door_pages.ConfirmNewEmail.as_view(), name="confirm-new-email"),
    path("profile/export", export_pages.ask, name="ask-export"),
    path("profile/export/<uuid:export_id>", export_pages.fetch, name="fetch-export"),
    path("profile/parents/<uuid:parent_id>", pages.decide_parent, name="decide-parent"),
    path("guardian/<slug:token>", guardian_pages.consent, name="guardian-consent"),
    path("login/birth-date", guardian_pages.birth_date, name="birth-date"),
    path("register/waiting", guardian_pages.waiting, name="guardian-waiting"),
    path("children/links/<uuid:link_id>/end", guardian_pages.end_link, name="end-link"),
    path("children/<uuid:child_id>/withdraw", guardian_pages.withdraw, name="withdraw-consent"),
    path("children/<uuid:child_id>/consent", guardian_pages.give_again, name="consent-again"),
    path("notices", notice_pages.notice_list, name="notices"),
    path("notices/read", notice_pages.read_all, name="read-all-notices"),
    path("notices/<uuid:notice_id>/read", notice_pages.read_notice, name="read-notice"),
    path("not-me/<str:token>", security_pages.not_me, name="not-me"),
    *security,
    *providers,
]
