"""Pages of the city itself and what every surface serves: brand colours, media files."""

import mimetypes
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from exams.selectors.catalogue import catalogue
from megacity.context_processors import url_of
from zones.registry import BY_ID, Brand

# In bytes: object stores refuse keys of more than 1024, the zone's folder included, by an error of theirs.
LONGEST_NAME = 900
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
    if len(name.encode()) > LONGEST_NAME:
        raise Http404(name)
    try:
        file = default_storage.open(name)
    except (OSError, ValueError, SuspiciousOperation) as error:
        raise Http404(name) from error
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = FileResponse(file, content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("/dashboard" if request.user.is_authenticated else "/login")


def plans(request: HttpRequest) -> list[dict[str, Any]]:
    """The three price plans; what organizations pay is agreed with them."""
    register = f"{url_of(request.place.domain, 'app', request)}/register"
    return [
        {
            "name": _("Free"),
            "price": _("0 won"),
            "period": "",
            "audience": _("For everybody who wants to know where they stand"),
            "features": [_("All public exams"), _("Result with its precision"), _("Review of every question")],
            "cta_label": _("Start free"),
            "cta_url": register,
        },
        {
            "name": _("Plus"),
            "price": _("9,900 won"),
            "period": _("month"),
            "audience": _("For learners on their way to an exam"),
            "features": [_("Everything in Free"), _("Progress by content area"), _("Reports for parents")],
            "cta_label": _("Choose Plus"),
            "cta_url": register,
            "featured": True,
        },
        {
            "name": _("Institution"),
            "price": _("By agreement"),
            "period": "",
            "audience": _("For schools, academies and companies"),
            "features": [
                _("Own classes and exams"),
                _("Own item bank and statistics"),
                _("Admin console and audit log"),
            ],
            "cta_label": _("Create an account"),
            "cta_url": register,
        },
    ]


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    return render(request, "www/landing.html", {**catalogue(), "plans": plans(request)})


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "www/about.html", catalogue())


@require_safe
def prices(request: HttpRequest) -> HttpResponse:
    return render(request, "www/prices.html", {"plans": plans(request)})
