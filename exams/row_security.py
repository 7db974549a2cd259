"""Who sees which items, exams and results.

Content without an organization is the zone's: its members read it, the wide role writes it. Results are seen by the
student, by parents whom the student has approved, by the organization in which they came about, and by the one to which
the student belongs now.
"""

from accounts.row_security import CHILDREN, COLLEAGUES
from zones.policies import (
    MEMBER,
    ORGANIZATION,
    PERSON,
    SOMEBODY,
    Policy,
    append_only,
    of_organization,
    of_person,
    part_of,
)

_CONTENT = of_organization(shared=True)
_BOTH = " AND ".join(
    f"EXISTS (SELECT 1 FROM exams_item WHERE id = exams_item_enemies.{end}_item_id)" for end in ("from", "to")
)
# Being enemies is mutual, so that an organization writes both rows of its item and one of the zone's.
_ENEMIES = Policy(
    _BOTH,
    f"{_BOTH} AND EXISTS (SELECT 1 FROM exams_item"
    " WHERE id IN (exams_item_enemies.from_item_id, exams_item_enemies.to_item_id)"
    f" AND organization_id = {ORGANIZATION})",
)
_VERSION = part_of("exams_itemversion", "exams_item", "item_id", _CONTENT)
_TEXT = part_of("exams_itemtext", "exams_itemversion", "version_id", _VERSION)
_CRITERION = part_of("exams_rubriccriterion", "exams_itemversion", "version_id", _VERSION)
_EXAM = Policy(
    f"organization_id = {ORGANIZATION} OR (organization_id IS NULL AND {MEMBER})"
    f" OR (visibility = 'public' AND (status = 'published' AND {SOMEBODY} OR status = 'archived' AND {MEMBER}))"
    # Who sees a result sees at what: an exam may be closed to others after they have taken it, and students move.
    " OR EXISTS (SELECT 1 FROM exams_attempt WHERE exam_id = exams_exam.id)",
    f"organization_id = {ORGANIZATION}",
)
_OWN = f"organization_id = {ORGANIZATION} OR user_id = {PERSON} OR user_id IN {COLLEAGUES}"
_ATTEMPT = Policy(
    f"organization_id = {ORGANIZATION} OR user_id = {PERSON} OR user_id = {CHILDREN} OR user_id IN {COLLEAGUES}", _OWN
)
_RESPONSE = part_of("exams_response", "exams_attempt", "attempt_id", _ATTEMPT)
_RUN = of_organization()
_IMPORT = of_organization()
_IMPORTED = part_of("exams_importitem", "exams_importbatch", "batch_id", _IMPORT)


def _of_version(table: str) -> Policy:
    return append_only(part_of(table, "exams_itemversion", "version_id", _VERSION))


def _of_exam(table: str) -> Policy:
    return part_of(table, "exams_exam", "exam_id", _EXAM)


POLICIES = {
    "exams.ContentArea": Policy(read=SOMEBODY),
    "exams.ScoreScale": Policy(read=MEMBER),
    "exams.Item": _CONTENT,
    "exams.Item_enemies": _ENEMIES,
    "exams.ItemVersion": append_only(_VERSION),
    "exams.ItemText": append_only(_TEXT),
    "exams.ItemOption": append_only(part_of("exams_itemoption", "exams_itemtext", "text_of_id", _TEXT)),
    "exams.ItemGap": _of_version("exams_itemgap"),
    "exams.ItemKey": _of_version("exams_itemkey"),
    "exams.ItemAsset": _of_version("exams_itemasset"),
    "exams.RubricCriterion": append_only(_CRITERION),
    "exams.RubricText": append_only(part_of("exams_rubrictext", "exams_rubriccriterion", "criterion_id", _CRITERION)),
    "exams.Passage": append_only(_CONTENT),
    "exams.PassageText": append_only(part_of("exams_passagetext", "exams_passage", "passage_id", _CONTENT)),
    "exams.Exam": _EXAM,
    "exams.Exam_scales": _of_exam("exams_exam_scales"),
    "exams.BlueprintArea": _of_exam("exams_blueprintarea"),
    "exams.ExamConstraint": _of_exam("exams_examconstraint"),
    "exams.ExamModule": _of_exam("exams_exammodule"),
    "exams.ExamItem": _of_exam("exams_examitem"),
    "exams.ExposureParameter": _of_exam("exams_exposureparameter"),
    "exams.ItemPool": append_only(_of_exam("exams_itempool")),
    "exams.Attempt": _ATTEMPT,
    "exams.Response": append_only(_RESPONSE),
    "exams.Grade": append_only(part_of("exams_grade", "exams_response", "response_id", _RESPONSE)),
    "exams.Accommodation": Policy(f"user_id = {PERSON} OR user_id IN {COLLEAGUES}", f"user_id IN {COLLEAGUES}"),
    "exams.IdempotentCall": of_person("user_id"),
    "exams.AnalysisRun": _RUN,
    "exams.AnalysedItem": part_of("exams_analyseditem", "exams_analysisrun", "run_id", _RUN),
    "exams.CalibrationRun": _RUN,
    "exams.CalibratedItem": part_of("exams_calibrateditem", "exams_calibrationrun", "run_id", _RUN),
    "exams.SimulationRun": _RUN,
    "exams.ImportBatch": _IMPORT,
    "exams.ImportItem": _IMPORTED,
    "exams.ImportPicture": part_of("exams_importpicture", "exams_importitem", "of_id", _IMPORTED),
    "exams.ImportTest": part_of("exams_importtest", "exams_importbatch", "batch_id", _IMPORT),
}
