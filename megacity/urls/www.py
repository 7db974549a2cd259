from django.urls import include, path

from megacity import pages
from megacity.urls.common import handler400, handler403, handler404, handler500  # noqa: F401
from megacity.urls.common import urlpatterns as common

urlpatterns = [
    *common,
    path("", pages.landing, name="landing"),
    path("about", pages.about, name="about"),
    path("prices", pages.prices, name="prices"),
    path("i18n/", include("django.conf.urls.i18n")),
]
