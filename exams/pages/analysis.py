"""Item and test analysis for those who write items: which exams, one exam, one item of it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import page_permission
from exams.selectors.analysis import analysed_item, analysis_of, exam_context, groups_of, item_context, overview
from exams.selectors.exams import get_exam
from exams.services.analysis import request_analysis
from zones.problems import NotFound

READ = ("item:read", "exam:*")


@require_safe
@page_permission(*READ)
def analysis_list(request: HttpRequest) -> HttpResponse:
    return render(request, "analysis/list.html", {"exams": overview(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
@page_permission(*READ)
def exam_analysis(request: HttpRequest, exam_id: UUID) -> HttpResponse:
    """The newest analysis; POST asks for a new one, which a worker computes."""
    exam = get_exam(request.user, exam_id)
    address = f"/analysis/{exam.pk}"
    if request.method == "POST":
        request_analysis(person=request.user, exam=exam)
        return HttpResponseRedirect(address)
    found = analysis_of(request.user, exam)
    context: dict[str, Any] = {
        "exam": exam,
        "newest": found.newest,
        "waiting": found.waiting,
        "failed": found.failed,
        "recompute_url": address,
        "item_url": f"{address}/items/",
    }
    if found.newest is not None:
        context |= {"run": found.newest, **exam_context(found.newest, request.GET.get("group", ""))}
    return render(request, "analysis/exam.html", context)


@require_safe
@page_permission(*READ)
def item_analysis(request: HttpRequest, exam_id: UUID, item_id: UUID) -> HttpResponse:
    exam = get_exam(request.user, exam_id)
    run = analysis_of(request.user, exam).newest
    if run is None:
        raise NotFound()
    row = analysed_item(run, item_id)
    context = item_context(row, get_language() or exam.languages[0], groups_of(run))
    return render(request, "analysis/item.html", {"exam": exam, "run": run, **context})
