"""Pages of the city itself and what every surface serves: brand colours, media files."""

import mimetypes

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from zones.registry import BY_ID, Brand

CITY = Brand("MegaCity", "#0f172a", "#ffffff", "#f1f5f9", "#38bdf8", {}, {})


@require_safe
def city_map(request: HttpRequest) -> HttpResponse:
    """The map of the city, on the control plane's own host."""
    return render(request, "city/map.html")


@require_safe
@cache_control(max_age=3600, public=True)
def brand_css(request: HttpRequest) -> HttpResponse:
    """The zone's colours as CSS custom properties; pages carry no inline style."""
    spec = BY_ID.get(request.zone.schema_name) if request.zone else None
    brand = spec.brand if spec else CITY
    css = (
        f":root{{--brand:{brand.colour};--brand-ink:{brand.ink};--brand-soft:{brand.soft};--brand-2:{brand.second}}}\n"
    )
    return HttpResponse(css, content_type="text/css; charset=utf-8")


@require_safe
@cache_control(max_age=30 * 24 * 3600, public=True, immutable=True)
def media(request: HttpRequest, name: str) -> FileResponse:
    """A stored file of this zone; names are unguessable and never reused."""
    try:
        file = default_storage.open(name)
    except (OSError, ValueError) as error:
        raise Http404(name) from error
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = FileResponse(file, content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("/dashboard" if request.user.is_authenticated else "/login")
