"""The watch of a run that changes nothing notes what is imported, not what is asked about."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.measure.watching import WATCH

PROGRAM = """
import importlib, importlib.util, wave
importlib.util.find_spec("truss")
importlib.import_module("colorsys")
"""


def test_a_package_that_is_asked_about_is_not_imported(tmp_path: Path) -> None:
    """Pulumi's host asks about every package of the environment, truss among them."""
    notes = tmp_path / "imports"
    environment = {**os.environ, "PYTHONPATH": str(WATCH), "BENCHMARKS_IMPORTS": str(notes)}
    subprocess.run([sys.executable, "-W", "ignore", "-c", PROGRAM], env=environment, check=True)
    noted = set(notes.read_text().split())
    assert {"wave", "colorsys"} <= noted
    assert "truss" not in noted
