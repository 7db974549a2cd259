"""Encrypted fields and the blind index, on the columns of User that are made of them."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.db import connection

from accounts.crypto import Undecipherable
from accounts.models import User
from tests.cast import make_person
from zones.context import zone_context

PHONE = "+821012345678"


def stored(column: str, user: User) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM accounts_user WHERE id = %s", [user.pk])
        return cursor.fetchone()[0]


def test_the_database_holds_nothing_readable(in_univ) -> None:
    bob = make_person("Bob", phone=PHONE, resident_number="9001011234568")
    for column in ("phone", "phone_index", "resident_number"):
        text = stored(column, bob)
        assert text
        assert PHONE not in text
        assert "9001011234568" not in text
    fresh = User.objects.get(pk=bob.pk)
    assert (fresh.phone, fresh.resident_number) == (PHONE, "9001011234568")


def test_a_loaded_value_is_saved_again_as_it_was(in_univ) -> None:
    bob = make_person("Bob", phone=PHONE)
    before = stored("phone", bob)
    User.objects.get(pk=bob.pk).save()
    assert stored("phone", bob) == before


def test_a_value_copied_to_another_row_column_or_zone_is_refused(univ, college) -> None:
    with zone_context(univ), connection.cursor() as cursor:
        bob, eve = make_person("Bob", phone=PHONE), make_person("Eve")
        token = stored("phone", bob)
        cursor.execute("UPDATE accounts_user SET phone = %s WHERE id = %s", [token, eve.pk])
        cursor.execute("UPDATE accounts_user SET resident_number = %s WHERE id = %s", [token, bob.pk])
        with pytest.raises(Undecipherable):
            _ = User.objects.get(pk=eve.pk).phone
        with pytest.raises(Undecipherable):
            _ = User.objects.get(pk=bob.pk).resident_number
    with zone_context(college), connection.cursor() as cursor:
        twin = make_person("Bob", id=bob.pk)
        cursor.execute("UPDATE accounts_user SET phone = %s WHERE id = %s", [token, twin.pk])
        with pytest.raises(Undecipherable):
            _ = User.objects.get(pk=twin.pk).phone


def test_a_row_is_read_where_it_was_loaded_even_after_leaving_the_zone(univ) -> None:
    with zone_context(univ):
        make_person("Bob", phone=PHONE)
        bob = User.objects.get(display_name="Bob")
    assert bob.phone == PHONE


@pytest.mark.parametrize("question", [{"phone": PHONE}, {"phone__startswith": "+82"}, {"phone__in": [PHONE]}])
def test_an_encrypted_field_cannot_be_searched(in_univ, question: dict) -> None:
    with pytest.raises(FieldError, match="is encrypted") as refused:
        User.objects.filter(**question).exists()
    assert PHONE not in str(refused.value)


def test_an_update_of_many_rows_is_refused(in_univ) -> None:
    make_person("Bob")
    with pytest.raises(TypeError, match="row by row") as refused:
        User.objects.update(phone=PHONE)
    assert PHONE not in str(refused.value)


def test_the_plain_text_is_nowhere_to_be_seen(in_univ) -> None:
    make_person("Bob", phone=PHONE)
    bob = User.objects.get(display_name="Bob")
    shown = [repr(bob), str(bob.__dict__), str(User.objects.values("phone").get()), repr(User.objects.all())]
    assert not [text for text in shown if PHONE in text or "bob@" in text.replace("'email': 'bob@", "")]


def test_the_blind_index_finds_a_row_however_the_number_is_written(in_univ) -> None:
    bob = make_person("Bob", phone=PHONE)
    make_person("Eve", phone="+821087654321")
    for text in ("010-1234-5678", "01012345678", "+82 10 1234 5678"):
        assert list(User.objects.filter(phone_index__seals=text)) == [bob]
    assert not User.objects.filter(phone_index__seals="010-1111-2222").exists()
    bob.phone = ""
    bob.save()
    assert stored("phone_index", bob) == ""


def test_two_zones_index_one_number_differently(univ, college) -> None:
    entries = set()
    for zone in (univ, college):
        with zone_context(zone):
            entries.add(stored("phone_index", make_person("Bob", phone=PHONE)))
    assert len(entries) == 2


def test_rows_under_an_older_index_key_are_still_found(in_univ, settings) -> None:
    bob = make_person("Bob", phone=PHONE)
    settings.INDEX_KEYS = [Fernet.generate_key().decode(), *settings.INDEX_KEYS]
    eve = make_person("Eve", phone=PHONE)
    assert set(User.objects.filter(phone_index__seals=PHONE)) == {bob, eve}
