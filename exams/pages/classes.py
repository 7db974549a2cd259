"""A teacher's pages: the classes, one class, one class at one exam."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.decorators import page_permission
from accounts.models import Classroom
from accounts.selectors import get_classroom, members, visible_classrooms
from exams.models import Attempt
from exams.pages.figures import group_figures
from exams.selectors.exams import get_exam
from exams.selectors.groups import means_by_class, people_summary
from exams.selectors.progress import class_at_exam, class_overview, exams_of_class, students_of
from exams.selectors.statistics import FEW, ItemStatistics, area_profile, exam_summary, item_statistics


def _teachers(room: Classroom) -> list[str]:
    return [member.user.display_name for member in members(room) if member.kind == "teacher"]


@require_safe
@page_permission("student:read", "class:read", "user:read")
def class_list(request: HttpRequest) -> HttpResponse:
    rooms = list(visible_classrooms(request.user).prefetch_related("memberships__user"))
    means = means_by_class(rooms)
    classes = [
        {
            "id": room.pk,
            "name": room.name,
            "students": room.students,
            "teachers": [m.user.display_name for m in room.memberships.all() if m.kind == "teacher"],
            **means[room.pk],
        }
        for room in rooms
    ]
    return render(request, "classes/list.html", {"classes": classes})


@require_safe
@page_permission("student:read", "class:read", "user:read")
def class_detail(request: HttpRequest, class_id: UUID) -> HttpResponse:
    room = get_classroom(request.user, class_id)
    students = students_of(room)
    summary = people_summary(room.members.filter(memberships__classroom=room, memberships__kind="student"))
    context = {
        "classroom": {"id": room.pk, "name": room.name, "teachers": _teachers(room)},
        "figures": group_figures(summary, len(students)),
        "exams": [_exam_row(row, len(students)) for row in exams_of_class(students)],
        "students": class_overview(students),
        "distribution_data": {"bins": summary["bins"], "own": None},
        "area_data": area_profile([student.pk for student in students]),
    }
    return render(request, "classes/detail.html", context)


def _exam_row(row: dict[str, Any], people: int) -> dict[str, Any]:
    return {
        "id": row["exam"].pk,
        "title": str(row["exam"]),
        "kind": row["exam"].kind,
        "finished": row["finished"],
        "in_progress": row["running"],
        "not_started": people - row["students"],
        "mean_score": row["mean"],
    }


@require_safe
@page_permission("student:read", "class:read", "user:read")
def class_exam(request: HttpRequest, class_id: UUID, exam_id: UUID) -> HttpResponse:
    """Each student's stand at one exam and the statistics of its items, within the class."""
    room = get_classroom(request.user, class_id)
    exam = get_exam(request.user, exam_id)
    students = students_of(room)
    ids = [student.pk for student in students]
    rows = class_at_exam(students, exam)
    summary = exam_summary(exam.pk, ids)
    context = {
        "classroom": {"id": room.pk, "name": room.name},
        "exam": {"id": exam.pk, "title": str(exam), "kind": exam.kind},
        "figures": group_figures(summary, len(students)),
        "live": any(row.status == Attempt.Status.IN_PROGRESS for row in rows),
        "rows": rows,
        "items": [_item_row(item) for item in item_statistics(exam.pk, ids)],
        "distribution_data": {"bins": summary["bins"], "own": None},
        "area_data": area_profile(ids, exam.pk),
    }
    return render(request, "classes/exam.html", context)


def _item_row(item: ItemStatistics) -> dict[str, Any]:
    # Written out here: a template's filter for each of a thousand numbers costs more than the statistics.
    return {
        "code": item.code,
        "area": item.area,
        "n": str(item.n),
        "facility": f"{item.facility:.2f}",
        "discrimination": "–" if item.discrimination is None else f"{item.discrimination:.2f}",
        "exposure": f"{item.exposure:.2f}",
        "flags": item.flags,
        "enough": item.n >= FEW,
    }
