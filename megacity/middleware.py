"""The middleware of each surface, and the language of the API."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from django.utils.module_loading import import_string

from zones.requests import CityRequest

Handler = Callable[[CityRequest], HttpResponse]


class SurfaceMiddleware:
    """Runs the stack that settings.SURFACE_MIDDLEWARE names for the request's surface, and nothing else.

    A request to the API thereby pays for no session, no CSRF token and no page language.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.chains: dict[str, Handler] = {}
        self.layers: dict[str, list] = {}
        for surface, paths in settings.SURFACE_MIDDLEWARE.items():
            handler = get_response
            layers: list[Any] = []
            for path in reversed(paths):
                handler = import_string(path)(handler)
                layers.insert(0, handler)
            self.chains[surface], self.layers[surface] = handler, layers

    def __call__(self, request: CityRequest) -> HttpResponse:
        return self.chains[request.surface](request)

    def process_view(self, request: CityRequest, view, args, kwargs) -> HttpResponse | None:
        # Django calls this hook on the middleware that it loaded itself; the stacks' own (CSRF) are called here.
        for layer in self.layers[request.surface]:
            hook = getattr(layer, "process_view", None)
            response = hook(request, view, args, kwargs) if hook else None
            if response is not None:
                return response
        return None


class ApiLocaleMiddleware:
    """The API speaks the language of Accept-Language; without the header, that of LANGUAGE_CODE."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: CityRequest) -> HttpResponse:
        header = request.META.get("HTTP_ACCEPT_LANGUAGE")
        translation.activate(translation.get_language_from_request(request) if header else settings.LANGUAGE_CODE)
        return self.get_response(request)
