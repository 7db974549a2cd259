"""Items and exams for tests of authoring, small and sound, to be changed where a test needs a fault."""

from dataclasses import replace
from io import BytesIO
from typing import Any

from PIL import Image

from exams.drafts import AreaDraft, DraftText, ItemDraft
from exams.exam_drafts import ExamDraft
from exams.models import ContentArea
from exams.services.bank import save_areas


def item_draft(number: int = 1, **changes: Any) -> ItemDraft:
    texts = {
        "ko": DraftText(
            f"${number} + 1$은 얼마인가?", (f"{number}", f"{number + 1}", f"{number + 2}"), "하나를 더한다."
        ),
        "en": DraftText(f"What is ${number} + 1$?", (f"{number}", f"{number + 1}", f"{number + 2}"), "Add one."),
    }
    return replace(ItemDraft(texts=texts, key=2, a=1.2, b=0.1 * (number % 30) - 1.5, c=0.2), **changes)


def with_text(draft: ItemDraft, language: str = "en", **changes: Any) -> ItemDraft:
    """The draft with something else said in one language."""
    return replace(draft, texts={**draft.texts, language: replace(draft.texts[language], **changes)})


def exam_draft(**changes: Any) -> ExamDraft:
    sound = ExamDraft(title="덧셈", blueprint={"sums": 0.5, "logic": 0.5}, min_items=4, max_items=6)
    return replace(sound, **changes)


def areas(person: Any) -> dict[str, ContentArea]:
    return save_areas(person=person, areas=[AreaDraft("sums", "덧셈", {"en": "Sums"}), AreaDraft("logic", "논리")])


def picture(colour: str = "red") -> bytes:
    file = BytesIO()
    Image.new("RGB", (4, 4), colour).save(file, "PNG")
    return file.getvalue()
