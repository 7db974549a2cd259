"""Refusals of the exam loop; their codes are part of the API."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from zones.problems import Conflict, Invalid, Problem


class KeyReused(Conflict):
    code = "key_reused"
    title = _("This client key was used for another call.")


class NotCurrentItem(Conflict):
    code = "not_current_item"
    title = _("This is not the question you are at; it may have been answered in another window.")


class DeadlinePassed(Conflict):
    code = "deadline_passed"
    title = _("Time is up. The exam was handed in as it stood.")


class AttemptFinished(Conflict):
    code = "attempt_finished"
    title = _("This exam has been handed in already.")


class AttemptRunning(Conflict):
    code = "attempt_running"
    title = _("This exam has not been handed in yet; its report opens when it has.")


class AttemptPaused(Conflict):
    code = "attempt_paused"
    title = _("This exam is paused. Go on with it first; nothing was answered.")


class NoPauseLeft(Conflict):
    code = "no_pause_left"
    title = _("You have no pause left in this exam.")


class ExamNotOpen(Conflict):
    code = "exam_not_open"
    title = _("This exam is not open now.")


class AttemptsExhausted(Conflict):
    code = "attempts_exhausted"
    title = _("You have used all attempts at this exam.")


class ExamNotReady(Conflict):
    """The exam's author must act; `problems` says how."""

    code = "exam_not_ready"
    title = _("This exam cannot be started yet.")


class InvalidItem(Invalid):
    """`problems` names everything that its author must mend."""

    code = "invalid_item"
    title = _("This question cannot be saved yet.")


class InvalidExam(Invalid):
    """`problems` names everything that its author must mend."""

    code = "invalid_exam"
    title = _("This exam cannot be saved yet.")


class InvalidScale(Invalid):
    """`problems` names everything that its author must mend."""

    code = "invalid_scale"
    title = _("This scale cannot be saved yet.")


class CodeTaken(Conflict):
    code = "code_taken"
    title = _("This code is taken.")


class StatusNotAllowed(Conflict):
    code = "status_not_allowed"
    title = _("This step is not possible from the present status.")


class ItemInUse(Conflict):
    code = "item_in_use"
    title = _("A published exam needs this question.")


class InvalidCalibration(Invalid):
    code = "invalid_calibration"
    title = _("This calibration cannot be done.")


class RunNotFinished(Conflict):
    code = "run_not_finished"
    title = _("This computation has not finished.")


class TooManyRuns(Conflict):
    code = "too_many_runs"
    title = _("Other computations are waiting for a worker; ask again when they are done.")


class CalibrationStale(Conflict):
    """`problems` names the items that have changed since."""

    code = "calibration_stale"
    title = _("Some of these items have changed since they were calibrated; calibrate them again.")


class InvalidImport(Invalid):
    """`problems` names everything that keeps the questions from being imported."""

    code = "invalid_import"
    title = _("This file cannot be imported like this.")


class ImportNotReady(Conflict):
    code = "import_not_ready"
    title = _("This file is still being read, or was refused.")


class FileTooLarge(Problem):
    status = 413
    code = "too_large"
    title = _("The file is too large.")


Reply = dict[str, Any]
