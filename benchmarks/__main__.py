"""`python -m benchmarks [--quick] [--write] [SECTION ...]`: measure some sections, or all, and hold them to the aims.

Exit code 1 where an operation did what it must not, or failed; a missed aim is in the table, and is no failure. A
section that fails does not end the others.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.measure.machine import machine
from benchmarks.measure.timing import Figure
from benchmarks.measure.watching import WatchError
from benchmarks.report import figures, record
from benchmarks.report.record import Section
from benchmarks.sections import (
    client,
    emulator_start,
    first_up,
    load,
    oracle,
    rehearse,
    scale,
    status,
    suites,
    unchanged,
)

Measure = Callable[[Path, bool], Iterator[Figure]]
SECTIONS: Mapping[str, Measure] = {
    "preview": unchanged.measure,
    "push": first_up.measure,
    "scale": scale.measure,
    "status": status.measure,
    "emulator": emulator_start.measure,
    "oracle": oracle.measure,
    "rehearse": rehearse.measure,
    "client": client.measure,
    "load": load.measure,
    "tests": suites.measure,
}
NOT_A_USERS = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "CI")
"""Would change what is measured: without bytecode each run compiles infra/ and emulator/ anew."""
FAILURES = (WatchError, RuntimeError, AssertionError, subprocess.SubprocessError)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the sections asked for."""
    options = _options(argv)
    if shutil.which("pulumi") is None:
        print("no `pulumi` on PATH: run `make bench`, or `source engine/env.sh`", file=sys.stderr)
        return 1
    for name in NOT_A_USERS:
        os.environ.pop(name, None)
    asked = [name for name in SECTIONS if name in (options.sections or SECTIONS)]
    found = [it for name in asked if (it := _section(name, options)) is not None]
    print(f"\n{figures.table([figure for it in found for figure in it.figures])}")
    print(f"\n{figures.aims_table(found)}")
    if options.write:
        print("\nkept in docs/performance.md and benchmarks/results/speed/")
    failed = sorted(set(asked) - {it.name for it in found})
    if failed:
        print(f"failed, and said why above: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run; cannot be written")
    parser.add_argument("--write", action="store_true", help="keep the figures: results/, docs")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    options = parser.parse_args(argv)
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"no section {sorted(unknown)[0]!r}; there are {', '.join(SECTIONS)}")
    if options.quick and options.write:
        parser.error("figures of a smoke run are not kept: leave out --quick or --write")
    return options


def _section(name: str, options: argparse.Namespace) -> Section | None:
    """One section, kept as soon as it is measured; `None` where it failed."""
    facts = machine()
    try:
        section = Section(name, facts, tuple(_measured(SECTIONS[name], options.quick)))
    except FAILURES as error:
        print(f"{name}: {error}", file=sys.stderr)
        return None
    if options.write:
        record.save(section)
        figures.write(record.saved(list(SECTIONS)))  # at once: a test holds the docs to the records
    return section


def _measured(measure: Measure, quick: bool) -> list[Figure]:
    """In a temporary folder of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="baseten-tei-bench-") as folder:
        return list(measure(Path(folder), quick))


if __name__ == "__main__":
    sys.exit(main())
