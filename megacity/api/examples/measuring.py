"""Examples about what answers tell of items, and about files of other systems."""

from megacity.api.examples.bank import EXAM_TITLE
from megacity.api.examples.people import ORGANIZATION_NAME
from megacity.api.examples.story import DAY, IDS
from megacity.api.examples.taking import AREAS, BINS

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
