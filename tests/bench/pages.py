"""Pages and lists over much data: queries and server time. Goals: under 20 queries and 150 ms."""

import statistics
import time
from typing import Any

from tests.bench import city

ATTEMPTS, BY = 100_000, 5_000
CLASS = 200
ROUNDS = 7

_PEOPLE = """
INSERT INTO accounts_user (id, email, display_name, role, language, is_active, created_at, password)
SELECT gen_random_uuid(), 'other' || n || '@example.com', 'Other ' || n, 'guest', '', true, now(), '!'
FROM generate_series(1, %s) n
"""
_MANY = """
INSERT INTO exams_attempt (id, exam_id, user_id, organization_id, pool_id, language, status, finish_reason, started_at,
    finished_at, last_activity_at, seed, state, answered, correct, theta, se, score, report, ungraded,
    extra_time_percent, large_print, pause_seconds_left)
SELECT gen_random_uuid(), exam_id, people[1 + n %% array_length(people, 1)], NULL, pool_id, 'ko', 'finished', 'length',
    now() - n * interval '5 minutes', now() - n * interval '4 minutes', now() - n * interval '4 minutes', n,
    state, 20, 12, (n %% 400) / 100.0 - 2, 0.3, 300 + (n %% 400), '{}', 0, 0, false, 0
FROM (SELECT exam_id, pool_id, state FROM exams_attempt LIMIT 1) one,
    (SELECT array_agg(id) AS people FROM accounts_user WHERE role = 'guest') others, generate_series(1, %s) n
"""


def seed() -> dict[str, Any]:
    """A class of 200 with an exam each, and 100,000 attempts of 5,000 others at that exam; who looks at what."""
    from django.db import connection

    from accounts.models import ClassMembership, Classroom, Organization
    from tests.cast import make_person
    from tests.exams.many import enrol, sit
    from tests.sample_exam import make_exam
    from zones.owner import refresh_statistics

    school = Organization.objects.create(name="Pages", code="pages")
    exam = make_exam("pages", size=300, areas=6, min_items=20, max_items=20)
    room = Classroom.objects.create(organization=school, name="2-1")
    teacher = make_person("Page Teacher", "teacher", school)
    ClassMembership.objects.create(classroom=room, user=teacher, kind=ClassMembership.Kind.TEACHER)
    students = enrol(room, CLASS)
    attempts = sit(students, exam, given=20).attempts
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, [BY])
        cursor.execute(_MANY, [ATTEMPTS])
        cursor.execute("UPDATE accounts_user SET role = 'student' WHERE role = 'guest'")
    refresh_statistics()
    admin = make_person("Page Admin", "zone_admin")
    paths = {
        (teacher, "app", "/dashboard"): "teacher's dashboard, 200 students",
        (teacher, "app", f"/classes/{room.pk}"): "class of 200",
        (teacher, "app", f"/classes/{room.pk}/exams/{exam.pk}"): "class of 200 at one exam, with item statistics",
        (teacher, "app", f"/attempts/{attempts[5].pk}/result"): "a student's result beside 100,000 others",
        (students[5], "app", "/dashboard"): "student's dashboard beside 100,000 others",
        (admin, "api", "/api/v1/attempts?page_size=50"): "API: 100,000 attempts, first page",
        (admin, "app", "/dashboard"): "zone administrator's dashboard, 5,200 students",
        (admin, "admin", "/exams/attempt/"): "console: 100,000 attempts, first page",
        (admin, "admin", "/audit/auditentry/"): "console: audit log",
    }
    return paths


def run() -> str:
    """The table in Markdown."""
    from zones.context import get_zone, zone_context

    with zone_context(get_zone(city.ZONE)):
        paths = seed()
        lines = ["| page | queries | server ms (median) |", "|---|---:|---:|"]
        lines += [_measured(person, surface, path, name) for (person, surface, path), name in paths.items()]
    return "\n".join(lines)


def _measured(person: Any, surface: str, path: str, name: str) -> str:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.clients import api_for, client_for

    zone = city.ZONE
    client = api_for(person, zone) if surface == "api" else client_for(person, surface, zone)
    times, queries = [], 0
    for number in range(ROUNDS + 1):
        with CaptureQueriesContext(connection) as seen:
            began = time.perf_counter()
            answer = client.get(path)
            elapsed = time.perf_counter() - began
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code}")
        if number:
            times.append(elapsed * 1000)
            queries = len(seen)
    return f"| {name} | {queries} | {statistics.median(times):.0f} |"


def main() -> None:
    with city.open_city():
        print(run())


if __name__ == "__main__":
    main()
