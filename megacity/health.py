"""For probes: `/health` says that the process answers, `/health/ready` that it can work."""

from functools import cache

import redis
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django_prometheus.exports import ExportToDjangoView

from zones.context import public_context
from zones.redis import client


def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@cache
def migrations_on_disk() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def ready(request: HttpRequest) -> JsonResponse:
    """503 when the database is away or behind. Redis away is reported, but work goes on without it."""
    state = {"database": "ok", "migrations": "ok", "cache": "ok"}
    try:
        with public_context(), connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM public.django_migrations")
            if migrations_on_disk() - set(cursor.fetchall()):
                state["migrations"] = "behind"
    except DatabaseError:
        state["database"] = state["migrations"] = "unavailable"
    try:
        client().ping()
    except redis.RedisError:
        state["cache"] = "unavailable"
    good = state["database"] == "ok" and state["migrations"] == "ok"
    status = "ok" if good and state["cache"] == "ok" else "degraded" if good else "unavailable"
    return JsonResponse({"status": status, **state}, status=200 if good else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """For a Prometheus that asks the process itself; what comes through a gateway is told nothing."""
    if "HTTP_X_FORWARDED_FOR" in request.META:
        raise Http404
    return ExportToDjangoView(request)
