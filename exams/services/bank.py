"""Writes on the item bank. What a student sees is an immutable version; changing an item makes the next one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.people import Person
from audit.models import Action
from audit.services import record
from exams.authority import author_id, require_write
from exams.drafts import AreaDraft, ItemDraft, NewItem, shown_pictures
from exams.item_problems import item_problems, tag_problems
from exams.models import ContentArea, Exam, ExamItem, Item, ItemAsset, ItemVersion
from exams.pictures import cleaned
from exams.problems import CodeTaken, InvalidItem, ItemInUse, StatusNotAllowed
from exams.selectors.bank import draft_of, visible_items, with_contents
from exams.services.versions import insert_versions
from zones.context import exists_in_zone

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
    tags: Sequence[str] = (),
) -> Item:
    """A new item with its first version, for `organization` or, without one, for the whole zone.

    Raises InvalidItem with everything that is wrong, CodeTaken, PermissionRefused, NotFound.
    """
    owner = organization.pk if organization else None
    return create_items(person=person, items=[NewItem(code, area.pk, draft, status, owner, tuple(tags))])[0]


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
                    tags=sorted(set(new.tags)),
                    created_by_id=author,
                )
                for new in items
            )
            versions = insert_versions([(item, 1, new.draft) for item, new in zip(made, items, strict=True)], author)
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
        problems += [f"{new.code}: {problem}" for problem in (*item_problems(new.draft), *tag_problems(new.tags))]
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
    require_write(person, "item:update", item.organization_id)
    with transaction.atomic():
        # The lock puts two people who save the same item in a line; the unique number is the net below.
        locked = Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
        before = with_contents([locked.current_id])[0]
        pictures = {asset.name: asset for asset in before.assets.all()}
        if _is_same(before, pictures, draft):
            return before
        problems = item_problems(draft, kept_pictures=pictures)
        if problems:
            raise InvalidItem(_("This question cannot be saved: %(why)s") % {"why": problems[0]}, problems=problems)
        version = insert_versions([(locked, before.number + 1, draft)], author_id(person))[0]
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
    if draft_of(before) != replace(draft, assets={}) or not set(draft.assets) <= set(pictures):
        return False
    # A picture that was cleaned when it was stored is the same picture when it comes again.
    return all(_stored(pictures[name]) in (content, _clean(content)) for name, content in draft.assets.items())


def _clean(content: bytes) -> bytes:
    try:
        return cleaned(content)
    except ValueError:
        return content


def _stored(asset: ItemAsset) -> bytes:
    with asset.file.open("rb") as file:
        return file.read()


def set_status(*, person: Person, item: Item, status: str) -> Item:
    """Take the item one step on its way: draft, field test, active, retired.

    Raises StatusNotAllowed for a step that is not in STEPS, ItemInUse when a published form would lose the item.
    """
    require_write(person, "item:update", item.organization_id)
    with transaction.atomic():
        locked = Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
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


def set_tags(*, person: Person, item: Item, tags: Sequence[str]) -> Item:
    """Let constraints of exams count the item under these tags, and no others. Raises InvalidItem."""
    wanted = sorted(set(tags))
    problems = tag_problems(wanted)
    if problems:
        raise InvalidItem(problems[0], problems=problems)
    require_write(person, "item:update", item.organization_id)
    with transaction.atomic():
        locked = Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
        before = sorted(locked.tags)
        if wanted != before:
            locked.tags = wanted
            locked.save(update_fields=["tags", "updated_at"])
            details = {"code": locked.code, "tags": [before, wanted]}
            record(Action.UPDATE, "item", locked.pk, organization_id=locked.organization_id, details=details)
    item.tags = locked.tags
    return locked


def set_enemies(*, person: Person, item: Item, codes: Sequence[str]) -> Item:
    """Let no exam show the item together with the items of these codes; with any others it may be shown again.

    Being enemies is mutual. Raises InvalidItem for a code that `person` does not see or that is the item's own.
    """
    require_write(person, "item:update", item.organization_id)
    with transaction.atomic():
        locked = Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
        found = dict(visible_items(person).filter(code__in=codes).values_list("code", "pk"))
        missing = sorted(set(codes) - set(found))
        problems = [_("There is no item %(code)s.") % {"code": code} for code in missing]
        if locked.code in found:
            problems.append(_("%(code)s cannot be an enemy of itself.") % {"code": locked.code})
        if problems:
            hidden = exists_in_zone(Item, code__in=missing)
            raise InvalidItem(problems[0], problems=problems, audited=hidden)
        before = dict(locked.enemies.values_list("code", "pk"))
        if set(found) != set(before):
            locked.enemies.set(Item.objects.filter(pk__in=found.values()))
            locked.save(update_fields=["updated_at"])
            details = {"code": locked.code, "enemies": [sorted(before), sorted(found)]}
            record(Action.UPDATE, "item", locked.pk, organization_id=locked.organization_id, details=details)
    return locked


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


def add_areas(*, person: Person, names: Sequence[str]) -> dict[str, ContentArea]:
    """Content areas of these names behind those that the zone has; the new ones by name."""
    require_write(person, "item:create", None)
    made: dict[str, ContentArea] = {}
    with transaction.atomic():
        last = ContentArea.objects.order_by("-position").values_list("position", flat=True).first() or 0
        taken = set(ContentArea.objects.values_list("code", flat=True))
        for number, name in enumerate(names, start=1):
            shown = name.rsplit("/", 1)[-1].strip()[:120] or name[:120]
            code = base = slugify(shown)[:34].strip("-_") or "area"
            again = 1
            while code in taken:
                again += 1
                code = f"{base}-{again}"
            taken.add(code)
            made[name] = ContentArea.objects.create(code=code, name=shown, position=min(last + number, 32767))
            record(Action.CREATE, "content_area", made[name].pk, details={"code": code})
    return made
