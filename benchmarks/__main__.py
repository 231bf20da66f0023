"""Measures some sections, or all, and compares the figures with their aims.

Exit code 1 if an operation failed or did what it must not. A missed aim is in the table and is not a failure. A
section that fails does not stop the others.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.measure.machine import describe_machine
from benchmarks.measure.timing import Figure
from benchmarks.measure.watching import WatchError
from benchmarks.report import figures, record
from benchmarks.report.record import Section
from benchmarks.sections import (
    backfill,
    client,
    emulator_start,
    first_up,
    load,
    rehearse,
    rules,
    scale,
    spaces,
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
    "rules": rules.measure,
    "rehearse": rehearse.measure,
    "client": client.measure,
    "backfill": backfill.measure,
    "load": load.measure,
    "spaces": spaces.measure,
    "tests": suites.measure,
}
NOT_A_USERS = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "CI")
"""Variables that would change the figures: without bytecode each run compiles infra/ and emulator/ again."""
FAILURES = (WatchError, RuntimeError, AssertionError, subprocess.SubprocessError)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the sections named on the command line; return the exit code."""
    options = _options(argv)
    if shutil.which("pulumi") is None:
        print(
            "there is no `pulumi` on PATH: run `make bench`, or `source engine/env.sh`",
            file=sys.stderr,
        )
        return 1
    for name in NOT_A_USERS:
        os.environ.pop(name, None)
    asked = [name for name in SECTIONS if name in (options.sections or SECTIONS)]
    sections = [it for name in asked if (it := _measure_section(name, options)) is not None]
    print(f"\n{figures.render_figures([figure for it in sections for figure in it.figures])}")
    print(f"\n{figures.render_aims(sections)}")
    if options.write:
        print("\nwritten to docs/performance.md and benchmarks/results/speed/")
    failed = sorted(set(asked) - {it.name for it in sections})
    if failed:
        print(f"failed for the reasons above: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run, which cannot be kept")
    parser.add_argument(
        "--write", action="store_true", help="write the figures to results/ and docs/"
    )
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    options = parser.parse_args(argv)
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"there is no section {sorted(unknown)[0]!r}, only {', '.join(SECTIONS)}")
    if options.quick and options.write:
        parser.error("the figures of a smoke run are not written: leave out --quick or --write")
    return options


def _measure_section(name: str, options: argparse.Namespace) -> Section | None:
    """Return one section, written as soon as it is measured; `None` if it failed."""
    facts = describe_machine()
    try:
        section = Section(name, facts, tuple(_measure(SECTIONS[name], options.quick)))
    except FAILURES as error:
        print(f"{name}: {error}", file=sys.stderr)
        return None
    if options.write:
        record.save(section)
        figures.write(record.read_sections(list(SECTIONS)))  # a test compares the docs with them
    return section


def _measure(measure: Measure, quick: bool) -> list[Figure]:
    """Measure in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="baseten-tei-bench-") as folder:
        return list(measure(Path(folder), quick))


if __name__ == "__main__":
    sys.exit(main())
