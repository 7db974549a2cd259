"""Examples about taking an exam, its report and its grades."""

from typing import Any

from megacity.api.examples.bank import EXAM_TITLE
from megacity.api.examples.people import STUDENT_NAME, STUDENT_SHOWN
from megacity.api.examples.story import DAY, IDS

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
