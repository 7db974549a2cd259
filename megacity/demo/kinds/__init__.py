"""Demo questions that are more than a single choice, as drafts; README.md describes the files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from exams.drafts import CriterionText, DraftKey, DraftPassage, DraftText, ItemDraft, spread_thresholds
from exams.exam_drafts import ExamDraft
from exams.models import Exam

FOLDER = Path(__file__).parent
LANGUAGES = ("ko", "en")
TITLE = {"ko": "여러 가지 문항", "en": "All kinds of questions"}
WORDS = {
    "ko": "고르기, 순서 맞추기, 짝짓기, 수와 낱말 쓰기, 빈칸 채우기, 서술형까지 두루 풀어 보는 시험입니다.",
    "en": "Choosing, ordering, matching, numbers, words, gaps and essays: an exam with something of everything.",
}
# Of each kind so many, in this order; the questions about a passage follow one another at the end.
SHARES = {"multiple": 2, "ordering": 2, "matching": 2, "numeric": 2, "text": 2, "cloze": 2, "essay": 1}


@dataclass(frozen=True)
class KindItem:
    """One question; `samples` are answers to an essay by language, of rising worth."""

    code: str
    area: str
    draft: ItemDraft
    samples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def kind_items(zone: str) -> tuple[KindItem, ...]:
    """The zone's questions of all kinds, in the order of their file; none for a zone without one."""
    path = FOLDER / f"{zone}.yaml"
    if not path.is_file():
        return ()
    said = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    passages = {raw["code"]: _passage(raw) for raw in said["passages"]}
    return tuple(_item(raw, passages) for raw in said["items"])


def all_kinds_draft(zone: str) -> ExamDraft | None:
    """A fixed form with questions of every kind; None for a zone that has none."""
    items = kind_items(zone)
    if not items:
        return None
    together = [item for item in items if item.draft.passage]
    alone = [item for item in items if not item.draft.passage]
    chosen = [item for kind, count in SHARES.items() for item in _of_kind(alone, kind)[:count]]
    return ExamDraft(
        title=TITLE["ko"],
        description=WORDS["ko"],
        translations={"en": {"title": TITLE["en"], "description": WORDS["en"]}},
        kind=Exam.Kind.FIXED,
        form=tuple(item.code for item in (*chosen, *together)),
        time_limit_minutes=60,
    )


def _of_kind(items: list[KindItem], kind: str) -> list[KindItem]:
    return [item for item in items if item.draft.kind == kind]


def _passage(raw: Mapping[str, Any]) -> DraftPassage:
    texts = {language: raw[language]["text"] for language in LANGUAGES}
    return DraftPassage(raw["code"], texts, {language: raw[language]["title"] for language in LANGUAGES})


def _item(raw: Mapping[str, Any], passages: Mapping[str, DraftPassage]) -> KindItem:
    kind, texts = raw["kind"], {language: _text(raw[language]) for language in LANGUAGES}
    rubric = tuple(raw.get("rubric", ()))
    most = sum(rubric) or raw.get("max_score", 1)
    draft = ItemDraft(
        texts=texts,
        key=raw.get("key"),
        a=raw["a"],
        b=raw["b"],
        c=raw.get("c", 0.0),
        kind=kind,
        keys=tuple(_keys(raw, kind, 0, texts["ko"])),
        gaps={gap: _gap_kind(said) for gap, said in raw.get("gaps", {}).items()},
        rubric=rubric,
        scoring="partial" if most > 1 and kind != "essay" else "exact",
        max_score=most,
        case_sensitive=raw.get("case_sensitive", False),
        model=raw.get("model", "logistic"),
        thresholds=spread_thresholds(raw["b"], most) if "model" in raw else (),
        passage=passages[raw["passage"]] if "passage" in raw else None,
    )
    samples = {language: tuple(said) for language, said in raw.get("samples", {}).items()}
    return KindItem(raw["code"], raw["area"], draft, samples)


def _text(said: Mapping[str, Any]) -> DraftText:
    return DraftText(
        stem=said["stem"].strip(),
        options=tuple(said.get("options", ())),
        explanation=said["explanation"].strip(),
        targets=tuple(said.get("targets", ())),
        gap_options={gap: tuple(options) for gap, options in said.get("gap_options", {}).items()},
        criteria=tuple(CriterionText(row["name"], tuple(row["levels"])) for row in said.get("criteria", ())),
    )


def _gap_kind(said: Mapping[str, Any]) -> str:
    return "numeric" if "number" in said else "text" if "accepted" in said else "choice"


def _keys(said: Mapping[str, Any], kind: str, gap: int, text: DraftText) -> Iterator[DraftKey]:
    match kind:
        case "multiple":
            for option in range(1, len(text.options) + 1):
                yield DraftKey(option=option, points=1.0 if option in said["right"] else -1.0)
        case "ordering":
            for place in range(1, len(text.options) + 1):
                yield DraftKey(option=place, target=place)
        case "matching":
            for option, target in said["pairs"]:
                yield DraftKey(option=option, target=target)
        case "numeric":
            yield DraftKey(gap=gap, number=float(said["number"]), tolerance=float(said.get("tolerance", 0)))
        case "text":
            for language, forms in said["accepted"].items():
                for form in forms:
                    yield DraftKey(gap=gap, text=form, language=language)
        case "choice":
            yield DraftKey(gap=gap, option=said["right"])
        case "cloze":
            for number, filled in said["gaps"].items():
                yield from _keys(filled, _gap_kind(filled), number, text)
