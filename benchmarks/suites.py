"""How long the tests take: recorded, held against nothing."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.harness import ROOT

from benchmarks.timing import Figure

UNIT, ALL = "tests/unit", "tests"
TIMEOUT_SECONDS = 1200


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """The unit suite, and unless `quick` every test there is; one that fails says so beside its time."""
    del folder
    for suite in (UNIT,) if quick else (UNIT, ALL):
        print(f"== pytest {suite}", flush=True)
        start = time.perf_counter()
        passed = _pytest(suite)
        what = f"pytest {suite}{'' if passed else ' (failed)'}"
        yield Figure("tests", what, "", (time.perf_counter() - start,))


def _pytest(suite: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", suite]
    return subprocess.run(command, cwd=ROOT, check=False, timeout=TIMEOUT_SECONDS).returncode == 0
