"""The check of translations finds what it is there to find, and the pages and the API speak Korean by it."""

import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.utils import translation

from accounts.models import User
from zones.context import zone_context

SOURCE = Path(project.LOCALE_PATHS[0]) / "ko" / "LC_MESSAGES"


@pytest.fixture
def catalogue(settings, tmp_path) -> Path:
    """A copy of the Korean catalogue that a test may spoil."""
    folder = tmp_path / "ko" / "LC_MESSAGES"
    shutil.copytree(SOURCE, folder)
    settings.LOCALE_PATHS = [tmp_path]
    return folder / "django.po"


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def complaint() -> str:
    with pytest.raises(CommandError) as refused:
        call_command("check_translations")
    return str(refused.value)


def test_every_string_of_the_project_is_translated():
    call_command("check_translations")


def test_a_missing_translation_is_named_with_its_files(catalogue):
    spoil(catalogue, 'msgid "Prices"\nmsgstr "요금"', 'msgid "Prices"\nmsgstr ""')
    (line,) = [line for line in complaint().splitlines() if "“Prices”" in line]
    assert line.endswith(": “Prices”: has no translation")
    assert {"megacity/navigation.py", "templates/www/prices.html"} <= set(re.split("[:,] ", line))


def test_a_string_that_the_catalogue_does_not_know_is_missing(catalogue):
    spoil(catalogue, 'msgid "Time left"\nmsgstr "남은 시간"\n', "")
    assert "ko: templates/exams/take.html: “Time left”: has no translation" in complaint()


def test_a_string_with_a_context_is_another_string(catalogue):
    spoil(catalogue, 'msgstr "답하기"', 'msgstr ""')
    said = complaint()
    assert "templates/dashboard/student.html: “Answer” (reply to a request): has no translation" in said
    assert "attempt/change_form.html" not in said


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("%(n)s in progress", '"응시 중 %(m)s명"'),
        ("Question {n}", '"n번 문항"'),
        ("95 %% band", '"95 % 신뢰구간"'),
        ("<strong>%(host)s</strong> is not one of our addresses.", '"<b>%(host)s</b> 주소는 없습니다."'),
    ],
)
def test_placeholders_and_tags_must_agree(catalogue, right, wrong):
    lines = catalogue.read_text(encoding="utf-8").splitlines()
    at = lines.index(f'msgid "{right}"')
    lines[at + 1] = f"msgstr {wrong}"
    catalogue.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert f"“{right}”: “{wrong[1:-1]}” does not have the same placeholders and tags" in complaint()


def test_a_fuzzy_translation_does_not_count(catalogue):
    spoil(catalogue, 'msgid "Time left"', '#, fuzzy\nmsgid "Time left"')
    assert "“Time left”: the translation is marked as fuzzy" in complaint()


def test_a_changed_translation_must_be_compiled(catalogue):
    spoil(catalogue, 'msgstr "남은 시간"', 'msgstr "남은 시각"')
    assert "django.mo is not what django.po compiles to" in complaint()
    call_command("check_translations", update=True)
    call_command("check_translations")


def test_an_update_of_what_is_complete_changes_no_byte(catalogue):
    before = {path.name: path.read_bytes() for path in catalogue.parent.iterdir()}
    call_command("check_translations", update=True)
    assert {path.name: path.read_bytes() for path in catalogue.parent.iterdir()} == before


def test_a_new_language_begins_with_every_string_and_no_translation(settings, tmp_path):
    settings.LANGUAGES, settings.LOCALE_PATHS = [("en", "English"), ("ja", "Japanese")], [tmp_path]
    with pytest.raises(CommandError, match=r"ja: .*“Start free”: has no translation"):
        call_command("check_translations", update=True)
    assert 'msgid "Start free"\nmsgstr ""' in (tmp_path / "ja" / "LC_MESSAGES" / "django.po").read_text()


def test_what_is_compiled_is_what_people_read():
    with translation.override("ko"):
        assert translation.gettext("Time left") == "남은 시간"
        assert translation.ngettext("%(n)s student", "%(n)s students", 3) % {"n": 3} == "학생 3명"
        assert translation.pgettext("reply to a request", "Answer") == "답하기"
        assert translation.gettext("This field is required.") == "필수 항목입니다."


@pytest.mark.parametrize(("asked", "title"), [("ko-KR,ko;q=0.9", "로그인"), ("en-GB", "Log in"), ("fr", "로그인")])
def test_a_page_speaks_the_browsers_language(client_for, univ, asked, title):
    response = client_for(zone=univ).get("/login", headers={"accept-language": asked})
    assert f"<h1>{title}</h1>" in response.content.decode()
    assert f'<html lang="{response["Content-Language"]}"' in response.content.decode()


def test_the_menu_wins_over_the_profile_and_that_over_the_browser(client_for, cast):
    with zone_context(cast.bob.home):
        User.objects.filter(pk=cast.bob.pk).update(language="en")
    client = client_for(cast.bob)
    korean = {"accept-language": "ko"}
    assert "<title>Dashboard" in client.get("/dashboard", headers=korean).content.decode()
    chosen = client.post("/i18n/setlang/", {"language": "ko", "next": "/dashboard"}, headers={"accept-language": "en"})
    assert (chosen.status_code, chosen["Location"]) == (302, "/dashboard")
    assert "<title>대시보드" in client.get("/dashboard", headers={"accept-language": "en"}).content.decode()


@pytest.mark.parametrize(("asked", "title"), [("ko", "로그인해 주세요."), ("en", "Please log in.")])
def test_the_api_explains_itself_in_the_language_that_it_is_asked_in(api_for, univ, asked, title):
    response = api_for(zone=univ).get("/api/v1/users/me", headers={"accept-language": asked})
    assert (response.status_code, response.json()["code"], response.json()["title"]) == (
        401,
        "not_authenticated",
        title,
    )


def test_a_field_is_refused_in_korean(api_for, univ):
    response = api_for(zone=univ).post("/api/v1/auth/login", {}, headers={"accept-language": "ko"})
    assert response.json()["errors"]["email"] == ["필수 항목입니다."]


def test_a_refusal_before_any_language_was_chosen_is_in_the_visitors_own(client_for, univ):
    client = client_for(zone=univ)
    with translation.override("en"):
        response = client.get("/", headers={"accept-language": "ko"}, HTTP_HOST="nowhere.example")
    assert response.status_code == 404
    assert "도시에 없는 주소입니다" in response.content.decode()
