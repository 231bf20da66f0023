"""A backfill of Parquet beside a loop over Baseten's performance client: rows a second, memory, kills.

Both write with the same writer, and the emulator answers as fast as it can. See benchmarks/backfill/job.py.
"""

from collections.abc import Iterator
from pathlib import Path

from tests.support.harness import running_emulator

from benchmarks.measure.timing import Figure
from benchmarks.measure.watching import WatchError
from benchmarks.sections.backfill_runs import Runs

ROWS, QUICK_ROWS = 1_000_000, 20_000
PART, QUICK_PART = 100_000, 10_000
"""Rows that both embed in turn, several times, since other work on the machine meets a long run unevenly."""
PAIRS, QUICK_PAIRS = 3, 1
KILLS, QUICK_KILLS = 20, 3
AIM = 1.0
FLAT = 1.1
"""The last quarter of a run may take so many times the memory of the first."""


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """Yield the seconds of both, of a part in turn and of all rows once. Raises `WatchError` for what is not kept."""
    rows, part = (QUICK_ROWS, QUICK_PART) if quick else (ROWS, PART)
    with running_emulator() as emulator:
        runs = Runs(folder, emulator)
        some, source = runs.make_source(part), runs.make_source(rows)
        runs.take("straight", some)  # the emulator remembers words
        yield _figure(part, *_pairs(runs, some, QUICK_PAIRS if quick else PAIRS))
        straight, ours = runs.take("straight", source), runs.take("ours", source)
        runs.check(source, ours.folder)
        if not quick:  # a short run only begins
            _require_flat(ours.quarters)
        yield _figure(rows, (ours.seconds,), (straight.seconds,))
        _kill(runs, source, QUICK_KILLS if quick else KILLS, ours.seconds)


def _pairs(runs: Runs, source: Path, count: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the seconds of ours and of the other, in turn; every second pair in reverse order."""
    took: dict[str, list[float]] = {"ours": [], "straight": []}
    for n in range(count):
        for who in sorted(took, reverse=n % 2 == 1):
            took[who].append(runs.take(who, source).seconds)
    return tuple(took["ours"]), tuple(took["straight"])


def _figure(rows: int, ours: tuple[float, ...], others: tuple[float, ...]) -> Figure:
    return Figure("backfill", f"fill {rows:,} rows", "performance client", ours, others, AIM)


def _require_flat(quarters: list[float]) -> None:
    if quarters[-1] > FLAT * quarters[0]:
        raise WatchError(f"memory grew: MiB by quarter {[round(it) for it in quarters]}")


def _kill(runs: Runs, source: Path, times: int, seconds: float) -> None:
    """Kill a run at random moments, finish it, and require each row once."""
    folder = runs.kill_often("killed", source, times, seconds)
    last = runs.finish(source, folder)
    runs.check(source, folder)
    print(
        f"    killed {times} times, then finished in {last.seconds:.1f} s: each row once",
        flush=True,
    )
