"""Where people are logged in: the list, ending one, ending all; and the warning about a device that is new."""

import re
import time

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache

from accounts.models import KnownDevice, LoginSession, OutgoingMail
from accounts.places import agent_of, country_of, place_of
from accounts.services import sessions
from audit.models import Action, AuditEntry
from tests.cast import PASSWORD
from tests.clients import ApiClient, ZoneClient
from zones import redis as zones_redis

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1"
KOREA, JAPAN = "1.201.0.1", "133.1.2.3"
PLACES, ME = "/api/v1/users/me/sessions", "/api/v1/users/me"


def browser(person, agent=CHROME, ip=KOREA):
    client = ZoneClient("univ", REMOTE_ADDR=ip)
    client.defaults["HTTP_USER_AGENT"] = agent
    assert client.post("/login", {"email": person.email, "password": PASSWORD}).status_code == 302
    return client


def app(person, ip=KOREA):
    client = ApiClient("univ")
    client.defaults |= {"HTTP_USER_AGENT": "okhttp/4.12", "REMOTE_ADDR": ip}
    answer = client.post("/api/v1/auth/login", {"email": person.email, "password": PASSWORD})
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {answer.json()['access']}"
    return client


def inside(client):
    return client.get(ME).status_code == 200


def refreshes(client):
    return client.post("/api/v1/auth/refresh").status_code == 200


def warnings():
    return OutgoingMail.objects.filter(kind="new_device").count()


# --- The list -------------------------------------------------------------------------------------------------------


def test_browsers_and_tokens_are_one_list_that_marks_the_one_that_asks(bob):
    browser(bob, IPHONE, JAPAN)
    here = browser(bob)
    app(bob)
    places = here.get(PLACES).json()
    assert [(p["kind"], p["device"], p["where"], p["is_current"]) for p in places[:1]] == [
        ("page", "Chrome · Windows", "KR", True)
    ]
    assert {(p["kind"], p["device"], p["where"]) for p in places[1:]} == {
        ("page", "Safari · iOS", "JP"),
        ("api", "okhttp", "KR"),
    }
    page = here.get("/profile/security").content.decode()
    assert "Safari · iOS" in page
    assert page.count("/profile/security/sessions/") == 3


def test_a_token_sees_its_own_family_as_the_current_place(bob):
    phone = app(bob)
    assert [p["is_current"] for p in phone.get(PLACES).json()] == [True]


def test_one_place_is_ended_and_no_other(bob):
    here, there, phone = browser(bob), browser(bob), app(bob)
    ids = {p["kind"]: p["id"] for p in here.get(PLACES).json() if not p["is_current"]}
    assert here.post(f"/profile/security/sessions/{ids['page']}").status_code == 302
    assert inside(here)
    assert not inside(there)
    assert inside(phone)
    here.post(f"/profile/security/sessions/{ids['api']}")
    assert not inside(phone)
    assert not refreshes(phone)
    assert AuditEntry.objects.filter(action=Action.LOGOUT, resource_type="login_session").count() == 2


def test_nobody_ends_another_persons_place(bob, cast):
    browser(cast.alice)
    theirs = LoginSession.objects.get(user=cast.alice)
    here = browser(bob)
    assert here.post(f"/profile/security/sessions/{theirs.pk}").status_code == 404
    assert app(bob).delete(f"{PLACES}/{theirs.pk}").status_code == 404
    assert LoginSession.objects.get(pk=theirs.pk).ended_at is None


def test_log_out_everywhere_ends_browsers_refresh_and_access_tokens(bob):
    here, there, phone = browser(bob), browser(bob), app(bob)
    assert here.post("/profile/security/sessions")["Location"] == "/login"
    assert not any(map(inside, (here, there, phone)))
    assert not refreshes(phone)
    assert sessions.places_of(bob) == []
    assert inside(browser(bob))


def test_the_api_logs_out_everywhere_too(bob):
    here, phone = browser(bob), app(bob)
    assert phone.delete(PLACES).json() == {"ended": 2}
    assert not inside(here)
    assert not inside(phone)


def test_everywhere_else_leaves_this_place(bob):
    here, there, phone = browser(bob), browser(bob), app(bob)
    here.post("/profile/security/sessions", {"others": "1"})
    assert inside(here)
    assert not inside(there)
    assert not inside(phone)
    assert [p["is_current"] for p in here.get(PLACES).json()] == [True]


def test_without_redis_the_end_of_one_place_is_still_an_end(bob, monkeypatch):
    here, there = browser(bob), browser(bob)
    other = next(p["id"] for p in here.get(PLACES).json() if not p["is_current"])

    def gone(*args, **kwargs):
        raise zones_redis.redis.ConnectionError

    # The copy in the cache cannot be deleted: what it would let in must be shut out otherwise.
    monkeypatch.setattr(sessions, "get_redis_connection", gone)
    store = there.session
    copy = dict(store.items())
    sessions.end_one(user=bob, session_id=other)
    cache.set(store.cache_key, copy)
    assert not inside(there)
    assert inside(browser(bob))


