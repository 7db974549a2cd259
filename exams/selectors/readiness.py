"""What keeps an exam from being given, in words for its author."""

from collections.abc import Mapping

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit import clock
from exams.constraint_names import constraint_words
from exams.exam_drafts import share_problems
from exams.models import ContentArea, Exam, ExamItem, Item
from exams.pools import LoadedPool, build, pool_problems
from exams.rules import snapshot


def readiness_problems(exam: Exam) -> list[str]:
    """Everything that must be mended before `exam` can be published; empty when it can."""
    problems = []
    if not exam.languages:
        problems.append(_("The exam has no language."))
    if exam.closes_at and exam.closes_at <= clock.now():
        problems.append(_("The exam's closing time has passed."))
    match exam.kind:
        case Exam.Kind.FIXED:
            rows = exam.form.filter(module=None)
            problems += _items_problems(exam, rows) if rows.exists() else [_("The form has no items.")]
        case Exam.Kind.MULTISTAGE:
            problems += _items_problems(exam, exam.form.exclude(module=None))
        case _:
            problems += _area_problems(exam)
    return problems or _rules_problems(exam)


def _items_problems(exam: Exam, rows: QuerySet[ExamItem]) -> list[str]:
    """What is wrong with the items that the exam names, in a form or in modules."""
    items = [row.item for row in rows.select_related("item").order_by("position")]
    problems = [
        _("Item %(code)s is “%(status)s”, not active.") % {"code": item.code, "status": item.get_status_display()}
        for item in items
        if item.status != Item.Status.ACTIVE
    ]
    for language in exam.languages:
        spoken = set(rows.filter(item__current__texts__language=language).values_list("item_id", flat=True))
        problems += [
            _("Item %(code)s is not written in %(language)s.") % {"code": item.code, "language": language}
            for item in items
            if item.pk not in spoken
        ]
    return problems


def _area_problems(exam: Exam) -> list[str]:
    return share_problems({row.area.code: row.share for row in exam.blueprint.select_related("area")})


def _rules_problems(exam: Exam) -> list[str]:
    """What keeps the engine from following the exam's rules on the items that are there now."""
    rules, versions = snapshot(exam)
    if len(versions) == len(rules["field_test"]):
        if exam.kind == Exam.Kind.MULTISTAGE:
            return [_("The exam has no modules with items.")]
        return [_("There are no active items in the exam's areas and languages.")]
    try:
        loaded = build(rules, versions)
    except ValueError as error:
        return [_("The exam's rules contradict each other: %(why)s") % {"why": error}]
    # Areas by code, because that is what its author calls them.
    names = dict(ContentArea.objects.values_list("pk", "code"))
    named = {str(pk): code for pk, code in names.items()}
    problems = pool_problems(loaded, named) or form_problems(loaded, named)
    return [*problems, *module_problems(loaded), *_field_test_problems(loaded), *_exposure_problems(exam, loaded)]


def form_problems(loaded: LoadedPool, names: Mapping[str, str]) -> list[str]:
    """The constraints that no form keeps to together: the integer program of one shadow test, with slack."""
    config = loaded.config
    if config.design != "shadow" or config.blueprint is None:
        return []
    # Here, because the solver takes a while to load and few exams need it.
    from exams.cat.assembly import conflicts

    low = _("No form keeps to all constraints: %(what)s reaches %(reached)s and needs at least %(bound)s.")
    high = _("No form keeps to all constraints: %(what)s reaches %(reached)s and may have at most %(bound)s.")
    found = conflicts(config.blueprint, config.max_items, barred=loaded.pool.field_test)
    return [
        (low if missed.reached < missed.lower else high)
        % {
            "what": constraint_words(missed.name, names),
            "reached": f"{missed.reached:g}",
            "bound": f"{missed.lower if missed.reached < missed.lower else missed.upper:g}",
        }
        for missed in found
    ]


def module_problems(loaded: LoadedPool) -> list[str]:
    """What keeps the modules of a multistage exam from being a test for everybody."""
    if loaded.config.modules is None:
        return []
    words = {
        "no_stage": _("Stage %(stage)s has no module."),
        "no_lowest": _(
            "Stage %(stage)s has no module for the lowest abilities: leave the ability of module %(module)s empty."
        ),
        "empty": _("Module %(module)s has no items."),
        "lengths": _("The modules of stage %(stage)s have different numbers of items."),
        "twice": _("Module %(module)s has an item that is in another module or twice."),
        "same_route": _("Module %(module)s of stage %(stage)s begins where another one does."),
        "unreachable": _("No ability leads to module %(module)s of stage %(stage)s."),
    }
    found = loaded.config.modules.problems(loaded.config.bounds)
    return [words[problem.kind] % {"stage": problem.stage, "module": problem.module} for problem in found]


def _field_test_problems(loaded: LoadedPool) -> list[str]:
    wanted, there = loaded.rules["field_test_items"], len(loaded.field_test)
    if there >= wanted:
        return []
    said = _(
        "Each attempt is to try %(wanted)s items in field test, but there are %(there)s in its areas and languages."
    )
    return [said % {"wanted": wanted, "there": there}]


def _exposure_problems(exam: Exam, loaded: LoadedPool) -> list[str]:
    """Exposure control that cannot be: parameters nobody has found yet, or a rate that too few items can keep."""
    config = loaded.config
    if exam.kind != Exam.Kind.ADAPTIVE or config.exposure in ("none", "randomesque"):
        return []
    if config.exposure == "sympson_hetter" and not exam.exposure_parameters.exists():
        return [_("Sympson–Hetter needs exposure parameters: simulate the exam first.")]
    scored = len(loaded.versions) - len(loaded.field_test)
    lowest = config.max_items / scored
    if config.exposure_rate < lowest:
        said = _("With %(items)s items no exposure below %(lowest)s can be kept; the highest is set to %(rate)s.")
        return [said % {"items": scored, "lowest": f"{lowest:.2f}", "rate": f"{config.exposure_rate:g}"}]
    return []
