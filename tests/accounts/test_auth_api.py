import jwt
import pytest
from django.conf import settings
from django.utils import timezone

from accounts import tokens
from accounts.models import Organization, RefreshSession, User
from accounts.permissions import PERMISSIONS
from audit.models import Action, AuditEntry
from tests.cast import PASSWORD
from tests.clients import ApiClient
from tests.mailbox import link_to
from zones.context import zone_context
from zones.redis import client as redis_client

LOGIN, REFRESH, LOGOUT, ME = "/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/logout", "/api/v1/users/me"


@pytest.fixture
def api(univ, cast) -> ApiClient:
    return ApiClient(univ)


def log_in(api: ApiClient, email: str = "bob@example.com", password: str = PASSWORD, **extra):
    return api.post(LOGIN, {"email": email, "password": password}, **extra)


def bearer(token: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def entries(**conditions) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(**conditions).order_by("id"))


def test_login_gives_a_token_with_the_claims_named(api, cast):
    response = log_in(api, "Bob@Example.com")
    assert response.status_code == 200
    body = response.json()
    claims = jwt.decode(body["access"], settings.SECRET_KEY, algorithms=["HS256"], audience="univ:access")
    assert set(claims) == {
        "sub", "email", "zone_id", "org_id", "role", "permissions", "iat", "exp", "jti", "token_type",
        "iss", "aud", "sid", "auth_time", "amr",
    }  # fmt: skip
    assert (claims["iss"], claims["aud"]) == ("https://api.univprepai.com", "univ:access")
    assert (claims["sub"], claims["zone_id"], claims["org_id"]) == (str(cast.bob.pk), "univ", str(cast.hana.pk))
    assert set(claims["permissions"]) == PERMISSIONS["student"]
    assert claims["exp"] - int(claims["iat"]) in (86399, 86400)
    assert body["user"]["organization"]["code"] == "hana"
    assert "password" not in body["user"]


