"""The form of an item: parameters and, in each language, stem, options and explanation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.forms import BoundField
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from exams.drafts import DraftText, ItemDraft
from exams.item_problems import item_problems
from exams.models import Item, ItemVersion
from exams.selectors.bank import draft_of
from exams.services.bank import STEPS

SLOTS = 6
LINES = {"rows": 4, "class": "item-text"}


@dataclass(frozen=True)
class LanguageBlock:
    """The fields of one language, for the template."""

    code: str
    name: str
    stem: BoundField
    options: list[BoundField]
    explanation: BoundField


class ItemForm(forms.ModelForm):
    """Its `draft` is what the services take; `version` is the item's current one, with contents (None: a new item)."""

    version: ItemVersion | None = None

    key = forms.IntegerField(label=_("key"), min_value=1, help_text=_("Position of the right option, from 1."))
    discrimination = forms.FloatField(label=_("discrimination (a)"), initial=1.0, min_value=0.05, max_value=5.0)
    difficulty = forms.FloatField(label=_("difficulty (b)"), initial=0.0, min_value=-6.0, max_value=6.0)
    guessing = forms.FloatField(label=_("guessing (c)"), initial=0.2, min_value=0.0, max_value=0.6)
    parameter_source = forms.ChoiceField(label=_("parameters"), choices=ItemVersion.Source.choices)
    picture = forms.FileField(
        label=_("new picture"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        help_text=_("Shown where a text says ![…](asset:NAME), with the file's name as NAME."),
    )

    class Meta:
        model = Item
        fields = ["code", "organization", "area", "status"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        was = draft_of(self.version) if self.version else None
        self.kept = {asset.name for asset in self.version.assets.all()} if self.version else set()
        self.written = dict(was.texts) if was else {}
        for code, _name in settings.LANGUAGES:
            self._add_language(code, self.written.pop(code, None))
        if was:
            known = {"key": was.key, "discrimination": was.a, "difficulty": was.b, "guessing": was.c}
            self.initial.update(known, parameter_source=was.source)
        if self.instance.current_id and "status" in self.fields:
            steps = {self.instance.status, *STEPS[self.instance.status]}
            self.fields["status"].choices = [choice for choice in Item.Status.choices if choice[0] in steps]

    def _add_language(self, code: str, text: DraftText | None) -> None:
        slots = max(SLOTS, len(text.options) if text else 0)
        area = forms.Textarea(attrs={**LINES, "lang": code})
        self.fields[f"stem_{code}"] = forms.CharField(label=_("stem"), required=False, strip=False, widget=area)
        self.initial[f"stem_{code}"] = text.stem if text else ""
        for number in range(1, slots + 1):
            line = forms.Textarea(attrs={"rows": 1, "class": "item-option", "lang": code})
            label = _("option %(number)d") % {"number": number}
            self.fields[f"option_{code}_{number}"] = forms.CharField(label=label, required=False, widget=line)
            has = text is not None and number <= len(text.options)
            self.initial[f"option_{code}_{number}"] = text.options[number - 1] if text and has else ""
        area = forms.Textarea(attrs={**LINES, "lang": code})
        self.fields[f"explanation_{code}"] = forms.CharField(
            label=_("explanation"), required=False, strip=False, widget=area
        )
        self.initial[f"explanation_{code}"] = text.explanation if text else ""

    def languages(self) -> Iterator[LanguageBlock]:
        for code, _name in settings.LANGUAGES:
            options = [self[name] for name in self.fields if name.startswith(f"option_{code}_")]
            name = get_language_info(code)["name_local"]
            yield LanguageBlock(code, name, self[f"stem_{code}"], options, self[f"explanation_{code}"])

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        needed = {"key", "discrimination", "difficulty", "guessing", "parameter_source"}
        if needed <= set(said):
            problems = item_problems(self.draft, kept_pictures=self.kept)
            if problems:
                raise forms.ValidationError(problems)
        return said

    @property
    def draft(self) -> ItemDraft:
        """What the fields say; languages that this site does not edit stay as they were."""
        said = self.cleaned_data
        texts = {code: text for code, _name in settings.LANGUAGES if (text := self._text(code))}
        picture = said.get("picture")
        content = {}
        if picture:
            picture.seek(0)
            content = {picture.name: picture.read()}
        return ItemDraft(
            texts={**texts, **self.written},
            key=said["key"],
            a=said["discrimination"],
            b=said["difficulty"],
            c=said["guessing"],
            source=said["parameter_source"],
            assets=content,
        )

    def _text(self, code: str) -> DraftText | None:
        said = self.cleaned_data
        options = [said.get(name) or "" for name in self.fields if name.startswith(f"option_{code}_")]
        while options and not options[-1].strip():
            options.pop()
        stem, explanation = (_lines(said.get(f"{part}_{code}")) for part in ("stem", "explanation"))
        return DraftText(stem, tuple(map(_lines, options)), explanation) if stem.strip() or options else None


def _lines(text: str | None) -> str:
    # Browsers send CRLF; what is stored, and compared with the version before, has LF.
    return (text or "").replace("\r\n", "\n")
