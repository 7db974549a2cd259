"""The control plane's console, on admin. below the city's own host."""

from django.urls import include, path

from megacity.console import control
from megacity.urls.common import handler400, handler403, handler404, handler500  # noqa: F401
from megacity.urls.common import urlpatterns as common

urlpatterns = [
    *common,
    path("i18n/", include("django.conf.urls.i18n")),
    # Before the console's own, which take whatever begins like a model of theirs.
    path("", include("accounts.security_urls")),
    # Under this name allauth's stages send people back to the beginning.
    path("login/", control.login, name="account_login"),
    path("", include("accounts.door_urls")),
    path("", control.urls),
]
