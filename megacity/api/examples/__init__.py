"""Examples of the OpenAPI document: what is sent and what is answered, by operation id.

One story throughout: Kim Haneul of an academy takes an adaptive exam, and teacher, parent and staff read about it.
A view that gives examples itself keeps them.
"""

from typing import Any

from megacity.api.examples.bank import EXAM, EXAM_ROW, EXAM_TITLE, ITEM, ITEM_ROW
from megacity.api.examples.measuring import (
    ANALYSIS,
    CALIBRATION,
    CALIBRATION_QUEUED,
    CALIBRATION_ROW,
    IMPORT,
    IMPORTED,
    STATISTICS,
    T_SCALE,
)
from megacity.api.examples.people import (
    AUDIT_ROW,
    CLASSROOM,
    LINK,
    LINK_TOKEN,
    ME,
    MEMBER,
    MY_CHILD,
    MY_PARENT,
    NOTICE,
    ON_ITS_WAY,
    ORGANIZATION,
    PLACE,
    STUDENT,
)
from megacity.api.examples.story import IDS
from megacity.api.examples.taking import (
    ACCOMMODATION,
    ANSWERED,
    ATTEMPT_ROW,
    DASHBOARD,
    ESSAY,
    ESSAY_ROW,
    FINISHED,
    GOING_ON,
    GRADED,
    PAUSED,
    REPORT,
    STATE,
    STUDENT_REPORT,
)


def _page(path: str, row: dict[str, Any]) -> dict[str, Any]:
    """A list's first page; there are more."""
    following = f"https://api.univprepai.com/api/v1/{path}?cursor=cD0yMDI2LTA5LTAxKzAwJTNBMDA%3D"
    return {"next": following, "previous": None, "results": [row]}


