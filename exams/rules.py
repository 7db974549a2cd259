"""The rules of an exam as its pools keep them: a JSON snapshot, of which exams.configuration makes the engine's.

Attempts read nothing but this snapshot and the versions beside it. Items are named by their index in the pool, so that
tags, enemies and exposure parameters that change later change no attempt that has begun.
"""

from collections.abc import Sequence
from typing import Any

from exams.models import Exam, ExamModule, Item, ItemVersion, ScoreScale

Rules = dict[str, Any]
PLAIN = (
    "kind",
    "min_items",
    "max_items",
    "se_target",
    "randomesque",
    "estimator",
    "criterion",
    "assembly",
    "exposure",
    "exposure_rate",
    "information_target",
    "change_target",
    "classification",
    "cut_scores",
    "classification_error",
    "indifference",
    "field_test_items",
    "subscales",
)


def rules_of(exam: Exam) -> Rules:
    """The part of an exam that its attempts must keep to, apart from what depends on the items that it draws from."""
    titles = {language: said["title"] for language, said in exam.translations.items() if said.get("title")}
    return {
        **{name: getattr(exam, name) for name in PLAIN},
        "titles": {"": exam.title, **titles},
        "areas": {str(row.area_id): row.share for row in exam.blueprint.all()},
        "scales": [scale_rules(scale) for scale in exam.scales.order_by("code")],
    }


def snapshot(exam: Exam) -> tuple[Rules, list[int]]:
    """The complete rules of an exam as it stands, and the versions that it may give, in the order of their indices."""
    rules = rules_of(exam)
    modules = list(exam.modules.all()) if exam.kind == Exam.Kind.MULTISTAGE else []
    scored = _scored_versions(exam, modules)
    tried = _field_test_versions(exam, scored) if exam.field_test_items else []
    versions = scored + tried
    rules["field_test"] = list(range(len(scored), len(versions)))
    if modules:
        rules["modules"] = _modules(modules, scored)
    if exam.kind == Exam.Kind.ADAPTIVE:
        rules |= _constraints(exam, versions)
    return rules, versions


def scale_rules(row: ScoreScale) -> Rules:
    """The scale as rules and reports keep it: code, names, and the whole transformation."""
    names = {language: said["name"] for language, said in row.translations.items() if said.get("name")}
    return {"code": row.code, "names": {"": row.name, **names}, **row.transformation.to_json()}


def _scored_versions(exam: Exam, modules: Sequence[ExamModule]) -> list[int]:
    """The current versions that count: the form, the modules' items, or the active items of the exam's areas."""
    form = exam.form.order_by("position")
    if exam.kind == Exam.Kind.FIXED:
        return list(form.filter(module=None).values_list("item__current", flat=True))
    if exam.kind == Exam.Kind.MULTISTAGE:
        return list(form.filter(module__in=modules).values_list("item__current", flat=True))
    areas = [row.area_id for row in exam.blueprint.all()]
    return _bank_versions(exam, Item.Status.ACTIVE, areas)


def _field_test_versions(exam: Exam, scored: Sequence[int]) -> list[int]:
    """The items in field test of the areas that the exam is about."""
    areas = [row.area_id for row in exam.blueprint.all()]
    if not areas:
        areas = list(ItemVersion.objects.filter(pk__in=scored).values_list("item__area_id", flat=True).distinct())
    return _bank_versions(exam, Item.Status.FIELD_TEST, areas)


def _bank_versions(exam: Exam, status: str, areas: Sequence[int]) -> list[int]:
    items = Item.objects.filter(status=status, current__isnull=False, area__in=areas)
    # What is chosen next goes by the answer before, and an essay has no score until somebody has read it.
    items = items.exclude(current__kind=ItemVersion.Kind.ESSAY)
    items = items.filter(organization=None) | items.filter(organization=exam.organization_id)
    for language in exam.languages:
        items = items.filter(current__texts__language=language)
    return list(items.order_by("code").values_list("current", flat=True))


def _modules(modules: Sequence[ExamModule], scored: Sequence[int]) -> list[Rules]:
    place = {version: index for index, version in enumerate(scored)}
    return [
        {
            "code": module.code,
            "stage": module.stage,
            "theta_from": module.theta_from,
            "items": [
                place[version] for version in module.items.order_by("position").values_list("item__current", flat=True)
            ],
        }
        for module in modules
    ]


def _constraints(exam: Exam, versions: Sequence[int]) -> Rules:
    """Enemies, constraints with the items of each tag that they name, and exposure parameters, by index."""
    place = {version: index for index, version in enumerate(versions)}
    rules: Rules = {"enemies": _enemies(place)}
    if exam.assembly == Exam.Assembly.SHADOW:
        rows = list(exam.constraints.all())
        rules["constraints"] = [
            {
                "counted": row.counted,
                "area": None if row.area_id is None else str(row.area_id),
                "tag": row.tag,
                "item_kind": row.item_kind,
                "minimum": row.minimum,
                "maximum": row.maximum,
            }
            for row in rows
        ]
        tags = {row.tag for row in rows if row.tag}
        rules["tags"] = {tag: _tagged(tag, place) for tag in sorted(tags)}
    if exam.exposure == Exam.Exposure.SYMPSON_HETTER:
        found = dict(exam.exposure_parameters.values_list("item__current", "value"))
        rules["exposure_parameters"] = [found.get(version, 1.0) for version in versions]
    return rules


def _tagged(tag: str, place: dict[int, int]) -> list[int]:
    items = Item.objects.filter(current__in=place, tags__contains=[tag])
    return sorted(place[version] for version in items.values_list("current", flat=True))


def _enemies(place: dict[int, int]) -> list[list[int]]:
    """Pairs of indices, the lower first."""
    through = Item.enemies.through.objects.filter(from_item__current__in=place, to_item__current__in=place)
    pairs = through.values_list("from_item__current", "to_item__current")
    return sorted([place[one], place[other]] for one, other in pairs if place[one] < place[other])
