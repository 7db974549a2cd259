"""Calibration timed against the goals, beside the Python package mirt: `python -m tests.bench.calibration`.

`make bench` runs it for the cases that have a goal; `--all` adds a large adaptive bank and the polytomous models. Each
run is a process of its own, so that its peak of memory is its own; time is that of the estimation alone, wall and
CPU, without standard errors, and again with them for ours. `--rounds 3` takes the best of three. MIRT_PYTHON names an
interpreter that has the package mirt (`pip install mirt` into a virtual environment of its own); without it only ours
run. Both get the same answers and 61 nodes, and mirt its SQUAREM and the same prior. Difficulties that are spread
evenly from -2 to 2 make RMSE a statement about the method and not about a few extreme items.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SEED = 6
GUESSING_PRIOR = (5.0, 17.0)


@dataclass(frozen=True)
class Case:
    persons: int
    items: int
    model: str
    answered: float = 1.0
    prior: bool = False
    goal: str = ""
    beside: bool = True


CASES = {
    "2pl": Case(50_000, 100, "2PL", goal="3 s, RMSE a .013, b .015, 600 MB"),
    "3pl": Case(50_000, 100, "3PL", goal="10 s, 600 MB"),
    "3pl-prior": Case(5_000, 40, "3PL", prior=True, goal="1.5 s, RMSE b .18"),
    "3pl-free": Case(5_000, 40, "3PL", goal="converges"),
    "2pl-sparse": Case(50_000, 100, "2PL", answered=0.05, goal="3 s"),
    "2pl-adaptive": Case(50_000, 2_000, "2PL", answered=0.015, goal="on the same footing", beside=False),
    "grm": Case(20_000, 50, "GRM", goal="", beside=False),
    "gpcm": Case(20_000, 50, "GPCM", goal="", beside=False),
}
# What `make bench` prints: under two minutes in all, mirt beside it.
TIMED = ("2pl", "3pl", "3pl-prior", "3pl-free", "2pl-sparse")


def simulated(case: Case) -> dict[str, Any]:
    rng = np.random.default_rng(SEED)
    theta = rng.standard_normal(case.persons)
    # The sample is standard as the scale is, so that no chance of the sample's mean enters every difficulty.
    theta = (theta - theta.mean()) / theta.std()
    a = rng.lognormal(0, 0.2, case.items)
    b = rng.permutation(np.linspace(-2, 2, case.items))[:, None]
    c = rng.uniform(0.1, 0.25, case.items) if case.model == "3PL" else np.zeros(case.items)
    if case.model in ("GRM", "GPCM"):
        b = b / 2 + np.array([-1.0, -0.3, 0.4, 1.1])
    persons, items, scores = [], [], []
    for part in np.array_split(np.arange(case.persons), max(case.persons // 5_000, 1)):
        row, item = np.nonzero(rng.random((part.size, case.items)) < case.answered)
        persons.append(part[row])
        items.append(item)
        scores.append(_answers(rng, case.model, theta[part[row]], a[item], b[item], c[item]))
    return {
        "persons": np.concatenate(persons),
        "items": np.concatenate(items),
        "scores": np.concatenate(scores),
        "a": a,
        "b": b,
        "c": c,
    }


def _answers(rng: np.random.Generator, model: str, theta: Any, a: Any, b: Any, c: Any) -> Any:
    """Scores of answers (m,) at theta (m,) with a, c (m,) and b (m, K - 1)."""
    z = a[:, None] * (theta[:, None] - b)
    if model == "GPCM":
        weights = np.exp(np.cumsum(np.pad(z, ((0, 0), (1, 0))), axis=1))
        above = np.cumsum(weights[:, ::-1], axis=1)[:, -2::-1] / weights.sum(axis=1, keepdims=True)
    else:
        above = c[:, None] + (1 - c[:, None]) / (1 + np.exp(-z))
    return (rng.random((len(a), 1)) < above).sum(axis=1).astype(np.int8)


def run_ours(case: Case, data: Any, errors: bool) -> dict[str, Any]:
    from exams.psychometrics.estimation import Beta, Priors, Settings, calibrate
    from exams.psychometrics.responses import Responses

    shape = {"n_persons": case.persons, "n_items": case.items}
    answers = Responses.from_answers(data["persons"], data["items"], data["scores"], **shape)
    priors = Priors(c=Beta(*GUESSING_PRIOR)) if case.prior else None
    settings = Settings(standard_errors=errors)
    found, spent = _timed(lambda: calibrate(answers, case.model, priors=priors, settings=settings))
    end = {"cycles": found.convergence.cycles, "converged": found.convergence.converged}
    return {**spent, **end, **_accuracy(data, found.items.a, found.items.b), "log_likelihood": found.log_likelihood}


def run_mirt(case: Case, data: Any, errors: bool) -> dict[str, Any]:
    import mirt
    from mirt.estimation.priors import BetaPrior

    table = np.full((case.persons, case.items), -1, dtype=np.int64)
    table[data["persons"], data["items"]] = data["scores"]
    options: dict[str, Any] = {"n_quadpts": 61, "accelerate": "squarem", "compute_standard_errors": errors}
    if case.prior:
        options["priors"] = {"guessing": BetaPrior(*GUESSING_PRIOR)}
    found, spent = _timed(lambda: mirt.fit_mirt(table, case.model, **options))
    parameters = found.model.parameters
    accuracy = _accuracy(data, np.ravel(parameters["discrimination"]), np.ravel(parameters["difficulty"])[:, None])
    end = {"cycles": found.n_iterations, "converged": bool(found.converged)}
    return {**spent, **end, **accuracy, "log_likelihood": float(found.log_likelihood)}


def _timed(work: Any) -> tuple[Any, dict[str, float]]:
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return found, {**spent, "peak_mb": _peak_mb()}


def _peak_mb() -> float:
    # The kernel's ru_maxrss of a new program begins with what its parent had; the high-water mark does not.
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text()).group(1)) / 1024  # type: ignore[union-attr]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _accuracy(data: Any, a: Any, b: Any) -> dict[str, float]:
    return {
        "rmse_a": float(np.sqrt(np.mean((a - data["a"]) ** 2))),
        "rmse_b": float(np.sqrt(np.mean((b - data["b"]) ** 2))),
    }


def _child(interpreter: str, name: str, engine: str, errors: bool, data: Path) -> dict[str, Any]:
    command = [interpreter, __file__, "--case", name, "--engine", engine, "--data", str(data)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    if errors:
        command.append("--errors")
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1]}
    return json.loads(done.stdout.splitlines()[-1])


HEADINGS = ("", "wall (s)", "CPU (s)", "peak (MB)", "RMSE a", "RMSE b", "log-likelihood", "end")


def _line(who: str, runs: list[dict[str, Any]]) -> str:
    """The best of the runs as a row of the table."""
    if "error" in runs[0]:
        return f"| {who} | {runs[0]['error']} |" + " |" * (len(HEADINGS) - 2)
    best = min(runs, key=lambda run: run["cpu"])
    wall = min(run["wall"] for run in runs)
    end = f"{best['cycles']} cycles" if best["converged"] else f"**not converged** in {best['cycles']}"
    accuracy = f"{best['rmse_a']:.4f} | {best['rmse_b']:.4f} | {best['log_likelihood']:.2f}"
    return f"| {who} | {wall:.2f} | {best['cpu']:.2f} | {best['peak_mb']:.0f} | {accuracy} | {end} |"


def report(names: list[str], rounds: int) -> None:
    other = os.environ.get("MIRT_PYTHON")
    if not other:
        print("MIRT_PYTHON names no interpreter with the package mirt: only ours is timed.\n")
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            case = CASES[name]
            data = Path(folder) / f"{name}.npz"
            np.savez(data, **simulated(case))
            share = f", {case.answered:.1%} answered" if case.answered < 1 else ""
            prior = ", prior on c" if case.prior else ""
            goal = f"; goal: {case.goal}" if case.goal else ""
            load = f"load {os.getloadavg()[0]:.1f}"
            print(f"{case.persons:,} × {case.items:,} {case.model}{share}{prior}{goal} ({load})\n")
            print(f"| {' | '.join(HEADINGS)} |\n|---|" + "--:|" * 6 + "---|", flush=True)
            engines = [("ours", sys.executable, "ours", False), ("ours, with SE", sys.executable, "ours", True)]
            if other and case.beside:
                engines.append(("mirt (Python)", other, "mirt", False))
            for who, interpreter, engine, errors in engines:
                runs = [_child(interpreter, name, engine, errors, data) for _ in range(rounds)]
                print(_line(who, runs), flush=True)
            print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=CASES)
    parser.add_argument("--all", action="store_true", help="The cases without a time to reach too.")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--engine", choices=("ours", "mirt"), help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--errors", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.engine is None:
        wanted = list(CASES) if given.all else list(TIMED)
        report([given.case] if given.case else wanted, given.rounds)
        return
    run = {"ours": run_ours, "mirt": run_mirt}[given.engine]
    with np.load(given.data) as data:
        print(json.dumps(run(CASES[given.case], dict(data), given.errors)))


if __name__ == "__main__":
    main()
