"""What keeps an exam from being given, in words for its author."""

from django.utils.translation import gettext as _

from audit import clock
from exams.exam_drafts import share_problems
from exams.models import Exam, Item
from exams.pools import build, pool_problems
from exams.rules import snapshot


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
    names = {str(row.area_id): row.area.code for row in exam.blueprint.select_related("area")}
    shares = {names[str(row.area_id)]: row.share for row in exam.blueprint.all()}
    problems = share_problems(shares)
    if not shares or not any(shares.values()):
        return problems
    rules, versions = snapshot(exam)
    if not versions:
        return [*problems, _("There are no active items in the exam's areas and languages.")]
    # Areas by code, because that is what its author calls them.
    return problems + pool_problems(build(rules, versions), names)
