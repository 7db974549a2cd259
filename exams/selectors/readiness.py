"""What keeps an exam from being given, in words for its author."""

import numpy as np
from django.utils.translation import gettext as _

from audit import clock
from exams.cat.models import ItemParameters
from exams.cat.pool import Pool
from exams.exam_drafts import share_problems
from exams.models import Exam, Item, ItemVersion
from exams.pools import candidate_versions, config_of, pool_problems, rules_of


def readiness_problems(exam: Exam) -> list[str]:
    """Everything that must be mended before `exam` can be published; empty when it can."""
    problems = []
    if not exam.languages:
        problems.append(_("The exam has no language."))
    if exam.closes_at and exam.closes_at <= clock.now():
        problems.append(_("The exam's closing time has passed."))
    return problems + (_form_problems(exam) if exam.kind == Exam.Kind.FIXED else _adaptive_problems(exam))


def _form_problems(exam: Exam) -> list[str]:
    rows = list(exam.form.select_related("item").order_by("position"))
    if not rows:
        return [_("The form has no items.")]
    problems = []
    for row in rows:
        if row.item.status != Item.Status.ACTIVE:
            problems.append(
                _("Item %(code)s of the form is “%(status)s”, not active.")
                % {"code": row.item.code, "status": row.item.get_status_display()}
            )
    for language in exam.languages:
        spoken = set(exam.form.filter(item__current__texts__language=language).values_list("item_id", flat=True))
        problems += [
            _("Item %(code)s of the form is not written in %(language)s.")
            % {"code": row.item.code, "language": language}
            for row in rows
            if row.item_id not in spoken
        ]
    return problems


def _adaptive_problems(exam: Exam) -> list[str]:
    names = {row.area_id: row.area.code for row in exam.blueprint.select_related("area")}
    shares = {names[row.area_id]: row.share for row in exam.blueprint.all()}
    problems = share_problems(shares)
    if not shares or not any(shares.values()):
        return problems
    columns = ("discrimination", "difficulty", "guessing", "item__area_id")
    rows = ItemVersion.objects.filter(pk__in=candidate_versions(exam, list(names))).values_list(*columns)
    if not rows:
        return [*problems, _("There are no active items in the exam's areas and languages.")]
    a, b, c, areas = zip(*rows, strict=True)
    # Areas by code, because that is what its author calls them.
    pool = Pool.build(ItemParameters(a=np.array(a), b=np.array(b), c=np.array(c)), [names[area] for area in areas])
    return problems + pool_problems(pool, config_of({**rules_of(exam), "areas": shares}, len(pool)))
