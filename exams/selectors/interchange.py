"""Imports as their owners see them; items as they are handed to a writer."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.people import Person
from accounts.permissions import ZONE_WIDE
from exams.authority import require
from exams.drafts import ItemDraft
from exams.interchange.package import ReadItem, ReadTest
from exams.models import Exam, ImportBatch, Item, ItemVersion
from exams.selectors.bank import draft_of, visible_items, with_contents
from zones.context import exists_in_zone
from zones.problems import NotFound

# A preview that nobody confirms, and the report of an import, are kept so long.
KEPT = timedelta(days=30)


def visible_imports(person: Person) -> QuerySet[ImportBatch]:
    """The organization's imports; for those who answer for the zone, all."""
    batches = ImportBatch.objects.select_related("organization", "created_by", "area")
    if person.role in ZONE_WIDE:
        return batches
    return batches.filter(organization=person.organization_id) if person.organization_id else batches.none()


def get_import(person: Person, batch_id: UUID) -> ImportBatch:
    """Raises PermissionRefused, or NotFound, audited when it is another organization's."""
    require(person, "item:create")
    batch = visible_imports(person).filter(pk=batch_id).first()
    if batch is None:
        raise NotFound(audited=exists_in_zone(ImportBatch, pk=batch_id))
    return batch


def batches_to_do() -> list[UUID]:
    """What a worker finds to do: files to read and confirmed ones to import, the oldest first."""
    waiting = Q(status__in=[ImportBatch.Status.UPLOADED, ImportBatch.Status.IMPORTING])
    return list(ImportBatch.objects.filter(waiting).order_by("created_at").values_list("pk", flat=True)[:20])


def old_batches() -> QuerySet[ImportBatch]:
    return ImportBatch.objects.filter(created_at__lt=timezone.now() - KEPT)


def exportable(person: Person, items: QuerySet[Item]) -> list[ReadItem]:
    """These of the items that `person` may read, with keys and pictures, in the order of their codes.

    Raises PermissionRefused.
    """
    require(person, "item:read")
    chosen = list(
        visible_items(person)
        .filter(pk__in=items.values("pk"), current__isnull=False)
        .order_by("area__position", "code")
    )
    return _as_read(chosen)


def exportable_exam(person: Person, exam: Exam) -> tuple[list[ReadItem], list[ReadTest]]:
    """The items that an exam draws on; a fixed form also as a test. Raises PermissionRefused."""
    require(person, "item:read")
    if exam.kind == Exam.Kind.FIXED:
        places = exam.form.order_by("position").values_list("item_id", flat=True)
        by_id = {item.pk: item for item in visible_items(person).filter(pk__in=list(places), current__isnull=False)}
        items = [by_id[place] for place in places if place in by_id]
        codes = tuple(item.code for item in items)
        return _as_read(items), [ReadTest(exam.code, exam.title, codes, exam.time_limit_minutes)]
    areas = exam.blueprint.values_list("area_id", flat=True)
    pool = Item.objects.filter(area__in=list(areas), status__in=[Item.Status.ACTIVE, Item.Status.FIELD_TEST])
    return exportable(person, pool.filter(Q(organization=None) | Q(organization=exam.organization_id))), []


def _as_read(items: Sequence[Item]) -> list[ReadItem]:
    versions = {version.pk: version for version in with_contents(item.current_id for item in items)}
    return [
        ReadItem(
            item.code,
            _with_pictures(versions[item.current_id]),
            title=item.code,
            area=item.area.code,
            tags=tuple(item.tags),
        )
        for item in items
        if item.current_id in versions
    ]


def _with_pictures(version: ItemVersion) -> ItemDraft:
    draft = draft_of(version)
    assets = {asset.name: _content(asset) for asset in version.assets.all()}
    return ItemDraft(**{**draft.__dict__, "assets": assets})


def _content(asset: object) -> bytes:
    with asset.file.open("rb") as file:  # type: ignore[attr-defined]
        return file.read()


def pictures_of(items: Iterable[Item]) -> dict[str, set[str]]:
    """The names of the pictures that each item's current version has, by code."""
    found: dict[str, set[str]] = {}
    rows = Item.objects.filter(pk__in=[item.pk for item in items]).values_list("code", "current__assets__name")
    for code, name in rows:
        if name:
            found.setdefault(code, set()).add(name)
    return found
