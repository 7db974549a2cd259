import pytest

from accounts.models import ParentLink, User
from audit.models import Action, AuditEntry
from tests.cast import PASSWORD, make_person
from tests.clients import ZoneClient, client_for, host
from tests.mailbox import letters, link_to


def entries(**conditions) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(**conditions).order_by("id"))


@pytest.fixture
def visitor(in_univ, cast) -> ZoneClient:
    return ZoneClient("univ")


def log_in(client, email="bob@example.com", password=PASSWORD, **more):
    return client.post("/login", {"email": email, "password": password, **more})


def test_a_person_logs_in_and_out(visitor, cast):
    assert b'name="password"' in visitor.get("/login").content
    response = log_in(visitor)
    assert (response.status_code, response["Location"]) == (302, "/dashboard")
    assert visitor.get("/profile").status_code == 200
    assert visitor.post("/logout")["Location"] == "/login"
    assert visitor.get("/profile")["Location"] == "/login?next=/profile"
    (came,), (left,) = entries(action=Action.LOGIN), entries(action=Action.LOGOUT)
    assert came.user_id == left.user_id == cast.bob.pk


def test_a_wrong_password_is_said_and_audited(visitor):
    response = log_in(visitor, password="Wrong0!pass")
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert "_auth_user_id" not in visitor.session
    assert entries(action=Action.PERMISSION_DENIED)[0].details["code"] == "login_failed"


def test_too_many_tries_are_told_when_to_come_back(visitor, limits):
    answers = [log_in(visitor, password="Wrong0!pass") for _ in range(6)]
    assert [a.status_code for a in answers] == [*[200] * 5, 429]
    assert int(answers[-1]["Retry-After"]) > 890


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("/exams", "/exams"),
        ("https://evil.example/", "/dashboard"),
        ("//evil.example/", "/dashboard"),
        ("javascript:alert(1)", "/dashboard"),
        ("http://app.collegeprepai.localhost/", "/dashboard"),
    ],
)
def test_log_in_leads_on_within_this_host_only(visitor, wanted, got):
    assert log_in(visitor, next=wanted)["Location"] == got


def test_a_session_of_one_zone_opens_nothing_in_another(visitor, cast):
    log_in(visitor)
    visitor.defaults["HTTP_HOST"] = host("college")
    assert visitor.get("/profile")["Location"].startswith("/login")


def test_a_closed_account_is_logged_out_at_once(visitor, cast):
    log_in(visitor)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert visitor.get("/profile").status_code == 302


def test_forms_need_their_csrf_token(in_univ, cast):
    strict = ZoneClient("univ", csrf=True)
    response = log_in(strict)
    assert response.status_code == 403
    assert entries(action=Action.PERMISSION_DENIED)[0].details["code"] == "csrf_failed"


NEW = {
    "display_name": "새봄",
    "email": "new@example.com",
    "password": "Spr1ng!time",
    "role": "student",
    "organization_code": "hana",
    "birth_date": "2001-05-05",
}


def test_a_registration_opens_with_its_mailed_link_and_its_password(visitor, cast):
    assert visitor.post("/register", NEW)["Location"] == "/register/sent"
    assert visitor.get("/register/sent").status_code == 200
    assert log_in(visitor, NEW["email"], NEW["password"]).status_code == 200
    link = link_to(NEW["email"])
    assert NEW["email"] in visitor.get(link).content.decode()
    # Programs that look at mails before their reader does use nothing up.
    assert User.objects.get(email=NEW["email"]).email_verified_at is None
    assert visitor.post(link, {"password": "An0ther!pass"}).status_code == 200
    assert visitor.post(link, {"password": NEW["password"]})["Location"] == "/dashboard"
    assert User.objects.get(email=NEW["email"]).organization_id == cast.hana.pk
    assert "새봄" in visitor.get("/profile").content.decode()
    assert visitor.get(link).status_code == 410


def test_registration_shows_what_is_wrong_beside_its_field(visitor):
    new = {"display_name": "B", "email": "no address", "password": "weak", "role": "teacher"}
    response = visitor.post("/register", new)
    assert set(response.context["form"].errors) == {"role", "email"}
    response = visitor.post("/register", {**new, "role": "student", "email": "b@example.com"})
    assert set(response.context["form"].errors) == {"password"}
    assert response.content.decode().count("errorlist") >= 1


