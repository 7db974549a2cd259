"""`manage.py import_items FILE --zone ID …`: what a file would bring and lose, and, without --dry-run, its import."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Organization
from accounts.people import Operator
from exams.interchange.formats import AUTO, FORMATS
from exams.models import ContentArea, ImportBatch, ImportItem, Item
from exams.services import interchange
from exams.services.interchange import Choices
from zones.context import UnknownZone, get_zone, zone_context
from zones.problems import Problem


class Command(BaseCommand):
    help = "Imports questions of QTI, Moodle XML, GIFT, Aiken, CSV and Excel files, all that can be carried or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--zone", required=True, metavar="ID")
        parser.add_argument("--organization", metavar="CODE", help="Whose the items are; left out: the zone's.")
        parser.add_argument("--format", default=AUTO, choices=[AUTO, *FORMATS])
        parser.add_argument("--language", default="ko", help="Of texts that do not say theirs (ko).")
        parser.add_argument("--area", metavar="CODE", help="Content area of questions without one that the zone has.")
        parser.add_argument("--make-areas", action="store_true", help="Make the content areas that the zone lacks.")
        parser.add_argument(
            "--existing",
            default=ImportItem.Action.UPDATE.value,
            choices=ImportItem.Action.values,
            help="Questions whose code the bank has: a new version (update), left out, or another code (create).",
        )
        parser.add_argument("--status", default=Item.Status.DRAFT.value, choices=Item.Status.values)
        parser.add_argument("--no-tests", action="store_true", help="Make no exams of the file's tests.")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would come and what would be lost.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with zone_context(get_zone(options["zone"])):
                self._run(options)
        except (UnknownZone, OSError) as error:
            raise CommandError(str(error)) from error
        except Problem as problem:
            words = [str(problem.detail), *map(str, problem.extra.get("problems", []))]
            raise CommandError("\n".join(words)) from problem

    def _run(self, options: dict[str, Any]) -> None:
        with options["file"].open("rb") as file:
            batch = interchange.preview(
                person=Operator(),
                file=File(file),
                file_name=options["file"].name,
                wait=True,
                format=options["format"],
                language=options["language"],
                area=_found(ContentArea, "content area", options["area"]),
                organization=_found(Organization, "organization", options["organization"]),
            )
        if batch.status == ImportBatch.Status.FAILED:
            raise CommandError(batch.problem)
        self._show(batch)
        if options["dry_run"]:
            batch.delete()
            return
        choices = Choices(
            existing=options["existing"],
            status=options["status"],
            make_areas=options["make_areas"],
            with_tests=not options["no_tests"],
        )
        done = interchange.import_batch(person=Operator(), batch=batch, choices=choices, wait=True)
        self.stdout.write(
            f"Imported: {done.items_made} new items, {done.items_updated} new versions, {done.tests_made} exams."
        )

    def _show(self, batch: ImportBatch) -> None:
        for loss in batch.losses:
            self.stdout.write(f"- {loss['words']} {loss['where']}".rstrip())
        for row in batch.items.all():
            able = row.draft is not None and not row.problems
            state = "cannot be imported" if not able else "known" if row.existing_id else "new"
            self.stdout.write(f"{row.position}. {row.code}: {row.kind or '–'}, {state}")
            for words in [*row.problems, *(f"{loss['words']} {loss['where']}".rstrip() for loss in row.losses)]:
                self.stdout.write(f"   - {words}")
        self.stdout.write(
            f"{batch.format}: {batch.items_found} questions, {batch.items_ready} can be imported,"
            f" {batch.items_with_losses} with losses."
        )


def _found(model: Any, name: str, code: str | None) -> Any:
    if code is None:
        return None
    row = model.objects.filter(code=code).first()
    if row is None:
        raise CommandError(f"There is no {name} {code!r}.")
    return row
