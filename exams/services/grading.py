"""Grading essays by their rubric. Grades are only ever added; the newest counts."""

from collections.abc import Sequence
from math import isfinite

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.people import Person, known
from audit import clock
from audit.models import Action
from audit.services import record
from exams.authority import require
from exams.cat import session
from exams.content import content_of
from exams.models import Attempt, Grade, Response
from exams.pools import load_pool
from exams.selectors.grading import PERMISSION, get_response
from exams.selectors.review import newest_grades
from exams.services.finishing import report_of_attempt
from exams.state import scaled_score
from zones.problems import Invalid

LONGEST_COMMENT = 5000
PLATFORM = "MegaCity"


def grade(*, person: Person, response_id: int, points: Sequence[int], comment: str = "") -> Grade:
    """Give an essay `points`, one number for each criterion of its rubric, and let them count at once.

    In one transaction the grade is added and its attempt estimated anew from all its answers: ability, score, report
    and what is left to grade. The very same grade again by the same person changes nothing.

    Raises PermissionRefused, NotFound for an answer whose report `person` may not read (and for one that is not
    handed in), Invalid naming the criterion and its points.
    """
    require(person, PERMISSION)
    response = get_response(person, response_id)
    _check(response, points, comment)
    with transaction.atomic():
        attempt = Attempt.objects.select_for_update(of=("self",)).get(pk=response.attempt_id)
        before = response.grades.select_related("grader").order_by("-pk").first()
        grader = User.objects.filter(pk=known(person)).first()
        if before and (before.points, before.comment, before.grader) == (list(points), comment, grader):
            return before
        made = Grade.objects.create(
            response=response,
            points=list(points),
            score=sum(points),
            comment=comment,
            grader=grader,
            # Students read it; those who answer for the platform have no account in the zone, and stay behind its name.
            grader_name=grader.display_name if grader else PLATFORM,
            created_at=clock.now(),
        )
        score_before = attempt.score
        _estimate(attempt)
        details = {
            "event": "grade",
            "position": response.position,
            "points": [before.score if before else None, made.score],
            "score": [score_before, attempt.score],
        }
        record(Action.UPDATE, "attempt", attempt.pk, organization_id=attempt.organization_id, details=details)
    return made


def _check(response: Response, points: Sequence[int], comment: str) -> None:
    most = [criterion.most for criterion in content_of(response.version_id, response.attempt.language).rubric]
    if len(points) != len(most):
        said = _("The rubric has %(wanted)s criteria, but there are points for %(count)s.")
        raise Invalid(said % {"wanted": len(most), "count": len(points)})
    for number, (given, allowed) in enumerate(zip(points, most, strict=True), start=1):
        if not 0 <= given <= allowed:
            said = _("Criterion %(number)s takes 0 to %(most)s points, not %(points)s.")
            raise Invalid(said % {"number": number, "most": allowed, "points": given})
    if len(comment) > LONGEST_COMMENT or "\x00" in comment:
        said = _("A comment has at most %(most)s characters, and only such as can be stored.")
        raise Invalid(said % {"most": LONGEST_COMMENT})


def _estimate(attempt: Attempt) -> None:
    """Ability, score and report of a finished attempt from its rows: the newest grades and the scores of the rest."""
    loaded = load_pool(attempt.pool_id)
    past = session.CatState.from_json(attempt.state)
    responses = list(attempt.responses.order_by("position"))
    # From the pool, not from the versions, of which a grader may not see another organization's.
    most = {version: spec.max_score for version, spec in zip(loaded.versions, loaded.answers, strict=True)}
    grades = newest_grades(responses)
    scores: list[int | None] = []
    correct = 0
    for response in responses:
        graded = grades.get(response.pk)
        score = graded.score if graded else response.score
        scores.append(score if response.is_scored else None)
        is_right = score == most[response.version_id] if graded else response.is_correct
        correct += response.is_scored and is_right
    state = session.state_from_history(
        loaded.pool, loaded.config, past.administered, scores, None, excluded=past.excluded
    )
    attempt.state, attempt.theta = state.to_json(), state.theta
    attempt.se = state.se if isfinite(state.se) else None
    attempt.correct = correct
    attempt.ungraded = sum(response.score is None and response.pk not in grades for response in responses)
    attempt.report = report_of_attempt(attempt)
    attempt.score = scaled_score(state.theta) if attempt.report["scored"] else None
    changed = ["state", "theta", "se", "score", "correct", "ungraded", "report"]
    attempt.save(update_fields=changed)