def test_logging_out_takes_the_place_from_the_list(bob):
    here, there = browser(bob), browser(bob)
    there.post("/logout")
    assert len(here.get(PLACES).json()) == 1


def test_a_place_that_was_ended_in_the_table_alone_ends_when_it_is_seen(bob, monkeypatch):
    here = browser(bob)
    LoginSession.objects.update(ended_at="2026-01-01T00:00Z")
    moment = time.time()
    monkeypatch.setattr(time, "time", lambda: moment + sessions.SEEN_EVERY.total_seconds() + 1)
    assert not inside(here)
    assert SESSION_KEY not in here.session


def test_staff_log_out_people_of_their_reach_and_the_log_says_so(bob, cast, api_for):
    here = browser(bob)
    path = f"/api/v1/users/{bob.pk}/sessions"
    assert api_for(cast.oscar).delete(path).status_code in (403, 404)
    assert inside(here)
    anna = api_for(cast.anna)
    assert [p["kind"] for p in anna.get(path).json()] == ["page"]
    assert anna.delete(path).json() == {"ended": 1}
    assert not inside(here)
    entry = AuditEntry.objects.get(action=Action.LOGOUT, resource_type="login_session")
    assert (entry.user_id, entry.details) == (cast.anna.pk, {"of": str(bob.pk)})


def test_a_closed_account_is_logged_out_everywhere(bob, cast, api_for):
    here, phone = browser(bob), app(bob)
    assert api_for(cast.anna).patch(f"/api/v1/users/{bob.pk}", {"is_active": False}).status_code == 200
    assert not inside(here)
    assert not inside(phone)


def test_another_role_begins_with_another_log_in(bob, cast, api_for):
    here = browser(bob)
    assert api_for(cast.anna).patch(f"/api/v1/users/{bob.pk}", {"role": "teacher"}).status_code == 200
    assert not inside(here)


def test_strangers_have_no_places(cast, in_univ, api_for):
    assert api_for(None).get(PLACES).status_code == 401
    assert api_for(cast.charlie, "univ").get(PLACES).status_code == 403


# --- New devices ----------------------------------------------------------------------------------------------------


def test_the_first_log_in_ever_warns_nobody_and_the_same_device_neither(bob):
    first = browser(bob)
    again = ZoneClient("univ", REMOTE_ADDR=KOREA)
    again.defaults["HTTP_USER_AGENT"] = CHROME
    again.cookies["device"] = first.cookies["device"].value
    again.post("/login", {"email": bob.email, "password": PASSWORD})
    assert inside(again)
    assert warnings() == 0
    assert KnownDevice.objects.count() == 1


@pytest.mark.parametrize(
    ("agent", "ip", "keeps_cookie"), [(CHROME, KOREA, False), (IPHONE, KOREA, True), (CHROME, JAPAN, True)]
)
def test_another_device_another_browser_and_another_country_warn(bob, agent, ip, keeps_cookie):
    first = browser(bob)
    other = ZoneClient("univ", REMOTE_ADDR=ip)
    other.defaults["HTTP_USER_AGENT"] = agent
    if keeps_cookie:
        other.cookies["device"] = first.cookies["device"].value
    other.post("/login", {"email": bob.email, "password": PASSWORD})
    assert warnings() == 1
    assert AuditEntry.objects.filter(details__has_key="new_device").count() == 1


def test_a_forged_device_cookie_is_no_device(bob):
    first = browser(bob)
    other = ZoneClient("univ", REMOTE_ADDR=KOREA)
    other.defaults["HTTP_USER_AGENT"] = CHROME
    other.cookies["device"] = first.cookies["device"].value[:-3] + "abc"
    other.post("/login", {"email": bob.email, "password": PASSWORD})
    assert warnings() == 1


def test_apps_are_known_by_their_name_and_country(bob):
    for ip, number in ((KOREA, 0), (KOREA, 0), (JAPAN, 1), (JAPAN, 1)):
        app(bob, ip)
        assert warnings() == number


def test_the_warnings_link_ends_everything_and_starts_a_reset_once(bob, monkeypatch):
    from accounts.services import devices

    here, phone = browser(bob), app(bob)
    link = f"/not-me/{devices.make_link(bob)}"
    visitor = ZoneClient("univ")
    assert visitor.get(link).status_code == 200
    assert inside(here)
    assert b"<form" not in ZoneClient("college").get(link).content.partition(b"<main")[2]
    visitor.post(link)
    assert not inside(here)
    assert not inside(phone)
    again = browser(bob)
    visitor.post(link)
    assert inside(again)


def test_what_places_and_devices_are_called():
    assert country_of(KOREA) == "KR"
    assert (country_of("127.0.0.1"), country_of(None)) == ("", "")
    assert place_of("10.1.2.3") == "10.1.0.0/16"
    assert place_of("fd00:1:2:3::4") == "fd00:1:2::/48"
    assert agent_of(CHROME) == "Chrome · Windows"
    assert agent_of("") == ""
    assert len(agent_of("Mozilla/" + "x" * 5000)) <= 120
    assert re.fullmatch(r"[\w .·-]*", agent_of("<script>alert(1)</script>"))
