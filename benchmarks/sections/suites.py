"""How long the tests take, as `make test` runs them once everything is set up."""

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
    """The unit suite, and unless `quick` every test there is; one that fails says so beside its time."""
    del folder
    yield _suite(UNIT)
    if not quick:
        yield _suite(ALL, AIM)


def _suite(suite: str, aim: float | None = None) -> Figure:
    print(f"== pytest {suite}", flush=True)
    start = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", *AS_MAKE_TEST, suite]
    passed = subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    what = f"pytest {suite}{'' if passed else ' (failed)'}"
    return Figure("tests", what, "", (time.perf_counter() - start,), aim=aim)
