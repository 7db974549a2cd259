"""Exchanging keys while people read and write; killed in the middle; told what is left."""

import io
import subprocess
import sys
import threading
import time

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as live
from django.core.management import CommandError, call_command
from django.db import connection

from accounts import crypto, rotation
from accounts.models import OutgoingMail, User
from accounts.services.notices import notify
from tests.cast import make_person
from zones.context import zone_context

PHONE = "+821012345678"


def key() -> str:
    return Fernet.generate_key().decode()


def run(**options) -> str:
    said = io.StringIO()
    call_command("rotate_keys", stdout=said, **options)
    return said.getvalue()


def number(n: int) -> str:
    return f"+8210{n:08d}"


def stored() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone, phone_index FROM accounts_user ORDER BY email")
        return cursor.fetchall()


def test_everything_is_put_under_the_newest_keys_and_the_old_ones_may_go(in_univ, college, settings) -> None:
    bob = make_person("Bob", phone=PHONE, resident_number="9001011234568")
    notify(user=bob, kind="consent_given", context={})
    mail = OutgoingMail.objects.get()
    with zone_context(college):
        make_person("Charlie", phone=PHONE)
    old = settings.FIELD_KEYS, settings.INDEX_KEYS
    settings.FIELD_KEYS, settings.INDEX_KEYS = [key(), *old[0]], [key(), *old[1]]
    assert "(1)" in run(dry_run=True)
    assert all(token.startswith(old_id(old[0])) for token, _ in stored())
    said = run()
    assert "Nothing is under an older key. These may go" in said
    settings.FIELD_KEYS, settings.INDEX_KEYS = settings.FIELD_KEYS[:1], settings.INDEX_KEYS[:1]
    again = User.objects.get(phone_index__seals="010-1234-5678")
    assert (again.phone, again.resident_number) == (PHONE, "9001011234568")
    assert crypto.decrypt(OutgoingMail.objects.get(pk=mail.pk).context, context="mail")
    with zone_context(college):
        assert User.objects.get(phone_index__seals=PHONE).phone == PHONE


def old_id(keys: list[str]) -> str:
    return crypto._ring(crypto.LABEL, tuple(keys))[0].id


def test_tokens_within_json_are_renewed_for_their_row(in_univ, settings) -> None:
    from allauth.mfa.models import Authenticator

    bob = make_person("Bob")
    data = {"secret": crypto.encrypt("SEED", context=f"totp:{bob.pk}"), "last_step": 7}
    Authenticator.objects.create(user=bob, type="totp", data=data)
    settings.FIELD_KEYS = [key(), *settings.FIELD_KEYS]
    run()
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    row = Authenticator.objects.get()
    assert crypto.decrypt(row.data["secret"], context=f"totp:{bob.pk}") == "SEED"
    assert row.data["last_step"] == 7


def test_a_row_that_no_key_opens_is_told_and_keeps_the_old_key_in_the_ring(in_univ, settings) -> None:
    bob, eve = make_person("Bob", phone=PHONE), make_person("Eve")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET phone = (SELECT phone FROM accounts_user WHERE id = %s)", [bob.pk])
    settings.FIELD_KEYS = [key(), *settings.FIELD_KEYS]
    with pytest.raises(CommandError, match="keep all keys"):
        run()
    assert User.objects.get(pk=bob.pk).phone == PHONE
    with pytest.raises(crypto.Undecipherable):
        _ = User.objects.get(pk=eve.pk).phone


def test_a_token_where_nobody_declared_one_is_found(in_univ) -> None:
    make_person("Bob")
    User.objects.update(display_name=crypto.encrypt("x")[:80])
    assert any("which no privacy.py calls encrypted" in place for place in rotation.remaining())


@pytest.mark.slow
def test_writers_lose_nothing_and_a_killed_run_is_started_again(committed, univ, settings) -> None:
    people = 200
    with zone_context(univ):
        for n in range(people):
            make_person(f"Person {n:04d}", phone=number(n))
    ring = [key(), *settings.FIELD_KEYS]
    settings.FIELD_KEYS = ring
    written: dict[int, int] = {}
    problems: list[Exception] = []
    stop = threading.Event()

    def write(own: int) -> None:
        try:
            with zone_context(univ):
                for turn in range(100_000):
                    for n in range(own, people, 40):
                        if stop.is_set():
                            return
                        user = User.objects.get(email=f"person.{n:04d}@example.com")
                        assert user.phone == number(written.get(n, n))
                        user.phone = number(10_000 * (turn + 1) + n)
                        user.save(update_fields=["phone", "phone_index"])
                        written[n] = 10_000 * (turn + 1) + n
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(own,)) for own in (0, 1)]
    for thread in threads:
        thread.start()
    killed = _start(ring)
    deadline = time.monotonic() + 60
    with zone_context(univ):
        # Some rows are done, most are not: now the process dies.
        while _under(ring) < 30 and time.monotonic() < deadline:
            time.sleep(0.02)
        killed.kill()
        killed.wait()
        assert 30 <= _under(ring) < people
    assert _start(ring).wait(120) == 0
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    settings.FIELD_KEYS = ring[:1]
    with zone_context(univ):
        for n in range(people):
            user = User.objects.get(email=f"person.{n:04d}@example.com")
            assert user.phone == number(written.get(n, n))
            assert User.objects.get(phone_index__seals=user.phone).pk == user.pk
    assert len(written) >= 2


def _under(ring: list[str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_user WHERE left(phone, 8) = %s", [old_id(ring)])
        return cursor.fetchone()[0]


def _start(ring: list[str]) -> subprocess.Popen:
    """`manage.py rotate_keys` as a process of its own on this test's database, in batches of ten."""
    from os import environ

    from tests import servers

    environment = environ | {"DATABASE_URL": servers.address(connection.settings_dict["NAME"])}
    environment["FIELD_KEYS"] = ",".join(ring)
    command = [sys.executable, "manage.py", "rotate_keys", "--zone", "univ", "--batch", "10"]
    return subprocess.Popen(command, cwd=live.BASE_DIR, env=environment, stdout=subprocess.DEVNULL)
