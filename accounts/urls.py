from django.urls import path

from accounts import guardian_pages, notice_pages, pages

urlpatterns = [
    # Under this name allauth's stages send people back to the beginning.
    path("login", pages.log_in, name="account_login"),
    path("register", pages.register, name="register"),
    path("logout", pages.log_out, name="logout"),
    path("profile", pages.profile, name="profile"),
    path("profile/password", pages.password, name="password"),
    path("profile/parents/<uuid:parent_id>", pages.decide_parent, name="decide-parent"),
    path("guardian/<slug:token>", guardian_pages.consent, name="guardian-consent"),
    path("register/waiting", guardian_pages.waiting, name="guardian-waiting"),
    path("children/links/<uuid:link_id>/end", guardian_pages.end_link, name="end-link"),
    path("children/<uuid:child_id>/withdraw", guardian_pages.withdraw, name="withdraw-consent"),
    path("children/<uuid:child_id>/consent", guardian_pages.give_again, name="consent-again"),
    path("notices", notice_pages.notice_list, name="notices"),
    path("notices/read", notice_pages.read_all, name="read-all-notices"),
    path("notices/<uuid:notice_id>/read", notice_pages.read_notice, name="read-notice"),
]
