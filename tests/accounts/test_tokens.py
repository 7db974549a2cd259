"""Tokens against forgers, clocks and time: their form, their place, their family, their keys."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO

import jwt
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import revocation, token_keys, tokens
from accounts.models import RefreshSession, RevokedToken, User
from accounts.people import TokenBearer
from accounts.services import passwords, people
from tests.clients import ApiClient
from tests.threads import together
from zones.context import zone_context
from zones.problems import NotAuthenticated, WrongZone
from zones.redis import client as redis_client

OLD, NEW = "old-" + "k" * 40, "new-" + "k" * 40
ME, REFRESH = "/api/v1/users/me", "/api/v1/auth/refresh"


def part(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def signed(header: object, claims: object, secret: str, algorithm: str = "sha256") -> str:
    said = f"{part(header)}.{part(claims)}"
    mac = hmac.digest(secret.encode(), said.encode(), algorithm)
    return f"{said}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.fixture
def pair(in_univ, cast) -> tokens.TokenPair:
    return tokens.issue(cast.bob)


@pytest.fixture
def claims(pair) -> dict:
    return dict(tokens.read_access(pair.access))


@pytest.fixture
def header(pair) -> dict:
    return jwt.get_unverified_header(pair.access)


@pytest.fixture
def committing(django_capture_on_commit_callbacks):
    """What is done on commit is done at the end of the block, although the test's transaction is rolled back."""
    return partial(django_capture_on_commit_callbacks, execute=True)


@pytest.fixture
def secret(settings) -> str:
    return settings.SECRET_KEY


def refused(raw: str) -> bool:
    with pytest.raises(NotAuthenticated):
        tokens.read_access(raw)
    return True


# --- Form -----------------------------------------------------------------------------------------------------------


def test_what_the_test_signs_by_hand_is_taken(header, claims, secret):
    assert tokens.read_access(signed(header, claims, secret))["jti"] == claims["jti"]


def test_a_token_says_what_the_mission_names_and_is_small(pair, claims, header):
    assert header == {"alg": "HS256", "typ": "JWT", "kid": token_keys.ring().keys[0].kid}
    named = {"sub", "email", "zone_id", "org_id", "role", "permissions", "iat", "exp", "jti"}
    assert named <= claims.keys() <= named | {"token_type", "iss", "aud", "sid", "auth_time", "amr"}
    assert len(pair.access) < 1100
    assert len(pair.refresh) < 700


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS512"},
        {"alg": "RS256"},
        {"kid": "another"},
        {"kid": ""},
        {"kid": ["x"]},
        {"kid": "../../dev/null"},
        {"typ": "at+jwt"},
        {"crit": ["exp"]},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"b64": False},
    ],
)
def test_another_header_is_refused_though_the_signature_holds(header, claims, secret, change):
    assert refused(signed({**header, **change}, claims, secret))


def test_no_signature_is_no_token(header, claims):
    said = f"{part({**header, 'alg': 'none'})}.{part(claims)}"
    assert refused(f"{said}.")
    assert refused(said)


def test_another_hash_under_our_name_is_refused(header, claims, secret):
    assert refused(signed({**header, "alg": "HS512"}, claims, secret, "sha512"))
    # A verifier that took the key's kind from the header would use a public key as the secret.
    assert refused(signed({**header, "alg": "RS256"}, claims, "-----BEGIN PUBLIC KEY-----"))


def test_a_claim_said_twice_is_refused(header, claims, secret):
    twice = json.dumps(claims)[:-1] + ', "role": "super_admin"}'
    assert refused(signed(header, twice, secret))
    assert refused(signed(json.dumps(header)[:-1] + ', "alg": "HS256"}', claims, secret))


def test_another_spelling_of_the_same_bytes_is_refused(pair):
    head, body, mac = pair.access.split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # 32 bytes leave two bits of the last sign unused.
    other = mac[:-1] + alphabet[alphabet.index(mac[-1]) ^ 1]
    assert refused(f"{head}.{body}.{other}")
    assert refused(f"{head}.{body}.{mac}=")
    assert refused(f" {pair.access}")
    assert refused(pair.access + "." + mac)


@pytest.mark.parametrize("name", ["exp", "iat", "jti", "sub", "zone_id", "token_type", "iss", "aud", "sid"])
def test_what_a_token_must_say_is_missed(header, claims, secret, name):
    assert refused(signed(header, {key: value for key, value in claims.items() if key != name}, secret))