REQUESTS: dict[str, Any] = {
    "imports_create": {"file": "(the file)", "format": "auto", "language": "ko", "area": "algebra"},
    "imports_confirm": {"existing": "update", "actions": {"4": "skip"}, "status": "draft", "with_tests": True},
    "scales_change": {"norm_mean": 0.2, "norm_sd": 0.9},
    "scales_create": {"code": "t", "name": "T점수", "kind": "standard", "mean": 50, "sd": 10},
    "students_accommodation_change": ACCOMMODATION,
    "admin_audit_logs_export": {"format": "csv", "reason": "개인정보 접속 기록 분기 점검"},
    "classes_change": {"name": "수학 심화반"},
    "classes_members_add": {"user_id": IDS["user_id"]},
    "organizations_change": {"name": "하나 수학 학원"},
    "organizations_create": {"name": "하나 학원", "code": "hana", "plan": "plus"},
    "users_change": {"display_name": "김하늘", "is_active": True},
    "users_guardian_consent": {"reference": "동의서 2026-12", "name": "김보람", "relation": "mother"},
    "users_create": {
        "display_name": "김하늘",
        "email": "student@example.com",
        "password": "Hangang!2026",
        "role": "student",
        "organization": IDS["organization_id"],
        "language": "ko",
    },
    "users_me_password": {"current": "Hangang!2026", "new": "Spr1ng!time"},
    "users_me_email": {"email": "haneul@example.com", "password": "Hangang!2026"},
    "auth_confirm": {"token": LINK_TOKEN, "password": "Hangang!2026"},
    "auth_confirm_again": {"email": "student@example.com"},
    "auth_password_reset": {"email": "student@example.com"},
    "auth_password_reset_confirm": {"token": LINK_TOKEN, "password": "Spr1ng!time"},
}
RESPONSES: dict[str, Any] = {
    "users_me_email": {"detail": "새 주소로 보낸 링크를 열어 주세요."},
    "auth_confirm_again": ON_ITS_WAY,
    "auth_password_reset": ON_ITS_WAY,
    "admin_audit_logs": _page("admin/audit-logs", AUDIT_ROW),
    "admin_audit_logs_export": "id,at,zone_id,…",
    "analytics_dashboard": DASHBOARD,
    "attempts_answer": ANSWERED,
    "attempts_go_on": GOING_ON,
    "attempts_list": _page("attempts", ATTEMPT_ROW),
    "attempts_pause": PAUSED,
    "attempts_report": REPORT,
    "attempts_resume": STATE,
    "attempts_submit": FINISHED,
    "classes_change": {**CLASSROOM, "name": "수학 심화반"},
    "classes_create": {**CLASSROOM, "teachers": 0, "students": 0},
    "calibrations_activate": {"activated": ["roots-10", "roots-9"], "unchanged": []},
    "calibrations_create": CALIBRATION_QUEUED,
    "calibrations_list": _page("calibrations", CALIBRATION_ROW),
    "calibrations_read": CALIBRATION,
    "classes_list": _page("classes", CLASSROOM),
    "classes_members": [MEMBER],
    "classes_members_add": MEMBER,
    "classes_read": CLASSROOM,
    "exams_analysis": ANALYSIS,
    "exams_analysis_request": {"exam": EXAM_TITLE, "waiting": True, "analysis": None},
    "exams_archive": {**EXAM, "status": "archived", "is_open": False},
    "exams_change": {**EXAM, "max_items": 30, "time_limit_minutes": 60},
    "exams_create": {**EXAM, "status": "draft", "is_open": False},
    "exams_list": _page("exams", EXAM_ROW),
    "exams_publish": EXAM,
    "exams_read": EXAM,
    "exams_start": STATE,
    "exams_statistics": STATISTICS,
    "imports_create": IMPORT,
    "imports_read": IMPORT,
    "imports_confirm": IMPORTED,
    "grading_grade": GRADED,
    "grading_list": _page("grading", ESSAY_ROW),
    "grading_read": ESSAY,
    "items_change": ITEM,
    "items_create": {**ITEM, "status": "draft"},
    "items_list": _page("items", ITEM_ROW),
    "items_read": ITEM,
    "items_status": ITEM,
    "items_versions_create": ITEM,
    "organizations_change": {**ORGANIZATION, "name": "하나 수학 학원"},
    "organizations_create": ORGANIZATION,
    "organizations_list": _page("organizations", ORGANIZATION),
    "notices_read_all": {"marked": 3},
    "notices_list": _page("notices", NOTICE),
    "parents_children": [MY_CHILD],
    "parents_withdraw_consent": {"detail": "계정이 닫혔습니다."},
    "parents_link_student": {"detail": "이 이메일을 쓰는 학생이 있으면 승인을 요청했습니다."},
    "scales_change": T_SCALE,
    "scales_create": T_SCALE,
    "scales_list": [T_SCALE],
    "scales_read": T_SCALE,
    "students_accommodation": ACCOMMODATION,
    "students_accommodation_change": ACCOMMODATION,
    "students_approve_parent": LINK,
    "students_list": _page("students", STUDENT),
    "students_me_parents": [MY_PARENT],
    "students_refuse_parent": {**LINK, "status": "refused"},
    "students_reports": STUDENT_REPORT,
    "users_change": STUDENT,
    "users_guardian_consent": STUDENT,
    "users_create": STUDENT,
    "users_list": _page("users", STUDENT),
    "users_me": ME,
    "users_me_change": ME,
    "users_me_sessions": [{**PLACE, "is_current": True}],
    "users_me_sessions_end": {"ended": 3},
    "users_read": STUDENT,
    "users_sessions": [PLACE],
    "users_sessions_end": {"ended": 2},
}


def add_examples(operation: dict[str, Any]) -> None:
    """Put the examples of this operation beside its shapes."""
    name = operation["operationId"]
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            parameter.setdefault("example", IDS[parameter["name"]])
    _add(operation.get("requestBody", {}), name, REQUESTS)
    for status, response in operation["responses"].items():
        if status < "300":
            _add(response, name, RESPONSES)


def _add(body: dict[str, Any], name: str, examples: dict[str, Any]) -> None:
    for media in body.get("content", {}).values():
        if name in examples and "examples" not in media:
            media["example"] = examples[name]
