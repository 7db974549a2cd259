"""Imports in the console: upload, look at what would come and what would be lost, import, see what became of it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Organization
from accounts.permissions import ZONE_WIDE
from accounts.selectors import visible_organizations
from audit.console import ConsoleModelAdmin, short_time
from audit.console.attempts import note_forged_choices
from audit.console.model_admin import tell
from exams.admin.exports import download
from exams.interchange.formats import AUTO, FORMATS, template
from exams.interchange.shown import shown
from exams.interchange.storing import from_json
from exams.models import ContentArea, ImportBatch, ImportItem, Item
from exams.services import interchange
from exams.services.interchange import Choices
from zones.problems import Problem

ROWS = 20
MAKE = ("exam:create", "item:create")
FILTERS = {"losses": ~Q(losses=[]), "problems": Q(draft__isnull=True) | ~Q(problems=[])}


class UploadForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("file"))
    format = forms.ChoiceField(label=gettext_lazy("format"), required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy("Of the texts, where the file does not say it itself."),
    )
    area = forms.ModelChoiceField(
        ContentArea.objects.none(),
        label=gettext_lazy("content area"),
        required=False,
        empty_label=gettext_lazy("as the file says"),
        help_text=gettext_lazy("For questions whose area the zone does not have."),
    )
    organization = forms.ModelChoiceField(
        Organization.objects.none(), label=gettext_lazy("organization"), required=False
    )

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].choices = [(AUTO, _("found out by itself")), *((n, f.label) for n, f in FORMATS.items())]
        self.fields["area"].queryset = ContentArea.objects.all()
        self.fields["language"].initial = get_language()
        organizations = self.fields["organization"]
        organizations.queryset = visible_organizations(person)
        organizations.empty_label = _("the whole zone")
        if person.role not in ZONE_WIDE:
            organizations.required, organizations.initial = True, person.organization_id
            organizations.widget = forms.HiddenInput()


class ConfirmForm(forms.Form):
    existing = forms.ChoiceField(
        label=gettext_lazy("Questions whose code the bank has"),
        choices=[
            (ImportItem.Action.UPDATE, gettext_lazy("become a new version of that item")),
            (ImportItem.Action.SKIP, gettext_lazy("are left out")),
            (ImportItem.Action.CREATE, gettext_lazy("are imported under another code")),
        ],
    )
    status = forms.ChoiceField(
        label=gettext_lazy("New items are"),
        choices=[choice for choice in Item.Status.choices if choice[0] != Item.Status.RETIRED],
    )
    make_areas = forms.BooleanField(label=gettext_lazy("Make content areas that the zone lacks"), required=False)
    with_tests = forms.BooleanField(label=gettext_lazy("Make exams of the file's tests"), required=False, initial=True)


@admin.register(ImportBatch)
class ImportAdmin(ConsoleModelAdmin):
    permissions = {"view": MAKE, "add": MAKE}
    organization_path = "organization_id"
    resource_type = "import"
    recorded_by_service = True
    list_display = ["file_name", "state", "format_name", "items_found", "items_made", "items_updated", "by", "when"]
    list_select_related = ["created_by", "organization"]
    list_filter = ["status"]
    search_fields = ["file_name__icontains"]
    ordering = ["-created_at"]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("template.<str:format>", view(self.template_view), name="exams_import_template"),
            path("<uuid:batch_id>/confirm/", view(self.confirm), name="exams_import_confirm"),
            *super().get_urls(),
        ]

    # --- Upload ------------------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        too_large = request.method == "POST" and interchange.announces_too_much(request.META)
        form = UploadForm(request.POST or None if not too_large else None, request.FILES or None, person=request.user)
        if too_large:
            messages.error(request, interchange.too_large_words())
        elif request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            try:
                batch = interchange.preview(
                    person=request.user,
                    file=said["file"],
                    file_name=said["file"].name,
                    format=said["format"] or AUTO,
                    language=said["language"],
                    area=said["area"],
                    organization=said["organization"],
                )
                return HttpResponseRedirect(self._address(batch))
            except Problem as problem:
                tell(request, problem)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import questions"),
            "form": form,
            "opts": self.opts,
            "formats": [(name, each.label, each.exact) for name, each in FORMATS.items()],
            "most": settings.LARGEST_IMPORT // 2**20,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/exams/importbatch/upload.html", context)

    def _address(self, batch: ImportBatch) -> str:
        return reverse(f"{self.admin_site.name}:exams_importbatch_change", args=[batch.pk])

    def template_view(self, request: HttpRequest, format: str) -> HttpResponse:
        """An empty table with our columns and an example of each kind of question."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        written = template(format)
        if written is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, format)
        return download(written.content, f"questions{written.suffix}", written.media_type)

    # --- Preview and report ------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        batch = self.get_object(request, object_id)
        if batch is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, batch):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), **self._page(request, batch), **(extra_context or {})}
        return TemplateResponse(request, "admin/exams/importbatch/change_form.html", context)

    def _page(self, request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
        rows = batch.items.select_related("existing", "area", "item").prefetch_related("pictures")
        only = request.GET.get("only", "")
        role: str = request.user.role
        if only in FILTERS:
            rows = rows.filter(FILTERS[only])
        page = Paginator(rows.order_by("position"), ROWS).get_page(request.GET.get("page"))
        missing = batch.items.filter(area=None, draft__isnull=False, existing=None)
        return {
            "title": batch.file_name,
            "subtitle": _("import"),
            "opts": self.opts,
            "batch": batch,
            "page": page,
            "rows": [(row, _shown(row)) for row in page],
            "only": only,
            "tests": list(batch.tests.select_related("exam")),
            "without_area": 0 if batch.area_id else missing.count(),
            "may_make_areas": role in ZONE_WIDE,
            "format_label": FORMATS[batch.format].label if batch.format in FORMATS else "",
            "known": batch.items.filter(existing__isnull=False).count(),
            "confirm": ConfirmForm() if batch.status == ImportBatch.Status.PREVIEWED else None,
        }

    def confirm(self, request: HttpRequest, batch_id: Any) -> HttpResponse:
        return require_POST(self._confirm)(request, batch_id)

    def _confirm(self, request: HttpRequest, batch_id: Any) -> HttpResponse:
        batch = self.get_object(request, str(batch_id))
        if batch is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(batch_id))
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            note_forged_choices(request, [form])
            messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
            return HttpResponseRedirect(self._address(batch))
        places = (place for place in request.POST.getlist("leave_out") if place.isdecimal() and len(place) < 10)
        left_out = {int(place): "skip" for place in places}
        try:
            interchange.import_batch(
                person=request.user, batch=batch, choices=Choices(actions=left_out, **form.cleaned_data)
            )
        except Problem as problem:
            tell(request, problem)
        return HttpResponseRedirect(self._address(batch))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    # --- The list ----------------------------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, batch: ImportBatch) -> str:
        return format_html('<span class="chip chip-{}">{}</span>', batch.status, batch.get_status_display())

    @admin.display(description=gettext_lazy("format"))
    def format_name(self, batch: ImportBatch) -> str:
        return str(FORMATS[batch.format].label) if batch.format in FORMATS else "–"

    @admin.display(description=gettext_lazy("by"))
    def by(self, batch: ImportBatch) -> str:
        return batch.created_by.display_name if batch.created_by else "–"

    @admin.display(description=gettext_lazy("uploaded"), ordering="created_at")
    def when(self, batch: ImportBatch) -> str:
        return short_time(batch.created_at)


def _shown(row: ImportItem) -> dict[str, Any] | None:
    if row.draft is None:
        return None
    return shown(from_json(row.draft, {picture.name: bytes(picture.content) for picture in row.pictures.all()}))
