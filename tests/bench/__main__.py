"""`make bench`: everything that docs/benchmarks.md quotes, as Markdown. Some minutes; the machine should be idle."""

import os
import platform
import subprocess
import sys

PARTS = {
    "Adaptive engine": "tests.bench.cat",
    "Shadow tests": "tests.bench.shadow",
    "Calibration": "tests.bench.calibration",
    "The exam loop over HTTP": "tests.bench.loop",
    "Pages over much data": "tests.bench.pages",
    "The audit log": "tests.bench.audit",
    "Whose address it was": "tests.bench.door",
}


def main() -> int:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load before: {load}")
    worst = 0
    for title, module in PARTS.items():
        print(f"\n## {title}\n", flush=True)
        # A process of its own, so that one part's caches do not help the next.
        worst = max(worst, subprocess.call([sys.executable, "-m", module], stderr=subprocess.DEVNULL))
    return worst


if __name__ == "__main__":
    sys.exit(main())
