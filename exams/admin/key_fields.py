"""The part of an item's form that says what is right: the fields of each kind, and the keys that they make."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from exams.admin.key_lines import read_marks, read_numbers, read_texts, write_marks, write_numbers, write_texts
from exams.drafts import DraftKey, ItemDraft
from exams.models import ItemGap, ItemVersion

Kind = ItemVersion.Kind
GAP_SLOTS = 4
CRITERION_SLOTS = 4
_GAP_PLACE = re.compile(r"\[\[(\d{1,3})\]\]")
_LINES = {"rows": 3, "class": "item-option"}
_TEXT_HELP = _(
    "One accepted form a line. [en] before it: in that language alone. | 0.5 after it: worth so many points."
)
_NUMBER_HELP = _(
    "One accepted number a line: 3.14, or 3.14 ± 0.01, or 100 ± 5 %. | 0.5 after it: worth so many points."
)


@dataclass(frozen=True)
class OptionKey:
    """What is right about one option, for the template: a field for each kind that has options."""

    number: int
    points: BoundField
    place: BoundField
    matches: BoundField


@dataclass(frozen=True)
class GapKey:
    number: int
    kind: BoundField
    keys: BoundField


def gap_numbers(form: forms.Form, was: ItemDraft | None) -> list[int]:
    """The gaps that the form has fields for: those of the item, those in the stems as sent, and some to begin with."""
    numbers = set(range(1, GAP_SLOTS + 1)) | set(was.gaps if was else ())
    for name, value in form.data.items() if form.is_bound else ():
        if name.startswith("stem_"):
            numbers |= {int(number) for number in _GAP_PLACE.findall(str(value))[:100]}
    return sorted(numbers - {0})


def add_key_fields(form: forms.Form, was: ItemDraft | None, *, slots: int, gaps: list[int]) -> None:
    """Fields and their values from `was`; each names the kinds that it belongs to."""
    rows: Mapping[int, list[DraftKey]] = _by_gap(was.keys if was else ())
    own = rows.get(0, [])
    _add(form, "accepted", _textarea(Kind.TEXT), _("accepted forms"), _TEXT_HELP)
    _add(form, "numbers", _textarea(Kind.NUMERIC), _("accepted numbers"), _NUMBER_HELP)
    form.initial["accepted"] = write_texts(own) if was and was.kind == Kind.TEXT else ""
    form.initial["numbers"] = write_numbers(own) if was and was.kind == Kind.NUMERIC else ""
    for number in range(1, slots + 1):
        _add_option(form, number, [key for key in own if key.option == number], was.kind if was else "")
    for gap in gaps:
        _add_gap(form, gap, was.gaps.get(gap, "") if was else "", rows.get(gap, []))
    for number in range(1, max(CRITERION_SLOTS, len(was.rubric) + 1 if was else 0) + 1):
        widget = forms.NumberInput(attrs={"min": 1, "max": 100})
        form.fields[f"criterion_points_{number}"] = forms.IntegerField(
            label=_("most points"), required=False, min_value=1, max_value=100, widget=widget
        )
        known = was is not None and number <= len(was.rubric)
        form.initial[f"criterion_points_{number}"] = was.rubric[number - 1] if was and known else None


def _add_option(form: forms.Form, number: int, keys: list[DraftKey], kind: str) -> None:
    points = forms.FloatField(label=_("points"), required=False, min_value=-100, max_value=100)
    points.widget.attrs["step"] = "any"
    form.fields[f"points_{number}"] = points
    _add(form, f"place_{number}", forms.TextInput(), _("place"))
    _add(form, f"matches_{number}", forms.TextInput(), _("matches"))
    form.initial[f"points_{number}"] = keys[0].points if kind == Kind.MULTIPLE and keys else None
    marks = [(key.target or 0, key.points) for key in keys]
    form.initial[f"place_{number}"] = write_marks(marks) if kind == Kind.ORDERING else ""
    form.initial[f"matches_{number}"] = write_marks(marks) if kind == Kind.MATCHING else ""


def _add_gap(form: forms.Form, gap: int, kind: str, keys: list[DraftKey]) -> None:
    choices = [("", "–"), *ItemGap.Kind.choices]
    form.fields[f"gap_kind_{gap}"] = forms.ChoiceField(label=_("kind"), required=False, choices=choices)
    _add(form, f"gap_keys_{gap}", forms.Textarea(attrs=_LINES), _("right answers"))
    form.initial[f"gap_kind_{gap}"] = kind
    writers: dict[str, Callable[[list[DraftKey]], str]] = {
        "": lambda _keys: "",
        ItemGap.Kind.CHOICE: lambda keys: write_marks((key.option or 0, key.points) for key in keys),
        ItemGap.Kind.TEXT: write_texts,
        ItemGap.Kind.NUMERIC: write_numbers,
    }
    form.initial[f"gap_keys_{gap}"] = writers[kind](keys)


def _add(form: forms.Form, name: str, widget: forms.Widget, label: Any, help_text: Any = "") -> None:
    form.fields[name] = forms.CharField(label=label, required=False, widget=widget, help_text=help_text)


def _textarea(kind: str) -> forms.Textarea:
    return forms.Textarea(attrs={**_LINES, "data-kinds": kind})


def option_keys(form: forms.Form, slots: int) -> Iterator[OptionKey]:
    for number in range(1, slots + 1):
        yield OptionKey(number, form[f"points_{number}"], form[f"place_{number}"], form[f"matches_{number}"])


def gap_keys(form: forms.Form, gaps: list[int]) -> Iterator[GapKey]:
    for gap in gaps:
        yield GapKey(gap, form[f"gap_kind_{gap}"], form[f"gap_keys_{gap}"])


def criterion_points(form: forms.Form) -> list[BoundField]:
    return [form[name] for name in form.fields if name.startswith("criterion_points_")]


def read_keys(form: forms.Form, kind: str, options: int, was: ItemDraft | None) -> tuple[DraftKey, ...]:
    """The keys that the fields of `kind` say; what cannot be read is said beside its field.

    Keys that say what `was` says, in whatever order, keep its order: a save of an unchanged form changes nothing.
    """
    readers: dict[str, Callable[[forms.Form, int], list[DraftKey]]] = {
        Kind.MULTIPLE: _multiple,
        Kind.ORDERING: _ordering,
        Kind.MATCHING: _matching,
        Kind.NUMERIC: lambda form, _options: _read(form, "numbers", read_numbers),
        Kind.TEXT: lambda form, _options: _read(form, "accepted", read_texts),
        Kind.CLOZE: lambda form, _options: _gaps(form),
    }
    keys = tuple(readers[kind](form, options)) if kind in readers else ()
    if was and sorted(map(repr, keys)) == sorted(map(repr, was.keys)):
        return was.keys
    return keys


def read_gaps(form: forms.Form) -> dict[int, str]:
    """The gaps whose kind was chosen."""
    return {
        int(name.removeprefix("gap_kind_")): kind
        for name in form.fields
        if name.startswith("gap_kind_") and (kind := form.cleaned_data.get(name))
    }


def read_rubric(form: forms.Form) -> tuple[int, ...]:
    points = (form.cleaned_data.get(field.name) for field in criterion_points(form))
    return tuple(most for most in points if most)


def _multiple(form: forms.Form, options: int) -> list[DraftKey]:
    worth = {number: form.cleaned_data.get(f"points_{number}") for number in range(1, options + 1)}
    return [DraftKey(option=number, points=points) for number, points in worth.items() if points]


def _ordering(form: forms.Form, options: int) -> list[DraftKey]:
    keys = []
    for number in range(1, options + 1):
        # Most authors write the rows in their right order.
        marks = _read(form, f"place_{number}", read_marks) or [(number, 1.0)]
        keys += [DraftKey(option=number, target=place, points=points) for place, points in marks]
    return keys


def _matching(form: forms.Form, options: int) -> list[DraftKey]:
    return [
        DraftKey(option=number, target=target, points=points)
        for number in range(1, options + 1)
        for target, points in _read(form, f"matches_{number}", read_marks)
    ]


def _gaps(form: forms.Form) -> list[DraftKey]:
    keys: list[DraftKey] = []
    for gap, kind in read_gaps(form).items():
        name = f"gap_keys_{gap}"
        if kind == ItemGap.Kind.CHOICE:
            keys += [DraftKey(gap=gap, option=n, points=points) for n, points in _read(form, name, read_marks)]
        elif kind == ItemGap.Kind.TEXT:
            keys += [replace(key, gap=gap) for key in _read(form, name, read_texts)]
        else:
            keys += [replace(key, gap=gap) for key in _read(form, name, read_numbers)]
    return keys


def _read(form: forms.Form, name: str, reader: Callable[[str], list[Any]]) -> list[Any]:
    try:
        return reader(form.cleaned_data.get(name) or "")
    except ValidationError as error:
        form.add_error(name, error)
        return []


def _by_gap(keys: tuple[DraftKey, ...]) -> dict[int, list[DraftKey]]:
    rows: dict[int, list[DraftKey]] = {}
    for key in keys:
        rows.setdefault(key.gap, []).append(key)
    return rows
