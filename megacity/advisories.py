"""`make advisories`: asks databases of advisories about every component that we ship.

The packages of requirements.lock by pip-audit, from the lock alone: nothing is resolved or installed. What is vendored
for browsers (static/vendor) by `npm audit`, where there is an npm. Ends with 0 when nothing is known, with 1 when
something is, and with 2 when a database could not be asked, which is no "nothing". Arguments are pip-audit's.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
VENDORED = ROOT / "static" / "vendor" / "README.md"
CLEAN, FOUND, NOT_ASKED = 0, 1, 2
SECONDS = 600


class NotAsked(Exception):
    """A database could not be asked, and why."""


def main(arguments: list[str]) -> int:
    results = [
        _told("Python packages of requirements.lock", lambda: audit_python(LOCK, arguments)),
        _told("Packages of static/vendor", lambda: audit_browser(vendored(VENDORED.read_text(encoding="utf-8")))),
    ]
    return FOUND if FOUND in results else max(results)


def _told(what: str, ask: Any) -> int:
    try:
        lines = list(ask())
    except NotAsked as error:
        print(f"{what}: NOT CHECKED. {error}")
        return NOT_ASKED
    print(f"{what}: {f'{len(lines)} known holes' if lines else 'no known hole'}")
    for line in lines:
        print(f"  {line}")
    return FOUND if lines else CLEAN


def audit_python(lock: Path, arguments: list[str]) -> Iterator[str]:
    """The holes that are known of the packages of a lock file, a line each. Raises NotAsked."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    said = _run([*command, "--format", "json", "--requirement", str(lock), *arguments])
    if not said["dependencies"]:
        # As with --dry-run, which ends well without having asked anybody.
        raise NotAsked("No package was asked about.")
    for package in said["dependencies"]:
        if reason := package.get("skip_reason"):
            raise NotAsked(f"{package['name']}: {reason}")
        for hole in package["vulns"]:
            mended = ", ".join(hole["fix_versions"]) or "no version yet"
            yield f"{package['name']} {package['version']}: {hole['id']}, mended in {mended}"


def vendored(table: str) -> dict[str, str]:
    """Package → version, of the table of static/vendor/README.md; fonts that no registry has are left out."""
    return dict(re.findall(r"^\| ([a-z][a-z0-9._-]*) \| (\d[\w.-]*) \|", table, re.M))


def audit_browser(packages: dict[str, str]) -> Iterator[str]:
    """The holes that are known of these packages of npm, a line each. Raises NotAsked."""
    npm = shutil.which("npm")
    if npm is None:
        raise NotAsked(f"There is no npm here to ask with: {', '.join(f'{n} {v}' for n, v in packages.items())}.")
    places = {f"node_modules/{name}": {"version": version} for name, version in packages.items()}
    lock = {"name": "vendored", "version": "0.0.0", "lockfileVersion": 3, "requires": True}
    with tempfile.TemporaryDirectory() as folder:
        whole = {"name": "vendored", "version": "0.0.0", "dependencies": packages}
        Path(folder, "package.json").write_text(json.dumps(whole))
        Path(folder, "package-lock.json").write_text(json.dumps({**lock, "packages": {"": whole, **places}}))
        said = _run([npm, "audit", "--package-lock-only", "--json"], folder)
    if "vulnerabilities" not in said:
        raise NotAsked(str(said.get("message") or said)[:300])
    for name, hole in said["vulnerabilities"].items():
        titles = {via["title"] for via in hole["via"] if isinstance(via, dict)}
        yield f"{name} {packages.get(name, hole['range'])}: {hole['severity']}, {'; '.join(sorted(titles))}"


def _run(command: list[str], folder: str | None = None) -> dict[str, Any]:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotAsked(f"No answer within {SECONDS} s.") from error
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        # Both end with 1 when there are holes as well, so that only what they wrote tells the two apart.
        last = [line for line in done.stderr.splitlines() if line.strip()]
        raise NotAsked(last[-1][:300] if last else f"{command[0]} ended with {done.returncode}.") from None
    return said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
