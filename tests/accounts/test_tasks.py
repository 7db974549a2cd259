import uuid
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import RefreshSession, RevokedToken
from accounts.tasks import sweep


def test_the_sweep_takes_what_has_expired_and_nothing_else(in_univ, cast):
    now = timezone.now()
    for name, expires in (("old", now - timedelta(minutes=1)), ("new", now + timedelta(minutes=1))):
        RevokedToken.objects.create(key=f"jti:{name}", revoked_at=now, expires_at=expires)
        RefreshSession.objects.create(jti=uuid.uuid4(), family=uuid.uuid4(), user=cast.bob, expires_at=expires)
        Session.objects.create(session_key=name, session_data="", expire_date=expires)
    sweep()
    assert RevokedToken.objects.get().key == "jti:new"
    assert RefreshSession.objects.get().expires_at > now
    assert Session.objects.get().session_key == "new"
