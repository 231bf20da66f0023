"""Fleets of 1 to 1,000 models: what each operation takes in time, memory and calls, by size.

Up to 100 models the world is made by the first `up` that is measured; above, it is grown from three models (`grown`)
and taken down with the state saved once: an engine that saves a whole state after each of thousands of changes takes
an hour for it (docs/performance.md). The bare program takes each world over, as in `unchanged`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support.harness import Emulator, Stack, running_emulator

from benchmarks.measure.process_tree import run
from benchmarks.measure.timing import measure_seconds
from benchmarks.sections import scale_points as points
from benchmarks.sections.first_up import PARALLEL, Fleet
from benchmarks.sections.scale_points import Point, Taken, make_point
from benchmarks.sections.unchanged import RESOURCES_PER_MODEL, check_unchanged
from benchmarks.worlds.bare_project import BareProject
from benchmarks.worlds.fleet import make_locked_fleet, write_lock
from benchmarks.worlds.grown import TEMPLATE, grow

PAIRS = {1: 5, 20: 5, 100: 3, 500: 1, 1000: 1}
QUICK = {1: 1, 20: 1}
MOST_CHANGES, MOST_LOOP = 100, 20
"""Models that are made and taken away as everybody does it, and that a loop pushes."""
UP = ("up", "--yes", "--skip-preview", "--suppress-outputs")
DESTROY = ("destroy", "--yes", "--skip-preview")
COMMANDS: Mapping[str, tuple[str, ...]] = {
    points.PREVIEW: ("preview", "--suppress-outputs"),
    points.UP: UP,
    points.REFRESH: ("refresh", "--yes", "--skip-preview", "--suppress-outputs"),
    points.ONE_CHANGE: UP,
    points.FIRST_UP: (*UP, "--parallel", PARALLEL),
    points.DESTROY: DESTROY,
    points.DESTROY_ONCE: DESTROY,
}
SAVED_ONCE = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
UNCHANGING = (points.PREVIEW, points.UP, points.REFRESH)


def measure(folder: Path, quick: bool) -> Iterator[Point]:
    """Yield the points of every size in turn, each in a world of its own."""
    for size, count in (QUICK if quick else PAIRS).items():
        with running_emulator(folder / f"emulator-{size}") as emulator:
            yield from World(folder, emulator, size).measure(count)


class World:
    """A fleet of one size on an emulator of its own, whose state is in `folder`."""

    def __init__(self, folder: Path, emulator: Emulator, size: int) -> None:
        self._folder = folder
        self._emulator = emulator
        self._size = size
        self._ours = Stack(folder / f"ours-{size}", emulator.url)
        write_lock(self._ours)

    def measure(self, count: int) -> Iterator[Point]:
        """Yield every operation; those that change nothing `count` times, in turn with the bare program."""
        if self._size > MOST_CHANGES:
            self._grow()
        else:
            yield self._first_up()
        bare = BareProject(self._folder / f"bare-{self._size}", self._emulator.url)
        bare.take_over(self._ours)
        for stack in (self._ours, bare):  # warm up: the first run after a change is slower
            self._run(points.UP, stack)
        for operation in (points.PREVIEW, points.UP):
            yield from self._compare(operation, bare, count)
        refreshed = [self._run(points.REFRESH, self._ours) for _ in range(count)]
        yield make_point(points.REFRESH, self._size, refreshed)
        yield self._one_change()
        yield self._destroy()

    def _first_up(self) -> Point:
        """Measure real pushes, against the loop over the same configs unless that takes too long."""
        loop: list[Taken] = []
        if self._size <= MOST_LOOP:
            fleet = Fleet(self._folder / f"loop-{self._size}", self._emulator, self._size)
            loop = [Taken(measure_seconds(fleet.loop))]
            self._emulator.admin("POST", "reset")
        self._ours.configure(make_locked_fleet(self._size))
        taken = [self._run(points.FIRST_UP, self._ours)]
        return make_point(points.FIRST_UP, self._size, taken, points.LOOP if loop else "", loop)

    def _grow(self) -> None:
        self._ours.configure(make_locked_fleet(TEMPLATE))
        self._ours.up().check()
        grow(self._ours, self._folder / f"emulator-{self._size}", self._size)

    def _compare(self, operation: str, bare: Stack, count: int) -> Iterator[Point]:
        """Compare with an ordinary bare program, and with one that saves what ours saves."""
        ours: list[Taken] = []
        others: list[Taken] = []
        for n in range(count):
            both = [(ours, self._ours), (others, bare)]
            for taken, stack in both if n % 2 == 0 else reversed(both):
                taken.append(self._run(operation, stack))
        frugal = [self._run(operation, bare, BARE_FRUGAL="1")]
        yield make_point(operation, self._size, ours, points.BARE, others)
        yield make_point(operation, self._size, ours[-1:], points.FRUGAL, frugal)

    def _one_change(self) -> Point:
        models = make_locked_fleet(self._size)
        next(iter(models.values()))["max_batch_tokens"] = 8192
        self._ours.configure(models)
        return make_point(points.ONE_CHANGE, self._size, [self._run(points.ONE_CHANGE, self._ours)])

    def _destroy(self) -> Point:
        once = self._size > MOST_CHANGES
        operation = points.DESTROY_ONCE if once else points.DESTROY
        taken = self._run(operation, self._ours, **(SAVED_ONCE if once else {}))
        return make_point(operation, self._size, [taken])

    def _run(self, operation: str, stack: Stack, **environment: str) -> Taken:
        """Measure one run. Raises `WatchError` if an operation that should change nothing does not find that."""
        self._emulator.forget_calls()
        command = ["pulumi", *COMMANDS[operation], "--non-interactive", "--stack", stack.name]
        usage, printed = run(command, stack.folder, {**stack.env(), **environment})
        if operation in UNCHANGING:
            expected = self._size * RESOURCES_PER_MODEL + 2  # and the stack itself, and its id
            check_unchanged(f"{operation} in {stack.folder.name}", printed, expected)
        taken = Taken(
            usage.seconds,
            usage.tree_mib,
            usage.own_mib,
            usage.child_mib,
            len(self._emulator.calls()),
        )
        print(f"    {stack.folder.name}: {operation}: {taken}", flush=True)
        return taken
