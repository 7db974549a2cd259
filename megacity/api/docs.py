"""The OpenAPI document and the page to browse it."""

from functools import lru_cache
from typing import Any

from django.utils import translation
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from megacity.api.schema import CityGenerator


@lru_cache(maxsize=8)
def _document(language: str) -> dict[str, Any]:
    with translation.override(language):
        return CityGenerator().get_schema(public=True)


class SchemaView(SpectacularAPIView):
    """Made once a process and language: it takes a second, and everybody may ask for it."""

    def _get_schema_response(self, request: Request) -> Response:
        name = f'inline; filename="{self._get_filename(request, None)}"'
        return Response(_document(translation.get_language() or "en"), headers={"Content-Disposition": name})


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI without an inline script or style, as the pages' content policy wants it."""

    template_name = "api/docs.html"
