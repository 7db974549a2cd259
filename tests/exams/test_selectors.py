"""What teachers, parents and students read, against plain computations, and what it costs."""

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.people import Anonymous
from exams.cat import ItemParameters
from exams.cat.models import probability
from exams.models import Attempt, Exam
from exams.selectors.exams import exam_cards
from exams.selectors.groups import live_rows, means_by_class, people_summary, recent_attempts
from exams.selectors.histograms import score_bins
from exams.selectors.percentiles import percentile_of, percentiles
from exams.selectors.progress import activity, class_at_exam, class_overview, exams_of_class, results, score_history
from exams.selectors.reports import dashboard_of, exam_statistics
from exams.selectors.results import Z95, score_band
from exams.selectors.statistics import (
    EASY,
    FEW,
    HARD,
    OFTEN,
    WEAK,
    area_profile,
    exam_summary,
    flags_of,
    item_statistics,
)
from tests.api.city import start
from tests.exams.many import PARAMETERS, Sittings, enrol, sit
from tests.sample_exam import make_exam

STUDENTS, ITEMS, GIVEN = 200, 24, 12


@pytest.fixture
def exam(in_univ) -> Exam:
    return make_exam("sample", size=ITEMS)


@pytest.fixture
def sittings(cast, exam) -> Sittings:
    """Two hundred students of Alice's class, each with twelve of the twenty-four items."""
    return sit(enrol(cast.room, STUDENTS), exam, given=GIVEN)


def with_scores(students: list[User], exam: Exam, scores: list[float]) -> list[Attempt]:
    attempts = sit(students, exam, given=1).attempts
    for attempt, score in zip(attempts, scores, strict=True):
        attempt.score = score
    Attempt.objects.bulk_update(attempts, ["score"])
    return attempts


def test_a_percentile_is_the_share_of_the_others_below(cast, exam):
    attempts = with_scores(enrol(cast.room, 5), exam, [400.0, 500.0, 500.0, 600.0, 700.0])
    ranks = percentiles(attempts)
    # Of four others; one with the same score counts half.
    assert [ranks[attempt.pk] for attempt in attempts] == [0.0, 37.5, 37.5, 75.0, 100.0]


def test_percentiles_agree_with_counting(sittings, django_assert_num_queries):
    with django_assert_num_queries(1):
        ranks = percentiles(sittings.attempts)
    scores = np.array([attempt.score for attempt in sittings.attempts])
    for attempt, score in zip(sittings.attempts, scores, strict=True):
        expected = 100 * ((scores < score).sum() + ((scores == score).sum() - 1) / 2) / (len(scores) - 1)
        assert ranks[attempt.pk] == pytest.approx(expected, abs=0.05)


def test_without_a_group_or_a_score_there_is_no_percentile(cast, exam):
    alone, unscored = sit(enrol(cast.room, 2), exam, given=1).attempts
    Attempt.objects.filter(pk=unscored.pk).update(score=None)
    assert percentile_of(alone) is None
    assert percentiles([alone, Attempt.objects.get(pk=unscored.pk)]) == {}


def test_groups_of_other_exams_do_not_count(cast, exam):
    students = enrol(cast.room, 3)
    attempts = with_scores(students, exam, [400.0, 500.0, 600.0])
    with_scores(students, make_exam("another", size=8), [900.0, 900.0, 900.0])
    assert percentile_of(attempts[2]) == 100.0


def test_item_statistics_agree_with_numpy(sittings, exam, django_assert_num_queries):
    with django_assert_num_queries(3):
        rows = {row.code: row for row in item_statistics(exam.pk)}
    assert len(rows) == ITEMS
    for column, version in enumerate(sittings.versions):
        row, given = rows[version.item.code], ~np.isnan(sittings.scores[:, column])
        right = sittings.scores[given, column]
        assert row.n == given.sum()
        assert row.facility == pytest.approx(right.mean(), abs=5e-4)
        assert row.exposure == pytest.approx(given.mean(), abs=5e-4)
        assert row.discrimination == pytest.approx(np.corrcoef(right, sittings.thetas[given])[0, 1], abs=5e-4)
        assert row.difficulty == pytest.approx(version.difficulty, abs=5e-3)


def test_statistics_are_confined_to_the_students_named(sittings, exam):
    few = sittings.students[:40]
    rows = item_statistics(exam.pk, [student.pk for student in few])
    assert sum(row.n for row in rows) == 40 * GIVEN
    summary = exam_summary(exam.pk, [student.pk for student in few])
    scores = [attempt.score for attempt in sittings.attempts[:40]]
    assert (summary["started"], summary["finished"], summary["running"]) == (40, 40, 0)
    assert summary["mean"] == pytest.approx(np.mean(scores))
    assert summary["sd"] == pytest.approx(np.std(scores))
    assert exam_summary(exam.pk, [])["finished"] == 0


