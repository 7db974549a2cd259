"""The item bank as its authors see it."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from accounts.people import Person
from accounts.permissions import ZONE_WIDE
from exams.drafts import DraftText, ItemDraft
from exams.models import Item, ItemOption, ItemText, ItemVersion
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
        raise NotFound(audited=Item.objects.filter(pk=item_id).exists())
    return item


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


def with_contents(versions: Iterable[int | None]) -> Sequence[ItemVersion]:
    """These versions with texts, options and pictures: four queries, however many."""
    options = Prefetch("options", ItemOption.objects.order_by("position"))
    texts = Prefetch("texts", ItemText.objects.order_by("pk").prefetch_related(options))
    return list(ItemVersion.objects.filter(pk__in=list(versions)).prefetch_related(texts, "assets"))


def current_versions(codes: Iterable[str]) -> dict[str, ItemVersion]:
    """The current version, with its contents, of each of these items that exists."""
    current = dict(Item.objects.filter(code__in=list(codes)).values_list("current", "code"))
    return {current[version.pk]: version for version in with_contents(current)}
