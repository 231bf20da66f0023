"""What was measured at each size, and the aims of these points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measure.timing import Figure
from benchmarks.report.aims import Aim
from benchmarks.sections.first_up import AIM as LOOP_AIM
from benchmarks.sections.first_up import SIZE as LOOP_AIM_SIZE
from benchmarks.sections.unchanged import AIM as BARE_AIM

PREVIEW, UP, REFRESH, ONE_CHANGE = "no-op preview", "no-op up", "refresh", "one-change up"
FIRST_UP, DESTROY, DESTROY_ONCE = "first up", "destroy", "destroy, state saved once"
OPERATIONS = (PREVIEW, UP, REFRESH, ONE_CHANGE, FIRST_UP, DESTROY, DESTROY_ONCE)
BARE, FRUGAL, LOOP = "bare program", "frugal bare program", "shell loop of truss push"

FLAT_AIM = 1.2
"""Time per model at 1,000 models against that at 100."""
MEMORY_AIM_MIB = 500.0
LARGE, SMALL = 1000, 100


@dataclass(frozen=True)
class Taken:
    """One run: seconds, MiB of all processes, of the engine and of the program, and calls of Baseten."""

    seconds: float
    tree_mib: float = 0.0
    engine_mib: float = 0.0
    program_mib: float = 0.0
    calls: int = 0


@dataclass(frozen=True)
class Point(Figure):
    """One operation at one size; `runs` and `other_runs` hold what `ours` and `others` are the seconds of."""

    operation: str = ""
    models: int = 0
    runs: tuple[Taken, ...] = ()
    other_runs: tuple[Taken, ...] = ()

    @property
    def seconds(self) -> float:
        """Return the median."""
        return median(self.ours)

    @property
    def most(self) -> Taken:
        """Return the run that held the most memory."""
        return max(self.runs, key=lambda taken: taken.tree_mib)


def make_point(
    operation: str,
    models: int,
    runs: Sequence[Taken],
    against: str = "",
    others: Sequence[Taken] = (),
) -> Point:
    """Return a point, with its aim if it has one."""
    named = f"{operation}, {models} model{'s' * (models > 1)}"
    return Point(
        "scale", named, against,
        tuple(run.seconds for run in runs), tuple(run.seconds for run in others),
        _aim(against, models),
        operation, models, tuple(runs), tuple(others),
    )  # fmt: skip


def _aim(against: str, models: int) -> float | None:
    return {BARE: BARE_AIM, LOOP: LOOP_AIM if models == LOOP_AIM_SIZE else None}.get(against)


def judge_points(points: Sequence[Point]) -> Iterator[Aim]:
    """Yield every aim that these points allow to judge."""
    for operation in (PREVIEW, UP):
        yield from _ratios(f"{operation} ≤ {BARE_AIM:g}x bare at every size", points, operation)
    yield from _memory(points)
    yield from _flat(points)
    yield from _no_calls(points)
    yield from _refresh_calls(points)
    yield from _first_up(points)


def find_point(
    points: Sequence[Point], operation: str, models: int, against: str = BARE
) -> Point | None:
    """Return the point of one operation at one size; `None` if there is none."""
    same = [it for it in points if (it.operation, it.models) == (operation, models)]
    return next((it for it in same if it.against in (against, "")), None)


def _ratios(aim: str, points: Sequence[Point], operation: str) -> Iterator[Aim]:
    ratios = {
        it.models: it.ratio
        for it in points
        if it.operation == operation and it.against == BARE and it.ratio
    }
    if ratios:
        told = ", ".join(f"{ratio:.2f}x at {models}" for models, ratio in ratios.items())
        yield Aim(aim, told, max(ratios.values()) <= BARE_AIM)


def _memory(points: Sequence[Point]) -> Iterator[Aim]:
    if preview := find_point(points, PREVIEW, LARGE):
        held = preview.most
        yield Aim(
            f"≤ {MEMORY_AIM_MIB:g} MB at {LARGE} models",
            f"{held.tree_mib:.0f} MiB in all processes, of which the engine {held.engine_mib:.0f}, "
            f"our program {held.program_mib:.0f}{_bare_memory(preview)}",
            held.tree_mib <= MEMORY_AIM_MIB,
        )


def _bare_memory(preview: Point) -> str:
    most = max((run.tree_mib for run in preview.other_runs), default=0.0)
    return f"; the bare program's {most:.0f}" if most else ""


def _flat(points: Sequence[Point]) -> Iterator[Aim]:
    large, small = find_point(points, PREVIEW, LARGE), find_point(points, PREVIEW, SMALL)
    if large and small:
        ratio = large.seconds / LARGE / (small.seconds / SMALL)
        told = f"{ratio:.2f}x ({1000 * small.seconds / SMALL:.0f} and {1000 * large.seconds / LARGE:.0f} ms)"
        aim = f"time for a model in a preview at {LARGE} ≤ {FLAT_AIM:g}x the same at {SMALL}"
        yield Aim(aim, told, ratio <= FLAT_AIM)


def _no_calls(points: Sequence[Point]) -> Iterator[Aim]:
    if runs := [run for it in points if it.operation == UP for run in it.runs]:
        most = max(run.calls for run in runs)
        yield Aim("0 calls in a no-op up", f"{most}", most == 0)


def _refresh_calls(points: Sequence[Point]) -> Iterator[Aim]:
    calls = {it.models: it.most.calls for it in points if it.operation == REFRESH}
    if calls:
        told = ", ".join(f"{number} for {models}" for models, number in calls.items())
        met = all(number <= models + 1 for models, number in calls.items())
        yield Aim("calls in a refresh ≤ models + 1", told, met)


def _first_up(points: Sequence[Point]) -> Iterator[Aim]:
    first = find_point(points, FIRST_UP, LOOP_AIM_SIZE, LOOP)
    if first and first.ratio:
        aim = f"first up of {LOOP_AIM_SIZE} ≤ {LOOP_AIM:g}x the shell loop"
        yield Aim(aim, f"{first.ratio:.2f}x", first.ratio <= LOOP_AIM)
