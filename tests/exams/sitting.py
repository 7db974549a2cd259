"""A fixed exam with a question of every kind, and students who answer it through the services."""

import uuid
from collections.abc import Mapping
from typing import Any

from exams.drafts import ItemDraft, NewItem
from exams.exam_drafts import ExamDraft
from exams.models import Attempt, Exam
from exams.pools import LoadedPool, load_pool
from exams.presentation import shown_answer
from exams.problems import Reply
from exams.scoring import right_answer
from exams.services import answering, delivery
from exams.services.authoring import create_exam, publish_exam
from exams.services.bank import create_items
from tests.exams.drafts import areas
from tests.exams.kinds import KINDS

WRONG: dict[str, dict[str, Any]] = {
    "multiple": {"options": [2, 4]},
    "ordering": {"order": [2, 3, 1]},
    "matching": {"pairs": [[1, 3], [3, 1]]},
    "numeric": {"text": "99"},
    "text": {"text": "부산"},
    "cloze": {"gaps": {"1": "50", "3": 1}},
    "essay": {"text": "이산화 탄소\n때문이다."},
}


def make_form(person: Any, drafts: Mapping[str, ItemDraft] = KINDS, code: str = "form", **fields: Any) -> Exam:
    """A published fixed form of these items in their order; `fields` are of ExamDraft."""
    area = areas(person)["sums"].pk
    items = [NewItem(f"{code}-{n}", area, draft, "active") for n, draft in enumerate(drafts.values())]
    create_items(person=person, items=items)
    form = tuple(new.code for new in items)
    draft = ExamDraft(title="All kinds", kind="fixed", languages=("ko", "en"), form=form, **fields)
    exam = create_exam(person=person, code=code, draft=draft)
    publish_exam(person=person, exam=exam)
    return exam


def begin(person: Any, exam: Exam, language: str = "ko") -> Reply:
    return delivery.start(person=person, exam_id=exam.pk, client_key=uuid.uuid4(), language=language)


def pool_of(state: Reply) -> tuple[Attempt, LoadedPool]:
    attempt = Attempt.objects.get(pk=state["id"])
    return attempt, load_pool(attempt.pool_id)


def sent(state: Reply, right: bool = True, **changes: Any) -> dict[str, Any]:
    """The arguments of a right or a wrong answer to the item that `state` shows."""
    attempt, loaded = pool_of(state)
    version = int(state["item"]["id"])
    spec = loaded.answers[loaded.versions.index(version)]
    arguments = {
        "attempt_id": attempt.pk,
        "client_key": uuid.uuid4(),
        "position": state["item"]["position"],
        "item": version,
    }
    if spec.kind == "single":
        return {**arguments, "option": spec.key if right else spec.key % spec.options + 1, **changes}
    authored = right_answer(spec, state["item"]["language"]) if right else None
    answer = shown_answer(spec, authored or WRONG[spec.kind], version, attempt.seed)
    return {**arguments, "answer": answer, **changes}


def give(person: Any, state: Reply, right: bool = True, **changes: Any) -> Reply:
    return answering.answer(person=person, **sent(state, right, **changes))


def take(person: Any, exam: Exam, right: bool = True, language: str = "ko") -> Attempt:
    """A whole attempt, answered all rightly or all wrongly."""
    state = begin(person, exam, language)
    while state["item"]:
        state = give(person, state, right)
    return Attempt.objects.get(pk=state["id"])
