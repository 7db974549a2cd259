"""What every surface serves, and the pages for what goes wrong."""

from django.urls import path

from megacity import pages
from megacity.security_txt import security_txt
from megacity.urls.probes import urlpatterns as probes

handler400 = "megacity.errors.bad_request"
handler403 = "megacity.errors.forbidden"
handler404 = "megacity.errors.not_found"
handler500 = "megacity.errors.server_error"

urlpatterns = [
    *probes,
    path("brand.css", pages.brand_css, name="brand-css"),
    path(".well-known/security.txt", security_txt, name="security-txt"),
    path("media/<path:name>", pages.media, name="media"),
]
