"""Score scales of the zone."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from audit.console import ConsoleModelAdmin
from exams.admin.translations import TranslatedForm, translated_form
from exams.models import ScoreScale
from exams.services import scales
from exams.services.scales import COLUMNS, ScaleDraft

TRANSLATED = ["name"]


class ScaleForm(translated_form(ScoreScale, TRANSLATED, ["code", *(n for n in COLUMNS if n != "translations")])):
    points = forms.CharField(
        label=_("points"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 24}),
        help_text=_("Of a table: ability and score, one pair a line, both rising."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "points" in self.fields:
            self.initial["points"] = "\n".join(f"{theta:g} {score:g}" for theta, score in self.instance.points or [])

    def clean_points(self) -> list[list[float]]:
        lines = [line.replace(";", " ").split() for line in self.cleaned_data["points"].splitlines() if line.strip()]
        try:
            return [[float(theta), float(score)] for theta, score in lines]
        except ValueError as error:
            said = _now("Each line needs two numbers, an ability and a score.")
            raise forms.ValidationError(said) from error


@admin.register(ScoreScale)
class ScoreScaleAdmin(ConsoleModelAdmin):
    permissions = {"view": ("exam:update",), "add": ("exam:create",), "change": ("exam:update",)}
    # Of the zone: without a path to an organization nobody who is confined to one may write.
    organization_path = None
    recorded_by_service = True
    form = ScaleForm
    list_display = ["label", "code", "kind", "example"]
    list_display_links = ["label", "code"]
    list_filter = ["kind"]
    search_fields = ["code__startswith", "name__icontains"]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        names = ["name", *(TranslatedForm.names(TRANSLATED) if writes else [])]
        about = _(
            "Linear: mean + standard deviation × ability. Standard score, stanine and percentile place the ability in "
            "a norm group. A table says the score at each ability, with straight lines between."
        )
        return [
            (None, {"fields": ["code", *names]}),
            (_("Transformation"), {"fields": ["kind", ("mean", "sd"), "points"], "description": about}),
            (_("Norm group"), {"fields": [("norm_mean", "norm_sd")], "classes": ["of-norm-group"]}),
            (_("As it is shown"), {"fields": [("minimum", "maximum"), "decimals"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["code"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        if not self.owns(request, obj):
            raise PermissionDenied
        said = form.cleaned_data
        values = {name: said[name] for name in COLUMNS if name not in ("points", "translations")}
        points = tuple((theta, score) for theta, score in said["points"])
        draft = ScaleDraft(**values, translations=form.said(), points=points)
        if change:
            stored = ScoreScale.objects.get(pk=obj.pk)
            saved = scales.update_scale(person=request.user, scale=stored, draft=draft)
        else:
            saved = scales.create_scale(person=request.user, code=said["code"], draft=draft)
        obj.__dict__.update(saved.__dict__)

    @admin.display(description=_("name"), ordering="name")
    def label(self, scale: ScoreScale) -> str:
        return str(scale)

    @admin.display(description=_("at ability -1, 0, 1"))
    def example(self, scale: ScoreScale) -> str:
        transformation = scale.transformation
        return " · ".join(f"{transformation.value(theta):g}" for theta in (-1.0, 0.0, 1.0))
