"""Bringing a file of another system into the bank: upload, preview, and an import of all that was chosen or nothing."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.people import Person, as_actor
from accounts.services.scanning import refuse_infected
from audit.context import acting
from audit.models import Action
from audit.services import record
from exams.authority import author_id, require_write
from exams.drafts import LANGUAGE, ItemDraft, NewItem
from exams.exam_drafts import ExamDraft
from exams.interchange.formats import AUTO, FORMATS, read
from exams.interchange.package import Package, Unreadable, Written
from exams.interchange.storing import from_json
from exams.models import ContentArea, Exam, ImportBatch, ImportItem, ImportTest, Item, ItemVersion
from exams.problems import FileTooLarge, ImportNotReady, InvalidImport
from exams.selectors.bank import draft_of, with_contents
from exams.selectors.interchange import exportable, exportable_exam
from exams.services import authoring, bank
from exams.services.previewing import fill
from zones.context import zone_wide
from zones.problems import Problem

Status = ImportBatch.Status
Outcome = ImportItem.Outcome
# Read, or imported, while the person waits: about a second of work.
READ_AT_ONCE = 128 * 1024
IMPORT_AT_ONCE = 100
MOST_EXPORTED = 5_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choices:
    """What a person decides over a preview.

    `existing` ("update" or "skip" or "create") is what becomes of questions whose code the bank has; `actions` says it
    for single ones, by their position. "create" gives such a question a code of its own.
    """

    existing: str = ImportItem.Action.UPDATE
    actions: Mapping[int, str] = field(default_factory=dict)
    status: str = Item.Status.DRAFT
    make_areas: bool = False
    with_tests: bool = True


def upload(
    *,
    person: Person,
    file: File,
    file_name: str,
    format: str = AUTO,
    language: str = "ko",
    area: ContentArea | None = None,
    organization: Organization | None = None,
) -> ImportBatch:
    """Keep the file and its row; nothing is read yet.

    Raises FileTooLarge, InvalidImport for an unknown format or language, PermissionRefused, NotFound, and what
    scanning.refuse_infected raises.
    """
    require_write(person, "item:create", organization.pk if organization else None)
    if (file.size or 0) > settings.LARGEST_IMPORT:
        raise FileTooLarge(too_large_words(), limit=settings.LARGEST_IMPORT)
    if format not in {AUTO, *FORMATS}:
        raise InvalidImport(_("There is no format %(format)r.") % {"format": format})
    if not LANGUAGE.fullmatch(language):
        raise InvalidImport(_("%(language)r is no language code.") % {"language": language})
    refuse_infected(file=file, name=_shown_name(file_name), resource="import")
    batch = ImportBatch(
        organization=organization,
        created_by_id=author_id(person),
        file_name=_shown_name(file_name),
        size=file.size or 0,
        format="" if format == AUTO else format,
        language=language,
        area=area,
    )
    with transaction.atomic():
        batch.file.save(batch.file_name, file, save=False)
        batch.save(force_insert=True)
        details = {"file": batch.file_name, "bytes": batch.size}
        record(Action.CREATE, "import", batch.pk, organization_id=batch.organization_id, details=details)
    return batch


def preview(*, person: Person, file: File, file_name: str, wait: bool = False, **given: Any) -> ImportBatch:
    """`upload`, and the reading of it: at once when the file is small or `wait` is set, else in a worker."""
    batch = upload(person=person, file=file, file_name=file_name, **given)
    if wait or batch.size <= READ_AT_ONCE:
        return read_batch(batch.pk)
    _send_to_worker()
    return batch


def read_batch(batch_id: UUID) -> ImportBatch:
    """Read the file of an uploaded batch into rows; a batch that has been read stays as it is."""
    batch = ImportBatch.objects.select_related("area", "organization").get(pk=batch_id)
    if batch.status != Status.UPLOADED:
        return batch
    try:
        with batch.file.open("rb") as file:
            content = file.read()
        package = read(content, name=batch.file_name, language=batch.language, format=batch.format or AUTO)
    except FileNotFoundError:
        # Another worker has read it in the meantime, and deleted it.
        batch.refresh_from_db()
        return batch if batch.status != Status.UPLOADED else _fail(batch, _("The uploaded file is gone."))
    except Unreadable as refusal:
        return _fail(batch, str(refusal))
    except Exception:
        return _break(batch)
    try:
        with transaction.atomic():
            locked = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
            if locked.status == Status.UPLOADED:
                fill(locked, package)
                _forget_file(locked)
    except Exception:
        return _break(batch)
    return locked


def _break(batch: ImportBatch) -> ImportBatch:
    """A file that our readers cannot cope with: it must not come back each minute, nor keep others from being read."""
    logger.exception("Import %s broke", batch.pk)
    return _fail(batch, _broken())


def _broken() -> str:
    return _("Something broke on our side; the log of the worker says what.")


def _fail(batch: ImportBatch, problem: str) -> ImportBatch:
    with transaction.atomic():
        changed = ImportBatch.objects.filter(pk=batch.pk, status=Status.UPLOADED).update(
            status=Status.FAILED, problem=problem.replace("\x00", ""), finished_at=timezone.now(), file=""
        )
        if changed:
            _forget_file(batch)
    batch.refresh_from_db()
    return batch


def _forget_file(batch: ImportBatch) -> None:
    storage, name = batch.file.storage, batch.file.name
    if name:
        # After the commit: a reading that was rolled back needs the file again.
        transaction.on_commit(lambda: storage.delete(name))


def _send_to_worker() -> None:
    from exams.tasks import work_off_imports

    def send() -> None:
        # Without a broker the periodic task finds the batch by itself.
        with suppress(Exception):
            work_off_imports.apply_async()

    transaction.on_commit(send)


def import_batch(*, person: Person, batch: ImportBatch, choices: Choices, wait: bool = False) -> ImportBatch:
    """Write what was previewed and chosen, all of it or nothing; a large batch in a worker.

    A second call changes nothing. Raises ImportNotReady for a batch that was refused or is still being read,
    InvalidImport with `problems` (the batch can then be confirmed anew), PermissionRefused, NotFound.
    """
    require_write(person, "item:create", batch.organization_id)
    _check_choices(batch, choices)
    claim = ImportBatch.objects.filter(pk=batch.pk, status=Status.PREVIEWED)
    if wait or batch.items_ready <= IMPORT_AT_ONCE or author_id(person) is None:
        with transaction.atomic():
            if claim.update(status=Status.IMPORTING, choices=_stored(choices), problem=""):
                _write(person, ImportBatch.objects.get(pk=batch.pk), choices)
        return _after(batch)
    with transaction.atomic():
        # The worker acts for whoever confirmed, also where somebody else had uploaded the file.
        who = author_id(person)
        if claim.update(status=Status.IMPORTING, choices=_stored(choices), problem="", created_by=who):
            _send_to_worker()
    return _after(batch)


def _after(batch: ImportBatch) -> ImportBatch:
    batch.refresh_from_db()
    if batch.status in (Status.UPLOADED, Status.FAILED):
        raise ImportNotReady(batch.problem, import_status=str(batch.status))
    return batch


def _check_choices(batch: ImportBatch, choices: Choices) -> None:
    for action in {choices.existing, *choices.actions.values()}:
        if action not in ImportItem.Action.values:
            raise InvalidImport(_("There is no action %(action)r.") % {"action": action})
    if choices.status not in Item.Status.values:
        raise InvalidImport(_("There is no status %(status)r.") % {"status": choices.status})
    if choices.actions and batch.status == Status.PREVIEWED:
        there = set(batch.items.filter(position__in=choices.actions).values_list("position", flat=True))
        if missing := sorted(set(choices.actions) - there):
            said = _("The file has no question at position %(positions)s.")
            raise InvalidImport(said % {"positions": ", ".join(map(str, missing))})


def _stored(choices: Choices) -> dict[str, Any]:
    return {**asdict(choices), "actions": {str(position): said for position, said in choices.actions.items()}}


def _restored(stored: Mapping[str, Any]) -> Choices:
    return Choices(**{**stored, "actions": {int(position): said for position, said in stored["actions"].items()}})


def finish_importing(batch_id: UUID) -> ImportBatch:
    """A worker's part of `import_batch`: what was confirmed is written; a refusal is kept for the person to see."""
    try:
        with transaction.atomic():
            batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch_id)
            if batch.status != Status.IMPORTING:
                return batch
            person = batch.created_by if batch.created_by and batch.created_by.is_active else None
            if person is None:
                raise InvalidImport(_("The account that confirmed this import is closed."))
            with acting(as_actor(person)):
                _write(person, batch, _restored(batch.choices))
    except Problem as problem:
        words = "\n".join([str(problem.detail), *map(str, problem.extra.get("problems", []))])
        ImportBatch.objects.filter(pk=batch_id, status=Status.IMPORTING).update(status=Status.PREVIEWED, problem=words)
    except Exception:
        logger.exception("Import %s broke", batch_id)
        broken = {"status": Status.PREVIEWED, "problem": _broken()}
        ImportBatch.objects.filter(pk=batch_id, status=Status.IMPORTING).update(**broken)
    return ImportBatch.objects.get(pk=batch_id)


