"""Examples about what exams are made of: items and exams."""

from megacity.api.examples.story import IDS

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
