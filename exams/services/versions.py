"""The rows of item versions: from drafts to tables, for one item or thousands in a few statements."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from django.core.files.base import ContentFile

from exams.drafts import DraftText, ItemDraft, words_of
from exams.models import (
    Item,
    ItemAsset,
    ItemGap,
    ItemKey,
    ItemOption,
    ItemText,
    ItemVersion,
    RubricCriterion,
    RubricText,
)
from exams.pictures import cleaned
from exams.services.passages import identity, passage_rows

BATCH = 2000


def insert_versions(wanted: Sequence[tuple[Item, int, ItemDraft]], author: UUID | None) -> list[ItemVersion]:
    """A version of each item with this number and these contents, which `item_problems` found sound.

    Must run in the transaction of the items' save.
    """
    passages = passage_rows((item.organization_id, draft.passage) for item, _number, draft in wanted if draft.passage)
    rows = []
    for item, number, draft in wanted:
        row = _version(item, number, draft, author)
        if draft.passage:
            row.passage = passages[identity((item.organization_id, draft.passage))]
        rows.append(row)
    versions = ItemVersion.objects.bulk_create(rows)
    pairs = [(version, draft) for version, (_item, _number, draft) in zip(versions, wanted, strict=True)]
    _insert_texts(pairs)
    _insert_keys(pairs)
    _insert_rubrics(pairs)
    ItemAsset.objects.bulk_create(
        ItemAsset(version=version, name=name, file=ContentFile(cleaned(content), name=name))
        for version, draft in pairs
        for name, content in draft.assets.items()
    )
    return versions


def _version(item: Item, number: int, draft: ItemDraft, author: UUID | None) -> ItemVersion:
    return ItemVersion(
        item=item,
        number=number,
        kind=draft.kind,
        key=draft.key,
        scoring=draft.scoring,
        max_score=draft.max_score,
        case_sensitive=draft.case_sensitive,
        model=draft.model,
        discrimination=draft.a,
        difficulty=draft.b,
        guessing=draft.c,
        upper=draft.d,
        thresholds=list(draft.thresholds),
        parameter_source=draft.source,
        words=words_of(draft),
        created_by_id=author,
    )


Pairs = Sequence[tuple[ItemVersion, ItemDraft]]


def _insert_texts(pairs: Pairs) -> None:
    texts: list[ItemText] = []
    options: list[ItemOption] = []
    for version, draft in pairs:
        for language, said in draft.texts.items():
            text = ItemText(version=version, language=language, stem=said.stem, explanation=said.explanation)
            texts.append(text)
            options += _options(text, said)
    ItemText.objects.bulk_create(texts)
    for option in options:
        option.text_of_id = option.text_of.pk
    ItemOption.objects.bulk_create(options, batch_size=BATCH)


def _options(text: ItemText, said: DraftText) -> Iterator[ItemOption]:
    for position, option in enumerate(said.options, start=1):
        yield ItemOption(text_of=text, position=position, text=option)
    for position, target in enumerate(said.targets, start=1):
        yield ItemOption(text_of=text, is_target=True, position=position, text=target)
    for gap, options in said.gap_options.items():
        for position, option in enumerate(options, start=1):
            yield ItemOption(text_of=text, gap=gap, position=position, text=option)


def _insert_keys(pairs: Pairs) -> None:
    ItemGap.objects.bulk_create(
        ItemGap(version=version, number=number, kind=kind)
        for version, draft in pairs
        for number, kind in draft.gaps.items()
    )
    keys = (
        ItemKey(
            version=version,
            gap=key.gap,
            option=key.option,
            target=key.target,
            language=key.language,
            text=key.text,
            number=key.number,
            tolerance=key.tolerance,
            is_relative=key.is_relative,
            points=key.points,
        )
        for version, draft in pairs
        for key in draft.keys
    )
    ItemKey.objects.bulk_create(keys, batch_size=BATCH)


def _insert_rubrics(pairs: Pairs) -> None:
    rows: list[tuple[RubricCriterion, ItemDraft]] = [
        (RubricCriterion(version=version, position=position, max_points=most), draft)
        for version, draft in pairs
        for position, most in enumerate(draft.rubric, start=1)
    ]
    RubricCriterion.objects.bulk_create(criterion for criterion, _draft in rows)
    RubricText.objects.bulk_create(_rubric_texts(rows))


def _rubric_texts(rows: Iterable[tuple[RubricCriterion, ItemDraft]]) -> Iterator[RubricText]:
    for criterion, draft in rows:
        for language, text in draft.texts.items():
            said = text.criteria[criterion.position - 1]
            yield RubricText(criterion=criterion, language=language, name=said.name, levels=list(said.levels))
