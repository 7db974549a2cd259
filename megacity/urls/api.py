from django.urls import include, path

from megacity.urls.common import handler400, handler403, handler404, handler500  # noqa: F401
from megacity.urls.common import urlpatterns as common

urlpatterns = [
    *common,
    path("api/v1/", include("megacity.urls.v1")),
]