def test_a_token_too_long_is_not_read(header, claims, secret):
    assert refused(signed(header, {**claims, "email": "x" * 5000}, secret))


@pytest.mark.parametrize("text", ["[" * 2000, "[]", "1", '"x"', "{", "null"])
def test_what_is_no_object_is_refused(header, secret, text):
    assert refused(signed(header, text, secret))


def test_clocks_may_differ_by_a_minute_and_no_more(header, claims, secret):
    ahead = {**claims, "iat": time.time() + 30}
    assert tokens.read_access(signed(header, ahead, secret))["sub"] == claims["sub"]
    assert refused(signed(header, {**claims, "iat": time.time() + 120}, secret))
    assert refused(signed(header, {**claims, "exp": int(time.time()) - 1}, secret))


# --- Place ----------------------------------------------------------------------------------------------------------


def test_kinds_are_not_exchanged(pair, api_for):
    assert refused(pair.refresh)
    with pytest.raises(NotAuthenticated):
        tokens.rotate(pair.access)


@pytest.mark.parametrize(
    "change",
    [{"aud": "college:access"}, {"aud": "univ:refresh"}, {"aud": ["univ:access"]}, {"iss": "https://api.evil.example"}],
)
def test_issuer_and_audience_are_the_zones(header, claims, secret, change):
    assert refused(signed(header, {**claims, **change}, secret))


def test_a_zone_takes_no_token_of_another(pair, college):
    with zone_context(college):
        for read, raw in ((tokens.read_access, pair.access), (tokens.rotate, pair.refresh)):
            with pytest.raises(WrongZone):
                read(raw)


def test_a_token_from_before_the_ring_is_taken(claims, secret, committing):
    """Whoever was logged in before the upgrade stays so: no kid, and none of what came with it."""
    old = {name: value for name, value in claims.items() if name not in ("iss", "aud", "sid")}
    raw = signed({"alg": "HS256", "typ": "JWT"}, old, secret)
    assert tokens.read_access(raw)["sub"] == claims["sub"]
    with committing():
        tokens.revoke_access(tokens.read_access(raw))
    assert refused(raw)


# --- Rights ---------------------------------------------------------------------------------------------------------


def test_a_token_has_no_right_that_its_role_has_lost(claims):
    bearer = TokenBearer({**claims, "permissions": [*claims["permissions"], "user:read"]})
    assert bearer.allows("attempt:create")
    assert not bearer.allows("user:read")
    assert not TokenBearer({**claims, "role": "emperor"}).allows("attempt:create")


def test_a_new_role_or_organization_ends_the_tokens(pair, claims, cast, committing):
    with committing():
        people.update_user(person=cast.zoe, user=cast.bob, organization=cast.duri)
    assert refused(pair.access)
    with pytest.raises(NotAuthenticated):
        tokens.rotate(pair.refresh)


def test_no_token_is_made_for_what_was_true_a_moment_ago(in_univ, cast):
    stale = User.objects.get(pk=cast.bob.pk)
    passwords.change_password(user=cast.bob, current="Passw0rd!x", new="N3w!password", ip=None)
    with pytest.raises(NotAuthenticated):
        tokens.issue(stale)


# --- Families -------------------------------------------------------------------------------------------------------


def test_a_token_used_twice_ends_the_access_tokens_of_its_family_alone(in_univ, cast, committing):
    other = tokens.issue(cast.bob)
    first = tokens.issue(cast.bob)
    _user, second = tokens.rotate(first.refresh)
    assert tokens.read_access(second.access)
    with committing(), pytest.raises(NotAuthenticated) as refusal:
        tokens.rotate(first.refresh)
    assert refusal.value.code == "refresh_reused"
    assert refused(first.access)
    assert refused(second.access)
    with pytest.raises(NotAuthenticated):
        tokens.rotate(second.refresh)
    assert tokens.read_access(other.access)


def test_a_log_out_ends_what_descends_from_the_log_in(in_univ, cast, committing):
    first = tokens.issue(cast.bob)
    _user, second = tokens.rotate(first.refresh)
    with committing():
        tokens.revoke_access(tokens.read_access(second.access))
    assert refused(first.access)
    with pytest.raises(NotAuthenticated) as refusal:
        tokens.rotate(second.refresh)
    assert refusal.value.code == "not_authenticated"


