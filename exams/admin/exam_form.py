"""The form of an exam and the tables below it: what only some kinds of exams use is hidden for the others."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.console import ConsoleTabularInline
from exams.admin.translations import TranslatedForm, translated_form
from exams.exam_drafts import COLUMNS as DRAFT_COLUMNS
from exams.exam_drafts import ConstraintDraft, ExamDraft, ModuleDraft
from exams.models import BlueprintArea, Exam, ExamConstraint, ExamItem, ExamModule, ItemVersion, ScoreScale

TRANSLATED = ["title", "description"]
# Columns of the draft that the form asks for as such; its other parts are fields of their own or tables.
COLUMNS = [name for name in DRAFT_COLUMNS if name not in ("translations", "languages")]
FIELDS = ["code", "organization", *COLUMNS]


class ExamForm(translated_form(Exam, TRANSLATED, [*FIELDS, "languages"])):
    languages = forms.MultipleChoiceField(
        label=_("languages"), choices=settings.LANGUAGES, widget=forms.CheckboxSelectMultiple, initial=["ko", "en"]
    )
    scales = forms.ModelMultipleChoiceField(
        label=_("score scales"),
        queryset=ScoreScale.objects.all(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Beside the zone's own score (500 and 100 points a logit)."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "scales" in self.fields:
            self.initial["scales"] = self.instance.scales.all()


def fieldsets(*, writes: bool) -> list[Any]:
    """The form's parts, each saying what it is for. console.js hides those that the kind does not use."""
    more = TranslatedForm.names(TRANSLATED) if writes else []
    titles = [name for name in ("title", *more, "description") if not name.startswith("description_")]
    texts = [*titles, *(name for name in more if name.startswith("description_"))]
    return [
        (None, {"fields": ["code", *texts]}),
        (_("For whom"), {"fields": ["organization", "visibility", "languages"]}),
        (
            _("How it is given"),
            {
                "fields": ["kind", ("min_items", "max_items"), "field_test_items"],
                "description": _(
                    "Adaptive: each question is chosen by the answers before it. Fixed form: the questions below, in "
                    "their order. Multistage: blocks of questions, each student's next block by the ability so far."
                ),
            },
        ),
        (
            _("How the next question is chosen"),
            {
                "fields": ["assembly", "criterion", "exposure", "randomesque", "exposure_rate"],
                "classes": ["of-adaptive"],
                "description": _(
                    "Shares of content areas keep each area near its share. Shadow tests assemble the whole rest of "
                    "the exam before every question, so that all constraints hold for every student."
                ),
            },
        ),
        (
            _("What ends it early"),
            {
                "fields": [
                    "se_target",
                    "information_target",
                    "change_target",
                    "classification",
                    "classification_error",
                    "indifference",
                ],
                "classes": ["of-adaptive"],
                "description": _(
                    "Whichever of these comes first, once the fewest items are answered. All empty: the exam ends "
                    "with the most items."
                ),
            },
        ),
        (
            _("What is reported"),
            {
                "fields": ["estimator", "cut_scores", "scales", "subscales"],
                "description": _("Attempts keep the scales that they began with; a change holds for those to come."),
            },
        ),
        (_("When"), {"fields": ["opens_at", "closes_at", "time_limit_minutes", "attempts_allowed"]}),
    ]


class BlueprintInline(ConsoleTabularInline):
    model = BlueprintArea
    fields = ["area", "share"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("area")


class ConstraintForm(forms.ModelForm):
    item_kind = forms.ChoiceField(
        label=_("kind of item"), choices=[("", "---------"), *ItemVersion.Kind.choices], required=False
    )


class ConstraintInline(ConsoleTabularInline):
    model = ExamConstraint
    form = ConstraintForm
    fields = ["counted", "area", "tag", "item_kind", "minimum", "maximum"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("area")


class ModuleForm(forms.ModelForm):
    item_codes = forms.CharField(
        label=_("items"),
        widget=forms.Textarea(attrs={"rows": 5, "cols": 30}),
        help_text=_("Codes of items in the order in which they are given, one a line."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "item_codes" in self.fields:
            self.initial["item_codes"] = "\n".join(codes_of(self.instance))


def codes_of(module: ExamModule) -> list[str]:
    """The codes of the module's items, in their order."""
    return [row.item.code for row in module.items.all()]


class ModuleInline(ConsoleTabularInline):
    model = ExamModule
    form = ModuleForm
    fields = ["stage", "code", "theta_from", "item_codes"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        in_order = ExamItem.objects.select_related("item").order_by("position")
        return super().get_queryset(request).prefetch_related(Prefetch("items", in_order))

    @admin.display(description=_("items"))
    def item_codes(self, module: ExamModule) -> str:
        return ", ".join(codes_of(module))


class FormInline(ConsoleTabularInline):
    model = ExamItem
    fields = ["position", "item"]
    autocomplete_fields = ["item"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(module=None).select_related("item")


INLINES: list[type[admin.options.InlineModelAdmin]] = [BlueprintInline, ConstraintInline, ModuleInline, FormInline]


def inlines_of(exam: Exam) -> list[type[ConsoleTabularInline]]:
    """The tables that an exam of its kind uses."""
    if exam.kind == Exam.Kind.FIXED:
        return [FormInline]
    if exam.kind == Exam.Kind.MULTISTAGE:
        return [ModuleInline]
    return [BlueprintInline, ConstraintInline] if exam.assembly == Exam.Assembly.SHADOW else [BlueprintInline]


def draft_from(form: Any, formsets: Any) -> ExamDraft:
    """What the form and the tables below it say."""
    said = form.cleaned_data
    rows = {formset.model: _rows(formset) for formset in formsets}
    places = sorted(rows.get(ExamItem, []), key=lambda row: row["position"])
    values = {name: said[name] for name in COLUMNS}
    return ExamDraft(
        **{**values, "cut_scores": tuple(said["cut_scores"] or ())},
        translations=form.said(),
        languages=tuple(said["languages"]),
        blueprint={row["area"].code: row["share"] for row in rows.get(BlueprintArea, [])},
        form=tuple(row["item"].code for row in places),
        modules=tuple(_module(row) for row in rows.get(ExamModule, [])),
        constraints=tuple(_constraint(row) for row in rows.get(ExamConstraint, [])),
        scales=tuple(sorted(scale.code for scale in said["scales"])),
    )


def _module(row: dict[str, Any]) -> ModuleDraft:
    codes = tuple(row["item_codes"].replace(",", " ").split())
    return ModuleDraft(code=row["code"], stage=row["stage"], items=codes, theta_from=row["theta_from"])


def _constraint(row: dict[str, Any]) -> ConstraintDraft:
    return ConstraintDraft(
        counted=row["counted"],
        area=row["area"].code if row["area"] else "",
        tag=row["tag"],
        item_kind=row["item_kind"],
        minimum=row["minimum"],
        maximum=row["maximum"],
    )


def _rows(formset: Any) -> list[dict[str, Any]]:
    kept = [form for form in formset.forms if form not in formset.deleted_forms]
    return [form.cleaned_data for form in kept if form.cleaned_data and form.cleaned_data.get("DELETE") is not True]
