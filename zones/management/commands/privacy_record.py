from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from zones.processing_record import as_markdown


class Command(BaseCommand):
    help = "Write docs/privacy.md, the record of processing, from every app's privacy.py."

    def handle(self, *args: Any, **options: Any) -> None:
        page = settings.BASE_DIR / "docs" / "privacy.md"
        page.write_text(as_markdown())
        self.stdout.write(f"Wrote {page.relative_to(settings.BASE_DIR)}.")