def test_a_family_ends_however_often_it_is_continued(in_univ, cast, settings):
    settings.REFRESH_FAMILY_LIFETIME = timedelta(hours=2)
    pair = tokens.issue(cast.bob)
    began = tokens.read_access(pair.access)["iat"]
    assert 7190 <= pair.access_seconds <= 7201
    settings.REFRESH_FAMILY_LIFETIME = timedelta(days=90)
    _user, after = tokens.rotate(pair.refresh)
    assert tokens.read_access(after.access)["exp"] <= began + 7200
    assert after.refresh_seconds <= 7201
    RefreshSession.objects.update(family_ends_at=None)
    _user, free = tokens.rotate(after.refresh)
    assert free.refresh_seconds > 7201


def test_a_stolen_token_kills_what_is_being_made_at_that_moment(committed, cast, univ):
    """The thief comes with the first token while the owner exchanges the second: no third outlives the family."""
    with zone_context(univ):
        for _ in range(8):
            first = tokens.issue(cast.bob)
            _user, second = tokens.rotate(first.refresh)
            both = together(univ, lambda r=second.refresh: tokens.rotate(r), lambda r=first.refresh: tokens.rotate(r))
            family = tokens._read_refresh(first.refresh)["sid"]
            assert not RefreshSession.objects.filter(family=family, used_at=None, revoked_at=None).exists(), both


def test_log_out_everywhere_kills_what_is_being_made_at_that_moment(committed, cast, univ):
    with zone_context(univ):
        for _ in range(8):
            pair = tokens.issue(cast.bob)
            made = together(
                univ,
                lambda r=pair.refresh: tokens.rotate(r)[1].access,
                lambda: tokens.revoke_everything(cast.bob),
            )[0]
            if isinstance(made, str):
                assert refused(made)
            assert not RefreshSession.objects.filter(used_at=None, revoked_at=None).exists()


# --- The block-list -------------------------------------------------------------------------------------------------


def test_a_list_that_is_late_brings_nothing_back(in_univ, cast):
    """Filling from what was read before a second revocation does not undo it."""
    ends = timezone.now() + timedelta(hours=1)
    name = f"univ:revoked:user:{cast.bob.pk}"
    now = time.time()
    revocation._tell([(name, now, ends)])
    revocation._tell([(name, now - 100, ends)])
    assert float(redis_client().get(name)) == pytest.approx(now, abs=1e-5)
    assert 3590 < redis_client().ttl(name) <= 3600


def test_a_restarted_redis_is_filled_though_it_kept_its_marker(in_univ, pair, claims):
    RevokedToken.objects.create(
        key=f"jti:{claims['jti']}", revoked_at=timezone.now(), expires_at=timezone.now() + timedelta(hours=1)
    )
    assert tokens.read_access(pair.access), "the marker from before vouches for a list without the row"
    # A server that starts anew has no scripts, whatever of its keys it had saved.
    redis_client().script_flush()
    assert refused(pair.access)


def test_asking_costs_no_query(pair, claims, django_assert_num_queries):
    with django_assert_num_queries(0):
        tokens.read_access(pair.access)


# --- Keys -----------------------------------------------------------------------------------------------------------


def test_keys_are_rotated_and_nobody_is_logged_out(in_univ, cast, settings):
    before = tokens.issue(cast.bob)
    soon = datetime.now(UTC) + timedelta(minutes=5)
    settings.JWT_SIGNING_KEYS = [f"{NEW}@{soon.isoformat()}", "SECRET_KEY"]
    waiting = tokens.issue(cast.bob)
    assert jwt.get_unverified_header(waiting.access)["kid"] == jwt.get_unverified_header(before.access)["kid"]
    past = datetime.now(UTC) - timedelta(minutes=5)
    settings.JWT_SIGNING_KEYS = [f"{NEW}@{past.isoformat()}", "SECRET_KEY"]
    after = tokens.issue(cast.bob)
    assert jwt.get_unverified_header(after.access)["kid"] == token_keys.Key(NEW).kid
    for pair in (before, waiting, after):
        assert tokens.read_access(pair.access)
        assert tokens.rotate(pair.refresh)


