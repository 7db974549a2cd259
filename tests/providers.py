"""Identity providers for tests, and the way to them and back as a browser goes it."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import SESSION_KEY

from accounts.models import IdentityProvider
from audit.models import Action, AuditEntry
from tests.issuer import SECRET


def provider(issuer, *, slug="school", kind="openid_connect", **fields):
    address = issuer if isinstance(issuer, str) else issuer.address
    row = IdentityProvider(
        kind=kind, slug=slug, name=fields.pop("name", "School"), client_id="client-1", issuer=address, is_enabled=True
    )
    for name, value in fields.items():
        setattr(row, name, value)
    row.keep_secret(SECRET)
    row.save()
    return row


def leave(client, slug="school", **form):
    """To the provider: the address to which the page leads."""
    page = client.post(f"/login/with/{slug}", form)
    assert page.status_code == 200, page.headers
    return unescape(re.search(r'content="0;url=([^"]+)"', page.content.decode())[1])


def query(address):
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def come_back(client, address):
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def enter(client, issuer, slug="school", **form):
    return come_back(client, issuer.authorize(leave(client, slug, **form)))


def register(client, **form):
    return client.post("/login/with/new", {"display_name": "김새봄", "birth_date": "2001-03-02", **form})


def logged_in(client):
    return client.session.get(SESSION_KEY)


def codes():
    return [e.details["code"] for e in AuditEntry.objects.filter(action=Action.PERMISSION_DENIED)]


def known(user, slug="school", uid="42"):
    return SocialAccount.objects.create(user=user, provider=slug, uid=uid)
