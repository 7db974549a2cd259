from django.urls import path
from django_prometheus.exports import ExportToDjangoView

from megacity import health

urlpatterns = [
    path("health", health.live, name="health"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", ExportToDjangoView, name="metrics"),
]