def test_an_old_key_ends_with_the_longest_token_made_with_it(in_univ, cast, settings):
    settings.JWT_SIGNING_KEYS = [OLD]
    pair = tokens.issue(cast.bob)
    for days, is_over in ((29, False), (31, True)):
        begun = datetime.now(UTC) - timedelta(days=days)
        settings.JWT_SIGNING_KEYS = [f"{NEW}@{begun.isoformat()}", OLD]
        assert refused(pair.access) if is_over else tokens.read_access(pair.access)


def test_a_key_taken_out_ends_its_tokens_at_once(in_univ, cast, settings):
    settings.JWT_SIGNING_KEYS = [OLD]
    pair = tokens.issue(cast.bob)
    assert tokens.read_access(pair.access)
    settings.JWT_SIGNING_KEYS = [NEW]
    assert refused(pair.access)
    with pytest.raises(NotAuthenticated):
        tokens.rotate(pair.refresh)


def test_without_the_default_key_its_first_tokens_are_over_too(claims, secret, settings):
    old = {name: value for name, value in claims.items() if name not in ("iss", "aud", "sid")}
    settings.JWT_SIGNING_KEYS = [NEW]
    assert refused(signed({"alg": "HS256", "typ": "JWT"}, old, secret))
    assert refused(signed({"alg": "HS256", "typ": "JWT"}, old, NEW))


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (["short"], "shorter than 32"),
        ([f"{NEW}@soon"], "no time"),
        ([f"{NEW}@2026-01-01T00:00:00"], "no time zone"),
        ([NEW, NEW], "twice"),
        ([f"{OLD}@2026-01-01T00:00:00Z", f"{NEW}@2026-02-01T00:00:00Z"], "newest is first"),
    ],
)
def test_a_bad_ring_is_refused_by_name_and_without_secrets(entries, words):
    with pytest.raises(ImproperlyConfigured, match=words) as refusal:
        token_keys.parse(entries, source="JWT_SIGNING_KEYS", default_secret="x" * 40)
    assert "JWT_SIGNING_KEYS" in str(refusal.value)
    assert OLD not in str(refusal.value)
    assert NEW not in str(refusal.value)


def run(*words: str) -> str:
    out = StringIO()
    call_command("token_keys", *words, stdout=out)
    return out.getvalue()


def test_the_command_tells_what_to_set(settings):
    line = run("--rotate", "--in", "0").splitlines()[-1]
    entries = line.removeprefix("JWT_SIGNING_KEYS=").split(",")
    assert entries[1] == "SECRET_KEY"
    settings.JWT_SIGNING_KEYS = entries
    newest = token_keys.ring().keys[0]
    assert token_keys.ring().signing(datetime.now(UTC)) == newest
    listed = run()
    assert f"* {newest.kid}" in listed
    assert newest.secret not in listed
    assert settings.SECRET_KEY not in listed


def test_the_command_writes_a_file_that_its_owner_alone_reads(settings, tmp_path, in_univ, cast, monkeypatch):
    file = tmp_path / "keys"
    settings.JWT_SIGNING_KEYS_FILE = str(file)
    monkeypatch.setattr(token_keys, "LOOK_AGAIN_SECONDS", 0.0)
    run("--rotate", "--in", "0")
    assert file.stat().st_mode & 0o777 == 0o600
    pair = tokens.issue(cast.bob)
    kid = jwt.get_unverified_header(pair.access)["kid"]
    run("--rotate", "--in", "0")
    assert jwt.get_unverified_header(tokens.issue(cast.bob).access)["kid"] != kid
    assert tokens.read_access(pair.access)
    file.write_text("broken\n")
    assert tokens.read_access(pair.access), "a broken file leaves the keys that were read last"
    file.unlink()
    run("--rotate", "--in", "30")
    with pytest.raises(CommandError, match="waiting already"):
        run("--rotate", "--in", "60")


def test_secrets_of_a_ring_do_not_show_in_their_ids():
    assert token_keys.Key(NEW).kid != hashlib.sha256(NEW.encode()).hexdigest()[:16]
    assert len({token_keys.Key(str(uuid.uuid4()) * 2).kid for _ in range(50)}) == 50


def test_a_refresh_by_an_unknown_session_is_refused(in_univ, cast, univ):
    pair = tokens.issue(cast.bob)
    RefreshSession.objects.all().delete()
    api = ApiClient(univ)
    api.cookies["refresh_token"] = pair.refresh
    assert api.post(REFRESH).status_code == 401
    assert api.post("/api/v1/auth/logout").status_code == 204
