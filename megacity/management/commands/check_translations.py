"""Holds that every word of the interface is translated; needs neither gettext's programs nor a database."""

import io
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

SOURCE_LANGUAGE = "en"
KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# What libraries say in our name. REST framework files its Korean under ko_KR, where Django does not look for ko; some
# of the admin's own Korean buttons say another thing than the English ones.
LIBRARY_FILES = {
    "rest_framework": ("exceptions.py", "fields.py", "relations.py", "serializers.py", "validators.py"),
    "django.contrib.auth": ("password_validation.py", "forms.py"),
    "django.contrib.admin": (
        "options.py",
        *(f"templates/admin/{name}.html" for name in ("actions", "nav_sidebar", "submit_line")),
    ),
}
# What a translation must take over as it is: placeholders, a doubled percent sign, tags.
FIXED_PARTS = re.compile(r"%%|%(?:\(\w+\))?[a-z]|\{[\w:]*\}|</?[a-z]+")


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--update", action="store_true", help="Take new strings in, drop unused ones, compile.")

    def handle(self, *args: Any, update: bool, **options: Any) -> None:
        strings = extracted()
        failures: list[str] = []
        for language, _name in settings.LANGUAGES:
            if language == SOURCE_LANGUAGE:
                continue
            folder = settings.LOCALE_PATHS[0] / language / "LC_MESSAGES"
            if update:
                rewrite(folder, language, strings)
            failures += [f"{language}: {failure}" for failure in problems(folder, strings)]
        if failures:
            raise CommandError("\n".join([*failures, "", "docs/translating.md says how to add a translation."]))


def sources() -> Iterator[tuple[str, Path]]:
    """Every file that may hold a string for people, with the name to call it by."""
    base = settings.BASE_DIR
    packages = sorted(path.parent for path in base.glob("*/__init__.py") if path.parent.name != "tests")
    for folder in [*packages, base / "templates"]:
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".html", ".txt"}:
                yield str(path.relative_to(base)), path
    for package, names in LIBRARY_FILES.items():
        spec = find_spec(package)
        for name in names:
            if spec and spec.origin:
                yield f"{package}/{name}", Path(spec.origin).parent / name


def extracted() -> Catalog:
    catalog = Catalog()
    for name, path in sources():
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # In parentheses, since a template's indentation is not Python's.
            text = f"({templatize(text, origin=name)})"
        for _line, string, _comments, context in extract("python", io.BytesIO(text.encode()), KEYWORDS):
            catalog.add(string, locations=[(name, 0)], context=context)
    return catalog


def problems(folder: Path, strings: Catalog) -> list[str]:
    if not (folder / "django.po").exists():
        return [f"{folder / 'django.po'} is missing"]
    catalog = read_catalogue(folder)
    found = [
        f"{', '.join(sorted({name for name, _line in string.locations}))}: {said(string)}: {fault}"
        for string in strings
        if string.id and (fault := fault_of(string, catalog.get(string.id, string.context)))
    ]
    binary = folder / "django.mo"
    if not binary.exists() or binary.read_bytes() != compiled(catalog):
        found.append("django.mo is not what django.po compiles to")
    return found


def fault_of(string: Message, translation: Message | None) -> str | None:
    if translation is None or not translation.string or not all(forms(translation.string)):
        return "has no translation"
    if translation.fuzzy:
        return "the translation is marked as fuzzy"
    wanted = set(FIXED_PARTS.findall(forms(string.id)[-1]))
    for form in forms(translation.string):
        if set(FIXED_PARTS.findall(form)) != wanted:
            return f"“{form}” does not have the same placeholders and tags"
    return None


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def said(string: Message) -> str:
    text = f"“{forms(string.id)[0]}”"
    return f"{text} ({string.context})" if string.context else text


def read_catalogue(folder: Path) -> Catalog:
    with (folder / "django.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def compiled(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def rewrite(folder: Path, language: str, strings: Catalog) -> None:
    """The same strings give the same bytes, so that a commit shows what was translated and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    catalog = read_catalogue(folder) if (folder / "django.po").exists() else Catalog(language, fuzzy=False)
    catalog.update(strings, no_fuzzy_matching=True, update_creation_date=False)
    with (folder / "django.po").open("wb") as file:
        write_po(file, catalog, width=0, no_location=True, sort_output=True, ignore_obsolete=True)
    (folder / "django.mo").write_bytes(compiled(read_catalogue(folder)))
