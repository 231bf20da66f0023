"""Times `status` of a large fleet with nothing to do, also for the first time after an edit."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.support.harness import Stack, running_emulator

from benchmarks.measure.timing import Figure, measure_seconds
from benchmarks.worlds.fleet import make_locked_fleet, write_lock
from benchmarks.worlds.grown import TEMPLATE, grow

AIM = 0.3
MODELS, QUICK_MODELS = 1000, 20
TIMES, EDITS = 15, 3


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """Yield the seconds of the whole command, with Python's start."""
    models = QUICK_MODELS if quick else MODELS
    print(f"== status of {models} models, {TIMES} times", flush=True)
    state = folder / "emulator"
    with running_emulator(state) as emulator:
        stack = Stack(folder / "stack", emulator.url)
        stack.environment["XDG_CACHE_HOME"] = str(folder / "cache")
        write_lock(stack)
        stack.configure(make_locked_fleet(TEMPLATE))
        stack.up().check()
        grow(stack, state, models)
    run_status(stack, models)  # Python compiles what it imports
    first = tuple(_measure_after_an_edit(stack, models) for _ in range(EDITS))
    again = tuple(measure_seconds(partial(run_status, stack, models)) for _ in range(TIMES))
    start = tuple(
        measure_seconds(partial(_run_python, "import baseten_tei.commands.status"))
        for _ in range(TIMES)
    )
    what = f"status, {models} models: nothing to do"
    yield Figure("status", what, "", again, aim=AIM)
    yield Figure("status", "of that, Python and imports", "", start)
    yield Figure("status", f"{what}, after an edit", "", first)


def run_status(stack: Stack, models: int) -> None:
    """Run the command. Raises `RuntimeError` unless it says that there is nothing to do."""
    command = [sys.executable, "-m", "baseten_tei", "status", "--stack", stack.name]
    ended = subprocess.run(
        command, cwd=stack.folder, env=stack.env(), capture_output=True, text=True, check=False
    )
    if ended.stdout != f"{stack.name}: {models} models, nothing to do\n":
        raise RuntimeError(
            f"status said something else: {ended.stdout[-500:]}{ended.stderr[-500:]}"
        )


def _measure_after_an_edit(stack: Stack, models: int) -> float:
    """Measure it after a blank line was added to the configuration, which changes nothing."""
    path = stack.folder / f"Pulumi.{stack.name}.yaml"
    path.write_text(f"{path.read_text()}\n")
    return measure_seconds(partial(run_status, stack, models))


def _run_python(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], check=True)
