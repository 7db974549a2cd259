"""What `check --deploy` says of ways to our own servers that are not encrypted."""

from types import SimpleNamespace

import pytest
from django.core.checks import registry

from megacity import transport_checks
from megacity.transport_checks import is_on_this_machine

E, W = "megacity.E013", "megacity.W003"


@pytest.fixture
def city(monkeypatch):
    """The settings of a deployment in which nothing is wrong."""
    monkeypatch.delenv("PGSSLMODE", raising=False)
    settings = SimpleNamespace(
        DATABASES={"default": {"HOST": "/run/postgresql", "OPTIONS": {}}},
        DATABASE_OWNER={},
        REDIS_URL="unix:///run/redis.sock",
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="mail.example",
        EMAIL_USE_TLS=True,
        EMAIL_USE_SSL=False,
        KMS_AWS_ENDPOINT="",
        CLAMD_URL="",
        STORAGES={"default": {"OPTIONS": {}}},
    )
    monkeypatch.setattr(transport_checks, "settings", settings)
    assert found() == []
    return settings


def found():
    return [message.id for message in transport_checks.nothing_goes_over_a_network_in_the_clear(None)]


def test_it_is_one_of_the_checks_of_a_deployment():
    assert transport_checks.nothing_goes_over_a_network_in_the_clear in registry.registry.get_checks(
        include_deployment_checks=True
    )


@pytest.mark.parametrize(
    ("host", "options", "told"),
    [
        ("db.example", {"sslmode": "verify-full"}, []),
        ("db.example", {"sslmode": "verify-ca"}, [W]),
        ("db.example", {"sslmode": "require"}, [W]),
        ("db.example", {"sslmode": "prefer"}, [E]),
        ("db.example", {"sslmode": "disable"}, [E]),
        ("db.example", {}, [E]),
        ("10.0.0.5", {}, [E]),
        ("127.0.0.1,db.example", {}, [E]),
        ("", {"hostaddr": "10.0.0.5"}, [E]),
        ("127.0.0.1", {}, []),
        ("::1", {"sslmode": "disable"}, []),
        ("localhost", {}, []),
        ("", {}, []),
    ],
)
def test_the_database(city, host, options, told):
    database = {"HOST": host, "OPTIONS": options}
    city.DATABASES = {"default": database}
    assert found() == told
    city.DATABASE_OWNER = database
    assert found() == told * 2


def test_the_databases_own_variable_counts_where_the_address_says_nothing(city, monkeypatch):
    city.DATABASES = {"default": {"HOST": "db.example"}}
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert found() == []


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis://cache.example:6379/0", [E]),
        ("redis://:secret@10.1.2.3/0", [E]),
        ("redis://localhost.example:6379/0", [E]),
        ("rediss://cache.example:6379/0", []),
        ("rediss://cache.example:6379/0?ssl_cert_reqs=none", [W]),
        ("rediss://cache.example:6379/0?ssl_check_hostname=False", [W]),
        ("redis://127.0.0.1:6379/0", []),
        ("redis://[::1]:6379/0", []),
        ("unix:///run/redis.sock?db=1", []),
    ],
)
def test_redis(city, url, told):
    city.REDIS_URL = url
    assert found() == told


@pytest.mark.parametrize(
    ("host", "tls", "ssl", "told"),
    [
        ("mail.example", False, False, [E]),
        ("10.0.0.5", False, False, [E]),
        ("mail.example", False, True, []),
        ("localhost", False, False, []),
        ("127.0.0.1", False, False, []),
    ],
)
def test_mail(city, host, tls, ssl, told):
    city.EMAIL_HOST, city.EMAIL_USE_TLS, city.EMAIL_USE_SSL = host, tls, ssl
    assert found() == told


def test_the_object_store_and_the_key_service(city):
    store = {"OPTIONS": {"endpoint_url": "http://s3.example:9000"}}
    city.STORAGES = {"default": store}
    city.KMS_AWS_ENDPOINT = "http://kms.example"
    assert found() == [E, E]
    store["OPTIONS"]["endpoint_url"] = "https://s3.example:9000"
    city.KMS_AWS_ENDPOINT = "http://127.0.0.1:4566"
    assert found() == []


@pytest.mark.parametrize(
    ("url", "told"),
    [("tcp://scanner.example:3310", [E]), ("tcp://127.0.0.1:3310", []), ("unix:///run/clamav/clamd.ctl", []), ("", [])],
)
def test_the_virus_scanner(city, url, told):
    city.CLAMD_URL = url
    assert found() == told


def test_what_is_on_this_machine():
    assert all(map(is_on_this_machine, ("", "/run/postgresql", "@abstract", "localhost", "127.9.9.9", "::1", "[::1]")))
    assert not any(map(is_on_this_machine, ("127.0.0.1.evil.example", "10.0.0.1", "localhost.example", "192.168.0.1")))
