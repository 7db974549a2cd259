"""The first page after log-in, and analytics: each role sees what is its own."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.decorators import page_permission
from accounts.models import User
from accounts.permissions import Role
from accounts.selectors import get_student, visible_classrooms, visible_students, waiting_parents
from exams.models import Attempt
from exams.pages.figures import group_figures, student_figures
from exams.selectors.exams import exam_cards
from exams.selectors.groups import live_rows, means_by_class, people_summary, recent_attempts
from exams.selectors.histograms import score_bins
from exams.selectors.progress import activity, attempts_of, results, score_history
from exams.selectors.reports import newest_of_each
from exams.selectors.statistics import area_profile

RECENT = 8
NEXT = 5


@require_safe
@page_permission("")
def dashboard(request: HttpRequest) -> HttpResponse:
    if request.user.role == Role.STUDENT:
        return render(request, "dashboard/student.html", _student(request.user))
    if request.user.role == Role.PARENT:
        return render(request, "dashboard/parent.html", _parent(request.user))
    return render(request, "dashboard/teacher.html", _teacher(request.user))


def _student(user: User) -> dict[str, Any]:
    attempts = list(attempts_of(user.pk)[:50])
    history = score_history(user.pk)
    running = [attempt for attempt in attempts if not attempt.is_finished]
    return {
        "open_attempts": [
            {
                "id": attempt.pk,
                "exam_title": str(attempt.exam),
                "answered": attempt.answered,
                "maximum": attempt.exam.max_items,
                "deadline_at": attempt.deadline_at,
            }
            for attempt in running
        ],
        "next_exams": [card for card in exam_cards(user) if card.status == "open"][:NEXT],
        "results": results(attempts[:RECENT]),
        "progress_data": history,
        "area_data": area_profile([user.pk]),
        "figures": student_figures(history),
        "parent_requests": waiting_parents(user).count(),
    }


def _parent(user: User) -> dict[str, Any]:
    # Requests that wait are not shown: whether one does would tell whether such a student exists.
    newest = recent_attempts(visible_students(user), RECENT)
    return {"children": child_cards(user), "results": results(newest, with_student=True)}


def child_cards(user: User) -> list[dict[str, Any]]:
    """A parent's children, each with the newest result."""
    return [_child(**row) for row in newest_of_each(visible_students(user))]


def _child(student: User, finished: int, latest: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "id": student.pk,
        "name": student.display_name,
        "organization": student.organization,
        "last_exam": latest["exam_title"] if latest else "",
        "last_score": latest["score"] if latest else None,
        "percentile": latest["percentile"] if latest else None,
        "attempts": finished,
    }


def _teacher(user: User) -> dict[str, Any]:
    students = visible_students(user)
    rooms = list(visible_classrooms(user))
    means = means_by_class(rooms)
    summary = people_summary(students)
    return {
        "figures": group_figures(summary, summary["people"]),
        "classes": [{"id": room.pk, "name": room.name, "students": room.students, **means[room.pk]} for room in rooms],
        "live": live_rows(rooms),
        "results": results(recent_attempts(students, RECENT), with_student=True),
        "activity_data": activity(Attempt.objects.filter(user__in=students)),
    }


@require_safe
@page_permission("")
def analytics(request: HttpRequest) -> HttpResponse:
    user = request.user
    if user.role == Role.STUDENT:
        history = score_history(user.pk)
        context = {
            "figures": student_figures(history),
            "progress_data": history,
            "area_data": area_profile([user.pk]),
            "distribution_data": {"bins": score_bins(attempts_of(user.pk)), "own": None},
            "results": results(attempts_of(user.pk)[:50]),
        }
        return render(request, "analytics.html", context)
    students = visible_students(user)
    summary = people_summary(students)
    context = {
        "figures": group_figures(summary, summary["people"]),
        "area_data": area_profile(list(students.values_list("pk", flat=True))),
        "distribution_data": {"bins": summary["bins"], "own": None},
        "activity_data": activity(Attempt.objects.filter(user__in=students)),
        "results": results(recent_attempts(students, 20), with_student=True),
    }
    return render(request, "analytics.html", context)


@require_safe
@page_permission("report:read")
def child(request: HttpRequest, student_id: UUID) -> HttpResponse:
    """One student's results, for an approved parent (and for teachers, from a class's page)."""
    student = get_student(request.user, student_id)
    history = score_history(student.pk)
    context = {
        "child": {"id": student.pk, "name": student.display_name, "organization": student.organization},
        "figures": student_figures(history),
        "results": results(attempts_of(student.pk)[:50]),
        "progress_data": history,
        "area_data": area_profile([student.pk]),
    }
    return render(request, "children/detail.html", context)
