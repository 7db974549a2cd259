"""Grading: what waits for a teacher, and one essay with its rubric."""

from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import page_permission
from exams.models import Response
from exams.selectors.grading import PERMISSION, Sheet, get_response, most_points, responses_to_grade, sheet_of, waiting
from exams.services.grading import LONGEST_COMMENT, grade
from zones.problems import Invalid

PAGE = 50
GRADED_SHOWN = 10


@require_safe
@page_permission(PERMISSION)
def grading_list(request: HttpRequest) -> HttpResponse:
    """The essays that wait, by exam, and the ones that were graded last."""
    page = Paginator(waiting(request.user).order_by("attempt__exam__title", "attempt__exam", "pk"), PAGE).get_page(
        request.GET.get("page")
    )
    groups = groupby(page, key=lambda response: response.attempt.exam)
    graded = responses_to_grade(request.user).filter(graded=True).order_by("-attempt__started_at", "-pk")
    context = {
        "page": page,
        "exams": [{"title": str(exam), "rows": [_row(each) for each in rows]} for exam, rows in groups],
        "graded": [_row(each) for each in graded[:GRADED_SHOWN]],
    }
    return render(request, "grading/list.html", context)


def _row(response: Any) -> dict[str, Any]:
    return {
        "id": response.pk,
        "student_name": response.attempt.user.display_name,
        "exam_title": str(response.attempt.exam),
        "position": response.position,
        "answered_at": response.answered_at,
        "score": response.newest_score,
        "max_score": most_points(response),
    }


class GradeForm(forms.Form):
    """Points for each criterion of a sheet's rubric, and a comment."""

    def __init__(self, sheet: Sheet, *args: Any) -> None:
        newest = sheet.grades[0] if sheet.grades else None
        super().__init__(*args, initial={"comment": newest.comment if newest else ""})
        self.sheet = sheet
        for number, criterion in enumerate(sheet.criteria, start=1):
            choices = [(points, str(points)) for points in range(criterion["most"] + 1)]
            error = _("Choose the points for “%(name)s”.") % {"name": criterion["name"]}
            self.fields[f"points_{number}"] = forms.TypedChoiceField(
                label=criterion["name"],
                choices=choices,
                coerce=int,
                widget=forms.RadioSelect,
                error_messages={"required": error, "invalid_choice": error},
            )
            self.initial[f"points_{number}"] = criterion["points"]
        area = forms.Textarea(attrs={"rows": 4})
        self.fields["comment"] = forms.CharField(
            label=gettext_lazy("Comment for the student"), required=False, max_length=LONGEST_COMMENT, widget=area
        )

    def scales(self) -> list[dict[str, Any]]:
        """The criteria as the page shows them: {name, most, field, points [{points, level, checked}]}."""
        scales = []
        for number, criterion in enumerate(self.sheet.criteria, start=1):
            field = self[f"points_{number}"]
            levels = criterion["levels"] or [""] * (criterion["most"] + 1)
            marks = [
                {"points": points, "level": level, "checked": str(points) == str(field.value())}
                for points, level in enumerate(levels)
            ]
            scales.append({**criterion, "field": field, "marks": marks})
        return scales

    @property
    def points(self) -> list[int]:
        return [self.cleaned_data[f"points_{number}"] for number in range(1, len(self.sheet.criteria) + 1)]


@require_http_methods(["GET", "HEAD", "POST"])
@page_permission(PERMISSION)
def grading_sheet(request: HttpRequest, response_id: int) -> HttpResponse:
    """One essay. Saving goes on to the next one that waits, of the same exam first."""
    response = get_response(request.user, response_id)
    sheet = sheet_of(response)
    form = GradeForm(sheet, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            grade(
                person=request.user,
                response_id=response_id,
                points=form.points,
                comment=form.cleaned_data["comment"].replace("\r\n", "\n"),
            )
        except Invalid as problem:
            form.add_error(None, str(problem.detail))
        else:
            return _next(request, response)
    context = {
        "sheet": sheet,
        "form": form,
        "student_name": response.attempt.user.display_name,
        "exam_title": str(response.attempt.exam),
        "left": waiting(request.user).exclude(pk=response_id).count(),
        "following": _following(request, response),
    }
    return render(request, "grading/sheet.html", context)


def _following(request: HttpRequest, response: Response) -> Response | None:
    rows = waiting(request.user).exclude(pk=response.pk)
    same_exam = rows.filter(attempt__exam_id=response.attempt.exam_id)
    # Onward from here and around, so that an essay that is put off does not come back at once.
    return (
        same_exam.filter(pk__gt=response.pk).order_by("pk").first()
        or same_exam.order_by("pk").first()
        or rows.order_by("pk").first()
    )


def _next(request: HttpRequest, response: Response) -> HttpResponse:
    following = _following(request, response)
    if following is None:
        messages.success(request, _("Saved. Nothing else waits for a grade."))
        return redirect("grading-page")
    left = waiting(request.user).count()
    messages.success(request, ngettext("Saved. %(n)s answer waits.", "Saved. %(n)s answers wait.", left) % {"n": left})
    return redirect("grading-sheet", response_id=following.pk)
