"""Times `preview` and `up` without changes: our stack against a bare program with the same resources."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.support.harness import Emulator, Stack, running_emulator

from benchmarks.measure.timing import Figure, measure_pairs
from benchmarks.measure.watching import WatchError, watch
from benchmarks.worlds.bare_project import BareProject
from benchmarks.worlds.fleet import make_fleet

AIM = 1.15
PAIRS = {1: 9, 20: 7, 100: 5}
QUICK = {1: 3, 20: 3}
RESOURCES_PER_MODEL = 4
STEP = 40


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """Yield the figures of each size. One stack grows by real `up`s with real pushes."""
    with running_emulator() as emulator:
        ours = Stack(folder / "ours", emulator.url)
        bare = BareProject(folder / "bare", emulator.url)
        for size, count in (QUICK if quick else PAIRS).items():
            _grow(ours, size)
            bare.take_over(ours)
            yield from _compare(ours, bare, emulator, size, count)


def _grow(stack: Stack, size: int) -> None:
    """Bring the stack up to this size by real `up`s, `STEP` models at a time (1 to 3 s of truss each)."""
    for reached in [*range(STEP, size, STEP), size]:
        print(f"== {size} model(s): real up to {reached}", flush=True)
        stack.configure(make_fleet(reached))
        stack.up().check()


def _compare(
    ours: Stack, bare: BareProject, emulator: Emulator, size: int, count: int
) -> Iterator[Figure]:
    expected = size * RESOURCES_PER_MODEL + 2  # and the stack itself, and its id
    for stack in (ours, bare):  # also warms up: the first run after a change is slower
        _run_unchanged(stack, "up", expected)
    for operation in ("preview", "up"):
        print(f"  {watch(ours, emulator, operation)}", flush=True)
        print(f"  {operation}, {size} model(s): ours, bare", flush=True)
        emulator.forget_calls()
        run = partial(_run_unchanged, operation=operation, expected=expected)
        mine, others = measure_pairs(partial(run, ours), partial(run, bare), count)
        if calls := emulator.calls():
            raise WatchError(f"{operation} called Baseten: {calls[0]['path']}")
        what = f"{'no-op ' if operation == 'up' else ''}{operation}, {size} model{'s' * (size > 1)}"
        yield Figure("unchanged", what, "bare program", mine, others, AIM)


def _run_unchanged(stack: Stack, operation: str, expected: int) -> None:
    """Run one operation. Raises `WatchError` unless it finds every resource unchanged."""
    printed = getattr(stack, operation)().check().text
    check_unchanged(f"{operation} in {stack.folder.name}", printed, expected)


def check_unchanged(what: str, printed: str, expected: int) -> None:
    """Raise `WatchError` unless the engine reported that so many resources are unchanged."""
    count = re.search(r"^ +(\d+) unchanged$", printed, re.MULTILINE)
    if count is None or int(count[1]) != expected:
        raise WatchError(f"{what}: not {expected} unchanged:\n{printed[-2000:]}")
