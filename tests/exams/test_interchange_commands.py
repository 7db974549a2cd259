"""`manage.py import_items` and `export_items`."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from exams.models import Item
from tests.exams.drafts import areas

GIFT = "$CATEGORY: top/Sums\n\n// [id:one]\n::one:: 1 + 1 = ? {=2 ~3#no}\n\n// [id:two]\n::two:: {1:x}\n"


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def file(in_univ, cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    path = tmp_path / "quiz.txt"
    path.write_text(GIFT)
    return path


def run(*arguments, **options) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), zone="univ", stdout=out, **options)
    return out.getvalue()


def test_a_dry_run_says_what_would_be_lost_and_writes_nothing(file, cast):
    areas(cast.zoe)
    said = run("import_items", file, dry_run=True, language="en")
    assert "1. one: single, new" in said
    assert "gift: 2 questions, 1 can be imported, 2 with losses." in said
    assert Item.objects.count() == 0


def test_import_and_export_again(file, cast, tmp_path):
    assert "1 new items" in run("import_items", file, make_areas=True, status="active", organization="hana")
    item = Item.objects.get()
    assert (item.organization, item.status, item.area.name) == (cast.hana, "active", "Sums")
    target = tmp_path / "out.xlsx"
    assert "Wrote" in run("export_items", target, format="xlsx", area=item.area.code)
    assert "0 new items, 0 new versions" in run("import_items", target, organization="hana")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"area": "none"}, "content area 'none'"),
        ({"organization": "none"}, "organization 'none'"),
        ({}, "no content area"),
    ],
)
def test_refusals_are_said(file, options, words):
    with pytest.raises(CommandError, match=words):
        run("import_items", file, **options)
    assert Item.objects.count() == 0


def test_what_cannot_be_read_or_exported_is_said(file, in_univ, cast, tmp_path):
    broken = tmp_path / "x"
    broken.write_bytes(b"\x00\x01")
    with pytest.raises(CommandError):
        run("import_items", broken)
    with pytest.raises(CommandError, match="No such file"):
        run("import_items", tmp_path / "none")
    with pytest.raises(CommandError, match="no question"):
        run("export_items", tmp_path / "y", format="csv")
    with pytest.raises(CommandError, match="no exam"):
        run("export_items", tmp_path / "y", format="csv", exam="none")
