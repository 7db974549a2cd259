"""Score scales of a demo zone, and one exam of each further design: shadow tests, multistage, classification."""

from collections.abc import Sequence
from math import ceil

from accounts.models import User
from accounts.people import as_actor
from audit.context import acting
from exams.drafts import words_of
from exams.exam_drafts import ConstraintDraft, ExamDraft, ModuleDraft
from exams.models import Exam, ScoreScale
from exams.services.scales import ScaleDraft, create_scale
from megacity.demo.bank import BankItem, ZoneBank
from megacity.demo.items import draft_of

SCALES = {
    "stanine": ScaleDraft("스테나인", "stanine", {"en": {"name": "Stanine"}}),
    "t": ScaleDraft("T점수", "standard", {"en": {"name": "T score"}}, mean=50, sd=10, minimum=10, maximum=90),
}
SHADOW_ITEMS = 15
MODULE_ITEMS = 5
CUT_SCORES = (-0.6, 0.6)


def seed_scales(admin: User) -> None:
    """Make the scales that are not there."""
    there = set(ScoreScale.objects.filter(code__in=SCALES).values_list("code", flat=True))
    with acting(as_actor(admin)):
        for code, draft in SCALES.items():
            if code not in there:
                create_scale(person=admin, code=code, draft=draft)


def design_drafts(bank: ZoneBank) -> dict[str, ExamDraft]:
    """The zone's exams of further designs by code, over the items of its main exam."""
    return {
        f"{bank.zone}-balanced": _shadow(bank),
        f"{bank.zone}-stages": _multistage(bank),
        f"{bank.zone}-levels": _classification(bank),
    }


def _words(ko: tuple[str, str], en: tuple[str, str]) -> dict[str, object]:
    """Title and description, in both languages."""
    translations = {"en": {"title": en[0], "description": en[1]}}
    return {"title": ko[0], "description": ko[1], "translations": translations}


def _items(bank: ZoneBank) -> list[BankItem]:
    return [item for item in bank.items if item.area in bank.exams[0].blueprint]


def _shadow(bank: ZoneBank) -> ExamDraft:
    """Nobody's form has more to read than the bank's mean, give or take; no item goes to more than two of five."""
    words = [words_of(draft_of(item)) for item in _items(bank)]
    most = 10 * ceil(1.05 * SHADOW_ITEMS * sum(words) / len(words) / 10)
    said = _words(
        ("균형 모의고사", "누구에게나 영역과 읽을 분량이 고르게 나오는 적응형 시험입니다. 15문항입니다."),
        ("Balanced mock exam", "An adaptive exam whose areas and reading load are balanced for everybody."),
    )
    return ExamDraft(
        **said,  # type: ignore[arg-type]
        blueprint=dict(bank.exams[0].blueprint),
        assembly=Exam.Assembly.SHADOW,
        constraints=(ConstraintDraft("words", maximum=most),),
        exposure=Exam.Exposure.ELIGIBILITY,
        exposure_rate=0.4,
        min_items=SHADOW_ITEMS,
        max_items=SHADOW_ITEMS,
        time_limit_minutes=30,
        scales=tuple(SCALES),
    )


def _multistage(bank: ZoneBank) -> ExamDraft:
    """Three stages, each but the first in three difficulties."""
    left = _items(bank)
    modules = [ModuleDraft("start", 1, _nearest(left, 0.0))]
    for stage in (2, 3):
        for code, level, begins in (("low", -1.0, None), ("middle", 0.0, -0.4), ("high", 1.0, 0.4)):
            modules.append(ModuleDraft(f"{code}-{stage}", stage, _nearest(left, level), begins))
    said = _words(
        ("단계형 시험", "다섯 문항씩 세 단계로 풉니다. 다음 단계의 난이도는 앞 단계의 결과에 맞춥니다."),
        ("Multistage exam", "Three stages of five questions; how hard the next one is goes by the one before."),
    )
    return ExamDraft(
        **said,  # type: ignore[arg-type]
        kind=Exam.Kind.MULTISTAGE,
        modules=tuple(modules),
        time_limit_minutes=30,
        scales=tuple(SCALES),
    )


def _nearest(left: list[BankItem], level: float) -> tuple[str, ...]:
    """The codes of the items whose difficulty is nearest to `level`, from as many areas as there are; taken out."""
    chosen: list[BankItem] = []
    while len(chosen) < MODULE_ITEMS:
        fewest = min(_given(chosen, item.area) for item in left)
        among = [item for item in left if _given(chosen, item.area) == fewest]
        nearest = min(among, key=lambda item: (abs(item.b - level), item.code))
        left.remove(nearest)
        chosen.append(nearest)
    return tuple(item.code for item in chosen)


def _given(chosen: Sequence[BankItem], area: str) -> int:
    return sum(item.area == area for item in chosen)


def _classification(bank: ZoneBank) -> ExamDraft:
    said = _words(
        ("수준 판정 시험", "세 수준 가운데 어디에 속하는지 확실해지면 바로 끝나는 짧은 시험입니다."),
        ("Level check", "A short exam that ends as soon as it is certain which of three levels you are at."),
    )
    return ExamDraft(
        **said,  # type: ignore[arg-type]
        blueprint=dict(bank.exams[0].blueprint),
        criterion=Exam.Criterion.KULLBACK_LEIBLER,
        classification=Exam.Classification.SPRT,
        cut_scores=CUT_SCORES,
        indifference=0.3,
        min_items=6,
        max_items=20,
        time_limit_minutes=30,
    )
