"""Second factors for people of tests: an authenticator app whose secret the test knows."""

import time
from typing import Any

from accounts.models import User
from accounts.services import factors


def give_app(user: User, secret: str = "") -> str:
    """Enrol an authenticator app for `user`, in the current zone, with no code used yet; its secret."""
    secret = secret or factors.new_secret()
    factors.keep_totp(user=user, secret=secret)
    return secret


def code_now(secret: str) -> str:
    """The code that holds now and for two seconds more at least."""
    left = factors.STEP_SECONDS - time.time() % factors.STEP_SECONDS
    if left < 2:
        time.sleep(left)
    return factors.code_at(secret, time.time())


def wrong_code(secret: str) -> str:
    return f"{(int(code_now(secret)) + 1) % 1_000_000:06d}"


def log_in(client: Any, user: User, password: str, path: str = "/login", field: str = "email") -> Any:
    """The first step of a log-in with a browser."""
    return client.post(path, {field: user.email, "password": password})
