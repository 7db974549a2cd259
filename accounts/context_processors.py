"""What the log-in pages of every surface ask of the zone."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.services import providers


def ways_in(request: HttpRequest) -> dict[str, Any]:
    """`identity_providers`: those that the zone has enabled, looked up where a page shows them; on app. alone."""
    on_app = getattr(request, "surface", "") == "app"
    return {"identity_providers": SimpleLazyObject(lambda: providers.enabled() if on_app else [])}
