"""A sound draft of every kind of item, in Korean and English, for tests of the bank, of delivery and of the API."""

from dataclasses import replace
from typing import Any

from exams.drafts import CriterionText, DraftKey, DraftPassage, DraftText, ItemDraft, spread_thresholds


def _draft(kind: str, ko: DraftText, en: DraftText, **fields: Any) -> ItemDraft:
    return ItemDraft(texts={"ko": ko, "en": en}, key=fields.pop("key", None), a=1.1, b=0.0, c=0.0, kind=kind, **fields)


def partial(draft: ItemDraft, max_score: int, model: str = "gpcm") -> ItemDraft:
    """The draft with partial credit up to `max_score`."""
    return replace(
        draft, scoring="partial", max_score=max_score, model=model, thresholds=spread_thresholds(draft.b, max_score)
    )


PASSAGE = DraftPassage(
    "seoul", {"ko": "서울은 *한강*을 끼고 있다.", "en": "Seoul lies on the *Han*."}, {"ko": "서울", "en": "Seoul"}
)

MULTIPLE = _draft(
    "multiple",
    DraftText("소수를 모두 고르시오.", ("2", "4", "5", "9")),
    DraftText("Choose all primes.", ("2", "4", "5", "9")),
    keys=(DraftKey(option=1), DraftKey(option=3), DraftKey(option=2, points=-1.0), DraftKey(option=4, points=-1.0)),
)
ORDERING = _draft(
    "ordering",
    DraftText("작은 것부터 놓으시오.", ("원자", "세포", "기관")),
    DraftText("Order by size, the smallest first.", ("atom", "cell", "organ")),
    keys=tuple(DraftKey(option=n, target=n) for n in (1, 2, 3)),
)
MATCHING = _draft(
    "matching",
    DraftText("나라와 수도를 이으시오.", ("한국", "일본", "화성"), targets=("도쿄", "서울", "베이징")),
    DraftText(
        "Match each country with its capital.", ("Korea", "Japan", "Mars"), targets=("Tokyo", "Seoul", "Beijing")
    ),
    keys=(DraftKey(option=1, target=2), DraftKey(option=2, target=1)),
)
NUMERIC = _draft(
    "numeric",
    DraftText(r"$\pi$의 값을 소수 둘째 자리까지 쓰시오."),
    DraftText(r"Write $\pi$ to two decimal places."),
    keys=(DraftKey(number=3.14, tolerance=0.005), DraftKey(number=3.0, tolerance=0.05, is_relative=True, points=0.5)),
)
TEXT = _draft(
    "text",
    DraftText("대한민국의 수도는?"),
    DraftText("What is the capital of Korea?"),
    keys=(
        DraftKey(text="서울", language="ko"),
        DraftKey(text="서울특별시", language="ko"),
        DraftKey(text="Seoul"),
    ),
)
CLOZE = _draft(
    "cloze",
    DraftText("물은 [[1]]℃에서 끓고, 화학식은 [[2]]이며, [[3]]이다.", gap_options={3: ("산성", "중성", "염기성")}),
    DraftText(
        "Water boils at [[1]] °C, its formula is [[2]], and it is [[3]].",
        gap_options={3: ("acidic", "neutral", "basic")},
    ),
    gaps={1: "numeric", 2: "text", 3: "choice"},
    keys=(DraftKey(gap=1, number=100.0), DraftKey(gap=2, text="H2O"), DraftKey(gap=3, option=2)),
    case_sensitive=True,
)
ESSAY = _draft(
    "essay",
    DraftText(
        "기후 변화의 원인을 논하시오.",
        criteria=(CriterionText("내용", ("없음", "하나", "둘")), CriterionText("구성")),
    ),
    DraftText(
        "Discuss the causes of climate change.",
        criteria=(CriterionText("Content", ("none", "one", "two")), CriterionText("Structure")),
    ),
    rubric=(2, 1),
    max_score=3,
    model="gpcm",
    thresholds=(-0.5, 0.0, 0.5),
)
SINGLE = _draft(
    "single",
    DraftText("1 + 1 = ?", ("1", "2", "3"), "둘이다."),
    DraftText("1 + 1 = ?", ("1", "2", "3"), "Two."),
    key=2,
    d=0.95,
)

KINDS: dict[str, ItemDraft] = {
    "single": SINGLE,
    "multiple": MULTIPLE,
    "multiple, partial": partial(MULTIPLE, 2),
    "ordering": ORDERING,
    "ordering, partial": partial(ORDERING, 3, "grm"),
    "matching": MATCHING,
    "matching, partial": partial(MATCHING, 2),
    "numeric": NUMERIC,
    "numeric, partial": partial(NUMERIC, 2),
    "text": TEXT,
    "text of a passage": replace(TEXT, passage=PASSAGE),
    "cloze": CLOZE,
    "cloze, partial": partial(CLOZE, 3),
    "essay": ESSAY,
}
