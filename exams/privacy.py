"""What the columns of this app say of people (see zones.classification)."""

from zones.classification import Erase, Kind, Table

# A computation that somebody asked for: who, when, how far it is.
RUN = "id status step progress created_at started_at finished_at"
RUN_INTERNAL = "error claim heartbeat_at"
AUTHOR = "organization created_by"


def content(purpose: str, names: str, identifiers: str = "") -> Table:
    """Of no person: what exams are made of."""
    return Table(purpose=purpose, fields={Kind.NONE: names, Kind.IDENTIFIER: identifiers})


PRIVACY = {
    "exams.ContentArea": content("Areas of the item bank", "id translations code name position"),
    "exams.Item_enemies": content("Items never given together", "id from_item to_item"),
    "exams.Item": content("The item bank", "id code area status tags current created_at updated_at", AUTHOR),
    "exams.Passage": content("Texts that items share", "id code number created_at", "organization"),
    "exams.PassageText": content("Texts that items share", "id passage language title text"),
    "exams.ItemVersion": content(
        "The item bank",
        "id item number kind passage key scoring max_score case_sensitive model discrimination difficulty guessing"
        " upper thresholds parameter_source words created_at",
        "created_by",
    ),
    "exams.ItemText": content("The item bank", "id version language stem explanation"),
    "exams.ItemOption": content("The item bank", "id text_of gap is_target position text"),
    "exams.ItemGap": content("The item bank", "id version number kind"),
    "exams.ItemKey": content(
        "The item bank", "id version gap option target language text number tolerance is_relative points"
    ),
    "exams.RubricCriterion": content("How essays are graded", "id version position max_points"),
    "exams.RubricText": content("How essays are graded", "id criterion language name levels"),
    "exams.ItemAsset": content("Pictures of items", "id version name file"),
    "exams.Exam_scales": content("Scales of exams", "id exam scorescale"),
    "exams.Exam": content(
        "Exams and their rules",
        "translations id code title description kind visibility status languages opens_at closes_at time_limit_minutes"
        " min_items max_items se_target estimator criterion assembly exposure exposure_rate information_target"
        " change_target classification cut_scores classification_error indifference field_test_items subscales"
        " randomesque attempts_allowed created_at updated_at",
        AUTHOR,
    ),
    "exams.ScoreScale": content(
        "Scales that scores are reported on",
        "id translations code name kind mean sd norm_mean norm_sd minimum maximum decimals points",
    ),
    "exams.BlueprintArea": content("Exams and their rules", "id exam area share"),
    "exams.ExamConstraint": content("Exams and their rules", "id exam counted area tag item_kind minimum maximum"),
    "exams.ExamModule": content("Exams and their rules", "id exam code stage theta_from"),
    "exams.ExposureParameter": content("Exams and their rules", "id exam item value"),
    "exams.ExamItem": content("Exams and their rules", "id exam module item position"),
    "exams.ItemPool": content("What an attempt was made of", "id exam digest versions rules created_at"),
    "exams.AnalysisRun": Table(
        purpose="Statistics of an exam",
        fields={
            Kind.NONE: f"{RUN} exam n_attempts summary",
            Kind.INTERNAL: RUN_INTERNAL,
            Kind.IDENTIFIER: "organization requested_by",
        },
    ),
    "exams.AnalysedItem": content(
        "Statistics of an exam", "id run item version answers facility discrimination exposure flags details"
    ),
    "exams.CalibrationRun": Table(
        purpose="Item parameters from many people's answers",
        fields={
            Kind.NONE: f"{RUN} exams items model anchoring min_answers since uses_priors n_persons n_answers n_items"
            " n_anchors log_likelihood n_parameters mean sd converged cycles summary",
            Kind.INTERNAL: RUN_INTERNAL,
            Kind.IDENTIFIER: "organization requested_by",
        },
    ),
    "exams.CalibratedItem": content(
        "Item parameters from many people's answers",
        "id run item version is_anchor model answers discrimination difficulty guessing upper thresholds"
        " se_discrimination se_difficulty se_guessing se_upper se_thresholds facility item_total infit outfit s_x2"
        " s_x2_df s_x2_p observed flags accepted_version accepted_at",
        "accepted_by",
    ),
    "exams.SimulationRun": Table(
        purpose="How an exam would measure invented students",
        fields={
            Kind.NONE: f"{RUN} exam students mean sd seed finds_exposure result saved_at",
            Kind.INTERNAL: RUN_INTERNAL,
            Kind.IDENTIFIER: "organization requested_by saved_by",
        },
    ),
    "exams.Attempt": Table(
        purpose="Taking an exam and its result; under a pseudonym, the measurement of items",
        retention="the account's life; then under a pseudonym as long as the zone",
        person=("user",),
        erase=Erase.EMPTY,
        fields={
            Kind.NONE: "exam pool language",
            Kind.INTERNAL: "seed state",
            Kind.IDENTIFIER: "id user organization",
            Kind.BEHAVIOUR: "status finish_reason started_at deadline_at finished_at last_activity_at presented_at"
            " answered correct theta se score report ungraded",
            # Of a disability perhaps. The exam's result was measured under them, so they are set back only with it.
            Kind.SENSITIVE: "extra_time_percent pause_seconds_left paused_at large_print",
        },
    ),
    "exams.Response": Table(
        purpose="Answers; under a pseudonym, the measurement of items",
        retention="the account's life; then without written text as long as the zone",
        person=("attempt__user",),
        erase=Erase.ELSEWHERE,
        fields={
            Kind.NONE: "version is_scored",
            # Item parameters are the bank's, not the person's.
            Kind.INTERNAL: "discrimination difficulty guessing client_key",
            Kind.IDENTIFIER: "id attempt",
            Kind.BEHAVIOUR: "position option score is_correct theta se presented_at answered_at elapsed_ms",
            # Choices, and what somebody wrote: texts and essays.
            Kind.FREE_TEXT: "answer",
        },
    ),
    "exams.Grade": Table(
        purpose="What a person gave an essay",
        retention="the account's life; then without comment as long as the zone",
        person=("response__attempt__user",),
        erase=Erase.ELSEWHERE,
        of_others="grader_name",
        fields={
            Kind.IDENTIFIER: "id response grader",
            Kind.BEHAVIOUR: "points score created_at",
            Kind.FREE_TEXT: "comment",
            Kind.CONTACT: "grader_name",
        },
    ),
    "exams.Accommodation": Table(
        purpose="Fair exams: what was granted to a student",
        retention="the account's life",
        person=("user",),
        erase=Erase.ROW,
        fields={
            Kind.IDENTIFIER: "user",
            Kind.SENSITIVE: "extra_time_percent pause_minutes large_print",
            Kind.NONE: "updated_at",
        },
    ),
    "exams.IdempotentCall": Table(
        purpose="A repeated click gets the same answer",
        retention="7 days",
        person=("user_id",),
        erase=Erase.ROW,
        exported=False,
        fields={
            Kind.IDENTIFIER: "id user_id",
            Kind.INTERNAL: "operation client_key body_hash created_at",
            Kind.BEHAVIOUR: "reply",
        },
    ),
    "exams.ImportBatch": content(
        "Questions of another system on their way into the bank",
        "id created_at finished_at file_name file size format language area status problem losses choices"
        " has_parameters items_found items_ready items_with_losses items_made items_updated tests_made",
        AUTHOR,
    ),
    "exams.ImportItem": content(
        "Questions of another system on their way into the bank",
        "id batch position identifier title code area_name area tags kind draft losses problems existing outcome item",
    ),
    "exams.ImportPicture": content("Questions of another system on their way into the bank", "id of name content"),
    "exams.ImportTest": content(
        "Questions of another system on their way into the bank",
        "id batch position identifier title code form time_limit_minutes losses exam",
    ),
}
