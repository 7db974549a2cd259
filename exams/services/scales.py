"""Making and changing score scales. They belong to the zone; what attempts were reported on stays with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.people import Person
from audit.models import Action
from audit.services import record
from exams.authority import require_write
from exams.models import ScoreScale
from exams.problems import CodeTaken, InvalidScale
from exams.scales import rises

HIGHEST_NUMBER_OF_POINTS = 200


@dataclass(frozen=True)
class ScaleDraft:
    """Everything that an author decides of a scale; `exams.scales.Scale` says what the numbers do."""

    name: str
    kind: str
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    mean: float = 50.0
    sd: float = 10.0
    norm_mean: float = 0.0
    norm_sd: float = 1.0
    minimum: float | None = None
    maximum: float | None = None
    decimals: int = 0
    points: tuple[tuple[float, float], ...] = ()


COLUMNS = tuple(ScaleDraft.__dataclass_fields__)


def create_scale(*, person: Person, code: str, draft: ScaleDraft) -> ScoreScale:
    """A new scale of the zone. Raises InvalidScale with everything that is wrong, CodeTaken, PermissionRefused."""
    require_write(person, "exam:create", None)
    scale = ScoreScale(code=code, **_columns(draft))
    _check(scale)
    try:
        with transaction.atomic():
            scale.save(force_insert=True)
            record(Action.CREATE, "scorescale", scale.pk, details={"code": code})
    except IntegrityError as error:
        raise CodeTaken(_("The code %(code)s is taken.") % {"code": code}, codes=[code]) from error
    return scale


def update_scale(*, person: Person, scale: ScoreScale, draft: ScaleDraft) -> ScoreScale:
    """Give the scale these contents: for attempts that start from now on. Raises InvalidScale, PermissionRefused."""
    require_write(person, "exam:update", None)
    with transaction.atomic():
        locked = ScoreScale.objects.select_for_update().get(pk=scale.pk)
        before = draft_of(locked)
        changed = {
            name: [_plain(getattr(before, name)), _plain(getattr(draft, name))]
            for name in COLUMNS
            if getattr(before, name) != getattr(draft, name)
        }
        if not changed:
            return locked
        for name, value in _columns(draft).items():
            setattr(locked, name, value)
        _check(locked)
        locked.save()
        record(Action.UPDATE, "scorescale", locked.pk, details={"code": locked.code, **changed})
    return locked


def draft_of(scale: ScoreScale) -> ScaleDraft:
    """The scale as it is, to change some of it."""
    values = {name: getattr(scale, name) for name in COLUMNS}
    return ScaleDraft(**{**values, "points": tuple((theta, score) for theta, score in scale.points)})


def _columns(draft: ScaleDraft) -> dict[str, Any]:
    values = {name: getattr(draft, name) for name in COLUMNS}
    translations = {language: dict(said) for language, said in draft.translations.items()}
    return {**values, "translations": translations, "points": [list(point) for point in draft.points]}


def _plain(value: Any) -> Any:
    return [list(point) for point in value] if isinstance(value, tuple) else value


def _check(scale: ScoreScale) -> None:
    problems = []
    labels = {column.name: column.verbose_name for column in ScoreScale._meta.concrete_fields}
    try:
        scale.full_clean(validate_unique=False)
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            problems += [f"{labels.get(name, name)}: {message}" for message in messages]
    for name in ("mean", "sd", "norm_mean", "norm_sd", "minimum", "maximum"):
        value = getattr(scale, name)
        if value is not None and not isfinite(value):
            problems.append(_("%(field)s = %(value)s is no number.") % {"field": labels[name], "value": value})
    if scale.minimum is not None and scale.maximum is not None and scale.minimum >= scale.maximum:
        said = _("The lowest score %(low)s must be below the highest, %(high)s.")
        problems.append(said % {"low": f"{scale.minimum:g}", "high": f"{scale.maximum:g}"})
    problems += _point_problems(scale)
    if problems:
        raise InvalidScale(_("This scale cannot be saved: %(why)s") % {"why": problems[0]}, problems=problems)


def _point_problems(scale: ScoreScale) -> list[str]:
    if scale.kind != ScoreScale.Kind.TABLE:
        return []
    if len(scale.points) > HIGHEST_NUMBER_OF_POINTS:
        said = _("A table has at most %(most)s points, not %(count)s.")
        return [said % {"most": HIGHEST_NUMBER_OF_POINTS, "count": len(scale.points)}]
    if not rises(scale.points):
        return [
            _("A table needs two points at least, each above the one before in ability and in score: %(points)s.")
            % {"points": ", ".join(map(str, scale.points)) or "–"}
        ]
    return []
