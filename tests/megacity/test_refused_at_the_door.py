"""What is refused before the surface has given a request its session and its person is still a page in words."""

import pytest
from django.conf import settings

from tests.clients import ZoneClient
from zones.limits import wait_seconds
from zones.models import Zone
from zones.provisioning import set_status

PAGES = ["www", "app", "admin"]


@pytest.mark.parametrize("surface", PAGES)
def test_too_many_requests_are_told_so_on_a_page(univ, limits, surface):
    per_minute, burst = settings.RATE_LIMITS[surface]
    for _ in range(burst + 20):
        wait_seconds(f"univ:{surface}:203.0.113.5", per_minute, burst)
    page = ZoneClient(univ, surface).get("/", REMOTE_ADDR="203.0.113.5", HTTP_ACCEPT_LANGUAGE="en")
    assert (page.status_code, int(page["Retry-After"])) == (429, 1)
    assert b"Please wait 1 second and try again." in page.content


@pytest.mark.parametrize("surface", PAGES)
def test_a_suspended_zone_is_told_so_on_a_page(univ, surface):
    set_status(zone=univ, status=Zone.Status.SUSPENDED)
    page = ZoneClient(univ, surface).get("/")
    assert page.status_code == 503
    assert page["Content-Type"].startswith("text/html")
