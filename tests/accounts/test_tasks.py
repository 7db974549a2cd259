import uuid
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.ages import today
from accounts.models import Consent, GuardianConsent, RefreshSession, RevokedToken
from accounts.tasks import look_after_children, sweep


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


def test_a_record_of_a_consent_goes_after_three_years_unless_an_account_rests_on_it(in_univ, cast):
    now = timezone.now()
    for child, consent, years in ((cast.bob, "", 4), (cast.otto, Consent.GIVEN, 4), (cast.bob, "", 2)):
        child.consent = consent
        child.birth_date = today() - timedelta(days=13 * 365)
        child.save()
        GuardianConsent.objects.create(child_id=child.pk, kind="given", method="paper", at=now - timedelta(366 * years))
    look_after_children()
    left = GuardianConsent.objects.filter(method="paper").order_by("at").values_list("child_id", flat=True)
    assert list(left) == [cast.otto.pk, cast.bob.pk]
