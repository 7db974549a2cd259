"""What happens at the same moment: real threads, real commits."""

from datetime import date

from accounts import tokens
from accounts.links import Purpose, make_link
from accounts.models import RefreshSession, User
from accounts.services import classes, passwords, people
from tests.threads import together
from zones.context import zone_context
from zones.problems import NotAuthenticated


def test_one_address_registered_twice_at_once_is_one_account(committed, univ):
    def register(email):
        return lambda: people.register(
            display_name="Nara", email=email, password="Spr1ng!time", birth_date=date(2001, 5, 5)
        )

    answers = together(univ, *map(register, ["nara@example.com", "Nara@example.com", "NARA@example.com"]))
    # Nobody is told that the address is taken.
    assert answers == [False] * 3
    with zone_context(univ):
        assert User.objects.count() == 1


def test_of_two_who_use_a_link_at_once_one_does(committed, cast, univ):
    with zone_context(univ):
        token = make_link(Purpose.RESET, cast.bob)

    def use(new):
        return lambda: passwords.set_by_link(purpose=Purpose.RESET, token=token, new=new)

    answers = together(univ, use("Hangang!2026"), use("Namsan!2026"), use("Bukhan!2026"))
    assert sum(isinstance(answer, User) for answer in answers) == 1
    assert [answer.code for answer in answers if not isinstance(answer, User)] == ["link_void"] * 2


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
