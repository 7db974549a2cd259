"""Examples of the OpenAPI document: what is sent and what is answered, by operation id.

One story throughout: Kim Haneul of an academy takes an adaptive exam, and teacher, parent and staff read about it.
A view that gives examples itself keeps them.
"""

from typing import Any

DAY = "2026-09-14"
IDS = {
    "session_id": "0c5c9b52-6f2e-4a2a-9f0d-3f1f8a4e7b10",
    "organization_id": "b7c7f0f2-50a4-4d3f-8a0a-6f6f3a2b9c11",
    "user_id": "5d3c0a34-7a53-4b0e-9a3e-0f5a4a5ce0a1",
    "student_id": "5d3c0a34-7a53-4b0e-9a3e-0f5a4a5ce0a1",
    "parent_id": "c2a51f0b-6f0e-49f4-8b5d-51f6d0f0e7a3",
    "notice_id": "0c7f5a1e-3d2b-4f6a-8b90-1e2d3c4b5a69",
    "link_id": "90f4ad0e-2c9c-4a66-9d2b-7f3f0a7a1b52",
    "classroom_id": "1c5e8f6a-93a9-4c39-a8a5-0d6e5e1f7b44",
    "exam_id": "3f0e2a77-1b5f-4f59-b6d0-9a2f7c8d6e10",
    "import_id": "4b8f2a1c-6d3e-4f70-9a5b-1c2d3e4f5a6b",
    "item_id": "7a9d1c3e-5b2f-4e80-8c64-2f1e0d9b8a75",
    "calibration_id": "6b8f1d20-7c3e-4a95-9e02-4d1c8a7f3b66",
    "attempt_id": "e4b1c9d8-0a7f-4d26-9e3b-6c5a4f2d1e09",
    "response_id": 8123,
    "scale_code": "t",
}

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

EXAM_TITLE = {"id": IDS["exam_id"], "title": "대수 배치고사", "kind": "adaptive"}
EXAM_ROW = {
    **EXAM_TITLE,
    "code": "algebra-placement",
    "description": "실력에 맞추어 문항을 고르는 배치고사입니다.",
    "status": "published",
    "visibility": "public",
    "organization": None,
    "languages": ["ko", "en"],
    "min_items": 15,
    "max_items": 25,
    "time_limit_minutes": 40,
    "attempts_allowed": 3,
    "opens_at": None,
    "closes_at": None,
    "is_open": True,
    "created_at": "2026-08-20T11:00:00+09:00",
}
EXAM = {
    **EXAM_ROW,
    "blueprint": [
        {"area": {"code": "algebra", "name": "대수"}, "share": 0.6},
        {"area": {"code": "geometry", "name": "기하"}, "share": 0.4},
    ],
    "updated_at": "2026-08-21T09:30:00+09:00",
    "draft": None,
}

PARAMETERS = {
    "model": "logistic",
    "discrimination": 1.2,
    "difficulty": -0.8,
    "guessing": 0.2,
    "upper": 1.0,
    "thresholds": [],
    "source": "assumed",
}
ITEM_HEAD = {
    "id": IDS["item_id"],
    "code": "roots-9",
    "area": {"code": "algebra", "name": "대수"},
    "organization": None,
    "status": "active",
    "created_at": "2026-08-18T14:00:00+09:00",
    "updated_at": "2026-08-19T16:40:00+09:00",
}
ITEM_ROW = {
    **ITEM_HEAD,
    "version": 2,
    "kind": "single",
    "tags": ["equation"],
    "languages": ["ko"],
    "parameters": PARAMETERS,
}
ITEM_TEXT = {
    "language": "ko",
    "stem": "$x^2 = 9$를 만족하는 양수 $x$는?",
    "options": ["$3$", "$9$", "$81$", "$-3$"],
    "targets": [],
    "gap_options": [],
    "criteria": [],
    "explanation": "$3^2 = 9$이다.",
}
ITEM = {
    **ITEM_HEAD,
    "tags": ["equation"],
    "enemies": [],
    "current": {
        "number": 2,
        "kind": "single",
        "key": 1,
        "keys": [],
        "gaps": [],
        "rubric": [],
        "scoring": "exact",
        "max_score": 1,
        "case_sensitive": False,
        "parameters": PARAMETERS,
        "texts": [ITEM_TEXT],
        "passage": None,
        "words": 4,
        "pictures": [],
        "created_at": "2026-08-19T16:40:00+09:00",
    },
}

