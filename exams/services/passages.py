"""Passages that items share: stored once, found again by their words."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from audit.models import Action
from audit.services import record
from exams.drafts import DraftPassage
from exams.models import Passage, PassageText
from exams.selectors.bank import draft_of_passage
from zones.context import zone_wide
from zones.problems import Conflict

Owned = tuple[UUID | None, DraftPassage]
# How often somebody else may save the same code in the middle of our save before we give up.
TRIES = 5


def passage_rows(wanted: Iterable[Owned]) -> dict[Any, Passage]:
    """The row of each passage by `identity`; one whose words are new to its code and owner becomes the next number.

    Runs in the transaction of the item's save. Queries do not grow with the number of passages that are there.
    """
    new = {identity(owned): owned for owned in wanted}
    if not new:
        return {}
    for _try in range(TRIES):
        found = _known({passage.code for _owner, passage in new.values()})
        missing = [owned for name, owned in new.items() if name not in found]
        if not missing:
            return {name: found[name] for name in new}
        try:
            with transaction.atomic():
                made = _insert(missing)
        except IntegrityError as error:
            # Somebody else saved the next number of the code at this moment: perhaps with the same words.
            if "passage_version_once" not in str(error):
                raise
            continue
        return {name: (found | made)[name] for name in new}
    raise Conflict()


def identity(owned: Owned) -> Any:
    """What makes two passages the same row: owner, code and every word."""
    owner, passage = owned
    return owner, passage.code, frozenset(passage.texts.items()), frozenset(passage.titles.items())


def _known(codes: set[str]) -> dict[Any, Passage]:
    rows = Passage.objects.filter(code__in=codes).prefetch_related("texts")
    return {identity((row.organization_id, draft_of_passage(row))): row for row in rows}


def _insert(missing: list[Owned]) -> dict[Any, Passage]:
    numbers: dict[str, int] = {}
    codes = {passage.code for _owner, passage in missing}
    # Numbers are the zone's, also those of passages that this person does not see.
    with zone_wide():
        for code, number in Passage.objects.filter(code__in=codes).order_by("number").values_list("code", "number"):
            numbers[code] = number
    rows = []
    # In the order of their codes, so that two imports wait for one another in one order.
    for owner, draft in sorted(missing, key=lambda owned: (owned[1].code, str(owned[0]))):
        numbers[draft.code] = numbers.get(draft.code, 0) + 1
        rows.append((owner, draft, Passage(code=draft.code, number=numbers[draft.code], organization_id=owner)))
    Passage.objects.bulk_create(row for _owner, _draft, row in rows)
    PassageText.objects.bulk_create(
        PassageText(passage=row, language=language, title=draft.titles.get(language, ""), text=text)
        for _owner, draft, row in rows
        for language, text in draft.texts.items()
    )
    for owner, _draft, row in rows:
        details = {"code": row.code, "version": row.number}
        record(Action.CREATE, "passage", row.pk, organization_id=owner, details=details)
    return {identity((owner, draft)): row for owner, draft, row in rows}
