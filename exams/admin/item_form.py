"""The form of an item: kind, key and response model and, in each language, everything that students read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from accounts.services.scanning import refuse_infected
from exams.admin import key_fields
from exams.admin.key_fields import GapKey, OptionKey
from exams.drafts import CriterionText, DraftPassage, DraftText, ItemDraft, spread_thresholds
from exams.item_problems import item_problems, tag_problems
from exams.models import Item, ItemGap, ItemVersion, Passage
from exams.numerals import read_number
from exams.selectors.bank import draft_of, draft_of_passage
from exams.services.bank import STEPS
from zones.problems import Problem

Kind = ItemVersion.Kind
SLOTS = 6
LINES = {"rows": 4, "class": "item-text"}
LEVELS = {"rows": 3, "class": "item-option"}
WITH_OPTIONS = frozenset({Kind.SINGLE, Kind.MULTIPLE, Kind.ORDERING, Kind.MATCHING})
# Half of what tells two sets of thresholds apart in a report of four digits.
MEAN_WITHIN = 5e-5


@dataclass(frozen=True)
class CriterionFields:
    number: int
    name: BoundField
    levels: BoundField


@dataclass(frozen=True)
class GapFields:
    number: int
    options: BoundField


@dataclass(frozen=True)
class LanguageBlock:
    """The fields of one language, for the template."""

    code: str
    name: str
    passage_title: BoundField
    passage: BoundField
    stem: BoundField
    options: list[BoundField]
    targets: list[BoundField]
    gaps: list[GapFields]
    criteria: list[CriterionFields]
    explanation: BoundField


def _kinds(*kinds: str) -> dict[str, str]:
    """What hides a field in the browser while another kind is chosen."""
    return {"data-kinds": " ".join(kinds)}


class ItemForm(forms.ModelForm):
    """Its `draft` is what the services take (None while a field of it is missing); `version` is the item's current one,
    with contents (None: a new item).
    """

    version: ItemVersion | None = None
    draft: ItemDraft | None = None

    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=Kind.choices, initial=Kind.SINGLE, required=False)
    scoring = forms.ChoiceField(
        label=gettext_lazy("scoring"),
        choices=ItemVersion.Scoring.choices,
        required=False,
        widget=forms.Select(
            attrs=_kinds(Kind.MULTIPLE, Kind.ORDERING, Kind.MATCHING, Kind.NUMERIC, Kind.TEXT, Kind.CLOZE)
        ),
    )
    max_score = forms.IntegerField(
        label=gettext_lazy("highest score"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=gettext_lazy("With partial credit; of an essay it is the sum of its rubric."),
        widget=forms.NumberInput(attrs={"data-scoring": "partial"}),
    )
    case_sensitive = forms.BooleanField(
        label=gettext_lazy("capital letters matter"),
        required=False,
        widget=forms.CheckboxInput(attrs=_kinds(Kind.TEXT, Kind.CLOZE)),
    )
    key = forms.IntegerField(
        label=gettext_lazy("key"),
        min_value=1,
        required=False,
        help_text=gettext_lazy("Position of the right option, from 1."),
    )
    model = forms.ChoiceField(
        label=gettext_lazy("response model"),
        choices=ItemVersion.Model.choices,
        required=False,
        help_text=gettext_lazy("An item with several scores needs graded response or partial credit."),
    )
    discrimination = forms.FloatField(
        label=gettext_lazy("discrimination (a)"), initial=1.0, min_value=0.05, max_value=5.0
    )
    difficulty = forms.FloatField(label=gettext_lazy("difficulty (b)"), initial=0.0, min_value=-6.0, max_value=6.0)
    guessing = forms.FloatField(
        label=gettext_lazy("guessing (c)"),
        initial=0.2,
        min_value=0.0,
        max_value=0.6,
        required=False,
        widget=forms.NumberInput(attrs={"data-models": "logistic", "step": "any"}),
    )
    upper = forms.FloatField(
        label=gettext_lazy("upper asymptote (d)"),
        initial=1.0,
        min_value=0.6,
        max_value=1.0,
        required=False,
        widget=forms.NumberInput(attrs={"data-models": "logistic", "step": "any"}),
    )
    thresholds = forms.CharField(
        label=gettext_lazy("thresholds"),
        required=False,
        widget=forms.TextInput(attrs={"data-models": "grm gpcm", "class": "vTextField"}),
        help_text=gettext_lazy(
            "In logits, one for each score above 0, separated by spaces: -1 0.2 1.1. Empty: around the difficulty, half"
            " a logit apart. The difficulty becomes their mean."
        ),
    )
    parameter_source = forms.ChoiceField(label=gettext_lazy("parameters"), choices=ItemVersion.Source.choices)
    passage_code = forms.SlugField(
        label=gettext_lazy("passage"),
        required=False,
        max_length=80,
        allow_unicode=False,
        help_text=gettext_lazy(
            "The code of a text that several items ask about. An existing code is enough; a changed text makes the"
            " passage's next version."
        ),
    )
    picture = forms.FileField(
        label=gettext_lazy("new picture"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        help_text=gettext_lazy("Shown where a text says ![…](asset:NAME), with the file's name as NAME."),
    )

    class Meta:
        model = Item
        fields = ["code", "organization", "area", "status", "tags", "enemies"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.was = draft_of(self.version) if self.version else None
        # Errors that say themselves which part they are about.
        self.explained: set[str] = set()
        self.kept = {asset.name for asset in self.version.assets.all()} if self.version else set()
        self.written = dict(self.was.texts) if self.was else {}
        texts = list(self.written.values())
        self.slots = max([SLOTS, *(len(text.options) + 1 for text in texts), *(len(text.targets) for text in texts)])
        self.gaps = key_fields.gap_numbers(self, self.was)
        key_fields.add_key_fields(self, self.was, slots=self.slots, gaps=self.gaps)
        for code, _name in settings.LANGUAGES:
            self._add_language(code, self.written.pop(code, None))
        if self.was:
            self.initial.update(_initial(self.was))
        if self.instance.current_id and "status" in self.fields:
            steps = {self.instance.status, *STEPS[self.instance.status]}
            self.fields["status"].choices = [choice for choice in Item.Status.choices if choice[0] in steps]

    # --- Fields ------------------------------------------------------------------------------------------------------

    def _add_language(self, code: str, text: DraftText | None) -> None:
        said = text or DraftText("")
        passage = self.was.passage if self.was else None
        self._write(f"passage_title_{code}", _("title of the passage"), (passage.titles if passage else {}).get(code))
        self._area(f"passage_text_{code}", _("passage"), code, (passage.texts if passage else {}).get(code))
        self._area(f"stem_{code}", _("stem"), code, said.stem)
        for number in range(1, self.slots + 1):
            self._line(f"option_{code}_{number}", _("option %(number)d"), number, code, said.options)
        for number in range(1, self.slots + 1):
            self._line(f"target_{code}_{number}", _("target %(number)d"), number, code, said.targets)
        for gap in self.gaps:
            widget = forms.Textarea(attrs={**LEVELS, "lang": code})
            label = _("gap %(gap)s") % {"gap": gap}
            self._write(f"gap_options_{code}_{gap}", label, "\n".join(said.gap_options.get(gap, ())), widget)
        for number in range(1, len(key_fields.criterion_points(self)) + 1):
            known = said.criteria[number - 1] if number <= len(said.criteria) else CriterionText("")
            self._write(f"criterion_name_{code}_{number}", _("name"), known.name)
            widget = forms.Textarea(attrs={**LEVELS, "lang": code})
            self._write(f"criterion_levels_{code}_{number}", _("levels"), "\n".join(known.levels), widget)
        self._area(f"explanation_{code}", _("explanation"), code, said.explanation)

    def _area(self, name: str, label: str, code: str, value: str | None) -> None:
        self._write(name, label, value, forms.Textarea(attrs={**LINES, "lang": code}))

    def _line(self, name: str, label: str, number: int, code: str, values: tuple[str, ...]) -> None:
        line = forms.Textarea(attrs={"rows": 1, "class": "item-option", "lang": code})
        value = values[number - 1] if number <= len(values) else ""
        self._write(name, label % {"number": number}, value, line)

    def _write(self, name: str, label: str, value: str | None, widget: forms.Widget | None = None) -> None:
        field = forms.CharField(label=label, required=False, strip=False, widget=widget or forms.TextInput())
        self.fields[name] = field
        self.initial[name] = value or ""

    def languages(self) -> Iterator[LanguageBlock]:
        for code, _name in settings.LANGUAGES:
            numbers = range(1, self.slots + 1)
            criteria = range(1, len(key_fields.criterion_points(self)) + 1)
            yield LanguageBlock(
                code,
                get_language_info(code)["name_local"],
                self[f"passage_title_{code}"],
                self[f"passage_text_{code}"],
                self[f"stem_{code}"],
                [self[f"option_{code}_{number}"] for number in numbers],
                [self[f"target_{code}_{number}"] for number in numbers],
                [GapFields(gap, self[f"gap_options_{code}_{gap}"]) for gap in self.gaps],
                [
                    CriterionFields(n, self[f"criterion_name_{code}_{n}"], self[f"criterion_levels_{code}_{n}"])
                    for n in criteria
                ],
                self[f"explanation_{code}"],
            )

    def option_keys(self) -> list[OptionKey]:
        return list(key_fields.option_keys(self, self.slots))

    def gap_keys(self) -> list[GapKey]:
        return list(key_fields.gap_keys(self, self.gaps))

    def criterion_points(self) -> list[BoundField]:
        return key_fields.criterion_points(self)

    # --- From fields to draft ------------------------------------------------------------------------------------

    def clean_tags(self) -> list[str]:
        tags = list(self.cleaned_data["tags"] or [])
        if problems := tag_problems(tags):
            raise ValidationError(problems)
        return tags

    def clean_picture(self) -> Any:
        if picture := self.cleaned_data["picture"]:
            try:
                refuse_infected(file=picture, name=picture.name, resource="item")
            except Problem as problem:
                raise ValidationError(str(problem.detail)) from problem
        return picture

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        needed = {"discrimination", "difficulty", "guessing", "upper", "max_score", "parameter_source", "kind"}
        if needed <= set(said):
            self.draft = self._draft()
            self._say(item_problems(self.draft, kept_pictures=self.kept))
        return said

    def _draft(self) -> ItemDraft:
        """What the fields say; languages that this site does not edit stay as they were."""
        said = self.cleaned_data
        kind = said["kind"] or Kind.SINGLE
        texts = {code: text for code, _name in settings.LANGUAGES if (text := self._text(code, kind))}
        options = max((len(text.options) for text in texts.values()), default=0)
        gaps = key_fields.read_gaps(self) if kind == Kind.CLOZE else {}
        rubric = key_fields.read_rubric(self) if kind == Kind.ESSAY else ()
        scoring, max_score = self._scoring(kind, rubric)
        model = said.get("model") or ItemVersion.Model.LOGISTIC
        is_logistic = model == ItemVersion.Model.LOGISTIC
        thresholds = () if is_logistic else self._thresholds(max_score)
        picture = said.get("picture")
        return ItemDraft(
            texts={**self._kept_texts(kind), **texts},
            key=said.get("key") if kind == Kind.SINGLE else None,
            a=said["discrimination"],
            b=said["difficulty"] if is_logistic else self._mean(thresholds),
            c=(said.get("guessing") or 0.0) if is_logistic else 0.0,
            source=said["parameter_source"],
            assets={picture.name: picture.read()} if picture else {},
            kind=kind,
            keys=key_fields.read_keys(self, kind, options, self.was),
            gaps=gaps,
            rubric=rubric,
            scoring=scoring,
            max_score=max_score,
            case_sensitive=bool(said.get("case_sensitive")) and kind in {Kind.TEXT, Kind.CLOZE},
            model=model,
            d=(said.get("upper") or 1.0) if is_logistic else 1.0,
            thresholds=thresholds,
            passage=self._passage(),
        )

    def _kept_texts(self, kind: str) -> Mapping[str, DraftText]:
        return self.written if self.was and self.was.kind == kind else {}

    def _scoring(self, kind: str, rubric: tuple[int, ...]) -> tuple[str, int]:
        if kind == Kind.ESSAY:
            return ItemVersion.Scoring.EXACT, sum(rubric) or 1
        scoring = self.cleaned_data.get("scoring") or ItemVersion.Scoring.EXACT
        if kind == Kind.SINGLE or scoring == ItemVersion.Scoring.EXACT:
            return ItemVersion.Scoring.EXACT, 1
        return scoring, self.cleaned_data.get("max_score") or 1

    def _thresholds(self, max_score: int) -> tuple[float, ...]:
        written = (self.cleaned_data.get("thresholds") or "").replace(",", " ").split()
        readings = [read_number(part, "en") for part in written]
        if None in readings:
            wrong = written[readings.index(None)]
            self.add_error("thresholds", _("“%(part)s” is no number.") % {"part": wrong})
        values = tuple(float(reading.value) for reading in readings if reading)
        b = self.cleaned_data["difficulty"]
        if not values:
            return spread_thresholds(b, max_score)
        if self.was and values == self.was.thresholds and b != self.was.b:
            # Only the difficulty was changed: all of them go along.
            return tuple(round(value + b - self.was.b, 6) for value in values)
        return values

    def _mean(self, thresholds: tuple[float, ...]) -> float:
        b: float = self.cleaned_data["difficulty"]
        mean = fsum(thresholds) / len(thresholds)
        return b if abs(mean - b) <= MEAN_WITHIN else round(mean, 6)

    def _passage(self) -> DraftPassage | None:
        said = self.cleaned_data
        code = said.get("passage_code")
        texts = {lang: text for lang, _name in settings.LANGUAGES if (text := _lines(said.get(f"passage_text_{lang}")))}
        titles = {lang: said.get(f"passage_title_{lang}") or "" for lang in texts}
        if not code:
            if texts:
                self.add_error("passage_code", _("The passage needs a code."))
            return None
        was = self.was.passage if self.was else None
        if was and was.code == code:
            others = {lang: text for lang, text in was.texts.items() if lang not in dict(settings.LANGUAGES)}
            return DraftPassage(code, others | texts, dict(was.titles) | titles)
        return DraftPassage(code, texts, titles) if texts else self._known_passage(code)

    def _known_passage(self, code: str) -> DraftPassage | None:
        owner = self.cleaned_data.get("organization") or self.instance.organization
        newest = Passage.objects.filter(code=code, organization=owner).prefetch_related("texts").first()
        if newest is None:
            self.add_error("passage_code", _("There is no passage %(code)s yet; write its text.") % {"code": code})
            return None
        return draft_of_passage(newest)

    def _text(self, code: str, kind: str) -> DraftText | None:
        said = self.cleaned_data
        options, targets = (self._column(f"{name}_{code}_") for name in ("option", "target"))
        stem, explanation = (_lines(said.get(f"{part}_{code}")) for part in ("stem", "explanation"))
        if not stem.strip() and not options:
            return None
        gaps = key_fields.read_gaps(self) if kind == Kind.CLOZE else {}
        chosen = {gap for gap, gap_kind in gaps.items() if gap_kind == ItemGap.Kind.CHOICE}
        listed = {gap: _listed(said.get(f"gap_options_{code}_{gap}")) for gap in sorted(chosen)}
        return DraftText(
            stem,
            options if kind in WITH_OPTIONS else (),
            explanation,
            targets=targets if kind == Kind.MATCHING else (),
            gap_options={gap: options for gap, options in listed.items() if options},
            criteria=self._criteria(code) if kind == Kind.ESSAY else (),
        )

    def _column(self, prefix: str) -> tuple[str, ...]:
        values = [self.cleaned_data.get(f"{prefix}{number}") or "" for number in range(1, self.slots + 1)]
        while values and not values[-1].strip():
            values.pop()
        return tuple(map(_lines, values))

    def _criteria(self, code: str) -> tuple[CriterionText, ...]:
        said = self.cleaned_data
        used = [n for n, field in enumerate(self.criterion_points(), start=1) if said.get(field.name)]
        return tuple(
            CriterionText(
                (said.get(f"criterion_name_{code}_{n}") or "").strip(),
                _levels(said.get(f"criterion_levels_{code}_{n}")),
            )
            for n in used
        )

    # --- What is wrong, beside the field that it is about ----------------------------------------------------------

    def problems(self) -> list[str]:
        """All that is wrong, for a list apart from the fields."""
        said = [str(error) for error in self.non_field_errors()]
        for name in self.fields:
            label = self.fields[name].label
            said += [error if error in self.explained else f"{label}: {error}" for error in self.errors.get(name, ())]
        return said

    def _say(self, problems: list[str]) -> None:
        self.explained = set(problems)
        places = dict(self._places())
        for problem in problems:
            where = next((name for said, name in places.items() if problem.startswith(f"{said}: ")), None)
            self.add_error(where, problem)

    def _places(self) -> Iterator[tuple[str, str]]:
        """The words that problems begin with (exams.item_problems), and the field that they are of."""
        for code, _name in settings.LANGUAGES:
            yield f"{code}, {_('stem')}", f"stem_{code}"
            yield f"{code}, {_('explanation')}", f"explanation_{code}"
            for number in range(1, self.slots + 1):
                yield f"{code}, {_('option')} {number}", f"option_{code}_{number}"
                yield f"{code}, {_('target')} {number}", f"target_{code}_{number}"
            for number in range(1, len(self.criterion_points()) + 1):
                yield f"{code}, {_('criterion')} {number}", f"criterion_name_{code}_{number}"
        for gap in self.gaps:
            yield _("gap %(gap)s") % {"gap": gap}, f"gap_keys_{gap}"


def _initial(was: ItemDraft) -> dict[str, Any]:
    return {
        "kind": was.kind,
        "scoring": was.scoring,
        "max_score": was.max_score,
        "case_sensitive": was.case_sensitive,
        "key": was.key,
        "model": was.model,
        "discrimination": was.a,
        "difficulty": was.b,
        "guessing": was.c,
        "upper": was.d,
        "thresholds": " ".join(map(repr, was.thresholds)),
        "parameter_source": was.source,
        "passage_code": was.passage.code if was.passage else "",
    }


def _lines(text: str | None) -> str:
    # Browsers send CRLF; what is stored, and compared with the version before, has LF.
    return (text or "").replace("\r\n", "\n")


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in _lines(text).split("\n") if line.strip())


def _levels(text: str | None) -> tuple[str, ...]:
    """One a line from 0 points on; a level in the middle may stay empty."""
    lines = [line.strip() for line in _lines(text).rstrip().split("\n")]
    return tuple(lines) if any(lines) else ()
