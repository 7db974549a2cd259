"""The authenticator app of the demo's staff, which lives in `manage.py demo_code`: its secret follows from SECRET_KEY.

The same in every zone, known to nobody outside this installation, and never to be found in the code.
"""

import base64
import hmac
import time
from hashlib import sha256

from django.conf import settings

from accounts.models import User
from accounts.services import factors
from megacity.demo import accounts

# Who needs a second factor among the demo accounts.
STAFF = (accounts.ORG_ADMIN, accounts.ZONE_ADMIN, accounts.SUPER_ADMIN)


def secret_of(email: str) -> str:
    """160 bits in base 32."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"megacity demo {email}".encode(), sha256).digest()
    return base64.b32encode(digest[: factors.SECRET_BYTES]).decode()


def current_code(email: str) -> tuple[str, int]:
    """(the code of this half minute, seconds for which it holds)."""
    now = time.time()
    return factors.code_at(secret_of(email), now), factors.STEP_SECONDS - int(now) % factors.STEP_SECONDS


def protect(user: User) -> None:
    """Give a demo account of the staff its app, if it has no factor yet."""
    if user.email in {account.email for account in STAFF} and not factors.needed(user):
        factors.keep_totp(user=user, secret=secret_of(user.email))
