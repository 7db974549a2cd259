"""Why an answer was not taken, in words for the student who gave it."""

from django.utils.translation import gettext as _

from exams.scoring import AnswerSpec, InvalidAnswer
from zones.problems import Invalid


def refusal_of(error: InvalidAnswer, spec: AnswerSpec) -> Invalid:
    """The problem that names the part of the answer at fault."""
    said = _words(error, spec)
    if error.gap:
        said = _("gap %(gap)s") % {"gap": error.gap} + ": " + said
    return Invalid(said)


def both_given(option: int) -> Invalid:
    """The problem of a call that chooses an option and writes an answer: nobody could say which of them counts."""
    return Invalid(_("Give an option or an answer, not both; option = %(option)s.") % {"option": option})


def _words(error: InvalidAnswer, spec: AnswerSpec) -> str:
    # Written as Python writes it, so that neither a quotation mark nor half a character can break the reply.
    value = repr(error.value)[:60]
    match error.fault:
        case "option":
            count = spec.gap_options.get(error.gap, 0) if error.gap else spec.options
            return _("There is no option %(option)s; this question has %(count)s.") % {"option": value, "count": count}
        case "target":
            said = _("There is no target %(target)s; this question has %(count)s.")
            return said % {"target": value, "count": spec.targets}
        case "gap":
            return _("There is no gap %(gap)s in this question.") % {"gap": value}
        case "order":
            return _("The order must have each of the %(count)s options once.") % {"count": value}
        case "twice":
            return _("Option %(option)s is matched twice.") % {"option": value}
        case "number":
            return _("%(value)s cannot be read as a number.") % {"value": value}
        case "long":
            return _("The answer is longer than %(most)s characters.") % {"most": value}
        case "empty":
            return _("The answer is empty.")
        case "shape":
            return _("The answer to a question of the kind “%(kind)s” needs %(part)s.") % {
                "kind": spec.kind,
                "part": value,
            }