def test_an_item_that_all_answer_alike_has_no_discrimination(cast, exam):
    sit(enrol(cast.room, 3), exam, given=ITEMS)
    alike = [row for row in item_statistics(exam.pk) if row.facility in (0.0, 1.0)]
    assert alike
    assert all(row.discrimination is None for row in alike)


@pytest.mark.parametrize(
    ("n", "facility", "discrimination", "exposure", "flags"),
    [
        (FEW - 1, 1.0, -1.0, 1.0, 1),
        (FEW, 0.6, 0.4, 0.2, 0),
        (FEW, EASY + 0.01, 0.4, 0.2, 1),
        (FEW, HARD - 0.01, 0.4, 0.2, 1),
        (FEW, 0.6, WEAK - 0.01, 0.2, 1),
        (FEW, 0.6, None, 0.2, 0),
        (FEW, 0.6, 0.4, OFTEN + 0.01, 1),
        (FEW, HARD - 0.01, WEAK - 0.01, OFTEN + 0.01, 3),
    ],
)
def test_flags_name_what_to_look_at(n, facility, discrimination, exposure, flags):
    assert len(flags_of(n, facility, discrimination, exposure)) == flags


def test_area_profile_agrees_with_the_model(sittings, exam, django_assert_num_queries):
    with django_assert_num_queries(2):
        rows = area_profile([student.pk for student in sittings.students], exam.pk)
    items = ItemParameters(*(np.array([getattr(v, name) for v in sittings.versions]) for name in PARAMETERS))
    chances = np.array([probability(theta, items) for theta in sittings.thetas])
    given = ~np.isnan(sittings.scores)
    for row in rows:
        mine = np.array([version.item.area.name == row["area"] for version in sittings.versions])
        assert row["answered"] == given[:, mine].sum()
        assert row["correct"] == np.nansum(sittings.scores[:, mine])
        assert row["expected"] == pytest.approx((chances * given)[:, mine].sum(), abs=0.06)
    assert rows == area_profile(None, exam.pk)


def test_score_bins_hold_every_score_once(cast, sittings, exam):
    assert score_bins(Attempt.objects.none()) == []
    bins = score_bins(Attempt.objects.all())
    scores = [attempt.score for attempt in sittings.attempts]
    assert sum(row["count"] for row in bins) == len(scores)
    assert all(after["from"] == before["to"] for before, after in pairwise(bins))
    for row in bins:
        assert row["count"] == sum(row["from"] <= score < row["to"] for score in scores)


def test_the_percentile_of_one_is_that_among_many(cast, sittings, exam):
    ranks = percentiles(sittings.attempts)
    assert [percentile_of(attempt) for attempt in sittings.attempts] == [ranks[a.pk] for a in sittings.attempts]


def test_a_score_band_is_the_interval_of_ability_on_the_reporting_scale(sittings):
    attempt = sittings.attempts[0]
    low, high = score_band(attempt)
    assert high - low == pytest.approx(200 * Z95 * attempt.se, abs=0.2)
    assert (low + high) / 2 == pytest.approx(500 + 100 * attempt.theta, abs=0.1)
    attempt.score = None
    assert score_band(attempt) is None


def test_a_class_at_an_exam_shows_the_newest_attempt_and_the_best_score(cast, exam, django_assert_num_queries):
    students = enrol(cast.room, 3)
    now = timezone.now()
    first = sit(students[:2], exam, given=4, at=now - timedelta(days=2)).attempts
    second = sit(students[:1], exam, given=4, seed=7, at=now).attempts
    start(students[1], exam)
    with django_assert_num_queries(1):
        rows = class_at_exam(students, exam)
    assert [row.status for row in rows] == ["finished", "in_progress", "not_started"]
    assert (rows[0].attempts, rows[0].attempt_id, rows[0].score) == (2, second[0].pk, second[0].score)
    assert rows[0].best_score == max(first[0].score, second[0].score)
    assert (rows[1].score, rows[1].best_score) == (None, first[1].score)
    assert (rows[2].attempts, rows[2].best_score, rows[2].last_activity) == (0, None, None)
    overview = class_overview(students)
    assert [row["attempts"] for row in overview] == [2, 2, 0]
    assert overview[0]["mean_score"] == round((first[0].score + second[0].score) / 2)
    assert overview[1]["last_score"] == round(first[1].score)
    (row,) = exams_of_class(students)
    assert (row["exam"], row["students"], row["finished"], row["running"]) == (exam, 2, 3, 1)


