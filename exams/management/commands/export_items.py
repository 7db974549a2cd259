"""`manage.py export_items FILE --zone ID …`: items, or those of an exam, as a file of another system."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.people import Operator
from exams.interchange.formats import FORMATS
from exams.models import Exam, Item
from exams.services import interchange
from zones.context import UnknownZone, get_zone, zone_context
from zones.problems import Problem


class Command(BaseCommand):
    help = "Exports items with their keys, and says what the format cannot hold of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="Where to write.")
        parser.add_argument("--zone", required=True, metavar="ID")
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument("--language", default="ko", help="To write, where the format has room for one (ko).")
        parser.add_argument("--exam", metavar="CODE", help="The items that this exam draws on.")
        parser.add_argument("--area", metavar="CODE", help="Items of this content area.")
        parser.add_argument("--code", nargs="+", default=[], metavar="CODE", help="Items of these codes.")
        parser.add_argument("--status", choices=Item.Status.values)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with zone_context(get_zone(options["zone"])):
                self._run(options)
        except (UnknownZone, OSError) as error:
            raise CommandError(str(error)) from error
        except Problem as problem:
            raise CommandError(str(problem.detail)) from problem

    def _run(self, options: dict[str, Any]) -> None:
        given = {"person": Operator(), "format": options["format"], "language": options["language"]}
        if options["exam"]:
            exam = Exam.objects.filter(code=options["exam"]).first()
            if exam is None:
                raise CommandError(f"There is no exam {options['exam']!r}.")
            written = interchange.export_exam(exam=exam, **given)
        else:
            items = Item.objects.all()
            for name, lookup in (("area", "area__code"), ("code", "code__in"), ("status", "status")):
                if options[name]:
                    items = items.filter(**{lookup: options[name]})
            written = interchange.export_items(items=items, **given)
        options["file"].write_bytes(written.content)
        for code, loss in written.losses:
            self.stdout.write(f"{code}: {loss.words}")
        if written.left_out:
            self.stdout.write(f"Left out: {', '.join(written.left_out)}")
        self.stdout.write(f"Wrote {options['file']} ({len(written.content)} bytes).")
