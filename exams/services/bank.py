"""Writes on the item bank. What a student sees is an immutable version; changing an item makes the next one."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.people import Person
from audit.models import Action
from audit.services import record
from exams.authority import author_id, require_write
from exams.drafts import AreaDraft, ItemDraft, NewItem, item_problems, shown_pictures
from exams.models import ContentArea, Exam, ExamItem, Item, ItemAsset, ItemOption, ItemText, ItemVersion
from exams.problems import CodeTaken, InvalidItem, ItemInUse, StatusNotAllowed
from exams.selectors.bank import draft_of, with_contents

Status = Item.Status
# Never back to draft: somebody may have seen it. A retired item may return, since its versions have not changed.
STEPS: Mapping[str, frozenset[str]] = {
    Status.DRAFT: frozenset({Status.FIELD_TEST, Status.ACTIVE, Status.RETIRED}),
    Status.FIELD_TEST: frozenset({Status.ACTIVE, Status.RETIRED}),
    Status.ACTIVE: frozenset({Status.RETIRED}),
    Status.RETIRED: frozenset({Status.ACTIVE}),
}


def create_item(
    *,
    person: Person,
    code: str,
    area: ContentArea,
    draft: ItemDraft,
    organization: Organization | None = None,
    status: str = Status.DRAFT,
) -> Item:
    """A new item with its first version, for `organization` or, without one, for the whole zone.

    Raises InvalidItem with everything that is wrong, CodeTaken, PermissionRefused, NotFound.
    """
    owner = organization.pk if organization else None
    return create_items(person=person, items=[NewItem(code, area.pk, draft, status, owner)])[0]


def create_items(*, person: Person, items: Sequence[NewItem]) -> list[Item]:
    """The same for many items in a few statements; all of them are made, or none."""
    for owner in {new.organization_id for new in items}:
        require_write(person, "item:create", owner)
    _check_new(items)
    author = author_id(person)
    try:
        with transaction.atomic():
            made = Item.objects.bulk_create(
                Item(
                    code=new.code,
                    organization_id=new.organization_id,
                    area_id=new.area_id,
                    status=new.status,
                    created_by_id=author,
                )
                for new in items
            )
            versions = _insert_versions([(item, 1, new.draft) for item, new in zip(made, items, strict=True)], author)
            for item, version in zip(made, versions, strict=True):
                item.current = version
            Item.objects.bulk_update(made, ["current"], batch_size=500)
            for item in made:
                details = {"code": item.code, "status": str(item.status), "version": 1}
                record(Action.CREATE, "item", item.pk, organization_id=item.organization_id, details=details)
    except IntegrityError as error:
        # Somebody else saved one of the codes since it was looked up.
        if "exams_item_code" not in str(error):
            raise
        raise CodeTaken() from error
    return made


def _check_new(items: Sequence[NewItem]) -> None:
    problems = []
    code_column = next(column for column in Item._meta.concrete_fields if column.name == "code")
    for new in items:
        try:
            code_column.clean(new.code, None)
        except ValidationError as error:
            problems.append(f"{new.code!r}: {' '.join(error.messages)}")
        if new.status not in Status.values:
            problems.append(_("%(code)s: there is no status %(status)r.") % {"code": new.code, "status": new.status})
        problems += [f"{new.code}: {problem}" for problem in item_problems(new.draft)]
    codes = [new.code for new in items]
    taken = set(Item.objects.filter(code__in=codes).values_list("code", flat=True))
    taken |= {code for code in codes if codes.count(code) > 1} if len(set(codes)) < len(codes) else set()
    if problems:
        raise InvalidItem(_("This question cannot be saved: %(why)s") % {"why": problems[0]}, problems=problems)
    if taken:
        raise CodeTaken(_("The code %(code)s is taken.") % {"code": ", ".join(sorted(taken))}, codes=sorted(taken))


def new_version(*, person: Person, item: Item, draft: ItemDraft) -> ItemVersion:
    """Make `draft` the item's current version; the present one stays current when nothing has changed.

    Attempts that are running keep the version that they began with. Raises InvalidItem, PermissionRefused, NotFound.
    """
    with transaction.atomic():
        # The lock puts two people who save the same item in a line; the unique number is the net below.
        locked = Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
        require_write(person, "item:update", locked.organization_id)
        before = with_contents([locked.current_id])[0]
        pictures = {asset.name: asset for asset in before.assets.all()}
        if _is_same(before, pictures, draft):
            return before
        problems = item_problems(draft, kept_pictures=pictures)
        if problems:
            raise InvalidItem(_("This question cannot be saved: %(why)s") % {"why": problems[0]}, problems=problems)
        version = _insert_versions([(locked, before.number + 1, draft)], author_id(person))[0]
        kept = [name for name in sorted(shown_pictures(draft) & set(pictures)) if name not in draft.assets]
        ItemAsset.objects.bulk_create(
            ItemAsset(version=version, name=name, file=pictures[name].file.name) for name in kept
        )
        locked.current = version
        locked.save(update_fields=["current", "updated_at"])
        details = {"code": locked.code, "version": version.number}
        record(Action.UPDATE, "item", locked.pk, organization_id=locked.organization_id, details=details)
    item.current = version
    return version


def is_current(version: ItemVersion, draft: ItemDraft) -> bool:
    """Whether `draft` says what `version`, read with its contents, says already."""
    return _is_same(version, {asset.name: asset for asset in version.assets.all()}, draft)


def _is_same(before: ItemVersion, pictures: Mapping[str, ItemAsset], draft: ItemDraft) -> bool:
    was = draft_of(before)
    same = (was.key, was.a, was.b, was.c, was.source) == (draft.key, draft.a, draft.b, draft.c, draft.source)
    if not same or dict(was.texts) != dict(draft.texts) or not set(draft.assets) <= set(pictures):
        return False
    return all(_stored(pictures[name]) == content for name, content in draft.assets.items())


def _stored(asset: ItemAsset) -> bytes:
    with asset.file.open("rb") as file:
        return file.read()


def set_status(*, person: Person, item: Item, status: str) -> Item:
    """Take the item one step on its way: draft, field test, active, retired.

    Raises StatusNotAllowed for a step that is not in STEPS, ItemInUse when a published form would lose the item.
    """
    with transaction.atomic():
        locked = Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
        require_write(person, "item:update", locked.organization_id)
        before = locked.status
        if status == before:
            return locked
        if status not in STEPS[before]:
            raise StatusNotAllowed(
                _("%(code)s is “%(before)s”; from there it cannot become “%(status)s”.")
                % {"code": locked.code, "before": before, "status": status},
                allowed=sorted(STEPS[before]),
            )
        if status == Status.RETIRED:
            _check_unused(locked)
        locked.status = status
        locked.save(update_fields=["status", "updated_at"])
        details = {"code": locked.code, "status": [str(before), str(status)]}
        record(Action.UPDATE, "item", locked.pk, organization_id=locked.organization_id, details=details)
    item.status = locked.status
    return locked


def _check_unused(item: Item) -> None:
    forms = ExamItem.objects.filter(item=item, exam__status=Exam.Status.PUBLISHED)
    exams = sorted(forms.values_list("exam__code", flat=True))
    if exams:
        raise ItemInUse(
            _("%(code)s is in the form of %(exams)s.") % {"code": item.code, "exams": ", ".join(exams)}, exams=exams
        )


def _insert_versions(wanted: Sequence[tuple[Item, int, ItemDraft]], author: UUID | None) -> list[ItemVersion]:
    versions = ItemVersion.objects.bulk_create(
        ItemVersion(
            item=item,
            number=number,
            key=draft.key,
            discrimination=draft.a,
            difficulty=draft.b,
            guessing=draft.c,
            parameter_source=draft.source,
            created_by_id=author,
        )
        for item, number, draft in wanted
    )
    drafts = [draft for _item, _number, draft in wanted]
    texts, options = [], []
    for version, draft in zip(versions, drafts, strict=True):
        for language, said in draft.texts.items():
            text = ItemText(version=version, language=language, stem=said.stem, explanation=said.explanation)
            texts.append(text)
            options += [ItemOption(text_of=text, position=n, text=o) for n, o in enumerate(said.options, start=1)]
    ItemText.objects.bulk_create(texts)
    for option in options:
        option.text_of_id = option.text_of.pk
    ItemOption.objects.bulk_create(options, batch_size=2000)
    ItemAsset.objects.bulk_create(
        ItemAsset(version=version, name=name, file=ContentFile(content, name=name))
        for version, draft in zip(versions, drafts, strict=True)
        for name, content in draft.assets.items()
    )
    return versions


def save_areas(*, person: Person, areas: Sequence[AreaDraft]) -> dict[str, ContentArea]:
    """Make the zone's content areas, or rename and order them like this. All areas of the zone by code."""
    require_write(person, "item:create", None)
    with transaction.atomic():
        for position, draft in enumerate(areas):
            said = {language: {"name": name} for language, name in draft.translations.items()}
            values = {"name": draft.name, "position": position, "translations": said}
            area, is_new = ContentArea.objects.select_for_update().get_or_create(code=draft.code, defaults=values)
            changed = [name for name, value in values.items() if getattr(area, name) != value]
            for name in changed:
                setattr(area, name, values[name])
            if changed:
                area.save(update_fields=changed)
            if is_new or changed:
                action = Action.CREATE if is_new else Action.UPDATE
                record(action, "content_area", area.pk, details={"code": area.code})
    return {area.code: area for area in ContentArea.objects.all()}
