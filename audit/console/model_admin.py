"""The console's page of a model: django.contrib.admin, with our permissions and our log in place of its own."""

from contextlib import suppress
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple, RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.forms import BaseForm, Media, ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from audit.console.attempts import note_unoffered_action
from audit.console.filters import AutocompleteFilter
from audit.console.paginator import EstimatingPaginator
from audit.models import Action, AuditEntry
from audit.refusals import record_problem
from audit.services import record
from zones.classification import table
from zones.context import exists_in_zone, zone_wide
from zones.problems import PermissionRefused, Problem

SECRET_FIELDS = frozenset({"password", "password1", "password2", "usable_password"})


class HiddenObject(Http404):
    """The object exists, but not for this person: answered like a missing one, and recorded as a refusal."""


def confined_to(request: HttpRequest) -> UUID | None:
    """The organization outside of which this person sees nothing; None for those who see the whole zone."""
    return None if request.user.allows("zone:read") else request.user.organization_id or UUID(int=0)


class _PassesOver:
    """A chooser that passes over chosen values that are none, which Django's own asks the database for."""

    field: Any

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        column = self.field.target_field
        chosen = [each for each in value if _is_value(column, each)]
        return super().optgroups(name, chosen, attr)


class _ChooseOne(_PassesOver, AutocompleteSelect):
    pass


class _ChooseMany(_PassesOver, AutocompleteSelectMultiple):
    pass


def _is_value(column: Any, text: Any) -> bool:
    try:
        column.to_python(text)
    except ValidationError:
        return False
    return "\x00" not in str(text)


