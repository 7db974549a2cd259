"""Requests counted and timed by zone, surface and route (Prometheus)."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

REQUESTS = Counter("http_requests_total", "HTTP requests.", ["zone", "surface", "method", "endpoint", "status"])
SECONDS = Histogram(
    "http_request_duration_seconds",
    "Time from the request's first middleware to its answer.",
    ["zone", "surface", "endpoint"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0),
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class MetricsMiddleware:
    """The outermost middleware. Labels are routes, never paths, so that their number stays small."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        zone = getattr(request, "zone", None)
        surface = getattr(request, "surface", "none")
        match = request.resolver_match
        labels = (zone.schema_name if zone else "public", surface)
        endpoint = match.route if match else "unmatched"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(*labels, method, endpoint, response.status_code).inc()
        SECONDS.labels(*labels, endpoint).observe(time.perf_counter() - began)
        return response
