"""What a browser is told on every answer, be it a page, a file, an error or a probe (OWASP ASVS 5.0, V3.4)."""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

# What is no page loads nothing, runs nothing, sends nothing and stands in no frame.
NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; sandbox"
SCRIPTS = ("text/javascript", "application/javascript")
# As NO_PAGE, but a script may be a worker, whose own policy this would be.
NO_PAGE_SCRIPT = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"


class HeadersMiddleware(CSPMiddleware):
    """Django's own headers, django-csp's policy for pages and one that allows nothing for everything else.

    Outermost but for the metrics: what middleware below refuses has its headers too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        self.django = SecurityMiddleware(get_response), XFrameOptionsMiddleware(get_response)
        self.bare_style = hash_of_style("base_bare.html")
        self.features = ", ".join(f"{name}={who}" for name, who in settings.PERMISSIONS_POLICY.items())

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "text/html":
            response.headers.setdefault("Content-Security-Policy", NO_PAGE_SCRIPT if kind in SCRIPTS else NO_PAGE)
        else:
            if request.resolver_match is None:
                response._csp_update = {"style-src": ["'self'", self.bare_style]}
            response = super().process_response(request, response)
        for layer in self.django:
            response = layer.process_response(request, response)
        response.headers.setdefault("Permissions-Policy", self.features)
        shared = getattr(request, "surface", "") == "static"
        response.headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if shared else "same-origin")
        if shared and request.path.startswith(settings.STATIC_URL):
            # Public files, the same for everybody; whose pages use them is nobody's secret.
            response.headers.setdefault("Access-Control-Allow-Origin", "*")
        # The server would put its own name here.
        response.headers["Server"] = ""
        return response


def hash_of_style(template: str) -> str:
    """What lets the style within this one template be used: the page for hosts where nothing else is answered."""
    (style,) = re.findall(r"<style>(.*?)</style>", (settings.BASE_DIR / "templates" / template).read_text(), re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
