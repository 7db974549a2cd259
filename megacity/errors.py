"""How a refusal looks: problem+json for the API, a page for people."""

import sys
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from audit.refusals import record_problem
from zones.problems import ComeBackLater, NotFound, PermissionRefused, Problem, Unavailable

PAGES = frozenset({400, 403, 404, 409, 429})
RETRY_SECONDS = 2


def problem_body(problem: Problem) -> dict[str, Any]:
    """RFC 9457 members; `code` is the stable one to program against."""
    return {
        "type": "about:blank",
        "title": str(problem.title),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail if isinstance(problem.detail, (dict, list)) else str(problem.detail),
        **problem.extra,
    }


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or getattr(request, "surface", "") == "api"


def render_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    response = _body(request, problem)
    if isinstance(problem, ComeBackLater):
        response["Retry-After"] = str(problem.retry_after)
    return response


def _body(request: HttpRequest, problem: Problem) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(problem_body(problem), status=problem.status, content_type="application/problem+json")
    if problem.status >= 500:
        # Without the request: what the page would ask of the database may be what failed.
        return HttpResponse(render_to_string("errors/500.html", {"code": problem.status}), status=problem.status)
    template = f"errors/{problem.status if problem.status in PAGES else 400}.html"
    detail = "" if problem.detail == problem.title else problem.detail
    context = {"problem": problem, "detail": detail, "retry_after": getattr(problem, "retry_after", None)}
    return render(request, template, context, status=problem.status)


class ProblemMiddleware:
    """A Problem that a page raises becomes its error page (the API's views have their own handler)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refuse(request, exception) if isinstance(exception, Problem) else None


def refuse(request: HttpRequest, problem: Problem) -> HttpResponse:
    record_problem(request, problem)
    return render_problem(request, problem)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_problem(request, Problem(_("The request could not be understood.")))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refuse(request, PermissionRefused())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render_problem(request, NotFound(_("Nothing lives at this address.")))


def server_error(request: HttpRequest) -> HttpResponse:
    """Our own fault, 500; or, while PostgreSQL is away, 503 with the time to try again."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        said = _("The database does not answer at the moment. What was saved is safe; please try again.")
        return render_problem(request, Unavailable(said, retry_after=RETRY_SECONDS))
    problem = Problem(_("Something went wrong on our side; nothing that was saved is lost."), code="server_error")
    problem.status, problem.title = 500, _("Server error")
    return render_problem(request, problem)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = _("This form was open for too long or came from another site. Reload the page and try again.")
    return refuse(request, PermissionRefused(detail, code="csrf_failed"))