def test_a_history_goes_forward_in_time(cast, exam):
    (student,) = enrol(cast.room, 1)
    later = sit([student], exam, given=4, seed=2).attempts[0]
    earlier = sit([student], exam, given=4, seed=3, at=timezone.now() - timedelta(days=9)).attempts[0]
    history = score_history(student.pk)
    assert [row["score"] for row in history] == [earlier.score, later.score]
    # 95 %, as on the result's page: 1.96 standard errors of 0.3 logits, 100 points a logit.
    assert [round(row["high"] - row["score"]) for row in history] == [59, 59]
    assert [round(row["score"] - row["low"]) for row in history] == [59, 59]
    assert [row["score"] for row in results([later, earlier])] == [round(later.score), round(earlier.score)]


def test_activity_counts_by_day_in_the_zones_time(cast, exam):
    students = enrol(cast.room, 3)
    noon = timezone.localtime().replace(hour=12)
    sit(students[:2], exam, given=1, at=noon - timedelta(days=3))
    sit(students[2:], exam, given=1, at=noon - timedelta(days=1))
    sit(students[:1], exam, given=1, at=noon - timedelta(days=90))
    assert [row["value"] for row in activity(Attempt.objects.all())] == [2, 1]


def test_people_are_summed_up_with_their_scores(cast, sittings, exam):
    start(cast.bob, exam)
    summary = people_summary(User.objects.filter(organization=cast.hana, role="student"))
    scores = [attempt.score for attempt in sittings.attempts]
    assert (summary["people"], summary["finished"], summary["running"]) == (STUDENTS + 1, STUDENTS, 1)
    assert summary["mean"] == pytest.approx(np.mean(scores))
    assert sum(row["count"] for row in summary["bins"]) == len(scores)
    means = means_by_class([cast.room])[cast.room.pk]
    assert (means["finished"], means["in_progress"]) == (STUDENTS, 1)
    assert means["mean_score"] == pytest.approx(np.mean(scores))
    (live,) = live_rows([cast.room])
    assert (live["student_name"], live["exam_id"]) == ("Bob", exam.pk)
    assert len(recent_attempts(User.objects.all(), 7)) == 7


def test_statistics_of_a_teacher_are_of_their_organization(cast, sittings, exam):
    assert exam_statistics(cast.alice, exam)["summary"]["finished"] == STUDENTS
    assert exam_statistics(cast.oscar, exam)["summary"]["finished"] == 0
    assert exam_statistics(cast.zoe, exam)["summary"]["finished"] == STUDENTS
    assert exam_statistics(cast.paula, exam)["items"] == []


def test_exam_cards_say_how_a_student_stands(cast, exam):
    assert [card.status for card in exam_cards(Anonymous())] == ["open"]
    state = start(cast.bob, exam)
    (card,) = exam_cards(cast.bob)
    assert (card.status, str(card.attempt_id)) == ("in_progress", state["id"])
    Exam.objects.filter(pk=exam.pk).update(closes_at=timezone.now())
    assert [card.status for card in exam_cards(cast.otto)] == ["closed"]
    Exam.objects.filter(pk=exam.pk).update(opens_at=timezone.now() + timedelta(days=1), closes_at=None)
    assert [card.status for card in exam_cards(cast.otto)] == ["scheduled"]


@pytest.mark.parametrize(
    "page",
    ["/classes", "/classes/{room}", "/classes/{room}/exams/{exam}", "/dashboard", "/analytics"],
)
@pytest.mark.parametrize("who", ["alice", "zoe"])
def test_pages_of_a_large_class_take_fewer_than_twenty_queries(cast, sittings, exam, client_for, page, who):
    browser, path = client_for(getattr(cast, who)), page.format(room=cast.room.pk, exam=exam.pk)
    assert browser.get(path).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        browser.get(path)
    assert len(queries) < 20, "\n".join(query["sql"][:150] for query in queries)


@pytest.mark.parametrize("who", ["alice", "anna", "zoe"])
def test_the_dashboard_of_a_large_class_takes_fewer_than_twenty_queries(cast, sittings, who):
    with CaptureQueriesContext(connection) as queries:
        dashboard = dashboard_of(getattr(cast, who))
    assert dashboard["group"]["summary"]["finished"] == STUDENTS
    assert len(queries) < 20
