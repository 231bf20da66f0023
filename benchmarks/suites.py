"""How long the tests take: recorded, held against nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.harness import ROOT

from benchmarks.timing import Figure, seconds

UNIT, ALL = "tests/unit", "tests"
TIMEOUT_SECONDS = 1200


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """The unit suite, and unless `quick` every test there is."""
    del folder
    for suite in (UNIT,) if quick else (UNIT, ALL):
        print(f"== pytest {suite}", flush=True)
        taken = seconds(lambda suite=suite: _pytest(suite))  # type: ignore[misc]  # bound at once
        yield Figure("tests", f"pytest {suite}", "", (taken,))


def _pytest(suite: str) -> None:
    """Run a suite. Raises `CalledProcessError` where a test fails."""
    command = [sys.executable, "-m", "pytest", "-q", suite]
    subprocess.run(command, cwd=ROOT, check=True, timeout=TIMEOUT_SECONDS)
