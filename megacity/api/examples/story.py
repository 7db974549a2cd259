"""The one story that all examples tell: its day and its ids."""

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
