"""`manage.py calibrate --zone ID …`: item parameters from answers, with a report. Nothing is changed by it."""

import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.people import Operator
from exams.flags import flags_of
from exams.models import CalibrationRun
from exams.reports.calibration import write_report
from exams.selectors.calibration import ANCHOR, ESTIMATED, LEFT_OUT, CalibrationRequest, Plan, plan_calibration
from exams.services.calibration import request_calibration
from exams.services.estimating import run_calibration
from zones.context import UnknownZone, current_zone_id, get_zone, zone_context
from zones.problems import Problem

Anchoring = CalibrationRun.Anchoring
BAR = 30


class Command(BaseCommand):
    help = "Estimates item parameters from the answers of finished attempts and says how well they fit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--zone", required=True, metavar="ID")
        parser.add_argument("--exam", nargs="+", default=[], metavar="CODE", help="Only answers in these exams.")
        parser.add_argument(
            "--items", nargs="+", default=[], metavar="CODE", help="Estimate these; others are anchors."
        )
        parser.add_argument(
            "--model",
            default=CalibrationRun.Model.AS_IS,
            choices=CalibrationRun.Model.values,
            help="as-is (the default): each item by the model that it has.",
        )
        scale = parser.add_mutually_exclusive_group()
        scale.add_argument(
            "--anchored",
            nargs="?",
            dest="anchoring",
            const=Anchoring.CALIBRATED,
            choices=[Anchoring.CALIBRATED.value, Anchoring.ASSUMED.value],
            help="On the bank's scale, held by its calibrated items (the default), or by all active ones: assumed.",
        )
        scale.add_argument(
            "--free",
            dest="anchoring",
            action="store_const",
            const=Anchoring.FREE.value,
            help="On a scale where this group's ability is N(0, 1).",
        )
        parser.add_argument("--min-answers", type=int, default=100, metavar="N", help="Fewest an item needs (100).")
        parser.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD", help="Only answers since then.")
        parser.add_argument("--no-priors", action="store_true", help="Maximum likelihood without priors.")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be estimated.")
        parser.add_argument("--report", type=Path, metavar="DIR", help="Write report.html and parameters.csv there.")

    def handle(self, *args: Any, **options: Any) -> None:
        request = CalibrationRequest(
            exams=tuple(options["exam"]),
            items=tuple(options["items"]),
            model=options["model"],
            anchoring=options["anchoring"] or Anchoring.CALIBRATED,
            min_answers=options["min_answers"],
            since=options["since"],
            uses_priors=not options["no_priors"],
        )
        try:
            with zone_context(get_zone(options["zone"])):
                self._show_plan(plan_calibration(Operator(), request))
                if not options["dry_run"]:
                    self._calibrate(request, options["report"])
        except UnknownZone as error:
            raise CommandError(str(error)) from error
        except Problem as problem:
            said = [
                str(problem.detail),
                *(text for texts in problem.extra.get("errors", {}).values() for text in texts),
            ]
            raise CommandError(" ".join(said)) from problem

    def _show_plan(self, plan: Plan) -> None:
        estimated, anchors, left_out = (plan.of_role(role) for role in (ESTIMATED, ANCHOR, LEFT_OUT))
        for each in estimated:
            self.stdout.write(f"  {each.item.code:32} {each.model:5} {each.answers:8,} answers")
        for each in left_out:
            self.stdout.write(f"  {each.item.code:32} {'–':5} {each.answers:8,} answers: left out, {each.why}")
        answers = sum(each.answers for each in (*estimated, *anchors))
        self.stdout.write(
            f"{len(estimated)} items to estimate, {len(anchors)} anchors, {len(left_out)} left out; "
            f"{answers:,} answers."
        )

    def _calibrate(self, request: CalibrationRequest, folder: Path | None) -> None:
        run = request_calibration(person=Operator(), request=request, in_worker=False)
        begun = timezone.now()
        run_calibration(run.pk, self._progress)
        if sys.stderr.isatty():
            self.stderr.write("", ending="\n")
        run.refresh_from_db()
        if run.status == CalibrationRun.Status.FAILED:
            raise CommandError(run.error)
        self._show_result(run, (timezone.now() - begun).total_seconds())
        if folder is not None:
            self.stdout.write(f"Report: {write_report(run, folder)}")
        following = f"manage.py activate_calibration {run.pk} --zone {current_zone_id()} --by YOUR@E-MAIL"
        self.stdout.write(f"Nothing is changed yet. To take over what nothing speaks against:\n  {following}")

    def _progress(self, step: str, percent: int) -> None:
        words = CalibrationRun.Step(step).label
        if sys.stderr.isatty():
            done = "█" * (BAR * percent // 100)
            self.stderr.write(f"\r{done:░<{BAR}} {percent:3} % {words:32}", ending="")
            self.stderr.flush()
        elif step != getattr(self, "_said", None):
            self._said = step
            self.stderr.write(f"{percent:3} % {words}")

    def _show_result(self, run: CalibrationRun, seconds: float) -> None:
        end = "converged" if run.converged else "did NOT converge"
        self.stdout.write(
            f"{end} after {run.cycles} cycles ({seconds:.1f} s); log-likelihood {run.log_likelihood:.3f}, "
            f"{run.n_parameters} parameters; ability of {run.n_persons:,} attempts: mean {run.mean:.3f}, "
            f"sd {run.sd:.3f}"
        )
        for row in run.results.filter(is_anchor=False).select_related("item", "version"):
            error = "" if row.se_difficulty is None else f" ± {row.se_difficulty:.2f}"
            said = "; ".join(str(flag.title) for flag in flags_of(row.flags))
            self.stdout.write(
                f"  {row.item.code:32} {row.model:5} a {row.discrimination:5.2f}  b {row.difficulty:+6.2f}{error} "
                f"(was {row.version.difficulty:+.2f})  c {row.guessing:.2f}  {said}"
            )
