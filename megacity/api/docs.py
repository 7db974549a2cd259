"""The OpenAPI document and the page to browse it."""

from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from megacity.api.schema import CityGenerator


@lru_cache(maxsize=8)
def _document(language: str) -> dict[str, Any]:
    with translation.override(language):
        return CityGenerator().get_schema(public=True)


@lru_cache(maxsize=16)
def _written(language: str, renderer: type[BaseRenderer]) -> str | bytes:
    return renderer().render(_document(language), renderer_context={})


class SchemaView(SpectacularAPIView):
    """Made and written once a process, language and form: it takes a second, and everybody may ask for it."""

    def _get_schema_response(self, request: Request) -> HttpResponse:
        renderer = request.accepted_renderer
        text = _written(translation.get_language() or "en", type(renderer))
        name = f'inline; filename="{self._get_filename(request, None)}"'
        kind = f"{renderer.media_type}; charset={renderer.charset}" if renderer.charset else renderer.media_type
        return HttpResponse(text, content_type=kind, headers={"Content-Disposition": name})


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI without an inline script or style, as the pages' content policy wants it."""

    template_name = "api/docs.html"
