"""Examples about people: accounts, organizations, classes, parents, notices, the log."""

from megacity.api.examples.story import DAY, IDS

LINK_TOKEN = "WyI1ZDNjMGEzNC03YTUzIiwi…:1vN3kQ:0mXr…"  # noqa: S105
ON_ITS_WAY = {"detail": "보내 드릴 것이 있으면 메일이 곧 도착합니다."}
ORGANIZATION_NAME = {"id": IDS["organization_id"], "name": "하나 학원"}
ORGANIZATION_BRIEF = {**ORGANIZATION_NAME, "code": "hana"}
ORGANIZATION = {**ORGANIZATION_BRIEF, "plan": "plus", "status": "active", "created_at": "2026-03-02T09:00:00+09:00"}
STUDENT_NAME = {"id": IDS["student_id"], "display_name": "김하늘"}
STUDENT_BRIEF = {**STUDENT_NAME, "email": "student@example.com"}
STUDENT_SHOWN = {**STUDENT_NAME, "organization": ORGANIZATION_NAME}
STUDENT = {
    **STUDENT_BRIEF,
    "role": "student",
    "organization": ORGANIZATION_BRIEF,
    "language": "ko",
    "is_active": True,
    "created_at": "2026-03-02T09:00:00+09:00",
}
ME = {
    **STUDENT,
    "phone": "+821012345678",
    "permissions": ["attempt:create", "attempt:read", "exam:read", "profile:read", "profile:update"],
}
PARENT = {"id": IDS["parent_id"], "display_name": "김보람", "email": "parent@example.com"}
LINK = {
    "id": IDS["link_id"],
    "status": "approved",
    "requested_at": "2026-04-01T19:20:00+09:00",
    "decided_at": "2026-04-01T20:05:00+09:00",
}
MY_PARENT = {**LINK, "parent": PARENT}
MY_CHILD = {**LINK, "student": {**STUDENT_BRIEF, "organization": ORGANIZATION_BRIEF}}
NOTICE = {
    "id": "0c7f5a1e-3d2b-4f6a-8b90-1e2d3c4b5a69",
    "kind": "parent_asks",
    "title": "김보람님이 결과를 보고 싶어 합니다",
    "words": "프로필에서 승인하거나 거절해 주세요.",
    "path": "/profile",
    "created_at": "2026-04-01T19:20:00+09:00",
    "read_at": None,
}
CLASSROOM = {
    "id": IDS["classroom_id"],
    "name": "수학 A반",
    "organization": ORGANIZATION_BRIEF,
    "teachers": 1,
    "students": 24,
    "created_at": "2026-03-03T10:00:00+09:00",
}
MEMBER = {"user": STUDENT_BRIEF, "kind": "student"}
AUDIT_ROW = {
    "id": 90412,
    "at": f"{DAY}T16:27:10+09:00",
    "zone_id": "univ",
    "organization_id": IDS["organization_id"],
    "user_id": "aa6b3f1c-7d25-4e0b-9c18-3b5f7e2d4a60",
    "user_label": "teacher@example.com",
    "action": "update",
    "resource_type": "classroom",
    "resource_id": IDS["classroom_id"],
    "ip": "203.0.113.24",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
    "details": {"name": ["수학 A반", "수학 심화반"]},
}
PLACE = {
    "id": IDS["session_id"],
    "kind": "page",
    "surface": "app",
    "device": "Chrome · Windows",
    "where": "KR",
    "ip": "203.0.113.8",
    "first_seen_at": "2026-09-14T09:00:00+09:00",
    "last_seen_at": "2026-09-14T09:25:00+09:00",
    "is_current": False,
}
