"""An embedding model is replaced under a searching client: no search may fail, and none be of another space."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import yaml
from tests.support.harness import DEV_STACK, Stack, running_emulator

from benchmarks.measure.timing import Figure
from benchmarks.measure.watching import WatchError
from benchmarks.report.tables import render_table
from benchmarks.worlds.consumers import Verdict
from benchmarks.worlds.replaced import NEW, NEXT, OLD, Replacement
from benchmarks.worlds.service import NEW_FILE, OLD_FILE

NOTES, QUICK_NOTES = 20_000, 500
RATE, QUICK_RATE = 100.0, 20.0
KILLS, QUICK_KILLS = 4, 1
LAST_CLIENTS = 0.2
"""The part of the searches that stays with the old index until the last moment."""
CALM_SECONDS = 3.0
"""Before the first step and after the last one."""
HEADINGS = ("step", "took", "searches", "failed", "of another space", "median", "99th percentile")


@dataclass(frozen=True)
class Phase:
    """What became of the searches that were sent in one step."""

    name: str
    seconds: float
    searches: int
    failed: int
    wrong: int
    percentiles: tuple[float, ...]
    """Seconds, from the least to the 99th; so their median is the searches'."""


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """Yield the percentiles of the searches of each step.

    Raises `WatchError` if a search failed, or had a vector of another space than its index.
    """
    size, rate, kills = (QUICK_NOTES, QUICK_RATE, QUICK_KILLS) if quick else (NOTES, RATE, KILLS)
    print(f"== spaces: {size} notes, {rate:g} searches/s, {kills} kills", flush=True)
    with running_emulator(folder / "emulator") as emulator:
        world = Replacement(Stack(folder / "project", emulator.url), emulator, size)
        replace_model(world, rate, kills)
    phases = list(judge(world))
    print(f"\n{render_phases(phases)}\n", flush=True)
    require_good(world)
    for phase in phases:
        what = f"{phase.searches} searches, 0 failed, 0 of another space: {phase.name}"
        yield Figure("spaces", what, "", phase.percentiles)


def replace_model(world: Replacement, rate: float, kills: int) -> None:
    """Replace the model as docs/spaces.md says, go back once, while consumers search all the time."""
    config = yaml.safe_load((DEV_STACK / "Pulumi.dev.yaml").read_text())["config"]
    try:
        world.begin(config["baseten-tei:models"])
        _replace(world, rate, kills)
    finally:
        world.end()


def _replace(world: Replacement, rate: float, kills: int) -> None:
    most, rest = rate * (1 - LAST_CLIENTS), rate * LAST_CLIENTS
    consumers, service = world.consumers, world.service
    consumers.start("most", OLD, OLD_FILE, most)
    consumers.start("last", OLD, OLD_FILE, rest)
    with world.phase("before"):
        time.sleep(CALM_SECONDS)
    with world.phase("`next` is added, `pulumi up`"):
        world.add_next()
    with world.phase(f"`backfill`, killed {kills} times"):
        world.fill_next(kills)
    with world.phase("`space verify`"):
        world.verify()
    with world.phase("most consumers switch, the service too"):
        consumers.start("most-switched", NEW, NEW_FILE, most)
        consumers.stop("most")
        service.switch()
        service.wait_until(NEXT["model_id"], "next")
    for where, role in (("advance", "current"), ("back", "next"), ("advance", "current")):
        with world.phase(f"`space {where}`, `pulumi up`"):
            world.move(where)
            service.wait_until(NEXT["model_id"], role)
    with world.phase("the last consumer switches"):
        consumers.start("last-switched", NEW, OLD_FILE, rest)  # which the service has exchanged
        consumers.stop("last")
    with world.phase("`previous` is removed, `pulumi up`"):
        world.drop_previous()
        time.sleep(CALM_SECONDS)
    for who in ("most-switched", "last-switched"):
        consumers.stop(who)


def judge(world: Replacement) -> Iterator[Phase]:
    """Yield what became of the searches of each step, and of all."""
    verdicts = world.consumers.verdicts()
    for name, began, ended in world.phases:
        some = [it for it in verdicts if began <= it.sent < ended]
        yield _sum_up(name, ended - began, some)
    yield _sum_up("all", world.phases[-1][2] - world.phases[0][1], verdicts)


def _sum_up(name: str, seconds: float, verdicts: Sequence[Verdict]) -> Phase:
    times = sorted(it.milliseconds / 1000 for it in verdicts) or [0.0]
    failed = sum(it.wrong is not None and it.wrong.startswith("failed") for it in verdicts)
    wrong = sum(it.wrong is not None for it in verdicts) - failed
    percentiles = tuple(round(times[len(times) * part // 100], 4) for part in range(100))
    return Phase(name, seconds, len(verdicts), failed, wrong, percentiles)


def require_good(world: Replacement) -> None:
    """Raise `WatchError` if a search failed or was wrong, a step had none, or a move changed something on Baseten."""
    wrong = [it.wrong for it in world.consumers.verdicts() if it.wrong] + world.service.failures
    if wrong:
        raise WatchError(f"{len(wrong)} searches failed or were wrong: {wrong[:3]}")
    if empty := [it.name for it in judge(world) if not it.searches]:
        raise WatchError(f"no search was sent in these steps: {empty}")
    if world.writes:
        raise WatchError(f"space advance and back changed something on Baseten: {world.writes[:3]}")


def render_phases(phases: Sequence[Phase]) -> str:
    """Return the steps as a Markdown table."""
    rows = [
        (
            it.name, f"{it.seconds:.0f} s", f"{it.searches:,}", str(it.failed), str(it.wrong),
            f"{1000 * median(it.percentiles):.0f} ms", f"{1000 * it.percentiles[-1]:.0f} ms",
        )
        for it in phases
    ]  # fmt: skip
    return render_table(HEADINGS, rows)
