"""Filling a zone with demo data: people, bank, exams and their history, all of it or nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import Classroom, Organization, User
from audit import clock
from exams.models import Attempt, Exam, Item, Response
from megacity.demo.bank import load
from megacity.demo.banks import seed_exams, seed_items
from megacity.demo.history import SPAN, seed_history
from megacity.demo.people import seed_people
from zones.context import zone_context
from zones.models import Zone
from zones.owner import is_owner, refresh_statistics

STUDENTS = 24
# People and questions are there before the first sitting.
PREPARATION = timedelta(days=3)


@dataclass(frozen=True)
class Seeded:
    """What a zone holds after seeding. `abilities` are the true ones, known only to the run that made the history."""

    items_changed: int
    items: int
    exams: int
    people: int
    attempts: int
    answers: int
    not_ready: list[str]
    abilities: dict[UUID, float]


def seed_zone(zone: Zone, *, students: int = STUDENTS) -> Seeded:
    """Bring `zone` to the demo state; what is there already stays. `students` in each of two organizations.

    One transaction: an interrupted run leaves nothing half-made, and answers need not wait for the disk one by one.
    """
    bank = load(zone.schema_name)
    with zone_context(zone), transaction.atomic():
        now = clock.now()
        is_new = not Organization.objects.exists()
        founded = now - SPAN - PREPARATION if is_new else now
        with clock.at(founded):
            people = seed_people(zone.schema_name, students=students)
            changed = seed_items(bank, people.admin)
            exams = seed_exams(bank, people)
        if is_new:
            _date_back(founded)
        abilities = seed_history(people, exams)
        seeded = Seeded(
            items_changed=changed,
            items=Item.objects.count(),
            exams=Exam.objects.filter(status=Exam.Status.PUBLISHED).count(),
            people=User.objects.count(),
            attempts=Attempt.objects.count(),
            answers=Response.objects.count(),
            not_ready=exams.not_ready,
            abilities=abilities,
        )
    if changed and is_owner():
        # Or the first visitors would wait for plans that were made for empty tables.
        with zone_context(zone):
            refresh_statistics()
    return seeded


def _date_back(founded: datetime) -> None:
    """Nobody's account is younger than their first exam."""
    for model in (Organization, Classroom, User, Item, Exam):
        model.objects.update(created_at=founded)