STATE = {
    "id": IDS["attempt_id"],
    "exam": EXAM_TITLE,
    "status": "in_progress",
    "started_at": f"{DAY}T16:00:00+09:00",
    "deadline_at": f"{DAY}T16:40:00+09:00",
    "server_time": f"{DAY}T16:00:01+09:00",
    "progress": {"answered": 0, "minimum": 15, "maximum": 25},
    "item": {
        "id": "4711",
        "position": 1,
        "kind": "single",
        "language": "ko",
        "passage_html": None,
        "stem_html": "<p>연립방정식 x + y = 7, x − y = 3의 해에서 x의 값은?</p>",
        "options": [{"id": number, "html": f"<p>{text}</p>"} for number, text in enumerate("4562", start=1)],
        "targets": [],
        "gaps": [],
    },
    "pause": None,
    "accommodation": None,
    "finish_reason": None,
    "result": None,
}
PAUSED = {
    **STATE,
    "item": None,
    "pause": {"seconds_left": 600, "paused_at": f"{DAY}T16:00:01+09:00"},
    "accommodation": {"extra_time_percent": 50, "large_print": False},
}
GOING_ON = {**PAUSED, "item": STATE["item"], "pause": {"seconds_left": 420, "paused_at": None}}
ANSWERED = {
    **STATE,
    "receipt": {"position": 1, "answered_at": f"{DAY}T16:00:33+09:00"},
    "server_time": f"{DAY}T16:00:33+09:00",
    "progress": {"answered": 1, "minimum": 15, "maximum": 25},
    "item": {
        "id": "4738",
        "position": 2,
        "kind": "numeric",
        "language": "ko",
        "passage_html": None,
        "stem_html": "<p>이차함수 y = x² − 4x + 7의 최솟값은?</p>",
        "options": [],
        "targets": [],
        "gaps": [],
    },
}
FIGURES = {"score": 562.0, "theta": 0.62, "se": 0.29, "percentile": 71.0, "correct": 11, "answered": 18}
FINISHED = {
    **STATE,
    "status": "finished",
    "server_time": f"{DAY}T16:27:10+09:00",
    "progress": {"answered": 18, "minimum": 15, "maximum": 25},
    "item": None,
    "finish_reason": "submitted",
    "result": FIGURES,
}
ATTEMPT_ROW = {
    "id": IDS["attempt_id"],
    "exam": EXAM_TITLE,
    "student": STUDENT_NAME,
    "status": "finished",
    "finish_reason": "precision",
    "started_at": f"{DAY}T16:00:00+09:00",
    "deadline_at": f"{DAY}T16:40:00+09:00",
    "finished_at": f"{DAY}T16:27:10+09:00",
    "last_activity_at": f"{DAY}T16:27:10+09:00",
    "answered": 18,
    "correct": 11,
    "score": 562.0,
    "theta": 0.62,
    "se": 0.29,
}

