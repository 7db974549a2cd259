"""What happens at the same moment: real threads, real commits."""

from accounts import tokens
from accounts.models import RefreshSession, User
from accounts.services import classes, people
from tests.threads import together
from zones.context import zone_context
from zones.problems import Invalid, NotAuthenticated


def test_one_address_registered_twice_at_once_is_one_account(committed, univ):
    def register(email):
        return lambda: people.register(display_name="Nara", email=email, password="Spr1ng!time")

    answers = together(univ, *map(register, ["nara@example.com", "Nara@example.com", "NARA@example.com"]))
    assert sum(isinstance(answer, User) for answer in answers) == 1
    refused = [answer for answer in answers if not isinstance(answer, User)]
    assert all(isinstance(answer, Invalid) and list(answer.extra["errors"]) == ["email"] for answer in refused)
    with zone_context(univ):
        assert User.objects.count() == 1


def test_of_parallel_refreshes_one_gets_a_pair(committed, cast, univ):
    with zone_context(univ):
        raw = tokens.issue(cast.bob).refresh
    answers = together(univ, *[lambda: tokens.rotate(raw)] * 4)
    assert sum(isinstance(answer, tuple) for answer in answers) == 1
    assert sum(isinstance(answer, NotAuthenticated) for answer in answers) == 3
    with zone_context(univ):
        # The token came more than once, so its family is over, the pair that was won included.
        assert not RefreshSession.objects.filter(used_at=None, revoked_at=None).exists()


def test_a_member_added_twice_at_once_is_in_the_class_once(committed, cast, univ):
    def add():
        return classes.add_member(person=cast.anna, classroom=cast.room, user=cast.bob)

    with zone_context(univ):
        cast.room.memberships.filter(user=cast.bob).delete()
    answers = together(univ, add, add, add)
    assert len({answer.pk for answer in answers}) == 1
