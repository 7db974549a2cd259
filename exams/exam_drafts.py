"""What an author hands in of an exam: how it is given, by which rules, and what is wrong with them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from math import isfinite
from typing import Any

from django.utils.translation import gettext as _

from exams.drafts import LANGUAGE
from exams.models import Exam, ExamConstraint, ItemVersion

SHARES_SUM_WITHIN = 1e-6
HIGHEST_STAGE = 10


@dataclass(frozen=True)
class ConstraintDraft:
    """How many items, words or passages each form has; see ExamConstraint. `area` is a content area's code."""

    counted: str = ExamConstraint.Counted.ITEMS
    area: str = ""
    tag: str = ""
    item_kind: str = ""
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True)
class ModuleDraft:
    """A block of a multistage exam: its stage (from 1), the ability that it begins at, its items' codes in order."""

    code: str
    stage: int
    items: tuple[str, ...] = ()
    theta_from: float | None = None


@dataclass(frozen=True)
class ExamDraft:
    """Everything that an author decides of an exam. `Exam`'s fields say what each means.

    `blueprint` maps area codes to shares, `form` lists item codes of a fixed form, `modules` are those of a multistage
    exam, `constraints` those of shadow tests; `scales` are codes of score scales.
    """

    title: str
    kind: str = Exam.Kind.ADAPTIVE
    visibility: str = Exam.Visibility.PUBLIC
    description: str = ""
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    languages: tuple[str, ...] = ("ko", "en")
    blueprint: Mapping[str, float] = field(default_factory=dict)
    form: tuple[str, ...] = ()
    modules: tuple[ModuleDraft, ...] = ()
    constraints: tuple[ConstraintDraft, ...] = ()
    min_items: int = 20
    max_items: int = 20
    estimator: str = Exam.Estimator.EAP
    criterion: str = Exam.Criterion.INFORMATION
    assembly: str = Exam.Assembly.AREAS
    exposure: str = Exam.Exposure.RANDOMESQUE
    exposure_rate: float = 0.25
    randomesque: int = 5
    se_target: float | None = None
    information_target: float | None = None
    change_target: float | None = None
    classification: str = Exam.Classification.NONE
    cut_scores: tuple[float, ...] = ()
    classification_error: float = 0.05
    indifference: float = 0.2
    field_test_items: int = 0
    subscales: bool = False
    scales: tuple[str, ...] = ()
    time_limit_minutes: int | None = None
    attempts_allowed: int | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None


RELATIONS = frozenset({"blueprint", "form", "modules", "constraints", "scales"})
COLUMNS = tuple(name for name in ExamDraft.__dataclass_fields__ if name not in RELATIONS)


def field_values(draft: ExamDraft) -> dict[str, Any]:
    """The draft as columns of Exam."""
    values = {name: getattr(draft, name) for name in COLUMNS}
    translations = {language: dict(said) for language, said in draft.translations.items()}
    lists = {"languages": list(draft.languages), "cut_scores": list(draft.cut_scores)}
    return {**values, **lists, "translations": translations}


def share_problems(blueprint: Mapping[str, float]) -> list[str]:
    """What is wrong with the shares of an adaptive exam's content areas."""
    if not blueprint:
        return [_("An adaptive exam needs content areas in its blueprint.")]
    total = sum(blueprint.values())
    if abs(total - 1) > SHARES_SUM_WITHIN:
        return [_("The shares of the blueprint sum to %(total)s instead of 1.") % {"total": round(total, 4)}]
    return []


def exam_problems(draft: ExamDraft) -> list[str]:
    """What is wrong with the draft by itself, in words that name the value; columns are checked by the model."""
    return [
        *(
            _("%(language)r is no language code.") % {"language": language}
            for language in draft.languages
            if not LANGUAGE.fullmatch(language)
        ),
        *(
            _("The share of %(code)s must be between 0 and 1.") % {"code": code}
            for code, share in draft.blueprint.items()
            if not 0 <= share <= 1
        ),
        *_cut_score_problems(draft),
        *_given_twice(draft),
        *(problem for module in draft.modules for problem in _module_problems(module)),
        *_route_problems(draft.modules),
        *(problem for constraint in draft.constraints for problem in _constraint_problems(constraint)),
    ]


def _cut_score_problems(draft: ExamDraft) -> Iterator[str]:
    cuts = draft.cut_scores
    shown = ", ".join(f"{cut:g}" for cut in cuts)
    if not all(isfinite(cut) and -6 <= cut <= 6 for cut in cuts):
        yield _("The cut scores %(cuts)s must lie between -6 and 6 logits.") % {"cuts": shown}
    elif any(left >= right for left, right in pairwise(cuts)):
        yield _("The cut scores %(cuts)s must rise.") % {"cuts": shown}
    if draft.classification and not cuts:
        yield _("An exam that ends by classification needs cut scores.")


def _given_twice(draft: ExamDraft) -> Iterator[str]:
    if draft.kind == Exam.Kind.FIXED and len(set(draft.form)) < len(draft.form):
        yield _("The form has an item twice.")
    codes = [code for module in draft.modules for code in module.items]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield _("Item %(code)s is in the modules twice.") % {"code": code}
    for code in sorted(set(draft.form) & set(codes)):
        yield _("Item %(code)s is both in the form and in a module.") % {"code": code}


def _module_problems(module: ModuleDraft) -> Iterator[str]:
    if not 1 <= module.stage <= HIGHEST_STAGE:
        yield _("Module %(code)s: stage %(stage)s is not between 1 and %(highest)s.") % {
            "code": module.code,
            "stage": module.stage,
            "highest": HIGHEST_STAGE,
        }
    if module.theta_from is not None and not (isfinite(module.theta_from) and -6 <= module.theta_from <= 6):
        yield _("Module %(code)s: it begins at ability %(theta)s, which is not between -6 and 6.") % {
            "code": module.code,
            "theta": module.theta_from,
        }


def _route_problems(modules: tuple[ModuleDraft, ...]) -> Iterator[str]:
    codes = [module.code for module in modules]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield _("There are two modules %(code)s.") % {"code": code}
    routes = [(module.stage, module.theta_from) for module in modules]
    for stage, theta in sorted({route for route in routes if routes.count(route) > 1}, key=str):
        yield _("Two modules of stage %(stage)s begin at ability %(theta)s.") % {
            "stage": stage,
            "theta": "–" if theta is None else f"{theta:g}",
        }


def _constraint_problems(constraint: ConstraintDraft) -> Iterator[str]:
    low, high = constraint.minimum, constraint.maximum
    if low is None and high is None:
        yield _("A constraint on %(what)s has no bound.") % {"what": _counted(constraint)}
    elif low is not None and high is not None and low > high:
        yield _("The constraint on %(what)s wants at least %(low)s and at most %(high)s.") % {
            "what": _counted(constraint),
            "low": low,
            "high": high,
        }
    if constraint.counted not in ExamConstraint.Counted.values:
        yield _("A constraint cannot count %(counted)r.") % {"counted": constraint.counted}
    elif constraint.counted.startswith("passage") and (constraint.area or constraint.tag or constraint.item_kind):
        yield _("A constraint on passages takes no content area, tag or kind of item: %(what)s.") % {
            "what": _counted(constraint)
        }
    if constraint.item_kind and constraint.item_kind not in ItemVersion.Kind.values:
        yield _("%(kind)r is no kind of item.") % {"kind": constraint.item_kind}


def _counted(constraint: ConstraintDraft) -> str:
    named = [constraint.area, constraint.tag, constraint.item_kind]
    return " ".join(filter(None, named)) or _("the whole form")
