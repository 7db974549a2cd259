"""A student's way: the list, the instructions, the exam, the result."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import page_permission
from exams.models import Attempt
from exams.pages.figures import accommodation_figures, subscale_chart
from exams.selectors.accommodations import accommodation_of
from exams.selectors.exams import card_of, exam_cards, get_exam
from exams.selectors.reported import reason_words
from exams.selectors.results import get_attempt, report_of
from exams.services.delivery import resume


@require_safe
@page_permission("exam:read")
def exam_list(request: HttpRequest) -> HttpResponse:
    return render(request, "exams/list.html", {"exams": exam_cards(request.user)})


@require_safe
@page_permission("attempt:create")
def start(request: HttpRequest, exam_id: UUID) -> HttpResponse:
    """Instructions and the start button; whoever is in the middle of it goes straight on."""
    exam = get_exam(request.user, exam_id)
    attempts = list(Attempt.objects.filter(exam=exam, user=request.user).order_by("-started_at"))
    card = card_of(exam, attempts)
    if card.status == "in_progress":
        return redirect("take", attempt_id=card.attempt_id)
    names = dict(settings.LANGUAGES)
    languages = [{"code": code, "name": names.get(code, code)} for code in exam.languages]
    preferred = (get_language() or "").partition("-")[0]
    language = preferred if preferred in exam.languages else next(iter(exam.languages), "")
    context = {
        "exam": card,
        "languages": languages,
        "language": language,
        "accommodation": accommodation_figures(accommodation_of(request.user.pk), exam.time_limit_minutes),
    }
    return render(request, "exams/start.html", context)


@require_safe
@never_cache
@page_permission("attempt:create")
def take(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    state = resume(person=request.user, attempt_id=attempt_id)
    if state["status"] == Attempt.Status.FINISHED:
        return redirect("result", attempt_id=attempt_id)
    return render(request, "exams/take.html", {"attempt": {"id": attempt_id}, "state": state})


@require_safe
@page_permission("attempt:read", "report:read")
def result(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """The report of a finished attempt: to the student, their teachers and their approved parents."""
    attempt = get_attempt(request.user, attempt_id)
    own = attempt.user_id == request.user.pk
    if not attempt.is_finished:
        return redirect("take", attempt_id=attempt.pk) if own else redirect("dashboard")
    report = report_of(attempt)
    context = {
        "attempt": {
            "id": attempt.pk,
            "exam_id": attempt.exam_id,
            "exam_title": str(attempt.exam),
            "student_name": "" if own else attempt.user.display_name,
            "started_at": attempt.started_at,
            "finished_at": attempt.finished_at,
            "reason": reason_words(attempt),
            "ungraded": attempt.ungraded,
        },
        "result": report.result,
        "scales": report.scales,
        "subscales": report.subscales,
        "subscale_data": subscale_chart(report),
        "classification": report.classification,
        "trajectory_data": report.trajectory,
        "distribution_data": report.distribution,
        "area_data": report.areas,
        "review": report.review,
    }
    return render(request, "exams/result.html", context)
