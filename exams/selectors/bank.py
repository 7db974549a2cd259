"""The item bank as its authors see it."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Prefetch

from exams.drafts import DraftText, ItemDraft
from exams.models import Item, ItemOption, ItemText, ItemVersion


def draft_of(version: ItemVersion) -> ItemDraft:
    """The contents of a version, to start the next one from; its pictures stay by themselves.

    Costs no query when texts and options were prefetched.
    """
    texts = {
        text.language: DraftText(text.stem, tuple(option.text for option in text.options.all()), text.explanation)
        for text in version.texts.all()
    }
    return ItemDraft(
        texts=texts,
        key=version.key,
        a=version.discrimination,
        b=version.difficulty,
        c=version.guessing,
        source=version.parameter_source,
    )


def with_contents(versions: Iterable[UUID | int]) -> Sequence[ItemVersion]:
    """These versions with texts, options and pictures: four queries, however many."""
    options = Prefetch("options", ItemOption.objects.order_by("position"))
    texts = Prefetch("texts", ItemText.objects.order_by("pk").prefetch_related(options))
    return list(ItemVersion.objects.filter(pk__in=list(versions)).prefetch_related(texts, "assets"))


def current_versions(codes: Iterable[str]) -> dict[str, ItemVersion]:
    """The current version, with its contents, of each of these items that exists."""
    current = dict(Item.objects.filter(code__in=list(codes)).values_list("current", "code"))
    return {current[version.pk]: version for version in with_contents(pk for pk in current if pk is not None)}
