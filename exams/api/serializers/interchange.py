"""Imports of other systems' files, and exports."""

import re
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from exams.api.serializers.catalogue import CODE
from exams.api.serializers.common import OrganizationName
from exams.drafts import LANGUAGE
from exams.interchange.formats import AUTO, FORMATS
from exams.models import ImportBatch, ImportItem, Item

FORMAT_NAMES = list(FORMATS)
# One spelling each, so that no question is spoken of twice.
POSITION = re.compile(r"[1-9][0-9]{0,8}")


class LossShown(serializers.Serializer):
    words = serializers.CharField(help_text="What could not be carried, in the language of the request that read it.")
    where = serializers.CharField(allow_blank=True, help_text="A line, row or question of the file.")


class ImportRow(serializers.Serializer):
    position = serializers.IntegerField(help_text="Its number in the file, from 1.")
    identifier = serializers.CharField(help_text="What the file calls it.")
    code = serializers.CharField(help_text="Its code in the bank.")
    title = serializers.CharField()
    kind = serializers.CharField(help_text="Empty for a question that cannot be read.")
    area = serializers.SerializerMethodField(help_text="The content area's code; null where the zone has none for it.")
    tags = serializers.ListField(child=serializers.CharField())
    is_importable = serializers.SerializerMethodField()
    is_known = serializers.SerializerMethodField(help_text="Whether the bank has an item of this code.")
    problems = serializers.ListField(child=serializers.CharField(), help_text="Why it cannot be imported.")
    losses = LossShown(many=True)
    outcome = serializers.ChoiceField(
        choices=ImportItem.Outcome.values, allow_blank=True, help_text="Empty until it is imported."
    )
    item = serializers.UUIDField(source="item_id", allow_null=True, help_text="The item that came of it.")

    def get_area(self, row: ImportItem) -> str | None:
        return row.area.code if row.area else None

    def get_is_importable(self, row: ImportItem) -> bool:
        return row.draft is not None and not row.problems

    def get_is_known(self, row: ImportItem) -> bool:
        return row.existing_id is not None


class ImportSummary(serializers.Serializer):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ImportBatch.Status.values)
    file_name = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")
    format = serializers.CharField(help_text="Empty until it is found out.")
    language = serializers.CharField()
    organization = OrganizationName(allow_null=True)
    problem = serializers.CharField(allow_blank=True, help_text="Why the file was refused, or nothing was imported.")
    losses = LossShown(many=True, help_text="Of the file as a whole.")
    items_found = serializers.IntegerField()
    items_ready = serializers.IntegerField(help_text="How many of them can be imported.")
    items_with_losses = serializers.IntegerField()
    items_made = serializers.IntegerField()
    items_updated = serializers.IntegerField()
    tests_made = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportShown(ImportSummary):
    page = serializers.IntegerField(help_text="Of `items`, from 1; ask for others with `?page=`.")
    pages = serializers.IntegerField()
    items = ImportRow(many=True)


class ImportNew(serializers.Serializer):
    file = serializers.FileField(help_text="QTI, Moodle XML, GIFT, Aiken, or a table of ours (CSV, XLSX).")
    format = serializers.ChoiceField(
        choices=[AUTO, *FORMAT_NAMES], required=False, default=AUTO, help_text="Left out: found out by what it holds."
    )
    language = serializers.RegexField(
        LANGUAGE, max_length=8, required=False, default="ko", help_text="Of texts that do not say theirs."
    )
    area = serializers.RegexField(CODE, max_length=40, required=False, help_text="For questions without one.")
    organization = serializers.UUIDField(
        required=False, allow_null=True, help_text="Left out: your own; without one, the zone's."
    )


class ImportConfirm(serializers.Serializer):
    existing = serializers.ChoiceField(
        choices=ImportItem.Action.values,
        required=False,
        default=ImportItem.Action.UPDATE,
        help_text="Questions whose code the bank has: a new version, left out, or an item of another code.",
    )
    actions = serializers.DictField(
        child=serializers.ChoiceField(choices=ImportItem.Action.values),
        required=False,
        default=dict,
        help_text="The same for single questions, by their position.",
    )
    status = serializers.ChoiceField(choices=Item.Status.values, required=False, default=Item.Status.DRAFT)
    make_areas = serializers.BooleanField(required=False, default=False, help_text="Content areas that the zone lacks.")
    with_tests = serializers.BooleanField(required=False, default=True, help_text="Make exams of the file's tests.")

    def validate_actions(self, said: dict[str, Any]) -> dict[int, Any]:
        if strange := [place for place in said if not POSITION.fullmatch(place)]:
            raise ValidationError(_("%(position)r is no position of a question.") % {"position": strange[0][:20]})
        return {int(place): action for place, action in said.items()}


class ExportAsked(serializers.Serializer):
    format = serializers.ChoiceField(choices=FORMAT_NAMES, required=False, default="csv")
    language = serializers.RegexField(
        LANGUAGE, max_length=8, required=False, default="ko", help_text="To write, where the format has room for one."
    )
    exam = serializers.UUIDField(required=False, help_text="The items that this exam draws on.")
    area = serializers.RegexField(CODE, max_length=40, required=False, help_text="Items of this content area.")
    code = serializers.ListField(
        child=serializers.RegexField(CODE, max_length=80), required=False, help_text="Items of these codes."
    )
    report = serializers.BooleanField(
        required=False, default=False, help_text="Answer what the format cannot hold instead of the file."
    )

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        if "exam" in said and ("area" in said or said.get("code")):
            others = [name for name in ("area", "code") if said.get(name)]
            words = _("An exam says by itself which items it draws on; leave out %(names)s.")
            raise ValidationError({"exam": [words % {"names": ", ".join(others)}]})
        return said


class ExportLoss(serializers.Serializer):
    item = serializers.CharField(help_text="The code of the item or exam.")
    words = serializers.CharField()


class ExportReport(serializers.Serializer):
    format = serializers.CharField()
    left_out = serializers.ListField(child=serializers.CharField(), help_text="Codes that the format cannot hold.")
    losses = ExportLoss(many=True)
