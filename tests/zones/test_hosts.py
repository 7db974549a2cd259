import pytest

from tests.clients import ZoneClient, host
from zones import hosts
from zones.models import Zone
from zones.provisioning import set_status
from zones.registry import SURFACES, ZONES


@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_of_every_domain_leads_to_its_zone(database, surface):
    for spec in ZONES:
        for domain in spec.domains:
            for name in (domain.name, f"{domain.development}.localhost:8000"):
                place = hosts.resolve(f"{surface}.{name}")
                assert (place.zone.schema_name, place.surface) == (spec.zone_id, surface)


def test_a_bare_domain_is_its_www(database):
    assert hosts.resolve("UnivPrepAI.com.").surface == "www"


@pytest.mark.parametrize(
    "name",
    [
        "example.com",
        "",
        "evil.app.univprepai.com",
        "appunivprepai.com",
        "db.univprepai.com",
        "api.localhost",
        "[::1]",
        "app.univprepai.com:x",
    ],
)
def test_other_hosts_lead_nowhere(database, name):
    assert hosts.resolve(name) is None


def test_the_control_plane_is_no_zone(database):
    place = hosts.resolve("admin.localhost:8000")
    assert (place.zone, place.surface) == (None, "admin")


def test_an_unknown_host_is_told_so_as_a_problem(univ):
    response = ZoneClient(univ).get("/api/v1/users/me", headers={"host": "api.nowhere.example"})
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "unknown_host"
    assert "nowhere.example" in response.json()["title"]


def test_a_suspended_zone_answers_503_and_the_others_go_on(univ, college):
    set_status(zone=univ, status=Zone.Status.SUSPENDED)
    try:
        assert ZoneClient(univ, "api").get("/api/v1/users/me").status_code == 503
        assert ZoneClient(college, "api").get("/health").status_code == 200
        assert ZoneClient(univ, "api").get("/health").status_code == 200
    finally:
        set_status(zone=univ, status=Zone.Status.ACTIVE)


def test_probes_answer_under_an_ip_address(univ):
    response = ZoneClient(univ).get("/health/ready", headers={"host": "10.0.0.7"})
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "migrations": "ok", "cache": "ok"}


def test_the_domains_are_read_once(univ, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert hosts.resolve(host("univ")).zone == univ
