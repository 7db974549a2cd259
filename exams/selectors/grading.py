"""The essays that wait for a grade, and those that have one, for whoever may grade them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.people import Person
from accounts.permissions import ZONE_WIDE
from accounts.selectors import visible_students
from exams.content import Content, content_of
from exams.models import Attempt, Grade, ItemVersion, Response
from zones.context import exists_in_zone
from zones.problems import NotFound

# Whoever writes exams grades them; whose answers those are is confined as reports are.
PERMISSION = "exam:update"
MOST_COUNTED = 100


def responses_to_grade(person: Person) -> QuerySet[Response]:
    """The essays of finished attempts whose reports `person` may read, the longest waiting first.

    `graded` tells whether a grade has been given, `newest_score` what it was; `item_code` is empty and `max_score`
    None (see `most_points`) for an item of another organization. Empty for whoever may not grade.
    """
    # Of what students answer, essays alone have no score of their own. Not by the item: a student may have sat
    # another organization's exam, whose items their teacher does not see.
    essays = Response.objects.filter(score__isnull=True, attempt__status=Attempt.Status.FINISHED)
    grades = Grade.objects.filter(response=OuterRef("pk"))
    version = ItemVersion.objects.filter(pk=OuterRef("version"))
    essays = (
        essays.select_related("attempt__exam", "attempt__user")
        .annotate(
            graded=Exists(grades),
            newest_score=Subquery(grades.order_by("-pk").values("score")[:1]),
            item_code=Coalesce(Subquery(version.values("item__code")[:1]), Value("")),
            max_score=Subquery(version.values("max_score")[:1]),
        )
        .order_by("attempt__started_at", "pk")
    )
    if not person.allows(PERMISSION):
        return essays.none()
    if person.role in ZONE_WIDE:
        return essays
    return essays.filter(attempt__user__in=visible_students(person).order_by().values("pk"))


def waiting(person: Person) -> QuerySet[Response]:
    """Those that nobody has graded yet."""
    # The attempt's count is what an index finds them by.
    left = responses_to_grade(person).filter(attempt__ungraded__gt=0)
    return left.exclude(Exists(Grade.objects.filter(response=OuterRef("pk"))))


def get_response(person: Person, response_id: int) -> Response:
    """An essay that `person` may grade, with its grades, the newest first.

    Raises NotFound, audited when it is there.
    """
    history = Prefetch("grades", Grade.objects.order_by("-pk"))
    response = responses_to_grade(person).filter(pk=response_id).prefetch_related(history).first()
    if response is None:
        raise NotFound(audited=exists_in_zone(Response, pk=response_id))
    return response


def most_points(response: Any) -> int:
    """What a row of `responses_to_grade` can be worth."""
    if response.max_score is not None:
        return response.max_score
    return sum(criterion.most for criterion in content_of(response.version_id, response.attempt.language).rubric)


@dataclass(frozen=True)
class Sheet:
    """What a grader needs to see, in the attempt's language; `grades` are the newest first.

    `criteria`: {name, most, levels, points: of the newest grade or None}.
    """

    response: Response
    content: Content
    text: str
    criteria: list[dict[str, Any]]
    grades: list[Grade]

    @property
    def most(self) -> int:
        return most_points(self.response)


def sheet_of(response: Response) -> Sheet:
    """The sheet of a response that `get_response` gave."""
    content = content_of(response.version_id, response.attempt.language)
    grades = list(response.grades.all())
    points: Sequence[int | None] = grades[0].points if grades else [None] * len(content.rubric)
    criteria = [
        {"name": criterion.name, "most": criterion.most, "levels": list(criterion.levels), "points": given}
        for criterion, given in zip(content.rubric, points, strict=True)
    ]
    return Sheet(response, content, (response.answer or {}).get("text", ""), criteria, grades)


def number_waiting(person: Person) -> int:
    """How many wait for `person`, counted to MOST_COUNTED: the navigation of every page says it."""
    return waiting(person).order_by()[:MOST_COUNTED].count()
