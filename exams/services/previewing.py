"""From a package that was read to the rows of an import's preview: codes, content areas, what stands in the way."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath

from django.utils.text import slugify
from django.utils.translation import gettext as _

from exams.drafts import ItemDraft
from exams.interchange.package import Loss, Package, ReadItem, ReadTest
from exams.interchange.storing import as_json, losses_as_json, storable
from exams.item_problems import item_problems
from exams.models import ContentArea, ImportBatch, ImportItem, ImportPicture, ImportTest, Item
from exams.selectors.interchange import pictures_of

LONGEST_CODE, LONGEST_TAG, LONGEST_NAME = 80, 40, 500
# An exam holds no more.
LONGEST_FORM, LONGEST_TIME = 200, 1440


@dataclass(frozen=True)
class _Codes:
    """Codes that are valid, and different from one another."""

    prefix: str
    given: set[str]

    def of_item(self, read: ReadItem, number: int) -> str:
        """By what the file identifies the question with; else by its title and contents.

        A title alone is no identity: many files have a "Question 1", and one must not become a version of another's.
        """
        base = slugify(read.identifier[:LONGEST_NAME])[:LONGEST_CODE].strip("-_")
        if not base:
            title = slugify(read.title[:LONGEST_NAME])[:60].strip("-_") or self.prefix
            base = f"{title}-{_digest(read.draft) if read.draft else number}"
        return self._once(base)

    def of_test(self, test: ReadTest, number: int) -> str:
        base = slugify((test.identifier or test.title)[:LONGEST_NAME])[:LONGEST_CODE].strip("-_")
        return self._once(base or f"{self.prefix}-{number}")

    def _once(self, base: str) -> str:
        code, again = base, 1
        while code in self.given:
            again += 1
            code = f"{base[: LONGEST_CODE - 6]}-{again}"
        self.given.add(code)
        return code


def _digest(draft: ItemDraft) -> str:
    said = json.dumps(asdict(replace(draft, assets={})), sort_keys=True, default=str)
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()[:8]


def fill(batch: ImportBatch, package: Package) -> None:
    """Write the rows of `package` below `batch`, which is then previewed. Inside the caller's transaction."""
    codes = _Codes(slugify(PurePosixPath(batch.file_name).stem)[:40] or "import", set())
    areas = _AreaNames()
    rows = []
    for position, read in enumerate(package.items, start=1):
        rows.append(_row(batch, position, read, codes.of_item(read, position), areas))
    _find_existing(batch, rows)
    _find_problems(rows, package)
    ImportItem.objects.bulk_create(rows, batch_size=500)
    ImportPicture.objects.bulk_create(
        (
            ImportPicture(of=row, name=name[:120], content=content)
            for row, read in zip(rows, package.items, strict=True)
            if read.draft is not None
            for name, content in read.draft.assets.items()
        ),
        batch_size=20,
    )
    places = {read.identifier: position for position, read in enumerate(package.items, start=1)}
    ImportTest.objects.bulk_create(
        _test(batch, position, test, places, codes) for position, test in enumerate(package.tests, start=1)
    )
    batch.format, batch.losses = package.format, losses_as_json(package.losses)
    batch.has_parameters = package.metadata.get("parameters") == "yes"
    batch.items_found = len(rows)
    batch.items_ready = sum(row.draft is not None and not row.problems for row in rows)
    batch.items_with_losses = sum(bool(row.losses) for row in rows)
    batch.status = ImportBatch.Status.PREVIEWED
    batch.save()


def _row(batch: ImportBatch, position: int, read: ReadItem, code: str, areas: "_AreaNames") -> ImportItem:
    tags, losses = _tags(read.tags)
    row = ImportItem(
        batch=batch,
        position=position,
        identifier=_name(read.identifier),
        title=_name(read.title),
        code=code,
        area_name=_name(read.area),
        area=areas.find(read.area),
        tags=tags,
        losses=losses_as_json((*read.losses, *losses)),
    )
    if read.draft is not None:
        row.kind = str(read.draft.kind)[:16]
    return row


def _find_problems(rows: list[ImportItem], package: Package) -> None:
    """Store the drafts, and what keeps each from being shown to students. Pictures that the item has, it keeps."""
    kept = pictures_of(row.existing for row in rows if row.existing)
    for row, read in zip(rows, package.items, strict=True):
        if read.draft is None:
            continue
        try:
            row.draft = as_json(read.draft)
        except ValueError:
            row.problems = [_("A number in it is infinite, or none at all.")]
            continue
        row.problems = storable(item_problems(read.draft, kept_pictures=kept.get(row.code, ())))


def _name(text: str) -> str:
    return storable(" ".join(str(text).split()))[:LONGEST_NAME]


def _tags(said: Iterable[str]) -> tuple[list[str], list[Loss]]:
    tags: dict[str, None] = {}
    losses: list[Loss] = []
    for tag in said:
        code = slugify(tag[:LONGEST_NAME])[:LONGEST_TAG].strip("-_")
        if code:
            tags[code] = None
        elif tag.strip():
            losses.append(Loss(_("The tag %(tag)s: tags here have Latin letters and digits.") % {"tag": tag.strip()}))
    return list(tags), losses


class _AreaNames:
    """The zone's content areas by code and by their names in every language."""

    def __init__(self) -> None:
        self._found: dict[str, ContentArea] = {}
        for area in ContentArea.objects.all():
            said = [area.code, area.name, *(words.get("name", "") for words in area.translations.values())]
            for name in said:
                self._found.setdefault(_folded(name), area)

    def find(self, name: str) -> ContentArea | None:
        """By the whole name ("algebra"), else by the last part of a path ("top/Maths/Algebra")."""
        last = name.rsplit("/", 1)[-1]
        return next((self._found[key] for key in map(_folded, (name, last)) if key and key in self._found), None)


def _folded(name: str) -> str:
    return " ".join(str(name).casefold().split())


def _find_existing(batch: ImportBatch, rows: list[ImportItem]) -> None:
    """Questions that the same owner has under the same code; others' codes are none of this person's business."""
    mine = Item.objects.filter(code__in=[row.code for row in rows], organization=batch.organization_id)
    known = {item.code: item for item in mine}
    for row in rows:
        row.existing = known.get(row.code)


def _test(batch: ImportBatch, position: int, test: ReadTest, places: dict[str, int], codes: _Codes) -> ImportTest:
    losses = list(test.losses)
    form = [places[identifier] for identifier in test.items if identifier in places]
    if missing := len(test.items) - len(form):
        losses.append(Loss(_("%(number)d of its questions are not in the file.") % {"number": missing}))
    if len(form) > LONGEST_FORM:
        words = _("An exam holds %(most)d questions at most; this test has %(number)d and is not made.")
        losses.append(Loss(words % {"most": LONGEST_FORM, "number": len(form)}))
        form = []
    limit = test.time_limit_minutes
    if limit is not None and not 1 <= limit <= LONGEST_TIME:
        losses.append(Loss(_("A time limit of %(minutes)s minutes.") % {"minutes": limit}))
        limit = None
    title = _name(test.title or test.identifier)[:200]
    return ImportTest(
        batch=batch,
        position=position,
        identifier=_name(test.identifier),
        title=title or batch.file_name[:200],
        code=codes.of_test(test, position),
        form=form,
        time_limit_minutes=limit,
        losses=losses_as_json(tuple(losses)),
    )
