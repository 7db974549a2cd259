"""Who logs in, and with what."""

from collections.abc import Iterator

import pytest

from accounts.models import IdentityProvider, User
from tests.cast import make_person
from tests.clients import ZoneClient
from tests.issuer import Issuer, running_issuer
from tests.providers import provider


@pytest.fixture
def bob(cast, in_univ) -> User:
    return cast.bob


@pytest.fixture
def browser(cast) -> ZoneClient:
    return ZoneClient("univ")


@pytest.fixture(scope="session")
def served() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def loopback(settings) -> None:
    """The issuers of these tests live on this machine, where calls do not lead otherwise."""
    settings.OUTGOING_LOOPBACK = True


@pytest.fixture
def issuer(served, loopback) -> Issuer:
    served.__init__(served.address)
    served.claims = {"sub": "42", "email": "new@school.example", "email_verified": True, "name": "김새봄"}
    return served


@pytest.fixture
def school(cast, in_univ, issuer) -> IdentityProvider:
    return provider(issuer)


@pytest.fixture
def guardian(in_univ, cast) -> User:
    made = make_person("Gina", "parent")
    made.home = in_univ
    return made