def test_the_refresh_token_is_in_a_cookie_that_no_script_reads(api):
    response = log_in(api)
    cookie = response.cookies["refresh_token"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/api/v1/auth")
    assert cookie["max-age"] == 30 * 24 * 3600
    assert cookie.value not in response.content.decode()


def test_the_cookie_is_secure_in_production_and_named_so(api, settings):
    settings.DEVELOPMENT = False
    cookie = log_in(api, secure=True).cookies["__Secure-refresh_token"]
    assert (cookie["secure"], cookie["path"], cookie["samesite"]) == (True, "/api/v1/auth", "Strict")
    assert api.post(REFRESH, secure=True).status_code == 200
    gone = api.post(LOGOUT, secure=True).cookies["__Secure-refresh_token"]
    assert (gone.value, gone["max-age"], gone["secure"]) == ("", 0, True)


def test_in_production_a_token_is_not_taken_from_a_cookie_that_anybody_can_set(api, in_univ, cast, settings):
    settings.DEVELOPMENT = False
    api.cookies["refresh_token"] = tokens.issue(cast.bob).refresh
    assert api.post(REFRESH, secure=True).json()["code"] == "no_refresh_token"


def test_login_and_logout_leave_one_row_each(api, in_univ, cast):
    access = log_in(api).json()["access"]
    assert api.post(LOGOUT, **bearer(access)).status_code == 204
    (came,) = entries(action=Action.LOGIN)
    (left,) = entries(action=Action.LOGOUT)
    for entry in (came, left):
        assert (entry.user_id, entry.user_label, entry.ip) == (cast.bob.pk, "bob@example.com", "127.0.0.1")
        assert entry.organization_id == cast.hana.pk


@pytest.mark.parametrize(
    ("email", "password"),
    [("bob@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("charlie@example.com", PASSWORD)],
)
def test_a_wrong_password_and_an_unknown_address_look_the_same(api, in_univ, email, password):
    response = log_in(api, email, password)
    assert response.status_code == 401
    assert response.json()["code"] == "login_failed"
    assert response.json()["detail"] == log_in(api, "other@example.com").json()["detail"]
    first, _second = entries(action=Action.PERMISSION_DENIED)
    assert first.details == {
        "code": "login_failed",
        "email": f"{email[0]}•••@example.com",
    }


def test_closed_people_and_suspended_organizations_stay_out(api, in_univ, cast):
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert log_in(api).status_code == 401
    Organization.objects.filter(pk=cast.duri.pk).update(status=Organization.Status.SUSPENDED)
    assert log_in(api, "otto@example.com").status_code == 401


def test_logout_blocks_the_token_and_the_refresh_cookie(api):
    access = log_in(api).json()["access"]
    assert api.get(ME, **bearer(access)).status_code == 200
    api.post(LOGOUT, **bearer(access))
    refused = api.get(ME, **bearer(access))
    assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")
    assert "Bearer" in refused["WWW-Authenticate"]
    assert api.post(REFRESH).json()["code"] == "no_refresh_token"


def test_a_logged_out_token_stays_blocked_when_redis_is_emptied(api):
    access = log_in(api).json()["access"]
    api.post(LOGOUT, **bearer(access))
    redis_client().flushall()
    assert api.get(ME, **bearer(access)).status_code == 401


def test_a_refresh_rotates_the_token(api, in_univ, cast):
    first = log_in(api).cookies["refresh_token"].value
    response = api.post(REFRESH)
    assert response.status_code == 200
    assert response.cookies["refresh_token"].value != first
    assert api.get(ME, **bearer(response.json()["access"])).json()["id"] == str(cast.bob.pk)
    families = RefreshSession.objects.filter(user=cast.bob).values_list("family", flat=True)
    assert (len(families), len(set(families))) == (2, 1)


def test_a_refresh_token_used_twice_ends_the_family(api, in_univ, univ):
    stolen = log_in(api).cookies["refresh_token"].value
    assert api.post(REFRESH).status_code == 200
    thief = ApiClient(univ)
    thief.cookies["refresh_token"] = stolen
    assert thief.post(REFRESH).json()["code"] == "refresh_reused"
    assert api.post(REFRESH).status_code == 401
    assert not RefreshSession.objects.filter(revoked_at=None).exists()
    assert "refresh_reused" in [entry.details.get("code") for entry in entries(action=Action.PERMISSION_DENIED)]


def test_a_token_of_another_zone_is_refused(api, college, cast, api_for):
    with zone_context(college):
        foreign = api_for(cast.charlie).defaults["HTTP_AUTHORIZATION"]
    refused = api.get(ME, HTTP_AUTHORIZATION=foreign)
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_zone")
    with zone_context(cast.bob.home):
        assert entries(action=Action.PERMISSION_DENIED)[0].details["code"] == "wrong_zone"


def test_a_refresh_token_of_another_zone_is_refused(api, college):
    log_in(api)
    elsewhere = ApiClient(college)
    elsewhere.cookies["refresh_token"] = api.cookies["refresh_token"].value
    assert (elsewhere.post(REFRESH).status_code, elsewhere.post(REFRESH).json()["code"]) == (403, "wrong_zone")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
def test_a_token_that_is_none_is_refused(api, token):
    assert api.get(ME, **bearer(token)).status_code == 401


def test_an_access_token_is_no_refresh_token(api):
    api.cookies["refresh_token"] = log_in(api).json()["access"]
    assert api.post(REFRESH).status_code == 401


def test_registration_joins_by_code_and_waits_for_its_mail(api, in_univ, cast):
    new = {"display_name": "새봄", "email": "New@Example.com", "password": "Spr1ng!time", "organization_code": "HANA"}
    new["birth_date"] = "2001-05-05"
    response = api.post("/api/v1/auth/register", new)
    assert (response.status_code, list(response.json())) == (202, ["detail"])
    user = User.objects.get(email="new@example.com")
    assert (user.role, user.organization_id, user.email_verified_at) == ("student", cast.hana.pk, None)
    assert user.password.startswith("bcrypt_sha256$")
    (entry,) = entries(action=Action.CREATE, resource_type="user")
    assert (entry.user_id, entry.resource_id) == (user.pk, str(user.pk))
    assert timezone.now() - user.created_at < timezone.timedelta(minutes=1)
    assert log_in(api, "new@example.com", "Spr1ng!time").status_code == 401
    token = link_to("new@example.com").rsplit("/", 1)[1]
    confirm = {"token": token, "password": "Spr1ng!time"}
    assert api.post("/api/v1/auth/confirm", {**confirm, "password": "An0ther!pass"}).status_code == 401
    assert api.post("/api/v1/auth/confirm", confirm).status_code == 204
    assert api.post("/api/v1/auth/confirm", confirm).json()["code"] == "link_void"
    access = log_in(api, "new@example.com", "Spr1ng!time").json()["access"]
    assert api.get(ME, **bearer(access)).json()["email"] == "new@example.com"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"password": "short1!"}, "password"),
        ({"password": "alllower1!"}, "password"),
        ({"password": "NoDigits!!"}, "password"),
        ({"password": "NoSymbol11"}, "password"),
        ({"password": "N3wcomer@example"}, "password"),
        ({"role": "teacher"}, "role"),
        ({"role": "zone_admin"}, "role"),
        ({"organization_code": "nowhere"}, "organization_code"),
        ({"display_name": ""}, "display_name"),
        ({"birth_date": None}, "birth_date"),
        ({"birth_date": "yesterday"}, "birth_date"),
        ({"birth_date": "2120-01-01"}, "birth_date"),
        ({"birth_date": "2020-01-01"}, "guardian_email"),
        ({"birth_date": "2020-01-01", "guardian_email": "n3wcomer@example.com"}, "guardian_email"),
    ],
)
def test_registration_says_what_is_wrong_by_field(api, in_univ, change, field):
    before = User.objects.count()
    good = {"display_name": "Newcomer", "email": "n3wcomer@example.com", "password": "Spr1ng!time"}
    good["birth_date"] = "2001-05-05"
    response = api.post("/api/v1/auth/register", {**good, **change})
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert response["Content-Type"] == "application/problem+json"
    assert User.objects.count() == before


def test_the_fourth_kind_of_wrong_is_no_json(api):
    response = super(ApiClient, api).post(LOGIN, "{", content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
