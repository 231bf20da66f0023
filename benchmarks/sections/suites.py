"""Times the tests, run as `make test` does once everything is set up."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.harness import ROOT

from benchmarks.measure.timing import Figure

UNIT, ALL = "tests/unit", "tests"
AIM = 600.0
AS_MAKE_TEST = ("-n", "auto", "--maxprocesses", "4", "--dist", "worksteal")


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """Yield the time of the unit suite and, unless `quick`, of all tests; a failed suite is marked."""
    del folder
    yield _measure_suite(UNIT)
    if not quick:
        yield _measure_suite(ALL, AIM)


def _measure_suite(suite: str, aim: float | None = None) -> Figure:
    print(f"== pytest {suite}", flush=True)
    start = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", *AS_MAKE_TEST, suite]
    passed = subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    what = f"pytest {suite}{'' if passed else ' (failed)'}"
    return Figure("tests", what, "", (time.perf_counter() - start,), aim=aim)
