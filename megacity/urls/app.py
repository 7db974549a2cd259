from django.urls import include, path

from megacity import pages
from megacity.urls.common import handler400, handler403, handler404, handler500  # noqa: F401
from megacity.urls.common import urlpatterns as common

urlpatterns = [
    *common,
    path("", pages.home, name="home"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("accounts.urls")),
    path("", include("exams.pages.urls")),
    path("api/v1/", include("megacity.urls.v1")),
]