def forget(batches: QuerySet[ImportBatch]) -> int:
    """Delete these imports with their rows and files; the number of them."""
    number = 0
    for batch in batches:
        with transaction.atomic():
            _forget_file(batch)
            batch.delete()
        number += 1
    return number


# --- Writing, inside one transaction ---------------------------------------------------------------------------------


def _write(person: Person, batch: ImportBatch, choices: Choices) -> None:
    rows = list(batch.items.select_related("existing", "area").prefetch_related("pictures").order_by("position"))
    chosen = [(row, _action(row, choices)) for row in rows]
    areas = _areas(person, batch, [row for row, action in chosen if action == ImportItem.Action.CREATE], choices)
    new = [row for row, action in chosen if action == ImportItem.Action.CREATE]
    # In the order of their keys, as every import locks them: two at once wait for each other, and do not deadlock.
    old = sorted(
        (row for row, action in chosen if action == ImportItem.Action.UPDATE), key=lambda row: str(row.existing_id)
    )
    for row, action in chosen:
        if action == ImportItem.Action.SKIP:
            row.outcome = Outcome.SKIPPED
    _create(person, batch, new, areas, choices)
    for row in old:
        _update(person, row, measured=batch.has_parameters)
    ImportItem.objects.bulk_update(rows, ["outcome", "item", "code"], batch_size=500)
    tests = _make_tests(person, batch, rows) if choices.with_tests else 0
    batch.items_made = len(new)
    batch.items_updated = sum(row.outcome == Outcome.UPDATED for row in old)
    batch.tests_made, batch.status, batch.finished_at = tests, Status.IMPORTED, timezone.now()
    batch.save()
    details = {"file": batch.file_name, "made": len(new), "updated": batch.items_updated, "tests": tests}
    record(Action.UPDATE, "import", batch.pk, organization_id=batch.organization_id, details=details)


