from django.urls import path

from accounts import pages

urlpatterns = [
    # Under this name allauth's stages send people back to the beginning.
    path("login", pages.log_in, name="account_login"),
    path("register", pages.register, name="register"),
    path("logout", pages.log_out, name="logout"),
    path("profile", pages.profile, name="profile"),
    path("profile/password", pages.password, name="password"),
    path("profile/parents/<uuid:parent_id>", pages.decide_parent, name="decide-parent"),
]
