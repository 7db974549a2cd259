import pytest

from audit.models import Action, AuditEntry
from tests.cast import PASSWORD
from tests.clients import ApiClient, ZoneClient
from zones import limits as rates
from zones import redis as zones_redis

LOGIN = "/api/v1/auth/login"


def log_in(api, email="bob@example.com", password="no" + PASSWORD, **extra):
    return api.post(LOGIN, {"email": email, "password": password}, **extra)


FIVE = [401] * 5


def test_the_sixth_try_at_once_is_blocked_for_a_quarter_of_an_hour(limits, in_univ, cast):
    api = ApiClient("univ")
    assert [log_in(api).status_code for _ in range(6)] == [*FIVE, 429]
    blocked = log_in(api, password=PASSWORD)
    assert (blocked.status_code, blocked.json()["code"]) == (429, "login_blocked")
    assert 890 < int(blocked["Retry-After"]) <= 900
    codes = [e.details["code"] for e in AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).order_by("id")]
    assert codes == ["login_failed"] * 5 + ["login_blocked"]


def test_many_accounts_cannot_be_tried_from_one_address(limits, in_univ, cast, settings):
    settings.LOGIN_FAILURES_LIMIT = (2, 2)
    api = ApiClient("univ")
    assert [log_in(api, f"nobody{n}@example.com").status_code for n in range(3)] == [401, 401, 429]
    assert log_in(api, "alice@example.com", PASSWORD).status_code == 429
    assert log_in(api, "alice@example.com", PASSWORD, REMOTE_ADDR="203.0.113.9").status_code == 200


def test_the_block_is_for_this_account_from_this_address(limits, in_univ, cast):
    api = ApiClient("univ")
    for _ in range(6):
        log_in(api)
    assert log_in(api, "alice@example.com", PASSWORD).status_code == 200
    assert log_in(api, password=PASSWORD, REMOTE_ADDR="203.0.113.7").status_code == 200


def test_logging_in_again_and_again_is_no_attack(limits, in_univ, cast):
    api = ApiClient("univ")
    assert {log_in(api, password=PASSWORD).status_code for _ in range(8)} == {200}


@pytest.fixture
def no_redis(monkeypatch):
    """Redis is away: its port is closed."""
    zones_redis.client.cache_clear()
    monkeypatch.setattr("django.conf.settings.REDIS_URL", "redis://127.0.0.1:1/0")
    yield
    zones_redis.client.cache_clear()


def test_without_redis_the_process_itself_limits(limits, in_univ, cast, no_redis):
    api = ApiClient("univ")
    assert [log_in(api, REMOTE_ADDR="203.0.113.8").status_code for _ in range(6)] == [*FIVE, 429]
    for key in ("univ:login:203.0.113.8:bob@example.com", "univ:login:203.0.113.8"):
        rates.forget(key)


def test_without_redis_people_log_in_work_and_log_out(in_univ, cast, no_redis):
    api = ApiClient("univ")
    token = log_in(api, password=PASSWORD).json()["access"]
    header = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    assert api.get("/api/v1/users/me", **header).status_code == 200
    assert api.post("/api/v1/auth/logout", **header).status_code == 204
    assert api.get("/api/v1/users/me", **header).status_code == 401


def test_the_surface_limits_an_address_and_says_when_to_come_back(limits, univ):
    api = ApiClient("univ")
    answers = []
    # 20 at once; a slow machine gets a few more, one every 0.6 s.
    while len(answers) < 100 and (not answers or answers[-1].status_code == 200):
        answers.append(api.get("/brand.css", REMOTE_ADDR="203.0.113.5"))
    assert 20 < len(answers) < 100
    assert int(answers[-1]["Retry-After"]) in (1, 2)
    assert answers[-1].json()["code"] == "throttled"
    assert api.get("/brand.css", REMOTE_ADDR="203.0.113.6").status_code == 200


def test_the_exam_loop_of_the_pages_counts_for_its_person_too(limits, in_univ, cast, client_for):
    nowhere = "/api/v1/attempts/00000000-0000-4000-8000-000000000000/submit"
    class_of_two = [client_for(person) for person in (cast.bob, cast.otto)]
    for browser in class_of_two:
        statuses = {browser.post(nowhere, {}, REMOTE_ADDR="203.0.113.5").status_code for _ in range(60)}
        assert 429 not in statuses
    forged = ZoneClient("univ")
    forged.cookies["sessionid"] = "made-up"
    assert 429 in {forged.post(nowhere, {}, REMOTE_ADDR="203.0.113.5").status_code for _ in range(80)}


def test_the_exam_loop_counts_for_its_person_and_not_for_the_address(limits, in_univ, cast, api_for):
    """A school behind one address keeps answering; a made-up token does not help."""
    nowhere = "/api/v1/attempts/00000000-0000-4000-8000-000000000000/answer"
    bob = api_for(cast.bob)
    assert {bob.post(nowhere, {}, REMOTE_ADDR="203.0.113.5").status_code for _ in range(60)} == {400}
    forged = ApiClient("univ")
    header = {"HTTP_AUTHORIZATION": "Bearer not.a.token", "REMOTE_ADDR": "203.0.113.5"}
    assert 429 in {forged.post(nowhere, {}, **header).status_code for _ in range(60)}