def test_the_profile_changes_name_and_language(visitor, cast, settings):
    log_in(visitor)
    response = visitor.post("/profile", {"display_name": "Robert", "language": "en"})
    assert response["Location"] == "/profile"
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    cast.bob.refresh_from_db()
    assert (cast.bob.display_name, cast.bob.language) == ("Robert", "en")
    (entry,) = entries(action=Action.UPDATE, resource_type="user")
    assert entry.details == {"changed": ["display_name"], "language": ["", "en"]}


def test_a_new_password_keeps_this_session_and_ends_the_others(visitor, cast):
    log_in(visitor)
    other = client_for(cast.bob)
    wrong = visitor.post("/profile/password", {"p-current": "Wrong0!", "p-new": "N3w!password"})
    assert set(wrong.context["password_form"].errors) == {"current"}
    visitor.post("/profile/password", {"p-current": PASSWORD, "p-new": "N3w!password"})
    assert visitor.get("/profile").status_code == 200
    assert other.get("/profile").status_code == 302
    (entry,) = entries(action=Action.UPDATE, resource_type="user")
    assert entry.details == {"changed": ["password"], "how": "changed"}
    (told,) = letters(cast.bob.email)
    assert "N3w!password" not in told.body


def test_a_student_answers_a_parent_on_the_profile(visitor, cast):
    mother = make_person("Mina", "parent")
    ParentLink.objects.create(parent=mother, student=cast.bob)
    log_in(visitor)
    page = visitor.get("/profile")
    assert [row["id"] for row in page.context["parent_requests"]] == [mother.pk]
    assert [row["name"] for row in page.context["parents"]] == ["Paula"]
    visitor.post(f"/profile/parents/{mother.pk}", {"decision": "approve"})
    assert ParentLink.objects.get(parent=mother).status == "approved"
    visitor.post(f"/profile/parents/{cast.paula.pk}", {"decision": "end"})
    assert ParentLink.objects.get(parent=cast.paula).status == "revoked"
    assert visitor.post(f"/profile/parents/{cast.paula.pk}", {"decision": "approve"}).status_code == 404
    assert visitor.post(f"/profile/parents/{cast.paula.pk}", {"decision": "eat"}).status_code == 400


def test_a_parent_asks_for_a_link_and_sees_their_children(visitor, cast):
    log_in(visitor, "paula@example.com")
    assert [child["name"] for child in visitor.get("/children").context["children"]] == ["Bob"]
    for email in ("otto@example.com", "nobody@example.com"):
        assert visitor.post("/children", {"student_email": email})["Location"] == "/children"
    assert ParentLink.objects.get(parent=cast.paula, student=cast.otto).status == "pending"
    page = visitor.get("/children").content.decode()
    assert "Otto" not in page
    assert "otto@" not in page


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("paula", "/profile/parents/{alice}", 403),
        ("bob", "/children", 403),
        ("alice", "/children", 403),
        ("paula", "/children", 200),
    ],
)
def test_a_page_is_refused_with_a_page_and_audited(in_univ, cast, name, path, status):
    method = "post" if "parents" in path else "get"
    person = getattr(cast, name)
    response = getattr(client_for(person), method)(path.format(alice=cast.alice.pk))
    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html")
    refusals = entries(action=Action.PERMISSION_DENIED)
    assert len(refusals) == (status == 403)
    if refusals:
        assert (refusals[0].user_id, refusals[0].details["status"]) == (person.pk, 403)


def test_the_language_menu_and_the_browser_choose_the_language(visitor):
    visitor.post("/i18n/setlang/", {"language": "en", "next": "/login"})
    assert '<html lang="en">' in visitor.get("/login").content.decode()
    assert '<html lang="ko">' in ZoneClient("univ").get("/login").content.decode()
    answer = ZoneClient("univ").get("/login", HTTP_ACCEPT_LANGUAGE="en-GB,en;q=0.9")
    assert '<html lang="en">' in answer.content.decode()


@pytest.mark.parametrize("path", ["/login", "/register"])
def test_nobody_keeps_a_copy_of_the_form(visitor, path):
    assert "no-store" in visitor.get(path)["Cache-Control"]
