"""Names the logged-in person to the log and the database, speaks their language, keeps their pages out of caches."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from accounts.people import Anonymous
from audit.context import set_person
from zones.context import confine


class PersonMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        confine(user if user.is_authenticated else Anonymous())
        if user.is_authenticated:
            set_person(user_id=user.pk, label=user.email, organization_id=user.organization_id)
            if user.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
                translation.activate(user.language)
                request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        if user.is_authenticated:
            # After log-out the next person at this computer must not find the page in its cache.
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
