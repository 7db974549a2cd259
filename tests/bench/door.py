"""Whether the time of an answer tells whose address it was: log-in, reset and registration, for every kind of address.

Kinds take turns, so that a busy moment of the machine hits them all. What is printed is each kind's median and the
middle half of its times; a difference is worth something to an attacker when it is larger than what parts two halves of
the same kind.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

from tests.bench import city

ROUNDS = 25


def kinds() -> dict[str, str]:
    """An address of every kind of account, and one of none."""
    from accounts.models import Organization, User
    from tests.cast import make_person
    from zones.context import get_zone, zone_context

    with zone_context(get_zone(city.ZONE)):
        away = Organization.objects.create(name="Away", code="away", status=Organization.Status.SUSPENDED)
        make_person("Known")
        make_person("Waiting", email_verified_at=None)
        make_person("Closed", is_active=False)
        make_person("Suspended", organization=away)
        User.objects.create_user("invited@example.com", None, display_name="Invited", email_verified_at=None)
    names = ("known", "waiting", "closed", "suspended", "invited", "nobody")
    return {name: f"{name}@example.com" for name in names}


def timed(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    with city.open_city():
        from tests.clients import ApiClient

        addresses, api = kinds(), ApiClient(city.ZONE)
        new = {"display_name": "Nara", "password": "Hangang!2026", "role": "parent"}
        asked: dict[str, Callable[[str], dict[str, Any]]] = {
            "auth/login": lambda email: {"email": email, "password": "Wr0ng!password"},
            "auth/password/reset": lambda email: {"email": email},
            "auth/register": lambda email: {**new, "email": email},
        }
        print("| endpoint | address | median, ms | middle half, ms |\n|---|---|---|---|")
        for path, body in asked.items():
            times: dict[str, list[float]] = {kind: [] for kind in addresses}
            for turn in range(ROUNDS + 1):
                for kind, email in addresses.items():
                    # What nobody has registered yet is registered once.
                    wanted = f"{turn}.{email}" if (path, kind) == ("auth/register", "nobody") else email
                    took = timed(lambda: api.post(f"/api/v1/{path}", body(wanted)))  # noqa: B023
                    if turn:
                        times[kind].append(took)
            for kind, taken in times.items():
                low, middle, high = statistics.quantiles(taken, n=4)
                print(f"| {path} | {kind} | {middle:.1f} | {low:.1f}–{high:.1f} |")


if __name__ == "__main__":
    main()
