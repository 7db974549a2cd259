"""One question of each kind, to show authors how our tables are filled in."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from exams.drafts import CriterionText, DraftKey, DraftText, ItemDraft
from exams.interchange import assumed
from exams.interchange.package import Package, ReadItem
from exams.models import ItemVersion

Kind = ItemVersion.Kind


def package() -> Package:
    """The examples in the language of the reader."""
    language = (get_language() or "en").partition("-")[0]
    items = (
        ReadItem(f"example-{draft.kind}", draft, title=str(Kind(draft.kind).label), area="example", tags=("example",))
        for draft in _drafts(language)
    )
    return Package("csv", tuple(items))


def _drafts(language: str) -> list[ItemDraft]:
    def item(kind: str, text: DraftText, **parts: object) -> ItemDraft:
        return ItemDraft(**{"texts": {language: text}, "kind": kind, "key": None, **assumed.open_answer(), **parts})

    single = DraftText(_("Which number is prime?"), ("4", "7", "9"), _("7 has no divisors but 1 and itself."))
    essay = DraftText(_("Why does ice float on water?"), criteria=(CriterionText(_("Reasoning")),))
    cloze = DraftText(_("Water boils at [[1]] °C and its formula is [[2]]."), gap_options={2: ("H2O", "CO2")})
    return [
        item(Kind.SINGLE, single, key=2, **assumed.single_choice(3)),
        item(
            Kind.MULTIPLE,
            DraftText(_("Which numbers are even?"), ("2", "3", "4")),
            keys=(DraftKey(option=1), DraftKey(option=3)),
        ),
        item(
            Kind.ORDERING,
            DraftText(_("From the smallest to the largest:"), ("10", "1", "5")),
            keys=(DraftKey(option=2, target=1), DraftKey(option=3, target=2), DraftKey(option=1, target=3)),
        ),
        item(
            Kind.MATCHING,
            DraftText(
                _("Which capital belongs to which country?"), (_("Korea"), _("France")), targets=("Paris", "Seoul")
            ),
            keys=(DraftKey(option=1, target=2), DraftKey(option=2, target=1)),
        ),
        item(Kind.NUMERIC, DraftText(_("What is π to two digits?")), keys=(DraftKey(number=3.14, tolerance=0.005),)),
        item(
            Kind.TEXT,
            DraftText(_("What is the capital of Korea?")),
            keys=(DraftKey(text="Seoul"), DraftKey(text="서울")),
        ),
        item(
            Kind.CLOZE,
            cloze,
            gaps={1: "numeric", 2: "choice"},
            keys=(DraftKey(gap=1, number=100.0), DraftKey(gap=2, option=1)),
        ),
        item(Kind.ESSAY, essay, rubric=(3,), **assumed.essay(3)),
    ]
