"""The item bank as its authors see it."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.people import Person
from accounts.permissions import ZONE_WIDE
from exams.drafts import CriterionText, DraftKey, DraftPassage, DraftText, ItemDraft
from exams.models import Item, ItemKey, ItemText, ItemVersion, Passage, RubricCriterion
from zones.context import exists_in_zone
from zones.problems import NotFound


def visible_items(person: Person) -> QuerySet[Item]:
    """The zone's items and those of the own organization; for those who answer for the zone, all."""
    items = Item.objects.select_related("area", "organization", "current")
    if person.role in ZONE_WIDE:
        return items
    mine = Q(organization=person.organization_id) if person.organization_id else Q(pk__in=[])
    return items.filter(mine | Q(organization=None))


def get_item(person: Person, item_id: UUID) -> Item:
    """An item of the bank. Raises NotFound, audited when it is another organization's."""
    item = visible_items(person).filter(pk=item_id).first()
    if item is None:
        raise NotFound(audited=exists_in_zone(Item, pk=item_id))
    return item


def draft_of(version: ItemVersion) -> ItemDraft:
    """The contents of a version, to start the next one from; its pictures stay by themselves.

    Costs no query when the version came from `with_contents`.
    """
    rubric = sorted(version.rubric.all(), key=lambda criterion: criterion.position)
    names = {text.language: text for text in sorted(version.texts.all(), key=lambda text: text.pk)}
    return ItemDraft(
        texts={language: _text(text, rubric) for language, text in names.items()},
        key=version.key,
        a=version.discrimination,
        b=version.difficulty,
        c=version.guessing,
        source=version.parameter_source,
        kind=version.kind,
        keys=tuple(_key(row) for row in sorted(version.answer_keys.all(), key=lambda row: row.pk)),
        gaps={gap.number: gap.kind for gap in version.gaps.all()},
        rubric=tuple(criterion.max_points for criterion in rubric),
        scoring=version.scoring,
        max_score=version.max_score,
        case_sensitive=version.case_sensitive,
        model=version.model,
        d=version.upper,
        thresholds=tuple(version.thresholds),
        passage=draft_of_passage(version.passage) if version.passage else None,
    )


def _text(text: ItemText, rubric: Sequence[RubricCriterion]) -> DraftText:
    columns: dict[tuple[int, bool], list[str]] = {}
    for option in sorted(text.options.all(), key=lambda option: option.position):
        columns.setdefault((option.gap, option.is_target), []).append(option.text)
    criteria = (said for criterion in rubric for said in criterion.texts.all() if said.language == text.language)
    return DraftText(
        text.stem,
        tuple(columns.pop((0, False), ())),
        text.explanation,
        targets=tuple(columns.pop((0, True), ())),
        gap_options={gap: tuple(options) for (gap, _is_target), options in columns.items()},
        criteria=tuple(CriterionText(said.name, tuple(said.levels)) for said in criteria),
    )


def _key(row: ItemKey) -> DraftKey:
    return DraftKey(**{name: getattr(row, name) for name in DraftKey.__dataclass_fields__})


def draft_of_passage(passage: Passage) -> DraftPassage:
    """The passage's contents; costs no query when its texts were prefetched."""
    texts = sorted(passage.texts.all(), key=lambda text: text.pk)
    return DraftPassage(
        passage.code,
        {text.language: text.text for text in texts},
        {text.language: text.title for text in texts},
    )


def with_contents(versions: Iterable[int | None]) -> Sequence[ItemVersion]:
    """These versions with all that `draft_of` reads and their pictures: at most ten queries, however many."""
    rows = ItemVersion.objects.filter(pk__in=list(versions)).select_related("passage")
    contents = ("texts__options", "assets", "gaps", "answer_keys", "rubric__texts", "passage__texts")
    return list(rows.prefetch_related(*contents))


def current_versions(codes: Iterable[str]) -> dict[str, ItemVersion]:
    """The current version, with its contents, of each of these items that exists."""
    current = dict(Item.objects.filter(code__in=list(codes)).values_list("current", "code"))
    return {current[version.pk]: version for version in with_contents(current)}
