"""Exports in the console: which format, what it cannot hold, the file."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from audit.console.model_admin import tell
from exams.interchange.formats import FORMATS
from exams.interchange.package import Written
from exams.models import Exam, Item
from exams.services import interchange
from zones.problems import Problem


class ExportForm(forms.Form):
    format = forms.ChoiceField(label=gettext_lazy("format"))
    language = forms.ChoiceField(
        label=gettext_lazy("language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy("For formats that have room for a single one."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].choices = [(name, each.label) for name, each in FORMATS.items()]
        self.fields["language"].initial = get_language()


def export_page(
    request: HttpRequest, context: dict[str, Any], *, items: QuerySet[Item] | None = None, exam: Exam | None = None
) -> HttpResponse:
    """Ask for a format; then the file, or with `_report` what of the questions that format cannot hold."""
    chosen = "_report" in request.POST or "_download" in request.POST
    form = ExportForm(request.POST if chosen else None)
    if chosen and form.is_valid():
        given = {"person": request.user, **form.cleaned_data}
        try:
            if exam is not None:
                written = interchange.export_exam(exam=exam, **given)
            else:
                written = interchange.export_items(items=items if items is not None else Item.objects.none(), **given)
        except Problem as problem:
            tell(request, problem)
        else:
            if "_download" in request.POST:
                return download(
                    written.content, f"{exam.code if exam else 'items'}{written.suffix}", written.media_type
                )
            context = {**context, "report": _by_item(written), "left_out": set(written.left_out)}
    context = {"title": _("Export questions"), "form": form, **context}
    return TemplateResponse(request, "admin/exams/item/export.html", context)


def _by_item(written: Written) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {code: [] for code in written.left_out}
    for code, loss in written.losses:
        found.setdefault(code, []).append(str(loss.words))
    return list(found.items())


def chosen_ids(request: HttpRequest) -> list[UUID]:
    """The items that the form before names; what is no id is passed over."""
    found = []
    for text in request.POST.getlist("item"):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def download(content: bytes, name: str, media_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
