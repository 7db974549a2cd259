"""What keeps an exam from being assembled as its author wants it, in words that name the constraint or the module."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exams.cat.config import CatConfig
from exams.cat.constraints import Violation
from exams.cat.multistage import RoutingProblem
from exams.cat.pool import Pool
from exams.models import ExamConstraint, ItemVersion

AREA = re.compile(r"\barea:(\d+)\b")
FIXED_NAMES = {
    "length": gettext_lazy("number of items"),
    "sets": gettext_lazy("number of passages"),
    "items_per_set": gettext_lazy("items of each passage"),
    "consecutive": gettext_lazy("items of a passage one after another"),
    "enemies": gettext_lazy("enemy items"),
}
ROUTING = {
    "no_stage": gettext_lazy("Stage %(stage)s has no module."),
    "no_lowest": gettext_lazy(
        "Stage %(stage)s has no module for the lowest abilities: leave “from ability” of its easiest one empty."
    ),
    "empty": gettext_lazy("The module %(module)s of stage %(stage)s has no items."),
    "lengths": gettext_lazy(
        "The modules of stage %(stage)s have different numbers of items: some students would answer fewer."
    ),
    "twice": gettext_lazy("The module %(module)s of stage %(stage)s has an item that is there already."),
    "same_route": gettext_lazy("The module %(module)s of stage %(stage)s begins where another one does."),
    "unreachable": gettext_lazy("No ability leads to the module %(module)s of stage %(stage)s."),
}


def design_problems(pool: Pool, config: CatConfig, names: Mapping[str, Any] | None = None) -> list[str]:
    """What the exam's shadow tests or modules miss; empty when nothing.

    `names` are those of content areas by their id. Takes some tenths of a second for shadow tests from a large pool.
    """
    if config.design == "multistage" and config.modules is not None:
        return [_routing_words(problem) for problem in config.modules.problems(config.bounds)]
    if config.design != "shadow" or config.blueprint is None:
        return []
    # Only exams that are assembled this way load the solver.
    from exams.cat.assembly import conflicts

    found = conflicts(config.blueprint, config.max_items, barred=pool.field_test)
    problems = [_conflict_words(one, names or {}) for one in found]
    if config.min_items != config.max_items:
        problems.append(_("An exam assembled by shadow tests needs one length: as many items at least as at most."))
    return problems


def constraint_words(name: str, names: Mapping[str, Any]) -> str:
    """What people call a constraint of exams.configuration: "items area:3 algebra essay"; or an area's id alone."""
    if name in FIXED_NAMES:
        return str(FIXED_NAMES[name])
    if name in names:
        return str(names[name])
    labels = {**dict(ExamConstraint.Counted.choices), **dict(ItemVersion.Kind.choices)}
    said = [str(labels.get(word, word)) for word in name.split()]
    return AREA.sub(lambda found: str(names.get(found[1], found[1])), " · ".join(said))


def _conflict_words(violation: Violation, names: Mapping[str, Any]) -> str:
    said = {"constraint": constraint_words(violation.name, names), "reached": f"{violation.reached:g}"}
    if violation.reached < violation.lower and isfinite(violation.lower):
        words = _("“%(constraint)s” cannot be kept with the rest: at least %(bound)s wanted, %(reached)s possible.")
        return words % {**said, "bound": f"{violation.lower:g}"}
    words = _("“%(constraint)s” cannot be kept with the rest: at most %(bound)s wanted, %(reached)s needed.")
    return words % {**said, "bound": f"{violation.upper:g}"}


def _routing_words(problem: RoutingProblem) -> str:
    return str(ROUTING[problem.kind]) % {"stage": problem.stage, "module": problem.module}
