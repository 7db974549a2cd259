"""Content areas, items and exams of a demo zone, from the question banks in `megacity.demo.bank`."""

from dataclasses import dataclass

from accounts.models import Organization, User
from accounts.people import as_actor
from audit.context import acting
from exams.drafts import AreaDraft, NewItem
from exams.exam_drafts import ExamDraft
from exams.models import Exam, Item
from exams.problems import ExamNotReady
from exams.selectors.bank import current_versions
from exams.services.authoring import create_exam, publish_exam
from exams.services.bank import create_items, is_current, new_version, save_areas
from megacity.demo.bank import BankExam, ZoneBank, fixed_form
from megacity.demo.designs import SCALES, design_drafts, seed_scales
from megacity.demo.items import draft_of
from megacity.demo.kinds import all_kinds_draft, kind_items
from megacity.demo.people import People

PRACTICE_TITLE = {"ko": "시간 제한 없는 연습", "en": "Untimed practice"}
PRACTICE_WORDS = {
    "ko": "시간에 쫓기지 않고 푸는 적응형 연습입니다. 중간에 나갔다가 이어서 풀 수 있고, 10~25문항 사이에서 끝납니다.",
    "en": "Adaptive practice without a clock. Leave whenever you like and go on later; it takes 10 to 25 questions.",
}


@dataclass(frozen=True)
class SeededExams:
    """The zone's own exams, the main one first, and each organization's; those of further designs; what could not
    be published, and why."""

    zone_wide: list[Exam]
    by_organization: dict[object, list[Exam]]
    practice: Exam
    designs: list[Exam]
    not_ready: list[str]


def seed_items(bank: ZoneBank, admin: User) -> int:
    """Make the bank's areas and items, and a new version of what its authors changed; the number of changes."""
    with acting(as_actor(admin)):
        areas = save_areas(person=admin, areas=[AreaDraft(area.code, area.ko, {"en": area.en}) for area in bank.areas])
        drafts = {item.code: (item.area, draft_of(item)) for item in bank.items}
        drafts |= {item.code: (item.area, item.draft) for item in kind_items(bank.zone)}
        versions = current_versions(drafts)
        changed = 0
        for code, version in versions.items():
            draft = drafts[code][1]
            if not is_current(version, draft):
                new_version(person=admin, item=version.item, draft=draft)
                changed += 1
        missing = [
            NewItem(code, areas[area].pk, draft, Item.Status.ACTIVE)
            for code, (area, draft) in drafts.items()
            if code not in versions
        ]
        if missing:
            create_items(person=admin, items=missing)
    return changed + len(missing)


def seed_exams(bank: ZoneBank, people: People) -> SeededExams:
    """Make the bank's exams, those for organizations once for each, and an untimed practice like the main one."""
    seed_scales(people.admin)
    not_ready: list[str] = []
    zone_wide: list[Exam] = []
    by_organization: dict[object, list[Exam]] = {school.organization.pk: [] for school in people.schools}
    for spec in bank.exams:
        draft = _exam_draft(bank, spec)
        if spec.visibility == Exam.Visibility.PUBLIC:
            zone_wide.append(_ensure(people.admin, spec.code, draft, None, not_ready))
            continue
        for number, school in enumerate(people.schools):
            code = spec.code if number == 0 else f"{spec.code}-{school.organization.code}"
            exam = _ensure(school.teachers[0], code, draft, school.organization, not_ready)
            by_organization[school.organization.pk].append(exam)
    practice = _ensure(people.admin, f"{bank.zone}-practice", _practice_draft(bank), None, not_ready)
    drafts = design_drafts(bank)
    if all_kinds := all_kinds_draft(bank.zone):
        drafts[f"{bank.zone}-kinds"] = all_kinds
    designs = [_ensure(people.admin, code, draft, None, not_ready) for code, draft in drafts.items()]
    return SeededExams([*zone_wide, practice], by_organization, practice, designs, not_ready)


def _ensure(author: User, code: str, draft: ExamDraft, organization: Organization | None, not_ready: list[str]) -> Exam:
    """The exam, made and published where it is not. What its author does with it afterwards stays."""
    with acting(as_actor(author)):
        exam = Exam.objects.filter(code=code).first()
        if exam is None:
            exam = create_exam(person=author, code=code, draft=draft, organization=organization)
        if exam.status == Exam.Status.DRAFT:
            try:
                publish_exam(person=author, exam=exam)
            except ExamNotReady as problem:
                not_ready.append(str(problem))
    return exam


def _exam_draft(bank: ZoneBank, spec: BankExam) -> ExamDraft:
    fixed = spec.kind == Exam.Kind.FIXED
    is_main = spec.code == bank.exams[0].code
    form = tuple(item.code for item in fixed_form(bank, spec)) if fixed else ()
    return ExamDraft(
        title=spec.title["ko"],
        description=spec.description["ko"],
        translations={"en": {"title": spec.title["en"], "description": spec.description["en"]}},
        kind=spec.kind,
        visibility=spec.visibility,
        blueprint=dict(spec.blueprint),
        form=form,
        min_items=len(form) or spec.min_items,
        max_items=len(form) or spec.max_items,
        se_target=spec.se_target,
        randomesque=spec.randomesque,
        time_limit_minutes=spec.time_limit_minutes,
        subscales=is_main,
        scales=tuple(SCALES) if is_main else (),
    )


def _practice_draft(bank: ZoneBank) -> ExamDraft:
    main = bank.exams[0]
    return ExamDraft(
        title=PRACTICE_TITLE["ko"],
        description=PRACTICE_WORDS["ko"],
        translations={"en": {"title": PRACTICE_TITLE["en"], "description": PRACTICE_WORDS["en"]}},
        blueprint=dict(main.blueprint),
        min_items=10,
        max_items=25,
        se_target=0.35,
        randomesque=main.randomesque,
    )
