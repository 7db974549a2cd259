"""Six weeks of attempts, lived through the real services: answers are drawn from each student's true ability.

The clock of `audit.clock` is set to the moment of each step, so that every row is written with the time it tells of.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import count
from math import exp, log
from random import Random
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from accounts.people import as_actor
from audit import clock
from audit.context import SYSTEM, acting
from exams.models import Attempt, Exam, Response, RubricCriterion
from exams.pools import LoadedPool, load_pool
from exams.problems import DeadlinePassed
from exams.services import answering, delivery, finishing, grading
from megacity.demo.answers import answer_of
from megacity.demo.banks import SeededExams
from megacity.demo.people import People, SchoolPeople
from zones.context import current_zone_id

WEEKS = 6
SPAN = timedelta(weeks=WEEKS)
OPENING_HOUR, CLOSING_HOUR = 8, 22
FASTEST, USUAL, SLOWEST = 15.0, 38.0, 90.0
COMMENTS = {
    "ko": ("근거를 글에서 더 찾아 덧붙여 보세요.", "주장과 근거가 잘 이어졌습니다."),
    "en": ("Look for more reasons and add them.", "Claim and reasons fit together well."),
}


class Ending(Enum):
    """How a sitting ends, unless the exam ends it first."""

    FULL = "answers everything"
    EARLY = "hands in after a part"
    LEFT = "walks away; the clock ends it"
    OPEN = "is still at it"


@dataclass(frozen=True)
class Sitting:
    """One attempt to live through."""

    begin: datetime
    student: User
    exam: Exam
    ability: float
    ending: Ending = Ending.FULL
    answers: int = 0


@dataclass
class Learner:
    """A student with a true ability, in logits, that grows over the weeks."""

    user: User
    start: float
    growth: float
    taken: list[datetime] = field(default_factory=list)

    def ability(self, moment: datetime, now: datetime) -> float:
        return self.start + self.growth * (1 - (now - moment) / SPAN)


def seed_history(people: People, exams: SeededExams) -> dict[UUID, float]:
    """Live through the sittings in the order of time; each student's true ability at the end, by id.

    Nothing happens when the demo student has attempts already.
    """
    if Attempt.objects.filter(user=people.demo_student).exists():
        return {}
    # Who came when and how able they are is the same on every run; which item comes next is drawn by the engine.
    rng = Random(people.admin.email + people.schools[0].organization.code)  # noqa: S311
    now = clock.now()
    learners = {user.pk: _learner(user, people, rng) for school in people.schools for user in school.students}
    sittings = [
        sitting
        for school in people.schools
        for sitting in _plan(school, [learners[user.pk] for user in school.students], people, exams, now, rng)
    ]
    for sitting in sorted(sittings, key=lambda sitting: sitting.begin):
        _sit(sitting, now, rng)
    _grade_essays(people, learners, now, rng)
    return {pk: learner.ability(now, now) for pk, learner in learners.items()}


def _learner(user: User, people: People, rng: Random) -> Learner:
    if user.pk == people.demo_student.pk:
        return Learner(user, 0.2, 0.8)
    first = user.organization_id == people.schools[0].organization.pk
    return Learner(user, rng.gauss(0.2 if first else -0.3, 0.9), rng.uniform(0.0, 0.5))


def _plan(
    school: SchoolPeople, learners: list[Learner], people: People, exams: SeededExams, now: datetime, rng: Random
) -> Iterator[Sitting]:
    own = [exam for exam in exams.by_organization[school.organization.pk] if exam.is_open]
    others = [exam for exam in exams.zone_wide if exam.is_open and exam != exams.practice]
    if not others:
        return
    main, *rest = others
    endings = _endings()
    for number, learner in enumerate(learners):
        if learner.user.pk == people.demo_student.pk:
            designs = [exam for exam in exams.designs if exam.is_open]
            yield from _demo_sittings(learner, main, [*rest, *own], [exams.practice, *designs], now, rng)
            continue
        # One in twelve has not begun yet.
        if number % 12 == 11:
            continue
        chosen = [main] + [exam for exam in own if rng.random() < 0.65] + [exam for exam in rest if rng.random() < 0.3]
        chosen += [main] if rng.random() < 0.2 else []
        # A few, so that there is a group to compare with.
        chosen += [exams.designs[number // 4 % len(exams.designs)]] if number % 4 == 2 else []
        for exam in chosen:
            yield _past_sitting(learner, exam, next(endings), now, rng)
        if number % 8 == 5 and exams.practice.is_open:
            # Untimed, so that it is still open whenever somebody looks.
            begin = now - timedelta(hours=rng.uniform(1, 30))
            yield _open_sitting(learner, exams.practice, begin, rng.randint(3, 8), now)
        elif number % 12 == 7:
            yield _open_sitting(learner, main, now - timedelta(minutes=rng.uniform(5, 12)), rng.randint(3, 9), now)


def _demo_sittings(
    learner: Learner, main: Exam, rest: list[Exam], others: list[Exam], now: datetime, rng: Random
) -> Iterator[Sitting]:
    """Finished sittings of every exam there is and of the main one again, the last one too, with nothing left open."""
    order = [main, *rest, main, *others, main]
    exams = [exam for exam in order if exam.is_open]
    for number, exam in enumerate(exams):
        begin = _hour(now - timedelta(days=40 - number * 38 / len(exams)), rng)
        yield Sitting(begin, learner.user, exam, learner.ability(begin, now))


def _endings() -> Iterator[Ending]:
    """Now and then one hands in early, and more seldom one walks away."""
    return (
        Ending.EARLY if number % 13 == 6 else Ending.LEFT if number % 19 == 9 else Ending.FULL for number in count()
    )


def _past_sitting(learner: Learner, exam: Exam, ending: Ending, now: datetime, rng: Random) -> Sitting:
    begin = _day(learner, now, rng)
    answers = rng.randint(4, max(5, exam.min_items - 2))
    return Sitting(begin, learner.user, exam, learner.ability(begin, now), ending, answers)


def _open_sitting(learner: Learner, exam: Exam, begin: datetime, answers: int, now: datetime) -> Sitting:
    return Sitting(begin, learner.user, exam, learner.ability(begin, now), Ending.OPEN, answers)


def _day(learner: Learner, now: datetime, rng: Random) -> datetime:
    """A moment of these weeks, not on a day on which this student sat another exam."""
    while True:
        begin = _hour(now - timedelta(days=rng.uniform(2, WEEKS * 7 - 1)), rng)
        if all(abs(begin - other) > timedelta(hours=18) for other in learner.taken):
            learner.taken.append(begin)
            return begin


def _hour(day: datetime, rng: Random) -> datetime:
    """A waking hour of that day where the students live."""
    local = timezone.localtime(day)
    second = rng.randrange(60)
    return local.replace(hour=rng.randrange(OPENING_HOUR, CLOSING_HOUR), minute=rng.randrange(60), second=second)


def _sit(sitting: Sitting, now: datetime, rng: Random) -> None:
    student = sitting.student
    with acting(as_actor(student)):
        with clock.at(sitting.begin):
            language = student.language if student.language in sitting.exam.languages else ""
            reply = delivery.start(person=student, exam_id=sitting.exam.pk, client_key=_key(rng), language=language)
        moment, last = _answer_items(sitting, reply, now, rng)
        if last is None or last["item"] is None:
            return
        if sitting.ending is Ending.EARLY:
            with clock.at(moment + timedelta(seconds=8)):
                delivery.submit(person=student, attempt_id=UUID(last["id"]), client_key=_key(rng))
    if sitting.ending is Ending.LEFT and last["deadline_at"]:
        # As the worker does a moment after the deadline.
        with acting(SYSTEM), clock.at(datetime.fromisoformat(last["deadline_at"]) + timedelta(seconds=20)):
            finishing.finish_overdue()


def _answer_items(
    sitting: Sitting, reply: dict[str, Any], now: datetime, rng: Random
) -> tuple[datetime, dict[str, Any] | None]:
    """Answer until the exam, the student or the present moment ends it; None when time ran out on the way."""
    moment = sitting.begin
    pool, seed = Attempt.objects.values_list("pool_id", "seed").get(pk=reply["id"])
    loaded, zone = load_pool(pool), current_zone_id()
    limit = sitting.answers if sitting.ending is not Ending.FULL else None
    while reply["item"] is not None and (limit is None or reply["progress"]["answered"] < limit):
        item = reply["item"]
        index = loaded.versions.index(int(item["id"]))
        seconds = _seconds(sitting.ability, loaded, index, rng)
        moment += timedelta(seconds=seconds)
        if moment > now:
            break
        said = answer_of(sitting.ability, loaded, index, item=item, seed=seed, zone=zone, rng=rng)
        try:
            with clock.at(moment):
                reply = answering.answer(
                    person=sitting.student,
                    attempt_id=UUID(reply["id"]),
                    client_key=_key(rng),
                    position=item["position"],
                    item=int(item["id"]),
                    **said,
                    # What the browser measured; the rest of the time went by on the network.
                    elapsed_ms=int(seconds * 1000) - rng.randrange(80, 400),
                )
        except DeadlinePassed:
            return moment, None
    return moment, reply


def _grade_essays(people: People, learners: dict[UUID, Learner], now: datetime, rng: Random) -> None:
    """Teachers have graded what was handed in some days ago, but for a few; the rest waits."""
    teachers = {student.pk: school.teachers[0] for school in people.schools for student in school.students}
    essays = Response.objects.filter(score=None, attempt__status=Attempt.Status.FINISHED).select_related("attempt")
    for response in essays.order_by("answered_at"):
        attempt = response.attempt
        graded_at = response.answered_at + timedelta(hours=rng.uniform(3, 40))
        if graded_at > now - timedelta(days=4) or (rng.random() < 0.2 and attempt.user_id != people.demo_student.pk):
            continue
        ability = learners[attempt.user_id].ability(response.answered_at, now)
        most = RubricCriterion.objects.filter(version=response.version_id).order_by("position")
        share = min(1.0, max(0.0, (ability + rng.gauss(0, 0.5) + 2) / 4))
        points = [round(share * criterion.max_points) for criterion in most]
        comment = COMMENTS[attempt.language][0 if share < 0.6 else 1]
        teacher = teachers[attempt.user_id]
        with acting(as_actor(teacher)), clock.at(graded_at):
            grading.grade(person=teacher, response_id=response.pk, points=points, comment=comment)


def _seconds(ability: float, loaded: LoadedPool, index: int, rng: Random) -> float:
    """Longest for an item about as hard as the student is able; never under FASTEST or over SLOWEST."""
    _a, b, _c = loaded.parameters(index)
    closeness = exp(-((b - ability) ** 2) / 2)
    return min(SLOWEST, max(FASTEST, rng.lognormvariate(log(USUAL * (0.8 + 0.4 * closeness)), 0.4)))


def _key(rng: Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)
