"""By which factors a log-in was proved, and a zone that begins to ask teachers for a second one while they are in."""

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import revocation, tokens
from accounts.services import factors
from accounts.services.policies import change_policy
from accounts.token_format import BY_CODE_TOO
from megacity import consumers
from tests.cast import PASSWORD
from tests.clients import ApiClient, ZoneClient, client_for, host
from tests.factors import code_now, give_app, log_in
from tests.sockets import converse
from zones.problems import PermissionRefused
from zones.redis import client as redis_client

LOGIN, ME = "/api/v1/auth/login", "/api/v1/users/me"
MISSING = (403, "mfa_enrolment_required")


def told(answer):
    return answer.status_code, answer.json().get("code")


def demand(cast, wanted=True):
    change_policy(person=cast.zoe, teachers_need_factor=wanted)
    # What is done on commit, which this test's transaction never comes to.
    redis_client().flushdb()


def api_with(token):
    return ApiClient("univ", token=token)


# --- What tokens tell -------------------------------------------------------------------------------------------------


def test_tokens_tell_by_which_factors_they_were_got_and_renewing_changes_nothing(bob, settings):
    login = {"email": bob.email, "password": PASSWORD}
    alone = tokens.read_access(ApiClient("univ").post(LOGIN, login).json()["access"])
    assert alone["amr"] == ["pwd"]
    secret, api = give_app(bob), ApiClient("univ")
    challenge = api.post(LOGIN, login).json()["challenge"]
    answer = api.post("/api/v1/auth/login/mfa", {"challenge": challenge, "code": code_now(secret)})
    first = tokens.read_access(answer.json()["access"])
    again = tokens.read_access(api.post("/api/v1/auth/refresh").json()["access"])
    assert first["amr"] == again["amr"] == ["pwd", "otp", "mfa"]
    assert first["auth_time"] == again["auth_time"]


@pytest.mark.parametrize("name", ["anna", "zoe"])
def test_a_token_of_staff_that_was_got_by_a_password_alone_is_worth_nothing(cast, in_univ, name):
    pair = tokens.issue(getattr(cast, name))
    assert told(api_with(pair.access).get(ME)) == MISSING
    with pytest.raises(PermissionRefused) as refused:
        tokens.rotate(pair.refresh)
    assert refused.value.code == "mfa_enrolment_required"
    assert api_with(tokens.issue(getattr(cast, name), amr=BY_CODE_TOO).access).get(ME).status_code == 200


# --- Teachers, as soon as the zone says so ----------------------------------------------------------------------------


def test_a_running_page_leads_a_teacher_to_enrolment_at_once(cast, in_univ):
    browser, student = ZoneClient("univ"), client_for(cast.bob)
    log_in(browser, cast.alice, PASSWORD)
    assert browser.get("/dashboard").status_code == 200
    demand(cast)
    assert browser.get("/dashboard")["Location"] == "/profile/security"
    assert told(browser.get(ME, headers={"accept": "application/json"})) == MISSING
    assert browser.get("/profile/security").status_code == 200
    assert student.get("/dashboard").status_code == 200


def test_confirming_a_password_is_no_way_around_it(cast, in_univ):
    browser = ZoneClient("univ")
    log_in(browser, cast.alice, PASSWORD)
    demand(cast)
    assert browser.post("/profile/confirm", {"password": PASSWORD}).status_code == 302
    assert browser.get("/dashboard")["Location"] == "/profile/security"


def test_who_enrols_goes_on_here_and_logs_in_anew_elsewhere(cast, in_univ):
    here, elsewhere = ZoneClient("univ"), ZoneClient("univ")
    for browser in (here, elsewhere):
        log_in(browser, cast.alice, PASSWORD)
    demand(cast)
    page = here.get("/profile/security/app").content.decode()
    secret = page.partition('class="secret">')[2].partition("<")[0].replace(" ", "")
    here.post("/profile/security/app", {"code": code_now(secret)})
    assert here.get("/dashboard").status_code == 200
    assert elsewhere.get("/dashboard")["Location"].startswith("/login")
    assert SESSION_KEY not in elsewhere.session


def test_who_has_shown_a_factor_goes_on(cast, in_univ):
    secret, browser = give_app(cast.alice), ZoneClient("univ")
    log_in(browser, cast.alice, PASSWORD)
    browser.post("/login/code", {"code": code_now(secret)})
    token = tokens.issue(cast.alice, amr=BY_CODE_TOO).access
    demand(cast)
    assert browser.get("/dashboard").status_code == 200
    assert api_with(token).get(ME).status_code == 200


def test_a_running_token_is_refused_at_once_and_renews_no_more(cast, in_univ):
    teacher, student = tokens.issue(cast.alice), tokens.issue(cast.bob)
    demand(cast)
    assert told(api_with(teacher.access).get(ME)) == MISSING
    with pytest.raises(PermissionRefused):
        tokens.rotate(teacher.refresh)
    assert api_with(student.access).get(ME).status_code == 200
    assert tokens.rotate(student.refresh)
    # What was decided is taken back: nothing more is asked of the same token.
    demand(cast, wanted=False)
    assert api_with(teacher.access).get(ME).status_code == 200


@pytest.mark.parametrize("way", ["token", "page"])
def test_a_running_socket_is_told_at_its_next_message(cast, in_univ, monkeypatch, way):
    monkeypatch.setattr(consumers, "SURE_SECONDS", 0.0)
    first, headers = {"type": "time"}, {}
    if way == "token":
        first = {"type": "authenticate", "token": tokens.issue(cast.alice).access}
    else:
        cookie = client_for(cast.alice).cookies["sessionid"].value
        headers = {"cookie": f"sessionid={cookie}", "origin": f"http://{host('univ', 'api')}"}
    between = database_sync_to_async(lambda: demand(cast))
    *before, said, code = converse(first, {"type": "time"}, headers=headers, between=between)
    assert [message["type"] for message in before] == ["welcome"]
    assert (said["code"], code) == ("mfa_enrolment_required", 4401)


def test_it_costs_students_no_query(cast, in_univ):
    browser, api = client_for(cast.bob), api_with(tokens.issue(cast.bob).access)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert api.get(ME).status_code == 200
            assert browser.get("/profile").status_code == 200
        return len(seen)

    queries()
    before = queries()
    change_policy(person=cast.zoe, teachers_need_factor=True)
    assert queries() == before


def test_the_block_list_knows_since_when_though_redis_is_away(cast, in_univ, monkeypatch):
    token = tokens.issue(cast.alice).access
    demand(cast)

    def away(names):
        raise revocation.redis.ConnectionError

    monkeypatch.setattr(revocation, "_ask", away)
    assert told(api_with(token).get(ME)) == MISSING
    assert factors.demanded_since(cast.alice, 0)
    assert not factors.demanded_since(cast.bob, 0)