def _action(row: ImportItem, choices: Choices) -> str:
    Act = ImportItem.Action
    if row.draft is None or row.problems:
        return Act.SKIP
    if row.existing is None:
        return Act.SKIP if choices.actions.get(row.position) == Act.SKIP else Act.CREATE
    return choices.actions.get(row.position, choices.existing)


def _areas(person: Person, batch: ImportBatch, rows: Sequence[ImportItem], choices: Choices) -> dict[int, ContentArea]:
    """The content area of each row, by its position. Raises InvalidImport when one has none."""
    found = {row.position: row.area or batch.area for row in rows}
    if choices.make_areas:
        named = {row.area_name for row in rows if row.area is None and row.area_name}
        made = bank.add_areas(person=person, names=sorted(named)) if named else {}
        found |= {row.position: made[row.area_name] for row in rows if row.area is None and row.area_name in made}
    without = [row for row in rows if found[row.position] is None]
    if without:
        said = _("%(number)d questions have no content area; choose one for them.") % {"number": len(without)}
        raise InvalidImport(said, problems=[f"{row.position}. {row.code}" for row in without[:50]])
    return {position: area for position, area in found.items() if area is not None}


def _create(
    person: Person,
    batch: ImportBatch,
    rows: Sequence[ImportItem],
    areas: Mapping[int, ContentArea],
    choices: Choices,
) -> None:
    codes = _free_codes(rows)
    made = bank.create_items(
        person=person,
        items=[
            NewItem(
                codes[row.position],
                areas[row.position].pk,
                _draft(row),
                choices.status,
                batch.organization_id,
                tuple(row.tags),
            )
            for row in rows
        ],
    )
    for row, item in zip(rows, made, strict=True):
        row.item, row.outcome, row.code = item, Outcome.CREATED, item.code


# Codes are the zone's, also those of items that this person does not see.
@zone_wide()
def _free_codes(rows: Sequence[ImportItem]) -> dict[int, str]:
    """A code for each row; one that has been taken meanwhile, or that the bank had before, gets a number."""
    taken = set(Item.objects.filter(code__in=[row.code for row in rows]).values_list("code", flat=True))
    found: dict[int, str] = {}
    for row in rows:
        found[row.position] = free_code(row.code, taken)
        taken.add(found[row.position])
    return found


def free_code(code: str, taken: set[str]) -> str:
    """`code`, or it with the first number that nothing in the bank has."""
    candidate, number = code, 1
    while candidate in taken or (number > 1 and Item.objects.filter(code=candidate).exists()):
        number += 1
        suffix = f"-{number}"
        candidate = f"{code[: 80 - len(suffix)]}{suffix}"
    return candidate


def _update(person: Person, row: ImportItem, *, measured: bool) -> None:
    item = row.existing
    assert item is not None  # noqa: S101  what makes it an update
    before = item.current_id
    version = bank.new_version(person=person, item=item, draft=_next(item, _draft(row), measured=measured))
    row.item, row.outcome = item, Outcome.SAME if version.pk == before else Outcome.UPDATED


