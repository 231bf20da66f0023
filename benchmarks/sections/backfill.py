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
PART, QUICK_PART = 50_000, 10_000
"""Rows that both embed in turn, several times, since other work on the machine meets a long run unevenly."""
ROUNDS, QUICK_ROUNDS = 3, 1
KILLS, QUICK_KILLS = 20, 3
AIM = 1.0
WAYS = {"ours": "", "fast": ", extra fast"}
"""How ours is used: by default, and with Baseten's client below it."""
FLAT = 1.1
"""The last quarter of a run may take so many times the memory of the first."""


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """Yield the seconds of a part in turn, and of all rows once. Raises `WatchError` for what is not kept."""
    rows, part = (QUICK_ROWS, QUICK_PART) if quick else (ROWS, PART)
    with running_emulator() as emulator:
        runs = Runs(folder, emulator)
        some, source = runs.make_source(part), runs.make_source(rows)
        runs.take("straight", some)  # the emulator remembers words
        took = _take_in_turn(runs, some, QUICK_ROUNDS if quick else ROUNDS)
        for who, way in WAYS.items():
            yield _figure(f"{part:,} rows{way}", took[who], took["straight"])
        straight, whole = runs.take("straight", source), runs.take("fast", source)
        runs.check(source, whole.folder)
        if not quick:  # a short run only begins
            _require_flat(whole.quarters)
        yield _figure(f"{rows:,} rows{WAYS['fast']}", [whole.seconds], [straight.seconds])
        _kill(runs, source, QUICK_KILLS if quick else KILLS, whole.seconds)


def _take_in_turn(runs: Runs, source: Path, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each; every second round is in reverse order."""
    took: dict[str, list[float]] = {it: [] for it in ("straight", *WAYS)}
    for n in range(rounds):
        for who in took if n % 2 == 0 else reversed(took):
            took[who].append(runs.take(who, source).seconds)
    return took


def _figure(what: str, ours: list[float], others: list[float]) -> Figure:
    against = "loop over performance client"
    return Figure("backfill", f"fill {what}", against, tuple(ours), tuple(others), AIM)


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
