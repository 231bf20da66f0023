"""`python -m benchmarks [--quick] [SECTION]`: measure one section, or all, print, write results/.

Exit code 1 where an operation did what it must not; a missed aim is in the table, and is no failure.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks import (
    client,
    emulator_start,
    first_up,
    load,
    oracle,
    rehearse,
    report,
    scale,
    scale_report,
    status,
    suites,
    unchanged,
)
from benchmarks.machine import machine
from benchmarks.scale_points import Point
from benchmarks.timing import Figure
from benchmarks.watching import WatchError

Measure = Callable[[Path, bool], Iterator[Figure]]
SECTIONS: Mapping[str, Measure] = {
    "preview": unchanged.measure,
    "push": first_up.measure,
    "emulator": emulator_start.measure,
    "oracle": oracle.measure,
    "rehearse": rehearse.measure,
    "client": client.measure,
    "load": load.measure,
    "status": status.measure,
    "scale": scale.measure,
    "tests": suites.measure,
}
NOT_A_USERS = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "CI")
"""Would change what is measured: without bytecode each run compiles infra/ and emulator/ anew."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the sections asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run; writes no results")
    parser.add_argument("section", nargs="?", default="all", choices=[*SECTIONS, "all"])
    options = parser.parse_args(argv)
    if shutil.which("pulumi") is None:
        print("no `pulumi` on PATH: type `make bench`, or `source engine/env.sh`", file=sys.stderr)
        return 1
    for name in NOT_A_USERS:
        os.environ.pop(name, None)
    facts = machine()
    try:
        figures = [
            figure
            for name, measure in SECTIONS.items()
            if options.section in (name, "all")
            for figure in _measured(measure, options.quick)
        ]
    except WatchError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(["", *(f"{name}: {fact}" for name, fact in facts.items()), ""]))
    print(report.table(figures))
    if options.section == "all" and not options.quick:
        print("\n".join(f"wrote {path}" for path in report.write(facts, figures)))
    return 0


def _measured(measure: Measure, quick: bool) -> list[Figure]:
    """One section in a temporary folder of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="baseten-tei-bench-") as folder:
        return list(measure(Path(folder), quick))


if __name__ == "__main__":
    sys.exit(main())