def _next(item: Item, draft: ItemDraft, *, measured: bool) -> ItemDraft:
    """The item's next version: what the file does not speak of stays as it is.

    A language stays when its options still fit; parameters, when the format has none and the question is of the same
    kind and score.
    """
    was = draft_of(with_contents([item.current_id])[0])
    counts = {len(text.options) for text in draft.texts.values()}
    kept = {
        language: text
        for language, text in was.texts.items()
        if language not in draft.texts and {len(text.options)} == counts and was.kind == draft.kind
    }
    merged = replace(draft, texts={**draft.texts, **kept})
    says = measured or draft.source == ItemVersion.Source.CALIBRATED or (draft.a, draft.b) != (1.0, 0.0)
    if says or (was.kind, was.max_score) != (draft.kind, draft.max_score):
        return merged
    names = ("model", "a", "b", "c", "d", "thresholds", "source")
    return replace(merged, **{name: getattr(was, name) for name in names})


def _draft(row: ImportItem) -> ItemDraft:
    return from_json(row.draft or {}, {picture.name: bytes(picture.content) for picture in row.pictures.all()})


def _make_tests(person: Person, batch: ImportBatch, rows: Sequence[ImportItem]) -> int:
    """An exam for each test of the file; its questions that were left out are missing from it."""
    codes = {row.position: row.item.code for row in rows if row.item}
    made = 0
    for test in batch.tests.order_by("position"):
        form = tuple(dict.fromkeys(codes[position] for position in test.form if position in codes))
        if not form:
            continue
        test.exam = _make_exam(person, batch, test, form)
        test.save(update_fields=["exam"])
        made += 1
    return made


def _make_exam(person: Person, batch: ImportBatch, test: ImportTest, form: tuple[str, ...]) -> Exam:
    code = _free_exam_code(test.code)
    draft = ExamDraft(
        title=test.title or code,
        kind=Exam.Kind.FIXED,
        visibility=Exam.Visibility.ORGANIZATION if batch.organization_id else Exam.Visibility.PUBLIC,
        languages=(batch.language,),
        form=form,
        min_items=len(form),
        max_items=len(form),
        time_limit_minutes=test.time_limit_minutes,
    )
    return authoring.create_exam(person=person, code=code, draft=draft, organization=batch.organization)


# As of items.
@zone_wide()
def _free_exam_code(wanted: str) -> str:
    code, number = wanted, 1
    while Exam.objects.filter(code=code).exists():
        number += 1
        code = f"{wanted[:75]}-{number}"
    return code


def _shown_name(file_name: str) -> str:
    """The last part of the name that the sender's browser gave, without what no file name has."""
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1].translate(dict.fromkeys(range(32))).strip()
    return (last or "import")[-255:]


def announces_too_much(meta: Mapping[str, Any]) -> bool:
    """Whether a request's headers announce a longer body than a file may have, with the form around it."""
    try:
        return int(meta.get("CONTENT_LENGTH") or 0) > settings.LARGEST_IMPORT + settings.UPLOAD_ENVELOPE
    except ValueError:
        return False


def too_large_words() -> str:
    return _("The file is larger than %(size)d MB, which is the most that can be read.") % {
        "size": settings.LARGEST_IMPORT // 2**20
    }


# --- Exporting -------------------------------------------------------------------------------------------------------


def export_items(*, person: Person, items: QuerySet[Item], format: str, language: str) -> Written:
    """A file with these of the items that `person` may read. Raises InvalidImport for an unknown format, or none.

    Keys leave the bank with it, so that it leaves a row in the log.
    """
    _check_format(format)
    return _written(Package(format, tuple(exportable(person, items))), format, language)


def export_exam(*, person: Person, exam: Exam, format: str, language: str) -> Written:
    """The items that the exam draws on and, where the format knows tests, its fixed form."""
    _check_format(format)
    items, tests = exportable_exam(person, exam)
    return _written(Package(format, tuple(items), tuple(tests)), format, language, exam=exam)


def _check_format(format: str) -> None:
    if format not in FORMATS:
        raise InvalidImport(_("There is no format %(format)r.") % {"format": format})


def _written(package: Package, format: str, language: str, exam: Exam | None = None) -> Written:
    if not package.items:
        raise InvalidImport(_("There is no question to export."))
    if len(package.items) > MOST_EXPORTED:
        said = _("%(number)d questions at once are too many; up to %(most)d can be exported.")
        raise InvalidImport(said % {"number": len(package.items), "most": MOST_EXPORTED})
    written = FORMATS[format].write(package, language=language)
    details = {"format": format, "items": len(package.items), "left_out": len(written.left_out)}
    if exam is not None:
        details["exam"] = exam.code
    record(Action.READ, "export", exam.pk if exam else "", details=details)
    return written
