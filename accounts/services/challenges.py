"""The second step of the API's log-in: a challenge for whoever gave the right password, met by a code."""

import uuid
from datetime import UTC, datetime, timedelta

from django.core import signing
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from accounts.models import SpentToken, User
from accounts.services import factors
from zones.context import current_zone_id, zone_wide
from zones.problems import NotAuthenticated

CHALLENGE_SECONDS = 300
_SALT = "accounts.challenges"


def make_challenge(user: User) -> str:
    """A signed token for the second step: five minutes, once, in this zone, with the password as it is now."""
    claims = {
        "id": str(uuid.uuid4()),
        "user": str(user.pk),
        "zone": current_zone_id(),
        "was": user.get_session_auth_hash()[:16],
    }
    return signing.dumps(claims, salt=_SALT)


def meet_challenge(*, challenge: str, code: str) -> User:
    """The person who was asked by make_challenge and has `code`.

    Raises NotAuthenticated: `challenge_invalid` (forged, expired, used, of another zone) or `wrong_code`; or Throttled.
    """
    invalid = NotAuthenticated(_("Log in again: this took too long or was used before."), code="challenge_invalid")
    try:
        claims = signing.loads(challenge, salt=_SALT, max_age=CHALLENGE_SECONDS)
    except signing.BadSignature as error:
        raise invalid from error
    if claims["zone"] != current_zone_id():
        raise invalid
    with zone_wide():
        spent = SpentToken.objects.filter(pk=claims["id"]).exists()
        user = None if spent else User.objects.select_related("organization").filter(pk=claims["user"]).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash()[:16], claims["was"]):
        raise invalid
    factors.check_code(user=user, code=code)
    with zone_wide():
        expires_at = datetime.now(UTC) + timedelta(seconds=CHALLENGE_SECONDS)
        if not SpentToken.spend(uuid.UUID(claims["id"]), expires_at):
            raise invalid
    return user