BINS = [{"from": 400, "to": 500, "count": 41}, {"from": 500, "to": 600, "count": 58}]
AREAS = [
    {"area": "대수", "correct": 7, "answered": 11, "expected": 6.6},
    {"area": "기하", "correct": 4, "answered": 7, "expected": 4.2},
]
REPORT = {
    "attempt": ATTEMPT_ROW,
    "result": {**FIGURES, "se_score": 29.0, "group_mean": 508.4, "group_n": 132},
    "scales": [{"code": "t", "name": "T점수", "value": 56.0, "se": 2.9, "low": 51.0, "high": 62.0}],
    "subscales": [
        {
            "area": "대수",
            "items": 11,
            "theta": 0.71,
            "se": 0.38,
            "score": 571.0,
            "low": 496.5,
            "high": 645.5,
            "scales": [{"code": "t", "name": "T점수", "value": 57.0, "se": 3.8, "low": 50.0, "high": 65.0}],
        }
    ],
    "classification": {"number": 2, "of": 3, "low": 450.0, "high": 600.0},
    "trajectory": [
        {"position": 1, "theta": 0.41, "low": -1.29, "high": 2.11, "difficulty": 0.05, "correct": True},
        {"position": 2, "theta": 0.12, "low": -1.33, "high": 1.57, "difficulty": 0.38, "correct": False},
    ],
    "distribution": {"bins": BINS, "own": 562.0},
    "areas": AREAS,
    "review": [
        {
            "position": 1,
            "area": "대수",
            "kind": "single",
            "language": "ko",
            "passage_html": None,
            "stem_html": "<p>연립방정식 x + y = 7, x − y = 3의 해에서 x의 값은?</p>",
            "correct": True,
            "score": 1,
            "max_score": 1,
            "scored": True,
            "pending": False,
            "options": [
                {"html": "<p>4</p>", "chosen": False, "key": False},
                {"html": "<p>5</p>", "chosen": True, "key": True},
            ],
            "order": [],
            "pairs": [],
            "gaps": [],
            "text": None,
            "accepted": [],
            "criteria": [],
            "grade": None,
            "explanation_html": "<p>두 식을 더하면 2x = 10이므로 x = 5이다.</p>",
            "difficulty": 0.05,
            "seconds": 32,
        }
    ],
}
ACCOMMODATION = {"extra_time_percent": 50, "pause_minutes": 10, "large_print": False}
T_SCALE = {
    "code": "t",
    "name": "T점수",
    "translations": [{"language": "en", "name": "T score"}],
    "kind": "standard",
    "mean": 50.0,
    "sd": 10.0,
    "norm_mean": 0.0,
    "norm_sd": 1.0,
    "minimum": 10.0,
    "maximum": 90.0,
    "decimals": 0,
    "points": [],
}
ESSAY_ROW = {
    "id": IDS["response_id"],
    "attempt_id": IDS["attempt_id"],
    "exam": EXAM_TITLE,
    "student": STUDENT_NAME,
    "item_code": "proof-1",
    "position": 9,
    "answered_at": f"{DAY}T16:25:40+09:00",
    "graded": False,
    "score": None,
    "max_score": 5,
}
CRITERIA: list[dict[str, Any]] = [
    {"name": "논증", "most": 3, "levels": ["없음", "시작", "대체로", "완전"], "points": None},
    {"name": "표현", "most": 2, "levels": [], "points": None},
]
ESSAY = {
    "response": ESSAY_ROW,
    "question": {
        "language": "ko",
        "passage_html": "",
        "stem_html": "<p>√2가 무리수임을 증명하시오.</p>",
        "explanation_html": "<p>귀류법을 쓴다.</p>",
    },
    "text": "√2 = p/q라고 하자. …",
    "criteria": CRITERIA,
    "grades": [],
}
GRADED = {
    **ESSAY,
    "response": {**ESSAY_ROW, "graded": True, "score": 5},
    "criteria": [{**row, "points": points} for row, points in zip(CRITERIA, (3, 2), strict=True)],
    "grades": [
        {
            "score": 5,
            "points": [3, 2],
            "comment": "근거가 분명합니다.",
            "grader": "이소라",
            "graded_at": "2026-09-15T09:10:00+09:00",
        }
    ],
}
RESULT_ROW = {
    "attempt_id": IDS["attempt_id"],
    "exam_title": "대수 배치고사",
    "student_name": "김하늘",
    "finished_at": f"{DAY}T16:27:10+09:00",
    "score": 562,
    "percentile": 71,
    "correct": 11,
    "answered": 18,
}
STUDENT_REPORT = {
    "student": STUDENT_SHOWN,
    "figures": {"finished": 2, "latest": 562.0, "best": 562.0, "mean": 541.0, "change": 42.0},
    "history": [
        {
            "attempt_id": IDS["attempt_id"],
            "exam": EXAM_TITLE,
            "finished_at": f"{DAY}T16:27:10+09:00",
            "score": 562.0,
            "low": 505.2,
            "high": 618.8,
        }
    ],
    "areas": AREAS,
    "results": [RESULT_ROW],
}
OPEN_ATTEMPT = {
    "id": "2d7b6c5a-8e9f-4a10-b3c2-d1e0f9a8b7c6",
    "exam": {"id": "8c1d2e3f-4a5b-4c6d-8e7f-9a0b1c2d3e4f", "title": "기하 연습", "kind": "fixed"},
    "answered": 4,
    "deadline_at": None,
}
DASHBOARD = {
    "role": "student",
    "student": {**STUDENT_REPORT, "open_attempts": [OPEN_ATTEMPT]},
    "children": None,
    "group": None,
}
STATISTICS = {
    "exam": EXAM_TITLE,
    "summary": {"finished": 132, "running": 3, "mean": 508.4, "sd": 87.1, "se": 0.3, "started": 140},
    "distribution": BINS,
    "areas": AREAS,
    "items": [
        {
            "item_id": IDS["item_id"],
            "code": "roots-9",
            "area": "대수",
            "n": 57,
            "facility": 0.74,
            "discrimination": 0.41,
            "exposure": 0.43,
            "seconds": 38.5,
            "difficulty": -0.8,
            "flags": [],
        }
    ],
}
CALIBRATION_ROW = {
    "id": IDS["calibration_id"],
    "status": "finished",
    "progress": 100,
    "model": "2pl",
    "anchoring": "calibrated",
    "exams": ["algebra-placement"],
    "items": [],
    "min_answers": 200,
    "since": None,
    "uses_priors": True,
    "created_at": f"{DAY}T18:00:00+09:00",
    "started_at": f"{DAY}T18:00:02+09:00",
    "finished_at": f"{DAY}T18:00:09+09:00",
    "error": "",
}
CALIBRATION = {
    **CALIBRATION_ROW,
    "persons": 1480,
    "answers": 26640,
    "log_likelihood": -14207.318,
    "parameters": 22,
    "mean": 0.21,
    "sd": 0.94,
    "converged": True,
    "comparison": [
        {
            "model": "2pl",
            "chosen": True,
            "log_likelihood": -14207.318,
            "parameters": 22,
            "aic": 28458.64,
            "bic": 28575.21,
            "converged": True,
        }
    ],
    "left_out": [{"code": "roots-31", "answers": 64, "why": "답이 너무 적음"}],
    "results": [
        {
            "item_id": IDS["item_id"],
            "code": "roots-9",
            "version": 2,
            "anchor": False,
            "model": "2PL",
            "answers": 612,
            "discrimination": 1.31,
            "difficulty": -0.47,
            "guessing": 0.0,
            "upper": 1.0,
            "thresholds": [],
            "se_discrimination": 0.12,
            "se_difficulty": 0.08,
            "se_guessing": None,
            "se_upper": None,
            "facility": 0.66,
            "infit": 1.02,
            "outfit": 0.98,
            "s_x2_p": None,
            "flags": [
                {
                    "code": "idle",
                    "level": "note",
                    "title": "거의 아무도 고르지 않는 오답",
                    "advice": "학생이 실제로 하는 실수로 바꾸세요.",
                }
            ],
            "activated_at": None,
        }
    ],
}
CALIBRATION_QUEUED = {
    **CALIBRATION,
    "status": "queued",
    "progress": 0,
    "started_at": None,
    "finished_at": None,
    "persons": 0,
    "answers": 0,
    "log_likelihood": None,
    "parameters": 0,
    "mean": None,
    "sd": None,
    "converged": None,
    "comparison": [],
    "left_out": [],
    "results": [],
}
IMPORT_ROW = {
    "position": 1,
    "identifier": "Roots of 9",
    "code": "roots-of-9",
    "title": "Roots of 9",
    "kind": "single",
    "area": "algebra",
    "tags": ["roots"],
    "is_importable": True,
    "is_known": False,
    "problems": [],
    "losses": [{"words": "Feedback on 2 single answers; here a question has one explanation.", "where": "question 1"}],
    "outcome": "",
    "item": None,
}
IMPORT = {
    "id": IDS["import_id"],
    "status": "previewed",
    "file_name": "quiz.xml",
    "size": 48210,
    "format": "moodle",
    "language": "ko",
    "organization": ORGANIZATION_NAME,
    "problem": "",
    "losses": [],
    "items_found": 1,
    "items_ready": 1,
    "items_with_losses": 1,
    "items_made": 0,
    "items_updated": 0,
    "tests_made": 0,
    "created_at": f"{DAY}T18:00:00+09:00",
    "finished_at": None,
    "page": 1,
    "pages": 1,
    "items": [IMPORT_ROW],
}
IMPORTED = {
    **IMPORT,
    "status": "imported",
    "items_made": 1,
    "finished_at": f"{DAY}T18:04:00+09:00",
    "items": [{**IMPORT_ROW, "outcome": "created", "item": IDS["item_id"]}],
}
ANALYSIS = {
    "exam": EXAM_TITLE,
    "waiting": False,
    "analysis": {
        "computed_at": f"{DAY}T03:17:40+09:00",
        "attempts": 132,
        "answers": 2376,
        "reliability": {"marginal": 0.88, "alpha": None, "omega": None, "sem": None},
        "fit": None,
        "dependence": [{"first": "roots-9", "second": "roots-10", "q3": 0.31, "students": 104}],
        "exposure": {"tests": 132, "length": 18.0, "overlap": 0.21, "used": 0.93, "highest": 0.34},
        "groups": [
            {
                "id": "language:en",
                "grouping": "language",
                "name": "언어: 영어",
                "reference": "한국어",
                "n_focal": 51,
                "n_reference": 81,
            }
        ],
        "items": [
            {
                "item_id": IDS["item_id"],
                "code": "roots-9",
                "version": 2,
                "answers": 57,
                "facility": 0.74,
                "discrimination": 0.41,
                "exposure": 0.43,
                "infit": 0.97,
                "outfit": 1.04,
                "options": [
                    {
                        "option": 1,
                        "key": True,
                        "count": 42,
                        "share": 0.737,
                        "ability": 0.44,
                        "discrimination": 0.41,
                    }
                ],
                "dif": [
                    {
                        "group": "language:en",
                        "ets": "A",
                        "delta": -0.41,
                        "delta_se": 0.6,
                        "p": 0.54,
                        "uniform_p": 0.49,
                        "nonuniform_p": 0.77,
                        "lord_p": None,
                    }
                ],
                "flags": [
                    {
                        "code": "often",
                        "level": "warn",
                        "title": "매우 자주 출제됨",
                        "advice": "곧 알려집니다. 노출률을 낮추거나 비슷한 문항을 더 만드세요.",
                    }
                ],
            }
        ],
    },
}
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
