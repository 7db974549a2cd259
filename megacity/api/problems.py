"""Every exception of an API view as an RFC 9457 answer."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.views import set_rollback

from audit.refusals import record_problem
from megacity.errors import render_problem
from zones.problems import Invalid, NotAuthenticated, NotFound, PermissionRefused, Problem, Throttled


def as_problem(error: Exception) -> Problem | None:
    """The Problem that an exception amounts to; None for one that is our own fault."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, (Http404, exceptions.NotFound)):
        return NotFound()
    if isinstance(error, (PermissionDenied, exceptions.PermissionDenied)):
        return PermissionRefused()
    if isinstance(error, (exceptions.NotAuthenticated, exceptions.AuthenticationFailed)):
        return NotAuthenticated()
    if isinstance(error, exceptions.Throttled):
        return Throttled(retry_after=max(1, int(error.wait or 1)))
    if isinstance(error, exceptions.ValidationError):
        # A role that is not offered is asked for by who wants to be more than they are.
        return Invalid(errors=error.detail, audited=_asks_for_a_role(error))
    if isinstance(error, ValidationError):
        return Invalid(errors=error.message_dict if hasattr(error, "error_dict") else error.messages)
    if isinstance(error, exceptions.APIException):
        problem = Problem(str(error.detail), code=error.default_code)
        problem.status, problem.title = error.status_code, str(error.default_detail)
        return problem
    return None


def _asks_for_a_role(error: exceptions.ValidationError) -> bool | None:
    codes: Any = error.get_codes()
    return (isinstance(codes, dict) and "invalid_choice" in codes.get("role", ())) or None


def exception_handler(error: Exception, context: dict) -> HttpResponse | None:
    problem = as_problem(error)
    if problem is None:
        return None
    set_rollback()
    request = context["request"]._request
    record_problem(request, problem)
    response = render_problem(request, problem)
    if problem.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    return response
