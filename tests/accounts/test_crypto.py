"""Tokens of the key ring: what opens them, what does not, and how a newer key takes over."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from accounts import crypto


@pytest.fixture
def old_key(settings) -> str:
    return settings.FIELD_KEYS[0]


@pytest.fixture
def new_key() -> str:
    return Fernet.generate_key().decode()


@pytest.mark.parametrize("text", ["", "010-1234-5678", "비밀 🗝", "x" * 100_000])
def test_what_was_encrypted_is_decrypted(text: str) -> None:
    token = crypto.encrypt(text)
    assert text not in token or not text
    assert crypto.decrypt(token) == text


def test_two_tokens_of_one_text_differ() -> None:
    assert crypto.encrypt("same") != crypto.encrypt("same")


def test_a_token_is_refused_in_another_context() -> None:
    token = crypto.encrypt("seed", context="univ|totp|1")
    for other in ("", "univ|totp|2", "college|totp|1"):
        with pytest.raises(crypto.Undecipherable):
            crypto.decrypt(token, context=other)


@pytest.mark.parametrize("position", [9, 30, -2])
def test_an_altered_token_is_refused(position: int) -> None:
    token = list(crypto.encrypt("secret"))
    token[position] = "A" if token[position] != "A" else "B"
    with pytest.raises(crypto.Undecipherable) as refused:
        crypto.decrypt("".join(token))
    assert "".join(token) not in str(refused.value)


@pytest.mark.parametrize("token", ["", "nonsense", "00000000:gAAAA", ":", "키:값"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(crypto.Undecipherable):
        crypto.decrypt(token)


def test_a_newer_key_writes_and_the_older_one_still_reads(settings, old_key: str, new_key: str) -> None:
    old = crypto.encrypt("seed")
    settings.FIELD_KEYS = [new_key, old_key]
    new = crypto.rotate(old)
    assert crypto.decrypt(old) == crypto.decrypt(new) == "seed"
    assert crypto.rotate(new) == new
    settings.FIELD_KEYS = [new_key]
    assert crypto.decrypt(new) == "seed"
    with pytest.raises(crypto.Undecipherable):
        crypto.decrypt(old)


def test_a_key_is_never_shown(settings, old_key: str) -> None:
    assert old_key not in repr(crypto.field_keys())
    settings.FIELD_KEYS = ["not-a-key-" + "x" * 20]
    with pytest.raises(ImproperlyConfigured) as refused:
        crypto.encrypt("x")
    assert "not-a-key" not in str(refused.value)