class _Choices(BaseModelAdmin):
    """What a foreign key offers is what the related model's own page shows this person."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            # Each thing is made on its own page; windows above windows are lost on a telephone.
            widget = field.widget
            widget.can_add_related = widget.can_change_related = False
            widget.can_delete_related = widget.can_view_related = False
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = _ChooseMany(db_field, self.admin_site, using=kwargs.get("using"))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        related = self.admin_site._registry.get(db_field.related_model)
        if related is not None and "queryset" not in kwargs:
            kwargs["queryset"] = related.get_queryset(request)
        if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = _ChooseOne(db_field, self.admin_site, using=kwargs.get("using"))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        organization_id = confined_to(request)
        if field is not None and db_field.name == "organization" and organization_id:
            # Without an organization a row belongs to the whole zone, which is not theirs to write.
            field.required, field.initial = True, organization_id
        return field


class ConsoleModelAdmin(_Choices, admin.ModelAdmin):
    """`permissions` names for each of view, add, change, delete the permissions of which one is enough.

    `organization_path` leads from a row to its organization's id (a lookup). Those who are confined to an organization
    see its rows alone; with `shows_zone_rows` also those of nobody in particular, which they cannot change.
    """

    permissions: dict[str, tuple[str, ...]] = {}
    organization_path: str | None = None
    shows_zone_rows = False
    resource_type = ""
    # Its services record what they do.
    recorded_by_service = False

    paginator: type[Paginator] = EstimatingPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    save_on_top = False

    @property
    def resource(self) -> str:
        return self.resource_type or self.opts.model_name or ""

    @property
    def media(self) -> Media:
        media = super().media
        for entry in self.list_filter:
            if isinstance(entry, (list, tuple)) and issubclass(entry[1], AutocompleteFilter):
                return media + AutocompleteSelect(self.opts.get_field(entry[0]), self.admin_site).media
        return media

    # --- Who may ---------------------------------------------------------------------------------------------------

    def may(self, request: HttpRequest, verb: str) -> bool:
        # The log-in page asks too, for nobody.
        return request.user.is_authenticated and any(map(request.user.allows, self.permissions.get(verb, ())))

    def owns(self, request: HttpRequest, obj: Model | None) -> bool:
        """Whether the row is within what this person may write."""
        organization_id = confined_to(request)
        if obj is None or organization_id is None:
            return True
        if self.organization_path is None:
            return False
        return attrgetter(self.organization_path.replace("__", "."))(obj) == organization_id

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, "view")

    def has_add_permission(self, request: HttpRequest) -> bool:
        zone_rows_only = self.organization_path is None and confined_to(request) is not None
        return self.may(request, "add") and not zone_rows_only

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, "change") and self.owns(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, "delete") and self.owns(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        organization_id = confined_to(request)
        if organization_id is None or self.organization_path is None:
            return rows
        own = rows.filter(**{self.organization_path: organization_id})
        return own | rows.filter(**{self.organization_path: None}) if self.shows_zone_rows else own

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        try:
            # An id copied from the log or from an address leads straight to its row.
            return queryset.filter(pk=UUID(search_term.strip())), False
        except ValueError:
            # The list's own form refuses a NUL; the addresses of autocompletion have no form.
            return super().get_search_results(request, queryset, search_term.replace("\0", ""))

    # --- Headings: what the page is about ---------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        if any("\x00" in text for name, values in request.GET.lists() for text in (name, *values)):
            # No column holds it, and PostgreSQL takes it in no question: an unknown filter, as Django answers them.
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
        if request.method == "POST" and self.has_view_permission(request):
            note_unoffered_action(request, self.get_actions(request), self.get_queryset(request))
        return super().changelist_view(request, {"title": title, "subtitle": None, **(extra_context or {})})

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if context.get("original") is not None:
            context |= {"title": str(context["original"]), "subtitle": capfirst(self.opts.verbose_name)}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        if not self.has_view_or_change_permission(request):
            # Django looks for the row first and refuses then; some tables the database shows to nobody else.
            with zone_wide():
                return super().get_object(request, object_id, from_field)
        return super().get_object(request, object_id, from_field)

    # --- What cannot be found or done -----------------------------------------------------------------------------

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        try:
            hidden = exists_in_zone(self.model, pk=object_id)
        except (ValueError, TypeError, ValidationError, Problem) as error:
            raise Http404(object_id) from error
        raise HiddenObject(object_id) if hidden else Http404(object_id)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Problem as problem:
            # A service refused what the form could not know of; nothing was saved.
            tell(request, problem)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        if not self.owns(request, obj):
            raise PermissionDenied
        super().save_model(request, obj, form, change)

    # --- The log ---------------------------------------------------------------------------------------------------

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """`details` of the audit row: fields with their values before and after, and rows added below."""
        details: dict[str, Any] = {}
        for name in form.changed_data:
            after = None if name in SECRET_FIELDS else form.cleaned_data.get(name)
            if name in SECRET_FIELDS:
                details[name] = "changed"
            else:
                details[name] = _text(after) if add else [_text(_before(form, name)), _text(after)]
        for formset in formsets or ():
            # Formsets that a service saved in its own way have nothing to tell here.
            if rows := _formset_changes(formset) if hasattr(formset, "new_objects") else None:
                details[formset.model._meta.model_name] = rows
        return details

    def record(self, action: Action, obj: Model, details: dict[str, Any]) -> None:
        organization_id = None
        if self.organization_path:
            organization_id = attrgetter(self.organization_path.replace("__", "."))(obj)
        record(action, self.resource, obj.pk, organization_id=organization_id, details={**_label(obj), **details})

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        if not self.recorded_by_service:
            self.record(Action.CREATE, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        if message and not self.recorded_by_service:
            self.record(Action.UPDATE, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            self.record(Action.DELETE, obj, {})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The object's rows of the audit log, newest first."""
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        # Only those who answer for the zone read the log; this is of an object that this person may see.
        with zone_wide():
            entries = list(self.history_of(obj)[:100])
        context = {
            **self.admin_site.each_context(request),
            "title": _("History: %(name)s") % {"name": obj},
            "entries": entries,
            "object": obj,
            "opts": self.opts,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/object_history.html", context)

    def history_of(self, obj: Any) -> QuerySet:
        return AuditEntry.objects.filter(resource_type=self.resource, resource_id=str(obj.pk))

    def act(self, request: HttpRequest, queryset: QuerySet, run: Any, done: str) -> None:
        """Run a service for each chosen row; say how many were done and, in words, which were refused and why."""
        number = 0
        for obj in queryset:
            try:
                if not self.has_change_permission(request, obj):
                    raise PermissionRefused()
                run(obj)
                number += 1
            except Problem as problem:
                tell(request, problem, about=obj)
        if number:
            self.message_user(request, done % {"number": number}, messages.SUCCESS)


class ReadOnly(ConsoleModelAdmin):
    """Looked at, never written, whatever the role."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ConsoleTabularInline(_Choices, admin.TabularInline):
    """Rows below a page: who may change the page may change them."""

    extra = 0
    can_delete = True

    def _page(self) -> Any:
        return self.admin_site._registry[self.parent_model]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._page().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        page = self._page()
        return page.has_change_permission(request, obj) if obj else page.has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_add_permission(request, obj)


def _label(obj: Model) -> dict[str, str]:
    """What the log calls a thing. People's rows are named by their id alone: a row of the log stays for ever."""
    return {} if table(type(obj)).person else {"label": str(obj)}


def words_of(problem: Problem) -> str:
    """A service's refusal as one line: its sentence, then the fields and the problems that it names."""
    said = [str(problem.detail)]
    for field, texts in problem.extra.get("errors", {}).items():
        said += [f"{field}: {text}" for text in texts]
    said += [str(text) for text in problem.extra.get("problems", [])]
    return " ".join(said)


def tell(request: HttpRequest, problem: Problem, *, about: Model | None = None) -> None:
    """Say a service's refusal on the next page, and leave the row that it leaves where it is a page of its own."""
    record_problem(request, problem)
    messages.error(request, f"{about}: {words_of(problem)}" if about else words_of(problem))


def short_time(moment: datetime) -> str:
    """Time for a list's column, in the reader's format and the zone's time."""
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")


def _before(form: BaseForm, name: str) -> Any:
    field = form.fields[name]
    initial = form.get_initial_for_field(field, name)
    if isinstance(field, ModelChoiceField) and initial is not None:
        with suppress(ValidationError):
            return field.to_python(initial)
    return initial


def _formset_changes(formset: Any) -> dict[str, list[Any]]:
    changed = {
        "added": [str(obj) for obj in formset.new_objects],
        "changed": [[str(obj), list(fields)] for obj, fields in formset.changed_objects],
        "deleted": [str(obj) for obj in formset.deleted_objects],
    }
    return {name: rows for name, rows in changed.items() if rows}


def _text(value: Any) -> Any:
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    if isinstance(value, (list, dict)):
        return value
    return str(value)[:500]
