"""`manage.py simulate_exam CODE --zone ID …`: virtual students through an exam as it stands, before it is opened."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.people import Operator
from exams.models import Exam, SimulationRun
from exams.reports.simulation import report_context, write_report
from exams.services.simulating import run_simulation
from exams.services.simulation import SimulationRequest, request_simulation, save_exposure
from zones.context import UnknownZone, get_zone, zone_context
from zones.problems import Problem

BAR = 30


class Command(BaseCommand):
    help = "Runs virtual students through an exam's own configuration and says how well it would measure."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", metavar="CODE", help="Of the exam.")
        parser.add_argument("--zone", required=True, metavar="ID")
        parser.add_argument("--students", type=int, default=1_000, metavar="N", help="Virtual students (1000).")
        parser.add_argument("--mean", type=float, default=0.0, help="Mean of their abilities, in logits (0).")
        parser.add_argument("--sd", type=float, default=1.0, help="Standard deviation of their abilities (1).")
        parser.add_argument("--seed", type=int, default=1, help="The same seed, the same students (1).")
        parser.add_argument(
            "--find-exposure", action="store_true", help="Look for the parameters of Sympson-Hetter control first."
        )
        parser.add_argument("--report", type=Path, metavar="DIR", help="Write simulation.html, with plots, there.")
        parser.add_argument("--save-exposure", action="store_true", help="Make what was found the exam's, once asked.")
        parser.add_argument("--yes", action="store_true", help="Save without asking.")

    def handle(self, *args: Any, **options: Any) -> None:
        request = SimulationRequest(
            students=options["students"],
            mean=options["mean"],
            sd=options["sd"],
            seed=options["seed"],
            finds_exposure=options["find_exposure"] or options["save_exposure"],
        )
        try:
            with zone_context(get_zone(options["zone"])):
                run = self._simulate(options["code"], request)
                self._show(run)
                if options["report"] is not None:
                    self.stdout.write(f"Report: {write_report(run, options['report'])}")
                if options["save_exposure"]:
                    self._save(run, asked=not options["yes"])
        except UnknownZone as error:
            raise CommandError(str(error)) from error
        except Problem as problem:
            errors = problem.extra.get("errors", {})
            said = [f"{name}: {text}" for name, texts in errors.items() for text in texts]
            raise CommandError(" ".join([str(problem.detail), *said])) from problem

    def _simulate(self, code: str, request: SimulationRequest) -> SimulationRun:
        exam = Exam.objects.filter(code=code).first()
        if exam is None:
            raise CommandError(f"There is no exam {code!r} in this zone.")
        run = request_simulation(person=Operator(), exam=exam, request=request, in_worker=False)
        run_simulation(run.pk, self._progress)
        if sys.stderr.isatty():
            self.stderr.write("", ending="\n")
        run.refresh_from_db()
        if run.status == SimulationRun.Status.FAILED:
            raise CommandError(run.error)
        return run

    def _progress(self, step: str, percent: int) -> None:
        if sys.stderr.isatty():
            done = "█" * (BAR * percent // 100)
            self.stderr.write(f"\r{done:░<{BAR}} {percent:3} % {SimulationRun.Step(step).label:32}", ending="")
            self.stderr.flush()
        elif percent >= getattr(self, "_next", 0):
            self._next = percent + 10
            self.stderr.write(f"{percent:3} % {SimulationRun.Step(step).label}")

    def _show(self, run: SimulationRun) -> None:
        shown, result = report_context(run), run.result
        exposure = result["exposure"]
        self.stdout.write(
            f"{result['students']:,} students, {result['items']:,} items: bias {result['bias']:+.3f}, RMSE "
            f"{result['rmse']:.3f}, reliability {result['reliability']:.3f}, 95 % band holds {result['coverage']:.3f}, "
            f"{result['mean_length']:.1f} items on average"
        )
        overlap = "" if exposure["overlap"] is None else f", overlap {exposure['overlap']:.3f}"
        self.stdout.write(
            f"highest exposure {exposure['highest']:.3f}{overlap}, {exposure['unused']} items never given"
        )
        if result["classes"]:
            self.stdout.write(f"in their true class: {result['classes']['accuracy']:.3f}")
        self.stdout.write("   theta  students    bias    RMSE  real SE  reported  coverage  items")
        for row in result["conditional"]:
            reported = "–" if row["se"] is None else f"{row['se']:.3f}"
            self.stdout.write(
                f"  {row['theta']:+6.2f}  {row['students']:8,}  {row['bias']:+6.3f}  {row['rmse']:6.3f}  "
                f"{row['empirical_se']:7.3f}  {reported:>8}  {row['coverage']:8.3f}  {row['length']:5.1f}"
            )
        self.stdout.write("ended: " + ", ".join(f"{name} {count:,}" for name, count in shown["reasons"]))
        for name, count in shown["violations"]:
            self.stdout.write(f"MISSED by {count:,} students: {name}")
        if not shown["violations"]:
            self.stdout.write("Every constraint was held for every student.")
        if shown["exceeds"]:
            self.stdout.write(f"An item was given to more than {result['rate']:.2f} of the students.")

    def _save(self, run: SimulationRun, *, asked: bool) -> None:
        highest = run.result["parameters"]["highest"]
        self.stdout.write("Highest exposure by round: " + ", ".join(f"{rate:.3f}" for rate in highest))
        if asked and input("Make these the exam's exposure parameters? [y/N] ").strip().lower() not in ("y", "yes"):
            self.stdout.write("Nothing was saved.")
            return
        held = save_exposure(person=Operator(), run=run)
        self.stdout.write(f"Saved; {held} items are held back.")
