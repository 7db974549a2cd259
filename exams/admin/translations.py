"""A field for each language in place of the JSON that keeps translations."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.db import models
from django.utils.translation import get_language_info

from exams.models.bank import Localised

FIRST = settings.LANGUAGE_CODE


class TranslatedForm(forms.ModelForm):
    """`<field>_<language>` for every language but the first, whose words are in the column itself."""

    translated: tuple[str, ...] = ()

    @staticmethod
    def names(fields: Sequence[str]) -> list[str]:
        return [f"{field}_{code}" for field in fields for code, _name in settings.LANGUAGES if code != FIRST]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = self.instance.translations
        for field in self.translated:
            for code, _name in settings.LANGUAGES:
                if code != FIRST and f"{field}_{code}" in self.fields:
                    self.initial[f"{field}_{code}"] = said.get(code, {}).get(field, "")

    def said(self) -> dict[str, dict[str, str]]:
        """The translations as they are stored, those of languages that the form does not show included."""
        stored = {code: dict(words) for code, words in self.instance.translations.items()}
        for field in self.translated:
            for code, _name in settings.LANGUAGES:
                words = self.cleaned_data.get(f"{field}_{code}")
                if words is None:
                    continue
                stored.setdefault(code, {})[field] = words
                if not words:
                    del stored[code][field]
        return {code: words for code, words in stored.items() if words}

    def _post_clean(self) -> None:
        super()._post_clean()
        self.instance.translations = self.said()


def translated_form(model: type[Localised], translated: Sequence[str], fields: Sequence[str]) -> type[TranslatedForm]:
    """A form of `fields` in which `translated` ones have a field for each further language."""
    extra: dict[str, Any] = {}
    for name in translated:
        column = model._meta.get_field(name)
        for code, _name in settings.LANGUAGES:
            if code == FIRST:
                continue
            label = f"{column.verbose_name} ({get_language_info(code)['name_local']})"
            widget = AdminTextareaWidget if isinstance(column, models.TextField) else AdminTextInputWidget
            extra[f"{name}_{code}"] = column.formfield(required=False, label=label, widget=widget)
    meta = type("Meta", (), {"model": model, "fields": list(fields)})
    name = f"{model.__name__}Form"
    return type(TranslatedForm)(name, (TranslatedForm,), {**extra, "translated": tuple(translated), "Meta": meta})
