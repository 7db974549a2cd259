"""Refusals that a caller can act on: an HTTP status, a stable code and words for a person.

Services raise them; the API renders them as RFC 9457 problem details, pages as messages or error pages.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _


class Problem(Exception):
    """Base of every refusal. `extra` members are added to the API's answer (they must be JSON values).

    `audited` says whether the refusal leaves a row in the log; None leaves that to its status (401 and 403 do).
    """

    status = 400
    code = "invalid"
    title: Any = _("The request is not valid.")

    def __init__(self, detail: Any = "", *, code: str | None = None, audited: bool | None = None, **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.code = code or self.code
        self.audited = audited
        self.extra = extra


class Invalid(Problem):
    pass


class NotAuthenticated(Problem):
    status = 401
    code = "not_authenticated"
    title = _("Please log in.")


class PermissionRefused(Problem):
    status = 403
    code = "permission_denied"
    title = _("You are not allowed to do this.")


class WrongZone(PermissionRefused):
    code = "wrong_zone"
    title = _("This account belongs to another zone.")


class NotFound(Problem):
    status = 404
    code = "not_found"
    title = _("There is no such thing here.")


class Conflict(Problem):
    status = 409
    code = "conflict"
    title = _("This does not fit what is stored already.")


class ComeBackLater(Problem):
    """A refusal that time mends; `retry_after` is in whole seconds."""

    def __init__(self, detail: Any = "", *, retry_after: int, **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.retry_after = retry_after


class Throttled(ComeBackLater):
    status = 429
    code = "throttled"
    title = _("Too many requests.")


class Unavailable(ComeBackLater):
    status = 503
    code = "unavailable"
    title = _("The service is being restored.")
